"""The HTTP side of reactions in a room."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId
from core.ids import RoomId
from gatherings.rooms.reactions import RoomReactions
from gatherings.rooms.shapes_reactions import NewRoomReaction


@post("/rooms/{room_id:int}/reactions", status_code=204, operation_id="react_in_room")
async def react(
    room_id: PathId,
    data: JSONBody[NewRoomReaction],
    actor: NamedDependency[Actor],
    room_reactions: NamedDependency[RoomReactions],
) -> None:
    """React to what happens just now. It is told by the signal `reactions` and kept nowhere; no key makes it once."""
    await room_reactions.react(actor, RoomId(room_id), data.kind)


reaction_routes = [react]
