"""What moderators look at and decide, how members tell them, and the ledger that everybody reads."""

from collections.abc import Sequence
from typing import Annotated, Any, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from markupsafe import Markup
from msgspec import Struct

from core.errors import NotFound, Refusal
from core.http import Cursor, PathId, status_of
from core.ids import PostId, TopicId
from forum.pages import read_topic_page
from forum.reading import Place, show_post
from forum.shapes import Post, Topic
from forum.topics import show_topics
from moderation import decisions, flags, ledger, reading
from moderation.policy import ensure_can_read_queue
from moderation.shapes import Action, Case, CasePage, CaseState, NewDecision, NewFlag, NewReversal
from pages import contribution
from pages.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.press import go_to
from pages.routes_posts import Desk
from pages.topic_view import address_of
from storage.database import Reader, Transaction

REASONS = {
    "off_topic": "It does not belong here",
    "spam": "It is advertising or spam",
    "abusive": "It insults, threatens or harasses",
    "misleading": "It misleads or is false",
    "private": "It tells what is private",
    "illegal": "It is against the law",
    "other": "Something else",
}
ACTIONS = {"hide": "Hidden", "no_action": "No action"}

# How many posts are shown on either side of the one in question.
_AROUND = 2

OnlyState = Annotated[CaseState, QueryParameter(name="state")]
CaseNumber = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]


class Exhibit(Struct, frozen=True):
    """A case as its page shows it: with its topic, and the posts around the one in question."""

    case: Case
    topic: Topic | None
    posts: Markup
    address: str
    number: int


@get("/queue", include_in_schema=False)
async def show_queue(
    desk: NamedDependency[Desk],
    only: OnlyState = "open",
    case: CaseNumber = None,
    after: Cursor = None,
    last: CaseNumber = None,
) -> Response[bytes]:
    """What waits for a decision, one case opened, and what was decided."""
    async with desk.db.read() as tx:
        page = await reading.read_cases(tx, desk.actor, desk.db.epoch, only, after)
        opened = await _open(tx, desk, _chosen(page, case, only))
    return _queue_page(desk, page, opened, Form(), state=only, last=last)


@post("/queue/{case_id:int}", include_in_schema=False)
async def decide(case_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """Decide about a case, or take a decision back."""
    ensure_can_read_queue(desk.actor)
    typed = await read_form(desk.request)
    reverse = number_in(text_in(typed, "reverse"))
    try:
        if reverse is not None:
            await _reverse(desk, reverse, typed)
            return go_to(f"/queue?case={case_id}")
        await _decide(desk, case_id, typed)
    except NotFound:
        raise
    except Refusal as refusal:
        async with desk.db.read() as tx:
            page = await reading.read_cases(tx, desk.actor, desk.db.epoch)
            opened = await _open(tx, desk, case_id)
        form = Form(typed=typed).refuse(refusal)
        return _queue_page(desk, page, opened, form, status_of(refusal))
    return go_to(f"/queue?last={case_id}")


@get("/ledger", include_in_schema=False)
async def show_ledger(desk: NamedDependency[Desk], after: Cursor = None) -> Response[bytes]:
    """All decisions, the latest first."""
    async with desk.db.read() as tx:
        page = await ledger.read_ledger(tx, after)
    return desk.press.page(desk.request, desk.actor, "ledger.html", page=page, actions=ACTIONS)


@get("/p/{post_id:int}/flag", include_in_schema=False)
async def show_flag(
    post_id: PathId, desk: NamedDependency[Desk], sent: FromQuery[bool] = False
) -> Response[bytes]:
    """The form that tells the moderators of a post."""
    desk.actor.signed_in()
    return await _flag_page(desk, PostId(post_id), Form(), is_sent=sent)


@post("/p/{post_id:int}/flag", include_in_schema=False)
async def flag_post(post_id: PathId, desk: NamedDependency[Desk]) -> Response[bytes]:
    """Tell the moderators of a post."""
    typed = await read_form(desk.request)
    try:
        new = to_shape(NewFlag, {"reason": text_in(typed, "reason"), "note": text_in(typed, "note")})
        once = once_of(desk.request, desk.actor, typed)
        await once.answer(desk.db, lambda tx: flags.flag_post(tx, desk.actor, PostId(post_id), new))
    except NotFound:
        raise
    except Refusal as refusal:
        desk.actor.signed_in()
        form = Form(typed=typed).refuse(refusal)
        return await _flag_page(desk, PostId(post_id), form, status=status_of(refusal))
    return go_to(f"/p/{post_id}/flag?sent=true")


async def _decide(desk: Desk, case_id: int, typed: Typed) -> None:
    action = text_in(typed, "act")
    if action not in get_args(Action):
        raise BadButton
    facts: dict[str, Any] = {"version": number_in(text_in(typed, "version")), "action": action}
    if action == "hide":
        facts["reason"] = {"rule": text_in(typed, "rule"), "facts": text_in(typed, "facts")}
    new = to_shape(NewDecision, facts)

    async def verb(tx: Transaction) -> object:
        return await decisions.decide_case(tx, desk.actor, case_id, new)

    await once_of(desk.request, desk.actor, typed).answer(desk.db, verb)


async def _reverse(desk: Desk, decision_id: int, typed: Typed) -> None:
    new = to_shape(NewReversal, {"facts": text_in(typed, "facts")})
    async with desk.db.begin() as tx:
        await decisions.reverse_decision(tx, desk.actor, decision_id, new)


def _chosen(page: CasePage, wanted: int | None, only: CaseState) -> int | None:
    if wanted is not None or only != "open":
        return wanted
    return next((case.id for case in page.items if not case.involved), None)


async def _open(tx: Reader, desk: Desk, case_id: int | None) -> Exhibit | None:
    if case_id is None:
        return None
    case = await reading.show_case(tx, desk.actor, case_id)
    if case.post is None:
        return Exhibit(case, None, Markup(), "", 0)
    number = case.post.number
    place = Place(order="time", number=max(1, number - _AROUND))
    found = await read_topic_page(tx, desk.actor, TopicId(case.post.topic), place, desk.db.epoch)
    near = [each for each in found.posts.items if each.number <= number + _AROUND]
    address = address_of(found.topic)
    return Exhibit(case, found.topic, _shown(desk, near, address, number), address, number)


def _shown(desk: Desk, posts: Sequence[Post], address: str, number: int) -> Markup:
    place = contribution.Place(address=address, in_tree=False, here=number, groups=desk.press.groups)
    return contribution.contributions(posts, place)


def _queue_page(
    desk: Desk, page: CasePage, opened: Exhibit | None, form: Form, status: int = 200, **more: Any
) -> Response[bytes]:
    facts = {"page": page, "opened": opened, "form": form, "reasons": REASONS, "actions": ACTIONS}
    given = {"state": "open", "last": None} | more
    return desk.press.page(desk.request, desk.actor, "queue.html", status, **facts, **given)


async def _flag_page(
    desk: Desk, post_id: PostId, form: Form, is_sent: bool = False, status: int = 200
) -> Response[bytes]:
    async with desk.db.read() as tx:
        shown = await show_post(tx, desk.actor, post_id)
        topic = (await show_topics(tx, desk.actor, [shown.topic]))[shown.topic]
    address = address_of(topic)
    return desk.press.page(
        desk.request,
        desk.actor,
        "flag.html",
        status,
        post=shown,
        back=f"{address}/{shown.number}#p{shown.number}",
        above=_shown(desk, [shown], address, shown.number),
        form=form,
        is_sent=is_sent,
        options=list(REASONS.items()),
    )


routes = [show_queue, decide, show_ledger, show_flag, flag_post]
