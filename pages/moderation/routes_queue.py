"""The queue of moderators: cases, decisions, approvals in rooms, and reporters, as plain forms."""

import re
from functools import partial
from typing import Annotated, Literal, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from core.errors import Refusal
from core.http import Cursor, PathId
from core.languages.languages import TAGS
from core.languages.texts import gettext, translatable
from moderation.decisions import decisions
from moderation.flags import reports
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
from pages.moderation.labels import action_labels, reason_labels, short_reason_labels
from pages.moderation.queue_view import (
    Viewer,
    find_undoable,
    query_of,
    read_queue,
)
from pages.moderation.routes_transparency import duration
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.language_names import languages_for_reader
from pages.shell.renderer import redirect
from storage.database import Transaction

OnlyState = Annotated[CaseState, QueryParameter(name="state")]
# A form sends a filter that is not set as an empty value.
OnlyReason = Annotated[FlagReason | Literal[""] | None, QueryParameter(name="reason")]
OnlyLanguage = Annotated[str | None, QueryParameter(name="language", pattern=f"^({'|'.join(TAGS)})?$")]
CaseNumber = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]

# By the code of the refusal; others are shown with their own text.
_REFUSAL_TEXTS = {
    "case_moved_on": translatable("The case has changed meanwhile."),
    "involved": translatable("Another moderator decides it."),
}

# The fields of the forms of case_actions that have another name in the API, by the button.
_NAMES = {"reverse": {"facts": "why"}, "escalate": {"body": "why"}}

# The value of a button: kind, id and version.
_PENDING = re.compile(r"(question|notice) (\d{1,18}) (\d{1,9})")


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
    """Show the queue with one case open."""
    wanted = CaseFilter(state=only, sector=sector or None, reason=reason or None, language=language or None)
    return await _page(context, wanted, case, after=after, last=last)


@get("/queue/health", include_in_schema=False)
async def show_statistics(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the statistics of the queues."""
    async with context.db.read() as tx:
        statistics = await read_statistics(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/queue_statistics.html",
        statistics=statistics,
        duration=duration,
    )


@post("/queue", include_in_schema=False)
async def decide_many(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Make the same decision in several cases, each in its own transaction."""
    ensure_can_read_queue(context.actor)

    async def decide(form: Form) -> Response[bytes]:
        cases = [versioned_case(one) for one in form.values("cases")]
        new = to_shape(NewDecisions, await decision_in(context, form.typed) | {"cases": cases})
        refused = []
        for case in new.cases:
            try:
                async with context.db.begin() as tx:
                    await decisions.decide_case(tx, context.actor, case.id, new.about(case))
            except Refusal as refusal:
                text = _REFUSAL_TEXTS.get(refusal.code)
                refused.append((case.id, refusal.detail if text is None else gettext(text)))
        done = len(new.cases) - len(refused)
        return await _page(context, CaseFilter(), None, done=(done, refused))

    form = await form_of(context)
    form.names = {"reason": "rule"}
    return await submit(form, decide, partial(_page, context, CaseFilter(), None), NO_STATUS)


@post("/queue/{case_id:int}", include_in_schema=False)
async def apply_case_action(case_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Decide a case, or apply another button of its page (see CASE_ACTIONS)."""
    ensure_can_read_queue(context.actor)

    async def apply(form: Form) -> Response[bytes]:
        name = form.value("act")
        back = f"/queue?{form.value('filters')}".rstrip("?")
        mark = "&" if "?" in back else "?"
        if name in (*get_args(Action), "also"):
            await _decide(context, case_id, form.typed)
            return redirect(f"{back}{mark}last={case_id}")
        action = CASE_ACTIONS.get(name)
        if action is None:
            raise BadButton
        async with context.db.begin() as tx:
            await action(tx, context, case_id, form.typed)
        return redirect(f"{back}{mark}case={case_id}")

    form = await form_of(context)
    form.names = {"reason": "rule"} | _NAMES.get(form.value("act"), {})
    return await submit(form, apply, partial(_page, context, CaseFilter(), case_id))


@post("/queue/pending", include_in_schema=False)
async def decide_pending(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Approve or dismiss a question or a notice that waits because of its room's policy."""
    ensure_can_read_queue(context.actor)
    form = await form_of(context)
    found = _PENDING.fullmatch(form.value("what"))
    act = form.value("act")
    if found is None or act not in ("let_in", "dismiss"):
        raise BadButton
    kind: host_approvals.PendingKind = "question" if found[1] == "question" else "notice"
    pending = (kind, int(found[2]), int(found[3]))

    async def decide(form: Form) -> Response[bytes]:
        reason = form.value("reason").strip()[:300]
        async with context.db.begin() as tx:
            await host_approvals.decide_pending(tx, context.actor, pending, act == "let_in", reason)
        return redirect("/queue")

    return await submit(form, decide, partial(_page, context, CaseFilter(), None))


@post("/queue/{case_id:int}/reporters", include_in_schema=False)
async def reveal_reporters(case_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show who reported the subject of a case; each time is recorded in the audit log."""
    ensure_can_read_queue(context.actor)

    async def reveal(form: Form) -> Response[bytes]:
        new = to_shape(RevealReporters, {"reason": text_in(form.typed, "reason").strip()})
        async with context.db.begin() as tx:
            found = await reports.reveal_reporters(tx, context.actor, case_id, new)
        return context.renderer.page(
            context.request, context.actor, "moderation/reporters.html", case_id=case_id, items=found.items
        )

    page = partial(_page, context, CaseFilter(), case_id)
    return await submit(await form_of(context), reveal, page, let_through=(401, 403, 404))


async def _decide(context: PageContext, case_id: int, typed: Typed) -> None:
    facts = await decision_in(context, typed) | {"version": number_in(text_in(typed, "version"))}
    new = to_shape(NewDecision, facts)

    async def verb(tx: Transaction) -> object:
        return await decisions.decide_case(tx, context.actor, case_id, new)

    await idempotent_request(context, typed).respond(context.db, verb)


async def _page(
    context: PageContext,
    only: CaseFilter,
    case_id: int | None,
    form: Form | None = None,
    status: int = 200,
    after: str | None = None,
    last: int | None = None,
    done: tuple[int, list[tuple[int, str]]] | None = None,
) -> Response[bytes]:
    community = context.renderer.community
    viewer = Viewer(context.actor, context.db.epoch, context.renderer.groups, community.ladder)
    async with context.db.read() as tx:
        view = await read_queue(tx, viewer, only, case_id, after)
        undoable = await find_undoable(tx, context.actor, last) if last else None
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/queue.html",
        status,
        view=view,
        form=form or Form(),
        last=last,
        undoable=undoable,
        done=done,
        reasons=reason_labels(),
        languages=languages_for_reader(),
        home=community.language,
        short=short_reason_labels(),
        actions=action_labels(),
        query_of=query_of,
        moderates=len(view.page.streams) > 1,
    )


routes = [show_queue, show_statistics, decide_many, decide_pending, apply_case_action, reveal_reporters]
