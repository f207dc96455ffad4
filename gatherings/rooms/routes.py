"""The HTTP routes of rooms: listing them, opening and closing them, and reactions."""

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import GatheringId, RoomId
from gatherings import gatherings
from gatherings.rooms import rooms
from gatherings.rooms.reactions import RoomReactions
from gatherings.rooms.shapes_reactions import NewRoomReaction
from gatherings.shapes.rooms import Room, RoomList, RoomMove
from storage.database import Database
from storage.idempotency import IdempotentRequest


@get("/gatherings/{gathering_id:int}/rooms", operation_id="read_rooms")
async def read_rooms(
    gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RoomList:
    """Return all rooms of a gathering that the caller can see."""
    async with db.read() as tx:
        await gatherings.get_gathering(tx, GatheringId(gathering_id))
        return RoomList(await rooms.read_rooms(tx, actor, GatheringId(gathering_id)))


@put("/rooms/{room_id:int}/state", responses=documented_response(200, Room), operation_id="move_room")
async def change_room_state(
    room_id: PathId,
    data: JSONBody[RoomMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Open or close a room."""
    answer = await idempotent.respond(
        db, lambda tx: rooms.change_room_state(tx, actor, RoomId(room_id), data)
    )
    return json_response(answer.body, answer.status)


@post("/rooms/{room_id:int}/reactions", status_code=204, operation_id="react_in_room")
async def react(
    room_id: PathId,
    data: JSONBody[NewRoomReaction],
    actor: NamedDependency[Actor],
    room_reactions: NamedDependency[RoomReactions],
) -> None:
    """React to what happens in the room now.

    The signal `reactions` announces it; nothing is stored. An Idempotency-Key has no effect.
    """
    await room_reactions.react(actor, RoomId(room_id), data.kind)


room_routes = [read_rooms, change_room_state, react]
