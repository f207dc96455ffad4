"""What a board begins with, and its columns as everyone sees them."""

from core import clock
from core.ids import RoomId
from gatherings.events import ColumnsChanged
from gatherings.shapes.notices import Column
from storage.database import Reader, Transaction
from storage.statements import statement

SUGGESTED = ("Offers", "Needs", "Announcements", "Contacts")

_BEGIN = statement("""
INSERT INTO board_columns (room_id, title, place)
SELECT :room, begun.title, begun.place
FROM unnest(CAST(:titles AS text[])) WITH ORDINALITY AS begun (title, place)
WHERE NOT EXISTS (SELECT FROM board_columns WHERE room_id = :room)
ORDER BY begun.place
RETURNING id
""")
_COLUMNS = statement("""
SELECT c.id, c.title, c.place, c.version, count(p.id) AS notices
FROM board_columns c
LEFT JOIN notices n ON n.column_id = c.id AND (n.expires_at IS NULL OR n.expires_at > CAST(:now AS timestamptz))
LEFT JOIN posts p ON p.id = n.post_id AND p.state = 'published'
WHERE c.room_id = :room
GROUP BY c.id ORDER BY c.place, c.id
""")
_HELD = statement("""
SELECT count(*) FROM notices n
JOIN board_columns c ON c.id = n.column_id
JOIN posts p ON p.id = n.post_id
WHERE c.room_id = :room AND p.state = 'held'
""")


async def insert_default_columns(tx: Transaction, room_id: RoomId) -> None:
    """Give a room whose board is switched on the suggested columns, unless it has some. No rule is asked."""
    if begun := await tx.value(_BEGIN, room=room_id, titles=list(SUGGESTED)):
        await tx.record(ColumnsChanged(room_id=room_id, column_id=begun))


async def list_columns(tx: Reader, room_id: RoomId) -> list[Column]:
    """The columns of a room's board, with how many notices of each everyone can see; the same for everyone."""
    return [Column(**row) for row in await tx.rows(_COLUMNS, room=room_id, now=clock.now())]


async def count_held(tx: Reader, room_id: RoomId) -> int:
    """How many notices of a room wait until a host approves them. For hosts alone; no rule is asked."""
    return int(await tx.value(_HELD, room=room_id))
