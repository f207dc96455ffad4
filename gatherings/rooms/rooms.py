"""Rooms: reading them, locking them, and opening and closing them."""

from typing import Protocol, runtime_checkable

import msgspec
from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor, listener_in
from core.errors import NotFound
from core.ids import GatheringId, RoomId
from core.translations import TitleTranslation
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
    """The count of people in a channel, which the realtime capability provides."""

    def count(self, channel: str) -> int:
        """Return the number of distinct people in the channel now."""


_ROOMS = (
    select(
        *ROOM_FACTS,
        rooms.c.title,
        topics.c.titles,
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
_BY_ID = _ROOMS.where(rooms.c.id == bindparam("id"))
SELECT_ROOM = statement(_BY_ID)
SELECT_ROOM_FOR_SHARE = statement(_BY_ID.with_for_update(read=True, of=rooms))
LOCK_ROOM = statement(_BY_ID.with_for_update(key_share=True, of=rooms))
SELECT_ROOMS = statement(_ROOMS.where(rooms.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))
SELECT_TOPICS_OF_ROOMS = statement("SELECT topic_id FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))")
SELECT_ROOMS_OF_GATHERING = statement(
    _ROOMS.where(rooms.c.gathering_id == bindparam("gathering")).order_by(rooms.c.id)
)
SELECT_OPEN_ROOMS = statement(_ROOMS.where(rooms.c.state == "open").order_by(rooms.c.id.desc()).limit(20))
UPDATE_ROOM_STATE = statement(
    update(rooms)
    .where(rooms.c.id == bindparam("room"))
    .values(state=bindparam("new_state"), version=rooms.c.version + 1)
)


async def get_room(tx: Reader, actor: Actor, room_id: RoomId, *, shared_lock: bool = False) -> RoomFacts:
    """Return the facts of a room that the actor can see; raise NotFound.

    With `shared_lock`, nobody can close or change the room before the commit.
    """
    query = SELECT_ROOM_FOR_SHARE if shared_lock else SELECT_ROOM
    return room_facts_of(await _get_row(tx, actor, room_id, query))


async def get_room_with_facts(tx: Reader, actor: Actor, room_id: RoomId) -> tuple[RoomFacts, Room]:
    """Return the facts of a room that the actor can see, and the room as it is shown; raise NotFound."""
    row = await _get_row(tx, actor, room_id, SELECT_ROOM)
    return room_facts_of(row), room_of(row)


async def show_room(tx: Reader, actor: Actor, room_id: RoomId) -> Room:
    """Return a room that the actor can see; raise NotFound."""
    return room_of(await _get_row(tx, actor, room_id, SELECT_ROOM))


async def find_rooms(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Room]:
    """Return, by id, those of the rooms that the actor can see."""
    return {row["id"]: room_of(row) for row in await tx.rows(SELECT_ROOMS, ids=ids, **seen_by(actor))}


async def find_rooms_for_listeners(tx: Reader, ids: list[int]) -> dict[int, Room]:
    """Return the rooms, by id, as everyone sees them who was allowed to join their channels."""
    topic_ids = [row["topic_id"] for row in await tx.rows(SELECT_TOPICS_OF_ROOMS, ids=ids)]
    return await find_rooms(tx, listener_in(*topic_ids), ids)


async def read_rooms(tx: Reader, actor: Actor, gathering_id: GatheringId) -> list[Room]:
    """Return all rooms of a gathering that the actor can see, in the order in which they were planned."""
    rows = await tx.rows(SELECT_ROOMS_OF_GATHERING, gathering=gathering_id, **seen_by(actor))
    return [room_of(row) for row in rows]


async def read_open_rooms(tx: Reader, actor: Actor) -> list[Room]:
    """Return up to twenty open rooms of all gatherings that the actor can see, the newest first."""
    return [room_of(row) for row in await tx.rows(SELECT_OPEN_ROOMS, **seen_by(actor))]


async def lock_room(tx: Transaction, actor: Actor, room_id: RoomId) -> Record:
    """Lock a room that the actor can see until the commit, and return its row; raise NotFound."""
    return await _get_row(tx, actor, room_id, LOCK_ROOM)


async def change_room_state(tx: Transaction, actor: Actor, room_id: RoomId, move: RoomMove) -> Room:
    """Open or close a room and return it; a question or vote at the same moment is written before it or refused after.

    Raises NotFound, NotHost, RoomMoved if the version is not the current one, RoomCannotMove or GatheringCancelled.
    """
    room = room_facts_of(await lock_room(tx, actor, room_id))
    now = clock.now()
    ensure_hosts(actor, room.gathering_id, now)
    if move.version is not None and move.version != room.version:
        raise RoomMoved(await show_room(tx, actor, room_id))
    ensure_can_change_room_state(actor, room, move.state, now)

    await tx.run(UPDATE_ROOM_STATE, room=room_id, new_state=move.state)
    event = RoomOpened if move.state == "open" else RoomClosed
    await tx.record(event(gathering_id=room.gathering_id, room_id=room_id, told="gathering"))
    await tx.record(event(gathering_id=room.gathering_id, room_id=room_id, told="room"))
    return await show_room(tx, actor, room_id)


def with_presence(room: Room, presence: Presence) -> Room:
    """Return the room with the number of people who are in it now."""
    return msgspec.structs.replace(room, here=presence.count(f"room:{room.id}"))


def room_facts_of(row: Record) -> RoomFacts:
    """Return the facts of a row that has the columns of ROOM_FACTS, `sector_id` and `is_cancelled`."""
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
    """Return the room of a row, as it is shown."""
    return Room(
        id=row["id"],
        gathering=row["gathering_id"],
        topic=row["topic_id"],
        sector=row["sector"],
        title=row["title"],
        translations={tag: TitleTranslation(title=title) for tag, title in row["titles"].items()},
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


async def _get_row(tx: Reader, actor: Actor, room_id: RoomId, query: Statement) -> Record:
    row = await tx.row(query, id=room_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return row
