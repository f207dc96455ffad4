"""The HTTP side of live talk."""

from typing import Annotated

from litestar import Response, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import GatheringId, QuestionId, RoomId
from gatherings import gatherings, snapshot
from gatherings.notices.routes import routes as notice_routes
from gatherings.polls.routes import routes as poll_routes
from gatherings.programme.routes import programme_routes
from gatherings.questions import questions
from gatherings.questions.routes import routes as question_routes
from gatherings.questions.submission import QuestionWriter
from gatherings.questions.votes import VoteWriter
from gatherings.record.routes import report_routes
from gatherings.room_setup import planning
from gatherings.room_setup.routes import people_routes
from gatherings.rooms import rooms
from gatherings.rooms.routes_reactions import reaction_routes
from gatherings.shapes.gatherings import (
    Gathering,
    GatheringChange,
    GatheringPage,
    GatheringTime,
    NewGathering,
    NewQuestion,
    Question,
    QuestionMove,
    QuestionOrder,
    QuestionPage,
    QuestionState,
    Room,
    RoomList,
    RoomMove,
    Vote,
    VoteSet,
)
from gatherings.shapes.room_settings import NewRoom
from members.shapes import Taxonomies
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

SectorSlug = Annotated[str | None, QueryParameter(max_length=60)]
# Litestar keeps the name `state` for itself.
OnlyState = Annotated[QuestionState | None, QueryParameter(name="state")]


@get("/gatherings", operation_id="read_gatherings")
async def read_gatherings(
    db: NamedDependency[Database],
    when: FromQuery[GatheringTime] = "upcoming",
    sector: SectorSlug = None,
    after: Cursor = None,
) -> GatheringPage:
    """One page of gatherings: what goes on or comes, the next one first; or what was, the latest first."""
    async with db.read() as tx:
        return await gatherings.read_gatherings(tx, when, sector, after)


@post("/gatherings", responses=documented_response(201, Gathering), operation_id="announce_gathering")
async def announce_gathering(
    data: JSONBody[NewGathering],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Announce a gathering in a sector."""

    async def verb(tx: Transaction) -> Gathering:
        gathering_id = await gatherings.announce_gathering(tx, actor, data)
        return await snapshot.show_gathering(tx, actor, gathering_id, db.epoch)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/gatherings/{gathering_id:int}", operation_id="read_gathering")
async def read_gathering(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Gathering:
    """A gathering with its rooms."""
    async with db.read() as tx:
        return await snapshot.show_gathering(tx, actor, GatheringId(gathering_id), db.epoch)


@patch(
    "/gatherings/{gathering_id:int}",
    responses=documented_response(200, Gathering),
    operation_id="change_gathering",
)
async def change_gathering(
    gathering_id: PathId,
    data: JSONBody[GatheringChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change what is announced, or cancel."""

    async def verb(tx: Transaction) -> Gathering:
        await gatherings.change_gathering(tx, actor, GatheringId(gathering_id), data, version_in(if_match))
        return await snapshot.show_gathering(tx, actor, GatheringId(gathering_id), db.epoch)

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@get("/gatherings/{gathering_id:int}/rooms", operation_id="read_rooms")
async def read_rooms(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RoomList:
    """All rooms of a gathering."""
    async with db.read() as tx:
        await gatherings.get_gathering(tx, GatheringId(gathering_id))
        return RoomList(await rooms.read_rooms(tx, actor, GatheringId(gathering_id)))


@post(
    "/gatherings/{gathering_id:int}/rooms", responses=documented_response(201, Room), operation_id="plan_room"
)
async def plan_room(
    gathering_id: PathId,
    data: JSONBody[NewRoom],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Give a gathering a room."""
    answer = await idempotent.respond(
        db, lambda tx: planning.plan_room(tx, actor, GatheringId(gathering_id), data, taxonomies.bodies), 201
    )
    return json_response(answer.body, answer.status)


@get("/rooms/{room_id:int}", operation_id="read_room")
async def read_room(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    presence: NamedDependency[rooms.Presence],
    order: FromQuery[QuestionOrder] = "best",
) -> Room:
    """The snapshot a client starts from: the room, its counts, the first page of its questions, and its stream."""
    async with db.read() as tx:
        room = await snapshot.show_snapshot(tx, actor, RoomId(room_id), order, db.epoch)
    return rooms.with_presence(room, presence)


@put("/rooms/{room_id:int}/state", responses=documented_response(200, Room), operation_id="move_room")
async def move_room(
    room_id: PathId,
    data: JSONBody[RoomMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Open or close a room."""
    answer = await idempotent.respond(db, lambda tx: rooms.move_room(tx, actor, RoomId(room_id), data))
    return json_response(answer.body, answer.status)


@get("/rooms/{room_id:int}/questions", operation_id="read_questions")
async def read_questions(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    order: FromQuery[QuestionOrder] = "best",
    only: OnlyState = None,
    after: Cursor = None,
) -> QuestionPage:
    """One page of a room's questions: the best first, the newest, or those with most votes; of one state or of all."""
    async with db.read() as tx:
        return await snapshot.read_questions(tx, actor, RoomId(room_id), order, db.epoch, only, after)


@post(
    "/rooms/{room_id:int}/questions",
    responses=documented_response(201, Question),
    operation_id="ask_question",
)
async def ask_question(
    room_id: PathId,
    data: JSONBody[NewQuestion],
    actor: NamedDependency[Actor],
    asking: NamedDependency[QuestionWriter],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Ask, with one's name or without."""
    answer = await asking.ask_question(actor, RoomId(room_id), data, idempotent)
    return json_response(answer.body, answer.status)


@put("/questions/{question_id:int}/vote", operation_id="vote")
async def set_vote(
    question_id: PathId,
    data: JSONBody[Vote],
    actor: NamedDependency[Actor],
    votes: NamedDependency[VoteWriter],
) -> VoteSet:
    """Set one's vote. It may be sent any number of times; no Idempotency-Key is needed."""
    return await votes.set_vote(actor, QuestionId(question_id), data.value)


@put("/questions/{question_id:int}/state", operation_id="settle_question")
async def settle_question(
    question_id: PathId,
    data: JSONBody[QuestionMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Question:
    """Move a question on or back: approve, shortlist, put on stage, answer, dismiss, merge; or withdraw one's own.

    The version makes it safe to send twice, so no answer is kept under an Idempotency-Key: it would name who withdrew
    an anonymous question."""
    async with db.begin() as tx:
        return await questions.settle_question(tx, actor, QuestionId(question_id), data)


routes = [
    read_gatherings,
    announce_gathering,
    read_gathering,
    change_gathering,
    read_rooms,
    plan_room,
    read_room,
    move_room,
    read_questions,
    ask_question,
    set_vote,
    settle_question,
    *notice_routes,
    *people_routes,
    *poll_routes,
    *programme_routes,
    *question_routes,
    *reaction_routes,
    *report_routes,
]
