"""The HTTP routes of room setup: planning rooms, their settings, their guests and their panel."""

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import GatheringId, RoomId
from gatherings.room_setup import people, planning, settings
from gatherings.shapes.rooms import NewRoom, PeopleOfRoom, Room, RoomChange
from members.shapes import Taxonomies
from storage.database import Database
from storage.idempotency import IdempotentRequest

_GUEST = "/rooms/{room_id:int}/guests/{handle:str}"
_PANELIST = "/rooms/{room_id:int}/panel/{handle:str}"


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
    """Plan a room in a gathering."""
    answer = await idempotent.respond(
        db,
        lambda tx: planning.plan_room(tx, actor, GatheringId(gathering_id), data, taxonomies.committees),
        201,
    )
    return json_response(answer.body, answer.status)


@patch("/rooms/{room_id:int}", responses=documented_response(200, Room), operation_id="change_room")
async def change_room(
    room_id: PathId,
    data: JSONBody[RoomChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    taxonomies: NamedDependency[Taxonomies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change a room's title, modules or rules."""
    version, committees = version_in(if_match), taxonomies.committees
    answer = await idempotent.respond(
        db, lambda tx: settings.change_room(tx, actor, RoomId(room_id), data, version, committees)
    )
    return json_response(answer.body, answer.status)


@get("/rooms/{room_id:int}/guests", operation_id="read_guests")
async def read_guests(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PeopleOfRoom:
    """Return the members who are invited to a room; for its hosts only."""
    async with db.read() as tx:
        return await people.read_guests(tx, actor, RoomId(room_id))


@put(_GUEST, status_code=204, operation_id="invite_guest")
async def invite_guest(
    room_id: PathId, handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Invite a member to a room."""
    async with db.begin() as tx:
        await people.invite_guest(tx, actor, RoomId(room_id), handle)


@delete(_GUEST, status_code=204, operation_id="uninvite_guest")
async def uninvite_guest(
    room_id: PathId, handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Withdraw a member's invitation to a room."""
    async with db.begin() as tx:
        await people.uninvite_guest(tx, actor, RoomId(room_id), handle)


@get("/rooms/{room_id:int}/panel", operation_id="read_panel")
async def read_panel(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PeopleOfRoom:
    """Return the members on a room's panel; for its hosts only."""
    async with db.read() as tx:
        return await people.read_panel(tx, actor, RoomId(room_id))


@put(_PANELIST, status_code=204, operation_id="seat_panelist")
async def seat_panelist(
    room_id: PathId, handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Add a member to a room's panel."""
    async with db.begin() as tx:
        await people.seat_panelist(tx, actor, RoomId(room_id), handle)


@delete(_PANELIST, status_code=204, operation_id="unseat_panelist")
async def unseat_panelist(
    room_id: PathId, handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a member from a room's panel."""
    async with db.begin() as tx:
        await people.unseat_panelist(tx, actor, RoomId(room_id), handle)


room_setup_routes = [
    plan_room,
    change_room,
    read_guests,
    invite_guest,
    uninvite_guest,
    read_panel,
    seat_panelist,
    unseat_panelist,
]
