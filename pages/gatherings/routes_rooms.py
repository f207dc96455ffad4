"""The page of a room: the question on stage, the questions, asking, voting, and reactions."""

from functools import partial
from typing import Any, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from markupsafe import Markup
from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import allowed
from core.http import Cursor, PathId
from core.ids import QuestionId, RoomId
from core.languages.texts import gettext
from gatherings.policy_rooms import RoomFacts
from gatherings.questions import questions
from gatherings.questions.policy import ensure_can_ask, ensure_can_vote
from gatherings.questions.submission import QuestionWriter
from gatherings.questions.votes import VoteWriter
from gatherings.rooms import rooms
from gatherings.rooms.policy_reactions import ensure_can_react
from gatherings.rooms.reactions import RoomReactions
from gatherings.rooms.shapes_reactions import NewRoomReaction
from gatherings.shapes.questions import (
    NewQuestion,
    Question,
    QuestionEdit,
    QuestionMove,
    QuestionOrder,
    QuestionState,
)
from gatherings.shapes.rooms import Room, RoomMove
from pages.gatherings import question_html
from pages.gatherings.question_html import RoomPlace
from pages.gatherings.room_view import RANKING, RoomView, Shown, read_room_view
from pages.shell.context import PageContext
from pages.shell.forms import (
    NO_STATUS,
    BadButton,
    Form,
    Typed,
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


@get("/r/{room_id:int}", include_in_schema=False)
async def show_room(
    room_id: PathId,
    context: NamedDependency[PageContext],
    show: FromQuery[Shown | None] = None,
    order: FromQuery[QuestionOrder] = "best",
    after: Cursor = None,
) -> Response[bytes]:
    """Show a room with its open, answered or (for hosts) dismissed questions; raise NotFound.

    A closed room in which all questions were answered shows these, unless the reader asks for the open ones.
    """
    return await _page(context, RoomId(room_id), Form(), show=show, order=order, after=after)


@post("/r/{room_id:int}/questions", include_in_schema=False)
async def ask_question(
    room_id: PathId, context: NamedDependency[PageContext], question_writer: NamedDependency[QuestionWriter]
) -> Response[bytes]:
    """Ask a question, with the member's name or anonymously."""

    async def ask(form: Form) -> Response[bytes]:
        facts = {
            "body": text_in(form.typed, "body"),
            "anonymous": bool(text_in(form.typed, "anonymous")),
        }
        new = to_shape(NewQuestion, facts)
        await question_writer.ask_question(
            context.actor, RoomId(room_id), new, idempotent_request(context, form.typed)
        )
        return redirect(f"/r/{room_id}", done="asked")

    return await submit(await form_of(context), ask, partial(_page, context, RoomId(room_id)), NO_STATUS)


@post("/r/{room_id:int}/act", include_in_schema=False)
async def apply_question_button(
    room_id: PathId, context: NamedDependency[PageContext], votes: NamedDependency[VoteWriter]
) -> Response[bytes]:
    """Apply a button of a question: a vote, a transition such as "answered" or "withdrawn", or an edit. The value of the
    button is the action, the question's id, and the vote or the version."""
    form = await form_of(context)
    action, first, second = [*text_in(form.typed, "act").split(" "), "", "", ""][:3]
    question_id = number_in(first)
    if question_id is None:
        raise BadButton
    here = f"/r/{room_id}#q{question_id}"

    async def apply(form: Form) -> Response[bytes]:
        if action == "vote":
            await votes.set_vote(context.actor, QuestionId(question_id), 1 if second == "1" else 0)
        else:
            await _apply_transition(context, QuestionId(question_id), action, number_in(second), form.typed)
        return redirect(here)

    # Only the form that edits a question has a text.
    fields = [TextField("body", gettext("Your question"), 3, 2_000)] if action == "edit" else []
    return await submit_or_correct(context, form, apply, fields, gettext("Save"), here)


@post("/r/{room_id:int}/state", include_in_schema=False)
async def change_room_state(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Open or close the room."""
    move = to_shape(RoomMove, {"state": text_in(await read_form(context.request), "state")})
    async with context.db.begin() as tx:
        await rooms.change_room_state(tx, context.actor, RoomId(room_id), move)
    return redirect(f"/r/{room_id}")


@post("/r/{room_id:int}/react", include_in_schema=False)
async def react(
    room_id: PathId, context: NamedDependency[PageContext], room_reactions: NamedDependency[RoomReactions]
) -> Response[bytes]:
    """Send a reaction, such as applause."""
    new = to_shape(NewRoomReaction, {"kind": text_in(await read_form(context.request), "kind")})
    await room_reactions.react(context.actor, RoomId(room_id), new.kind)
    return redirect(f"/r/{room_id}")


async def _apply_transition(
    context: PageContext, question_id: QuestionId, action: str, version: int | None, typed: Typed
) -> None:
    if action not in (*get_args(QuestionState), "edit") or version is None or version >= 2**31:
        raise BadButton
    async with context.db.begin() as tx:
        if action == "edit":
            edit = to_shape(QuestionEdit, {"body": text_in(typed, "body")})
            await questions.edit_question(tx, context.actor, question_id, edit, version, context.screen)
        else:
            move = to_shape(QuestionMove, {"state": action, "version": version})
            await questions.change_question_state(tx, context.actor, question_id, move)


async def _page(
    context: PageContext,
    room_id: RoomId,
    form: Form,
    status: int = 200,
    show: Shown | None = None,
    order: QuestionOrder = "best",
    after: str | None = None,
) -> Response[bytes]:
    actor, now = context.actor, clock.now()
    async with context.db.read() as tx:
        seen = await read_room_view(tx, actor, room_id, context.db.epoch, show or "live", order, after)
        is_over = seen.room.state == "closed" and not seen.page.items and not seen.shortlist
        if show is None and is_over and seen.counts.answered:
            show = "answered"
            seen = await read_room_view(tx, actor, room_id, context.db.epoch, show, order, after)
    place = _place(context, seen)
    return context.renderer.page(
        context.request,
        actor,
        "gatherings/room.html",
        status,
        room=rooms.with_presence(seen.room, context.presence),
        visit=seen,
        stream=seen.page.stream,
        is_host=place.is_host,
        can_react=allowed(ensure_can_react, actor, seen.facts, now),
        # In slow mode a member may type while waiting, so the form is shown.
        can_ask=allowed(
            ensure_can_ask, actor, seen.facts, False, now, replace(seen.writer, last_wrote_at=None)
        ),
        show=show or "live",
        order=order,
        form=form,
        **_question_values(context, seen, place),
    )


def _question_values(context: PageContext, seen: RoomView, place: RoomPlace) -> dict[str, Any]:
    """Return the template values that show questions."""
    return {
        "waiting": seen.counts.live + seen.counts.shortlisted,
        "stage": seen.stage,
        "asker": question_html.asker(seen.stage, context.renderer.groups) if seen.stage else Markup(),
        "own": question_html.questions(seen.own, place),
        "questions": question_html.questions([*seen.shortlist, *seen.page.items], place),
        "voters": max((one.rank.why.voters for one in seen.page.items if one.rank), default=0),
        "question_words": question_html.script_words(place),
        "sample": question_html.question(_sample_question(seen.room), place),
        "change": question_html.change(_sample_question(seen.room), place),
        "ranking": RANKING,
        "groups": context.renderer.groups_json,
    }


def _place(context: PageContext, seen: RoomView) -> RoomPlace:
    return RoomPlace(
        room=seen.room.id,
        topic=f"/t/{seen.room.topic}/room",
        may_vote=allowed(_ensure_votes, context.actor, seen.facts),
        is_host=context.actor.hosts_at(seen.facts.gathering_id),
        length=seen.facts.question_length,
        groups=context.renderer.groups,
        answers=seen.answers,
        # In a closed room no question is next.
        lines={one.id: line for line, one in enumerate(seen.shortlist, 1)}
        if seen.room.state != "closed"
        else {},
    )


def _ensure_votes(actor: Actor, room: RoomFacts) -> None:
    actor.may_write(clock.now())
    ensure_can_vote(room.state, "live", is_own=False)


def _sample_question(room: Room) -> Question:
    return Question(
        id=0, room=room.id, post=0, state="live", votes=0, version=0, settled_at=None, number=0, body="", html="",
        author=None, anonymous=True, asked_at=clock.now(), my_vote=0, mine=False,
    )  # fmt: skip


routes = [show_room, ask_question, apply_question_button, change_room_state, react]
