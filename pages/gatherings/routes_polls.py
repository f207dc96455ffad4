"""The polls of a room as pages and forms: answering, drafting, opening, closing, and removing words."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.errors import NotFound
from core.http import PathId
from core.ids import GatheringId, PollId, RoomId
from core.languages.texts import gettext, pgettext
from gatherings.gatherings import get_gathering
from gatherings.polls import polls
from gatherings.polls import reading as poll_reading
from gatherings.polls.ballots import BallotWriter
from gatherings.rooms import rooms
from gatherings.shapes.polls import Ballot, Poll, PollMove, Strike
from pages.gatherings.polls_view import (
    KINDS,
    answer_in,
    change_of,
    draft_form,
    poll_in,
    sample_polls,
    view_polls,
)
from pages.gatherings.room_view import read_room_counts
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    form_of,
    idempotent_request,
    number_in,
    read_form,
    submit,
    text_in,
    to_shape,
)
from pages.shell.refused.correction import TextField, submit_or_correct
from pages.shell.renderer import redirect
from storage.event_log import Stream, read_head


@get("/r/{room_id:int}/polls", include_in_schema=False)
async def show_polls(
    room_id: PathId, context: NamedDependency[PageContext], edit: FromQuery[str] = ""
) -> Response[bytes]:
    """Show the polls of a room; hosts also see drafts and a form for a new or edited draft."""
    editing = number_in(edit)
    form = Form()
    if editing is not None:
        form = draft_form(await _poll(context, RoomId(room_id), PollId(editing)))
    return await _page(context, RoomId(room_id), form, editing=editing)


@post("/r/{room_id:int}/polls", include_in_schema=False)
async def draft_poll(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save a new draft."""
    form = await form_of(context)
    context.actor.signed_in()

    async def draft(form: Form) -> Response[bytes]:
        new = poll_in(form.typed)
        await idempotent_request(context, form.typed).respond(
            context.db, lambda tx: polls.draft_poll(tx, context.actor, RoomId(room_id), new), 201
        )
        return redirect(f"/r/{room_id}/polls")

    return await submit(form, draft, partial(_page, context, RoomId(room_id)), NO_STATUS)


@post("/r/{room_id:int}/polls/{poll_id:int}/change", include_in_schema=False)
async def change_poll(
    room_id: PathId, poll_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Change a draft."""
    form = await form_of(context)
    context.actor.signed_in()
    poll = await _poll(context, RoomId(room_id), PollId(poll_id))
    form.version = number_in(form.value("version"))

    async def change(form: Form) -> Response[bytes]:
        wanted = change_of(poll_in(form.typed, poll.kind))
        async with context.db.begin() as tx:
            await polls.change_poll(tx, context.actor, PollId(poll_id), wanted, form.version)
        return redirect(f"/r/{room_id}/polls#poll{poll_id}")

    page = partial(_page, context, RoomId(room_id), editing=poll_id)
    return await submit(form, change, page, NO_STATUS)


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
    return redirect(f"/r/{room_id}/polls#poll{poll_id}")


@post("/r/{room_id:int}/polls/{poll_id:int}/ballot", include_in_schema=False)
async def set_ballot(
    room_id: PathId,
    poll_id: PathId,
    context: NamedDependency[PageContext],
    ballots: NamedDependency[BallotWriter],
) -> Response[bytes]:
    """Answer a poll, or withdraw the answer."""
    form = await form_of(context)
    # The refusal is shown with this poll, and not with the form for drafts.
    form.action = str(poll_id)
    context.actor.signed_in()
    poll = await _poll(context, RoomId(room_id), PollId(poll_id))

    async def answer(form: Form) -> Response[bytes]:
        ballot = to_shape(Ballot, {"answer": answer_in(form.typed, poll)})
        await ballots.set_ballot(context.actor, PollId(poll_id), ballot.answer)
        done = "taken-back" if ballot.answer is None else "answered"
        return redirect(f"/r/{room_id}/polls#poll{poll_id}", done=done)

    return await submit(form, answer, partial(_page, context, RoomId(room_id)), NO_STATUS)


@post("/r/{room_id:int}/polls/{poll_id:int}/strike", include_in_schema=False)
async def strike_word(
    room_id: PathId, poll_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Remove a word from the results, or restore it."""
    form, here = await form_of(context), f"/r/{room_id}/polls#poll{poll_id}"
    word = form.value("word")
    if not 0 < len(word) <= 80:
        raise BadButton

    async def strike(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            if text_in(form.typed, "back"):
                await polls.restore_word(tx, context.actor, PollId(poll_id), word)
            else:
                reason = to_shape(Strike, {"reason": text_in(form.typed, "reason")})
                await polls.strike_word(tx, context.actor, PollId(poll_id), word, reason)
        return redirect(here)

    fields = [TextField("reason", pgettext("reason", "Why"))]
    return await submit_or_correct(context, form, strike, fields, gettext("Remove word"), here)


async def _poll(context: PageContext, room: RoomId, poll_id: PollId) -> Poll:
    async with context.db.read() as tx:
        poll = await poll_reading.show_poll(tx, context.actor, poll_id)
    if poll.room != room:
        raise NotFound
    return poll


async def _page(
    context: PageContext, room_id: RoomId, form: Form, status: int = 200, editing: int | None = None
) -> Response[bytes]:
    channel = f"room:{room_id}"
    async with context.db.read() as tx:
        # The stream's position is read first, so that later changes are delivered again.
        stream = Stream(channel, context.db.epoch, await read_head(tx, channel))
        facts, room = await rooms.get_room_with_facts(tx, context.actor, room_id)
        gathering = await get_gathering(tx, GatheringId(room.gathering))
        view = await view_polls(tx, context.actor, facts, context.renderer.groups, form, editing)
        ways = await read_room_counts(tx, context.actor, facts)
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/polls.html",
        status,
        room=rooms.with_presence(room, context.presence),
        gathering=gathering,
        stream=stream,
        view=view,
        poll_kinds=[(kind, gettext(label)) for kind, label in KINDS],
        samples=sample_polls(room_id),
        is_on="polls" in facts.modules,
        ways=ways,
    )


routes = [show_polls, draft_poll, change_poll, change_poll_state, set_ballot, strike_word]
