"""Rooms: finding, showing, opening, closing."""

from typing import Protocol, runtime_checkable

import msgspec
from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor, listener_in
from core.errors import NotFound
from core.ids import GatheringId, RoomId
from forum.tables import sectors, topics
from forum.visibility import seen_by, visible_topics
from gatherings.events import RoomClosed, RoomOpened
from gatherings.policy import ensure_hosts
from gatherings.policy_rooms import RoomFacts, RoomMoved, ensure_can_change_room_state
from gatherings.shapes.rooms import Room, RoomEntry, RoomMove, RoomRules
from gatherings.tables import ROOM_FACTS, gatherings, rooms
from storage.database import Reader, Transaction
from storage.statements import Statement, statement


@runtime_checkable
class Presence(Protocol):
    """Who knows how many people are in a channel now."""

    def here(self, channel: str) -> int:
        """How many distinct people are there."""


_ROOMS = (
    select(
        *ROOM_FACTS,
        rooms.c.title,
        topics.c.sector_id,
        topics.c.readers,
        topics.c.body,
        sectors.c.slug.label("sector"),
        (gatherings.c.state == "cancelled").label("is_cancelled"),
    )
    .join(topics, topics.c.id == rooms.c.topic_id)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .join(gatherings, gatherings.c.id == rooms.c.gathering_id)
    .where(visible_topics())
)
_ONE = _ROOMS.where(rooms.c.id == bindparam("id"))
_GET = statement(_ONE)
_GET_STEADY = statement(_ONE.with_for_update(read=True, of=rooms))
_GET_LOCKED = statement(_ONE.with_for_update(key_share=True, of=rooms))
_FIND = statement(_ROOMS.where(rooms.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))
_TOPICS_OF = statement("SELECT topic_id FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))")
_IN_GATHERING = statement(_ROOMS.where(rooms.c.gathering_id == bindparam("gathering")).order_by(rooms.c.id))
_OPEN_NOW = statement(_ROOMS.where(rooms.c.state == "open").order_by(rooms.c.id.desc()).limit(20))
_MOVE = statement(
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(state=bindparam("new_state"), version=rooms.c.version + 1)
)


async def get_room(tx: Reader, actor: Actor, room_id: RoomId, *, shared_lock: bool = False) -> RoomFacts:
    """What the rules need of a room that the actor can see; a `shared_lock` one is not closed before the commit."""
    return room_facts_of(await _get(tx, actor, room_id, _GET_STEADY if shared_lock else _GET))


async def get_room_with_facts(tx: Reader, actor: Actor, room_id: RoomId) -> tuple[RoomFacts, Room]:
    """A room that the actor can see, for the rules and for the eyes."""
    row = await _get(tx, actor, room_id, _GET)
    return room_facts_of(row), room_of(row)


async def show_room(tx: Reader, actor: Actor, room_id: RoomId) -> Room:
    """A room by itself."""
    return room_of(await _get(tx, actor, room_id, _GET))


async def find_rooms(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Room]:
    """Those of the rooms that the actor can see."""
    return {row["id"]: room_of(row) for row in await tx.rows(_FIND, ids=ids, **seen_by(actor))}


async def find_rooms_for_listeners(tx: Reader, ids: list[int]) -> dict[int, Room]:
    """The rooms as those see them who were let in to listen."""
    topic_ids = [row["topic_id"] for row in await tx.rows(_TOPICS_OF, ids=ids)]
    return await find_rooms(tx, listener_in(*topic_ids), ids)


async def read_rooms(tx: Reader, actor: Actor, gathering_id: GatheringId) -> list[Room]:
    """All rooms of a gathering, in the order in which they were planned."""
    return [room_of(row) for row in await tx.rows(_IN_GATHERING, gathering=gathering_id, **seen_by(actor))]


async def read_open_rooms(tx: Reader, actor: Actor) -> list[Room]:
    """What is live now, over all gatherings: at most twenty, the newest first."""
    return [room_of(row) for row in await tx.rows(_OPEN_NOW, **seen_by(actor))]


async def lock_room(tx: Transaction, actor: Actor, room_id: RoomId) -> Record:
    """A room that the actor can see, and that nobody else changes before the commit."""
    return await _get(tx, actor, room_id, _GET_LOCKED)


async def change_room_state(tx: Transaction, actor: Actor, room_id: RoomId, move: RoomMove) -> Room:
    """Open or close a room; whoever asks or votes at that moment is heard before, or refused after."""
    room = room_facts_of(await lock_room(tx, actor, room_id))
    now = clock.now()
    ensure_hosts(actor, room.gathering_id, now)
    if move.version is not None and move.version != room.version:
        raise RoomMoved(await show_room(tx, actor, room_id))
    ensure_can_change_room_state(actor, room, move.state, now)

    await tx.run(_MOVE, room=room_id, new_state=move.state)
    moved = RoomOpened if move.state == "open" else RoomClosed
    await tx.record(moved(gathering_id=room.gathering_id, room_id=room_id, told="gathering"))
    await tx.record(moved(gathering_id=room.gathering_id, room_id=room_id, told="room"))
    return await show_room(tx, actor, room_id)


def with_presence(room: Room, presence: Presence) -> Room:
    """The room with how many are in it now."""
    return msgspec.structs.replace(room, here=presence.here(f"room:{room.id}"))


def room_facts_of(row: Record) -> RoomFacts:
    """A row that has a room's columns, for the rules."""
    return RoomFacts(
        id=row["id"],
        gathering_id=row["gathering_id"],
        topic_id=row["topic_id"],
        sector_id=row["sector_id"],
        state=row["state"],
        modules=row["modules"],
        allows_anonymous=row["allows_anonymous"],
        is_cancelled=row["is_cancelled"],
        version=row["version"],
        writers=row["writers"],
        is_premoderated=row["is_premoderated"],
        slow_seconds=row["slow_seconds"],
        question_length=row["question_length"],
        publishes_choices=row["publishes_choices"],
    )


def room_of(row: Record) -> Room:
    """A row of rooms as it goes out."""
    return Room(
        id=row["id"],
        gathering=row["gathering_id"],
        topic=row["topic_id"],
        sector=row["sector"],
        title=row["title"],
        state=row["state"],
        modules=row["modules"],
        rules=_rules_of(row),
        version=row["version"],
    )


def _rules_of(row: Record) -> RoomRules:
    listed: RoomEntry = "body" if row["body"] else "invited"
    return RoomRules(
        anonymous=row["allows_anonymous"],
        entry=listed if row["readers"] == "listed" else row["readers"],
        body=row["body"],
        writers=row["writers"],
        premoderated=row["is_premoderated"],
        slow_seconds=row["slow_seconds"],
        question_length=row["question_length"],
        publishes_choices=row["publishes_choices"],
    )


async def _get(tx: Reader, actor: Actor, room_id: RoomId, query: Statement) -> Record:
    row = await tx.row(query, id=room_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return row
