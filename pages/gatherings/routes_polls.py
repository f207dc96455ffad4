"""The polls of a room by plain pages and forms: answering, drafting, opening, closing, striking words."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import GatheringId, PollId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.polls import polls
from gatherings.polls import reading as poll_reading
from gatherings.polls.ballots import BallotWriter
from gatherings.rooms import rooms
from gatherings.shapes.polls import Ballot, Poll, PollMove, Strike
from pages.gatherings.polls_view import KINDS, answer_in, change_of, form_of, poll_in, samples, view_polls
from pages.gatherings.room_view import look_about
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from storage.event_log import Stream, read_head


@get("/r/{room_id:int}/polls", include_in_schema=False)
async def show_polls(
    room_id: PathId, context: NamedDependency[PageContext], edit: FromQuery[str] = ""
) -> Response[bytes]:
    """The polls of a room; for its hosts also drafts, and a form for one."""
    editing = number_in(edit)
    form = Form()
    if editing is not None:
        form = form_of(await _poll(context, RoomId(room_id), PollId(editing)))
    return await _page(context, RoomId(room_id), form, editing=editing)


@post("/r/{room_id:int}/polls", include_in_schema=False)
async def draft_poll(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Draft a poll."""
    typed = await read_form(context.request)
    actor, room = context.actor, RoomId(room_id)
    actor.signed_in()
    try:
        new, idempotent = poll_in(typed), once_of(context.request, actor, typed)
        await idempotent.respond(context.db, lambda tx: polls.draft_poll(tx, actor, room, new), 201)
    except Refusal as refusal:
        return await _page(context, room, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/r/{room_id}/polls")


@post("/r/{room_id:int}/polls/{poll_id:int}/change", include_in_schema=False)
async def change_poll(
    room_id: PathId, poll_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Change a draft."""
    typed = await read_form(context.request)
    actor, room = context.actor, RoomId(room_id)
    actor.signed_in()
    poll = await _poll(context, room, PollId(poll_id))
    version = number_in(text_in(typed, "version"))
    try:
        change = change_of(poll_in(typed, poll.kind))
        async with context.db.begin() as tx:
            await polls.change_poll(tx, actor, PollId(poll_id), change, version)
    except Refusal as refusal:
        form = Form(typed=typed, version=version).refuse(refusal)
        return await _page(context, room, form, status_of(refusal), editing=poll_id)
    return go_to(f"/r/{room_id}/polls#poll{poll_id}")


@post("/r/{room_id:int}/polls/{poll_id:int}/state", include_in_schema=False)
async def change_poll_state(
    room_id: PathId, poll_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Open or close a poll, or delete a draft."""
    typed = await read_form(context.request)
    state, version = text_in(typed, "state"), number_in(text_in(typed, "version"))
    if version is None:
        raise BadButton
    async with context.db.begin() as tx:
        if state == "delete":
            await polls.delete_poll(tx, context.actor, PollId(poll_id))
        else:
            move = to_shape(PollMove, {"state": state, "version": version})
            await polls.change_poll_state(tx, context.actor, PollId(poll_id), move)
    return go_to(f"/r/{room_id}/polls#poll{poll_id}")


@post("/r/{room_id:int}/polls/{poll_id:int}/ballot", include_in_schema=False)
async def set_ballot(
    room_id: PathId,
    poll_id: PathId,
    context: NamedDependency[PageContext],
    ballots: NamedDependency[BallotWriter],
) -> Response[bytes]:
    """Answer a poll, or take one's answer back."""
    typed = await read_form(context.request)
    room = RoomId(room_id)
    context.actor.signed_in()
    poll = await _poll(context, room, PollId(poll_id))
    try:
        ballot = to_shape(Ballot, {"answer": answer_in(typed, poll)})
        await ballots.set_ballot(context.actor, PollId(poll_id), ballot.answer)
    except Refusal as refusal:
        return await _page(context, room, _answered(typed, poll, refusal), status_of(refusal))
    return go_to(
        f"/r/{room_id}/polls#poll{poll_id}", done="answered" if ballot.answer is not None else "taken-back"
    )


@post("/r/{room_id:int}/polls/{poll_id:int}/strike", include_in_schema=False)
async def strike_word(
    room_id: PathId, poll_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Take a word out of the results, or put it back."""
    typed = await read_form(context.request)
    word = text_in(typed, "word")
    if not 0 < len(word) <= 80:
        raise BadButton
    async with context.db.begin() as tx:
        if text_in(typed, "back"):
            await polls.restore_word(tx, context.actor, PollId(poll_id), word)
        else:
            strike = to_shape(Strike, {"reason": text_in(typed, "reason")})
            await polls.strike_word(tx, context.actor, PollId(poll_id), word, strike)
    return go_to(f"/r/{room_id}/polls#poll{poll_id}")


async def _poll(context: PageContext, room: RoomId, poll_id: PollId) -> Poll:
    async with context.db.read() as tx:
        poll = await poll_reading.show_poll(tx, context.actor, poll_id)
    if poll.room != room:
        raise NotFound
    return poll


def _answered(typed: Typed, poll: Poll, refusal: Refusal) -> Form:
    # Beside the poll it answers, and not in the form that drafts one.
    return Form(action=str(poll.id), typed=typed).refuse(refusal)


async def _page(
    context: PageContext, room_id: RoomId, form: Form, status: int = 200, editing: int | None = None
) -> Response[bytes]:
    channel = f"room:{room_id}"
    async with context.db.read() as tx:
        # The position first: what happens while the rest is read comes again.
        stream = Stream(channel, context.db.epoch, await read_head(tx, channel))
        facts, room = await rooms.get_room_with_facts(tx, context.actor, room_id)
        gathering = await get_gathering(tx, GatheringId(room.gathering))
        view = await view_polls(tx, context.actor, facts, context.renderer.groups, form, editing)
        ways = await look_about(tx, context.actor, facts)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/polls.html",
        status,
        room=rooms.with_presence(room, context.presence),
        gathering=gathering,
        stream=stream,
        view=view,
        poll_kinds=KINDS,
        samples=samples(room_id),
        is_on="polls" in facts.modules,
        ways=ways,
    )


routes = [show_polls, draft_poll, change_poll, change_poll_state, set_ballot, strike_word]
