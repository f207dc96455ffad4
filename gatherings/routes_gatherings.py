"""The HTTP routes of gatherings, and of the snapshot of a room from which a client starts."""

from typing import Annotated

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import GatheringId, RoomId
from gatherings import gatherings, snapshot
from gatherings.rooms.rooms import Presence, with_presence
from gatherings.shapes.gatherings import (
    Gathering,
    GatheringChange,
    GatheringPage,
    GatheringTime,
    NewGathering,
)
from gatherings.shapes.questions import QuestionOrder
from gatherings.shapes.rooms import Room
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

SectorSlug = Annotated[str | None, QueryParameter(max_length=60)]


@get("/gatherings", operation_id="read_gatherings")
async def read_gatherings(
    db: NamedDependency[Database],
    when: FromQuery[GatheringTime] = "upcoming",
    sector: SectorSlug = None,
    after: Cursor = None,
) -> GatheringPage:
    """Return one page of gatherings: current and upcoming ones, the next one first, or past ones, the latest first."""
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
    """Return a gathering with its rooms and its programme."""
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
    """Change the announcement of a gathering, or cancel the gathering."""

    async def verb(tx: Transaction) -> Gathering:
        await gatherings.change_gathering(tx, actor, GatheringId(gathering_id), data, version_in(if_match))
        return await snapshot.show_gathering(tx, actor, GatheringId(gathering_id), db.epoch)

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@get("/rooms/{room_id:int}", operation_id="read_room")
async def read_room(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    presence: NamedDependency[Presence],
    order: FromQuery[QuestionOrder] = "best",
) -> Room:
    """Return the snapshot that a client starts from: the room, its counts, its first page of questions and its stream."""
    async with db.read() as tx:
        room = await snapshot.show_snapshot(tx, actor, RoomId(room_id), order, db.epoch)
    return with_presence(room, presence)


gathering_routes = [read_gatherings, announce_gathering, read_gathering, change_gathering, read_room]
