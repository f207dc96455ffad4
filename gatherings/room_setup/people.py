"""The people of a room: its invited guests and its panel, which its hosts choose."""

from core import clock
from core.actor import Actor
from core.ids import RoomId
from forum.authors import author_of
from forum.topics.access import invite, read_invited, uninvite
from gatherings.policy import ensure_hosts
from gatherings.policy_rooms import RoomFacts
from gatherings.rooms.rooms import get_room
from gatherings.shapes.rooms import PeopleOfRoom
from members.events import AccessChanged
from members.profiles.duties import find_member
from storage.database import Reader, Transaction
from storage.statements import statement

INSERT_PANELIST = statement(
    "INSERT INTO panelists VALUES (:room, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
DELETE_PANELIST = statement("DELETE FROM panelists WHERE room_id = :room AND member_id = :member")
SELECT_PANELISTS = statement("""
SELECT m.id, m.handle, m.display_name, m."group", m.picture
FROM panelists p JOIN public_authors m ON m.id = p.member_id WHERE p.room_id = :room ORDER BY m.handle
""")


async def read_guests(tx: Reader, actor: Actor, room_id: RoomId) -> PeopleOfRoom:
    """Return the invited members, for hosts only; invitations have an effect while the room is not open to everyone.

    Raises NotFound or NotHost.
    """
    room = await _get_hosted_room(tx, actor, room_id)
    return PeopleOfRoom(await read_invited(tx, room.topic_id))


async def invite_guest(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Invite a member to a room; raise NotFound or NotHost."""
    room = await _get_hosted_room(tx, actor, room_id)
    await invite(tx, room.topic_id, await find_member(tx, handle))


async def uninvite_guest(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Withdraw a member's invitation; the member's open connections lose a room that is for invited members only.

    Raises NotFound or NotHost.
    """
    room = await _get_hosted_room(tx, actor, room_id)
    await uninvite(tx, room.topic_id, await find_member(tx, handle))


async def read_panel(tx: Reader, actor: Actor, room_id: RoomId) -> PeopleOfRoom:
    """Return the members on the panel, by handle, for hosts only; raise NotFound or NotHost."""
    room = await _get_hosted_room(tx, actor, room_id)
    found = [author_of(*row.values()) for row in await tx.rows(SELECT_PANELISTS, room=room.id)]
    return PeopleOfRoom([author for author in found if author is not None])


async def seat_panelist(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Add a member to the panel and invite the member to the room; raise NotFound or NotHost."""
    room = await _get_hosted_room(tx, actor, room_id)
    member = await find_member(tx, handle)
    await invite(tx, room.topic_id, member)
    if await tx.value(INSERT_PANELIST, room=room.id, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def unseat_panelist(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Remove a member from the panel; the invitation stays. Raises NotFound or NotHost."""
    room = await _get_hosted_room(tx, actor, room_id)
    member = await find_member(tx, handle)
    if await tx.run(DELETE_PANELIST, room=room.id, member=member):
        await tx.record(AccessChanged(member_id=member))


async def _get_hosted_room(tx: Reader, actor: Actor, room_id: RoomId) -> RoomFacts:
    room = await get_room(tx, actor, room_id)
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room
