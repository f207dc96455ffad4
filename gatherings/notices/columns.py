"""The columns of a noticeboard: reading, adding, renaming, reordering and removing them."""

from msgspec import UNSET, Struct
from sqlalchemy import bindparam, select

from core import clock
from core.actor import Actor
from core.errors import NotFound, Stale
from core.ids import ColumnId, NoticeId, RoomId
from core.text import tidy
from forum.tables import topics
from forum.visibility import seen_by, visible_topics
from gatherings.events import ColumnsChanged, NoticeChanged
from gatherings.notices.default_columns import list_columns
from gatherings.notices.policy import (
    MAX_COLUMNS,
    ColumnNotEmpty,
    LastColumn,
    NoSuchColumn,
    TooManyColumns,
    UnnamedColumn,
    ensure_can_arrange,
)
from gatherings.policy_rooms import RoomFacts
from gatherings.rooms import rooms
from gatherings.shapes.notices import Column, ColumnChange, ColumnList, NewColumn
from gatherings.tables import board_columns
from gatherings.tables import rooms as room_table
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head
from storage.statements import statement

SELECT_ROOM_OF_COLUMN = statement(
    select(board_columns.c.room_id)
    .join(room_table, room_table.c.id == board_columns.c.room_id)
    .join(topics, topics.c.id == room_table.c.topic_id)
    .where(board_columns.c.id == bindparam("id"), visible_topics())
)
# Changes of a room's columns lock the room. Posting a notice takes a shared lock, so that its column cannot disappear.
LOCK_ROOM_FOR_COLUMNS = statement("SELECT FROM rooms WHERE id = :room FOR NO KEY UPDATE")
INSERT_COLUMN = statement("""
INSERT INTO board_columns (room_id, title, place)
SELECT :room, :title, coalesce(max(place), 0) + 1 FROM board_columns WHERE room_id = :room
RETURNING id
""")
UPDATE_COLUMN_TITLE = statement(
    "UPDATE board_columns SET title = :title, version = version + 1 WHERE id = :column AND title <> :title"
)
UPDATE_COLUMN_PLACES = statement("""
UPDATE board_columns c SET place = now.place, version = version + CAST(c.id = :moved AS integer)
FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS now (id, place)
WHERE c.id = now.id AND c.place <> now.place
""")
DELETE_COLUMN = statement("DELETE FROM board_columns WHERE id = :column")
SELECT_COLUMN_HAS_NOTICES = statement("SELECT EXISTS (SELECT FROM notices WHERE column_id = :column)")
MOVE_NOTICES_OF_COLUMN = statement("""
UPDATE notices SET column_id = :into, version = version + 1 WHERE column_id = :column RETURNING id
""")


class FoundColumn(Struct, frozen=True):
    """A column, all columns of its room, and the facts of the room, which is locked."""

    room: RoomFacts
    column: Column
    columns: list[Column]


async def read_columns(tx: Reader, actor: Actor, room_id: RoomId, epoch: str) -> ColumnList:
    """Return the columns of a room's noticeboard in their order, and the room's stream; raise NotFound."""
    channel = f"room:{room_id}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    await rooms.get_room(tx, actor, room_id)
    return ColumnList(await list_columns(tx, room_id), stream)


async def add_column(tx: Transaction, actor: Actor, room_id: RoomId, new: NewColumn) -> Column:
    """Add a column after the existing ones and return it.

    Raises NotFound, NotHost, ModuleOff, TooManyColumns or UnnamedColumn.
    """
    room = await rooms.get_room(tx, actor, room_id)
    ensure_can_arrange(actor, room, clock.now())
    await tx.run(LOCK_ROOM_FOR_COLUMNS, room=room_id)
    if len(await list_columns(tx, room_id)) >= MAX_COLUMNS:
        raise TooManyColumns(most=MAX_COLUMNS)

    column_id = await tx.value(INSERT_COLUMN, room=room_id, title=_validated_title(new.title))
    await tx.record(ColumnsChanged(room_id=room_id, column_id=column_id))
    return await _show_column(tx, room_id, ColumnId(column_id))


async def change_column(
    tx: Transaction, actor: Actor, column_id: ColumnId, change: ColumnChange, version: int | None
) -> Column:
    """Rename a column or change its position, and return it.

    Raises NotFound, NotHost, ModuleOff, UnnamedColumn, or Stale if the version is given and not the current one.
    """
    found = await _lock_column(tx, actor, column_id)
    if version is not None and version != found.column.version:
        raise Stale(found.column)

    changed = 0
    if change.title is not UNSET:
        changed += await tx.run(UPDATE_COLUMN_TITLE, column=column_id, title=_validated_title(change.title))
    if change.place is not UNSET:
        order = [column.id for column in found.columns if column.id != column_id]
        order.insert(change.place - 1, column_id)
        changed += await tx.run(UPDATE_COLUMN_PLACES, ids=order, moved=column_id)
    if changed:
        await tx.record(ColumnsChanged(room_id=found.room.id, column_id=column_id))
    return await _show_column(tx, found.room.id, column_id)


async def remove_column(
    tx: Transaction, actor: Actor, column_id: ColumnId, into: ColumnId | None, version: int | None
) -> None:
    """Remove a column that is empty, or whose notices are moved `into` another one.

    Raises NotFound, NotHost, ModuleOff, Stale if the version is given and not the current one, LastColumn,
    NoSuchColumn or ColumnNotEmpty.
    """
    found = await _lock_column(tx, actor, column_id)
    if version is not None and version != found.column.version:
        raise Stale(found.column)
    others = [column.id for column in found.columns if column.id != column_id]
    if not others:
        raise LastColumn
    if into is not None and into not in others:
        raise NoSuchColumn(field="into")
    if into is None and await tx.value(SELECT_COLUMN_HAS_NOTICES, column=column_id):
        raise ColumnNotEmpty

    moved = [] if into is None else await tx.rows(MOVE_NOTICES_OF_COLUMN, column=column_id, into=into)
    await tx.run(DELETE_COLUMN, column=column_id)
    await tx.run(UPDATE_COLUMN_PLACES, ids=others, moved=0)
    await tx.record(ColumnsChanged(room_id=found.room.id, column_id=column_id))
    for row in moved:
        await tx.record(NoticeChanged(room_id=found.room.id, notice_id=NoticeId(row["id"])))


async def _lock_column(tx: Transaction, actor: Actor, column_id: ColumnId) -> FoundColumn:
    room_id = await tx.value(SELECT_ROOM_OF_COLUMN, id=column_id, **seen_by(actor))
    if room_id is None:
        raise NotFound
    room = await rooms.get_room(tx, actor, RoomId(room_id))
    ensure_can_arrange(actor, room, clock.now())
    await tx.run(LOCK_ROOM_FOR_COLUMNS, room=room_id)
    columns = await list_columns(tx, room.id)
    column = next((column for column in columns if column.id == column_id), None)
    if column is None:
        raise NotFound
    return FoundColumn(room, column, columns)


async def _show_column(tx: Reader, room_id: RoomId, column_id: ColumnId) -> Column:
    return next(column for column in await list_columns(tx, room_id) if column.id == column_id)


def _validated_title(title: str) -> str:
    tidied = tidy(title)
    if not tidied:
        raise UnnamedColumn(field="title")
    return tidied
