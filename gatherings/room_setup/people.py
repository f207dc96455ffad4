"""People of a room: whom its hosts invite, and who sits on its panel."""

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

_SEAT = statement("INSERT INTO panelists VALUES (:room, :member) ON CONFLICT DO NOTHING RETURNING member_id")
_UNSEAT = statement("DELETE FROM panelists WHERE room_id = :room AND member_id = :member")
_SEATED = statement("""
SELECT m.id, m.handle, m.display_name, m."group"
FROM panelists p JOIN public_authors m ON m.id = p.member_id WHERE p.room_id = :room ORDER BY m.handle
""")


async def read_guests(tx: Reader, actor: Actor, room_id: RoomId) -> PeopleOfRoom:
    """Who is invited, for hosts. It counts while the room is for those invited or for a body."""
    room = await _hosted(tx, actor, room_id)
    return PeopleOfRoom(await read_invited(tx, room.topic_id))


async def invite_guest(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Invite a member."""
    room = await _hosted(tx, actor, room_id)
    await invite(tx, room.topic_id, await find_member(tx, handle))


async def uninvite_guest(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Invite a member no longer; the member's open sockets lose a room that is for others."""
    room = await _hosted(tx, actor, room_id)
    await uninvite(tx, room.topic_id, await find_member(tx, handle))


async def read_panel(tx: Reader, actor: Actor, room_id: RoomId) -> PeopleOfRoom:
    """Who sits on the panel, for hosts."""
    room = await _hosted(tx, actor, room_id)
    found = [author_of(*row.values()) for row in await tx.rows(_SEATED, room=room.id)]
    return PeopleOfRoom([author for author in found if author is not None])


async def seat_panelist(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Give a member a seat on the panel, who is thereby invited to the room too."""
    room = await _hosted(tx, actor, room_id)
    member = await find_member(tx, handle)
    await invite(tx, room.topic_id, member)
    if await tx.value(_SEAT, room=room.id, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def unseat_panelist(tx: Transaction, actor: Actor, room_id: RoomId, handle: str) -> None:
    """Take a member off the panel; the invitation stays."""
    room = await _hosted(tx, actor, room_id)
    member = await find_member(tx, handle)
    if await tx.run(_UNSEAT, room=room.id, member=member):
        await tx.record(AccessChanged(member_id=member))


async def _hosted(tx: Reader, actor: Actor, room_id: RoomId) -> RoomFacts:
    room = await get_room(tx, actor, room_id)
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room
