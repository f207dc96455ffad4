"""The default columns of a noticeboard, and the columns of a room with their counts."""

from core import clock
from core.ids import RoomId
from core.languages.prepared import prepared_text
from core.languages.texts import translatable
from gatherings.events import ColumnsChanged
from gatherings.shapes.notices import Column
from storage.database import Reader, Transaction
from storage.statements import statement

SUGGESTED = (
    translatable("Offers"),
    translatable("Needs"),
    translatable("Announcements"),
    translatable("Contacts"),
)

INSERT_DEFAULT_COLUMNS = statement("""
INSERT INTO board_columns (room_id, title, place)
SELECT :room, begun.title, begun.place
FROM unnest(CAST(:titles AS text[])) WITH ORDINALITY AS begun (title, place)
WHERE NOT EXISTS (SELECT FROM board_columns WHERE room_id = :room)
ORDER BY begun.place
RETURNING id
""")
SELECT_NOTICEBOARD_COLUMNS = statement("""
SELECT c.id, c.title, c.place, c.version, count(p.id) AS notices
FROM board_columns c
LEFT JOIN notices n ON n.column_id = c.id AND (n.expires_at IS NULL OR n.expires_at > CAST(:now AS timestamptz))
LEFT JOIN posts p ON p.id = n.post_id AND p.state = 'published'
WHERE c.room_id = :room
GROUP BY c.id ORDER BY c.place, c.id
""")
COUNT_HELD_NOTICES = statement("""
SELECT count(*) FROM notices n
JOIN board_columns c ON c.id = n.column_id
JOIN posts p ON p.id = n.post_id
WHERE c.room_id = :room AND p.state = 'held'
""")


async def insert_default_columns(tx: Transaction, room_id: RoomId) -> None:
    """Insert the default columns into a room's noticeboard, unless it has columns: in English, which readers see in their
    language. Checks no permission."""
    if first_column := await tx.value(INSERT_DEFAULT_COLUMNS, room=room_id, titles=list(SUGGESTED)):
        await tx.record(ColumnsChanged(room_id=room_id, column_id=first_column))


async def list_columns(tx: Reader, room_id: RoomId) -> list[Column]:
    """Return the columns of a room's noticeboard in their order, with the number of notices that everyone can see."""
    rows = await tx.rows(SELECT_NOTICEBOARD_COLUMNS, room=room_id, now=clock.now())
    return [Column(**{**row, "title": prepared_text(row["title"], SUGGESTED)}) for row in rows]


async def count_held_notices(tx: Reader, room_id: RoomId) -> int:
    """Return the number of a room's notices that wait for approval. Checks no permission; show it to hosts only."""
    return int(await tx.value(COUNT_HELD_NOTICES, room=room_id))
