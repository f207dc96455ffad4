"""A room's page: its questions, asking, voting, and what hosts do."""

from typing import Literal, get_args

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Refusal, allowed
from core.http import Cursor, PathId
from core.ids import GatheringId, QuestionId, RoomId
from gatherings import questions, reading, rooms
from gatherings.asking import QuestionWriter
from gatherings.gatherings import get_gathering
from gatherings.policy import RoomFacts
from gatherings.policy_questions import ensure_can_ask
from gatherings.question_reading import count_questions
from gatherings.shapes import (
    QUESTION_LENGTH,
    Counts,
    Gathering,
    NewQuestion,
    Question,
    QuestionMove,
    QuestionOrder,
    QuestionPage,
    QuestionState,
    Room,
    RoomMove,
)
from gatherings.votes import VoteWriter
from pages import asked
from pages.asked import Hall
from pages.forms import BadButton, Form, number_in, once_of, read_form, text_in, to_shape
from pages.press import AnyRequest, Press, go_to
from pages.refusals import status_of
from storage.database import Database

Shown = Literal["live", "answered"]


class Visit(Struct, frozen=True, kw_only=True):
    """Everything a room's page shows to somebody."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    counts: Counts
    page: QuestionPage


class Foyer(Struct, frozen=True):
    """What all these pages need: who is there, through what, with which press."""

    request: AnyRequest
    actor: Actor
    db: Database
    press: Press
    presence: rooms.Presence


def provide_foyer(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
    presence: NamedDependency[rooms.Presence],
) -> Foyer:
    """The foyer of one request."""
    return Foyer(request, actor, db, press, presence)


@get("/r/{room_id:int}", include_in_schema=False)
async def show_room(
    room_id: PathId,
    foyer: NamedDependency[Foyer],
    show: FromQuery[Shown] = "live",
    order: FromQuery[QuestionOrder] = "best",
    after: Cursor = None,
) -> Response[bytes]:
    """A room: the questions that wait, or those that were answered."""
    visit = await _visit(foyer, RoomId(room_id), show, order, after)
    return _page(foyer, visit, Form(), show=show, order=order)


@post("/r/{room_id:int}/questions", include_in_schema=False)
async def ask_question(
    room_id: PathId, foyer: NamedDependency[Foyer], asking: NamedDependency[QuestionWriter]
) -> Response[bytes]:
    """Ask, with one's name or without."""
    typed = await read_form(foyer.request)
    actor, room = foyer.actor, RoomId(room_id)
    try:
        new = to_shape(
            NewQuestion, {"body": text_in(typed, "body"), "anonymous": bool(text_in(typed, "anonymous"))}
        )
        once = once_of(foyer.request, actor, typed)
        await asking.ask_question(actor, room, new, once)
    except Refusal as refusal:
        visit = await _visit(foyer, room, "live", "best", None)
        return _page(foyer, visit, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/r/{room_id}", done="asked")


@post("/r/{room_id:int}/act", include_in_schema=False)
async def set_vote(
    room_id: PathId, foyer: NamedDependency[Foyer], votes: NamedDependency[VoteWriter]
) -> Response[bytes]:
    """One of the buttons of a question: vote, answered, dismiss, take up again, withdraw."""
    word, first, second = [*text_in(await read_form(foyer.request), "act").split(" "), "", "", ""][:3]
    question_id = number_in(first)
    if question_id is None:
        raise BadButton
    if word == "vote":
        await votes.set_vote(foyer.actor, QuestionId(question_id), 1 if second == "1" else 0)
    else:
        await _settle(foyer, QuestionId(question_id), word, number_in(second))
    return go_to(f"/r/{room_id}#q{question_id}")


@post("/r/{room_id:int}/state", include_in_schema=False)
async def move_room(room_id: PathId, foyer: NamedDependency[Foyer]) -> Response[bytes]:
    """Open or close the room."""
    move = to_shape(RoomMove, {"state": text_in(await read_form(foyer.request), "state")})
    async with foyer.db.begin() as tx:
        await rooms.move_room(tx, foyer.actor, RoomId(room_id), move)
    return go_to(f"/r/{room_id}")


async def _settle(foyer: Foyer, question_id: QuestionId, word: str, version: int | None) -> None:
    if word not in get_args(QuestionState) or version is None:
        raise BadButton
    move = to_shape(QuestionMove, {"state": word, "version": version})
    async with foyer.db.begin() as tx:
        await questions.settle_question(tx, foyer.actor, question_id, move)


async def _visit(
    foyer: Foyer, room_id: RoomId, show: Shown, order: QuestionOrder, after: str | None
) -> Visit:
    async with foyer.db.read() as tx:
        # The page carries the stream's position, taken first: what happens while the rest is read comes again.
        page = await reading.read_questions(tx, foyer.actor, room_id, order, foyer.db.epoch, show, after)
        facts, room = await rooms.look_at_room(tx, foyer.actor, room_id)
        counts = await count_questions(tx, room_id, foyer.actor.hosts_at(facts.gathering_id))
        gathering = await get_gathering(tx, GatheringId(room.gathering))
    room = rooms.with_presence(room, foyer.presence)
    return Visit(facts=facts, room=room, gathering=gathering, counts=counts, page=page)


def _page(
    foyer: Foyer,
    visit: Visit,
    form: Form,
    status: int = 200,
    show: Shown = "live",
    order: FromQuery[QuestionOrder] = "best",
) -> Response[bytes]:
    actor, room = foyer.actor, visit.room
    can_ask = allowed(ensure_can_ask, actor, visit.facts, False, clock.now())
    is_host = actor.hosts_at(visit.facts.gathering_id)
    hall = Hall(topic=f"/t/{room.topic}/room", may_vote=can_ask, is_host=is_host, groups=foyer.press.groups)
    return foyer.press.page(
        foyer.request,
        actor,
        "room.html",
        status,
        room=room,
        gathering=visit.gathering,
        stream=visit.page.stream,
        counts=visit.counts,
        questions=asked.questions(visit.page.items, hall),
        next=visit.page.next,
        sample=asked.question(_blank(room), hall),
        groups=foyer.press.groups_json,
        can_ask=can_ask,
        is_host=is_host,
        show=show,
        order=order,
        form=form,
        question_length=QUESTION_LENGTH,
    )


def _blank(room: Room) -> Question:
    return Question(
        id=0, room=room.id, post=0, state="live", votes=0, version=0, settled_at=None, number=0, body="", html="",
        author=None, anonymous=True, asked_at=clock.now(), my_vote=0, mine=False,
    )  # fmt: skip


routes = [show_room, ask_question, set_vote, move_room]
