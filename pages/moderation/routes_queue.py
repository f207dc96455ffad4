"""What moderators look at and decide: the queue, with all that can be done there as plain forms."""

import re
from typing import Annotated, Literal, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.errors import NotFound, Refusal
from core.http import Cursor, PathId, status_of
from members.shapes import EmailLanguage
from moderation.decisions import decisions
from moderation.flags.reports import reveal_reporters as look_at
from moderation.flags.shapes import RevealReporters
from moderation.policy import ensure_can_read_queue
from moderation.queue import host_approvals
from moderation.queue.statistics import read_statistics
from moderation.shapes import (
    Action,
    CaseFilter,
    CaseState,
    FlagReason,
    NewDecision,
    NewDecisions,
)
from pages.moderation.case_actions import CASE_ACTIONS
from pages.moderation.decision_forms import decision_in, versioned_case
from pages.moderation.queue_view import ACTIONS, KINDS, REASONS, SHORT, Viewing, query_of, view_queue
from pages.moderation.routes_transparency import duration
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.language_names import LANGUAGE_NAMES
from pages.shell.renderer import go_to
from storage.database import Transaction

OnlyState = Annotated[CaseState, QueryParameter(name="state")]
# A form sends what was not chosen as nothing.
OnlyReason = Annotated[FlagReason | Literal[""] | None, QueryParameter(name="reason")]
OnlyLanguage = Annotated[EmailLanguage | Literal[""] | None, QueryParameter(name="language")]
CaseNumber = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]

_REFUSED = {"case_moved_on": "Something else happened first", "involved": "For another moderator"}

_WAITS = re.compile(r"(question|notice) (\d{1,18}) (\d{1,9})")


@get("/queue", include_in_schema=False)
async def show_queue(
    context: NamedDependency[PageContext],
    only: OnlyState = "open",
    sector: FromQuery[str | None] = None,
    reason: OnlyReason = None,
    language: OnlyLanguage = None,
    case: CaseNumber = None,
    after: Cursor = None,
    last: CaseNumber = None,
) -> Response[bytes]:
    """What waits for a decision, one case opened, and what was decided."""
    wanted = CaseFilter(state=only, sector=sector or None, reason=reason or None, language=language or None)
    return await _page(context, wanted, case, Form(), after=after, last=last)


@get("/queue/health", include_in_schema=False)
async def show_health(context: NamedDependency[PageContext]) -> Response[bytes]:
    """How the queues do, and those who work at them."""
    async with context.db.read() as tx:
        health = await read_statistics(tx, context.actor)
    return context.renderer.page(
        context.request, context.actor, "moderation/queue_statistics.html", health=health, duration=duration
    )


@post("/queue", include_in_schema=False)
async def decide_many(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Decide alike about several cases, each by itself."""
    ensure_can_read_queue(context.actor)
    typed = await read_form(context.request)
    try:
        facts = await decision_in(context, typed) | {
            "cases": [versioned_case(one) for one in typed.get("cases", ())]
        }
        new = to_shape(NewDecisions, facts)
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _page(context, CaseFilter(), None, form, status=status_of(refusal))
    refused = []
    for case in new.cases:
        try:
            async with context.db.begin() as tx:
                await decisions.decide_case(tx, context.actor, case.id, new.about(case))
        except Refusal as refusal:
            refused.append((case.id, _REFUSED.get(refusal.code, refusal.detail)))
    done = len(new.cases) - len(refused)
    return await _page(context, CaseFilter(), None, Form(), done=(done, refused))


@post("/queue/{case_id:int}", include_in_schema=False)
async def act(case_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Decide about a case, undo that, take it back later, say that one is at it, or say something to the others."""
    ensure_can_read_queue(context.actor)
    typed = await read_form(context.request)
    word = text_in(typed, "act")
    back = f"/queue?{text_in(typed, 'filters')}".rstrip("?")
    mark = "&" if "?" in back else "?"
    try:
        if word in (*get_args(Action), "also"):
            await _decide(context, case_id, typed)
            return go_to(f"{back}{mark}last={case_id}")
        deed = CASE_ACTIONS.get(word)
        if deed is None:
            raise BadButton
        async with context.db.begin() as tx:
            await deed(tx, context, case_id, typed)
    except NotFound:
        raise
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _page(context, CaseFilter(), case_id, form, status=status_of(refusal))
    return go_to(f"{back}{mark}case={case_id}")


@post("/queue/pending", include_in_schema=False)
async def decide_pending(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Let in or dismiss what waits by the policy of a room, as the room does it."""
    ensure_can_read_queue(context.actor)
    typed = await read_form(context.request)
    found = _WAITS.fullmatch(text_in(typed, "what"))
    act = text_in(typed, "act")
    if found is None or act not in ("let_in", "dismiss"):
        raise BadButton
    kind: host_approvals.PendingKind = "question" if found[1] == "question" else "notice"
    try:
        async with context.db.begin() as tx:
            what = (kind, int(found[2]), int(found[3]))
            reason = text_in(typed, "reason").strip()[:300]
            await host_approvals.decide_pending(tx, context.actor, what, act == "let_in", reason)
    except NotFound:
        raise
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _page(context, CaseFilter(), None, form, status=status_of(refusal))
    return go_to("/queue")


@post("/queue/{case_id:int}/reporters", include_in_schema=False)
async def reveal_reporters(case_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Who reported what a case is about; each look is written down."""
    ensure_can_read_queue(context.actor)
    look = to_shape(RevealReporters, {"reason": text_in(await read_form(context.request), "reason").strip()})
    async with context.db.begin() as tx:
        found = await look_at(tx, context.actor, case_id, look)
    return context.renderer.page(
        context.request, context.actor, "moderation/reporters.html", case_id=case_id, items=found.items
    )


async def _decide(context: PageContext, case_id: int, typed: Typed) -> None:
    facts = await decision_in(context, typed) | {"version": number_in(text_in(typed, "version"))}
    new = to_shape(NewDecision, facts)

    async def verb(tx: Transaction) -> object:
        return await decisions.decide_case(tx, context.actor, case_id, new)

    await once_of(context.request, context.actor, typed).respond(context.db, verb)


async def _page(
    context: PageContext,
    only: CaseFilter,
    case_id: int | None,
    form: Form,
    after: str | None = None,
    status: int = 200,
    last: int | None = None,
    done: tuple[int, list[tuple[int, str]]] | None = None,
) -> Response[bytes]:
    community = context.renderer.community
    viewing = Viewing(
        context.actor, context.db.epoch, context.renderer.groups, community.language, community.ladder
    )
    async with context.db.read() as tx:
        view = await view_queue(tx, viewing, only, case_id, after)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/queue.html",
        status,
        view=view,
        form=form,
        last=last,
        done=done,
        reasons=REASONS,
        languages=LANGUAGE_NAMES,
        home=community.language,
        short=SHORT,
        actions=ACTIONS,
        kinds=KINDS,
        query_of=query_of,
        moderates=len(view.page.streams) > 1,
    )


routes = [show_queue, show_health, decide_many, decide_pending, act, reveal_reporters]
