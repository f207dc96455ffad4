"""What listeners of a board are shown: each event as the rows it names read now; the same for all who may listen."""

from collections.abc import Sequence

import msgspec
from asyncpg import Record
from msgspec import Struct

from boards.lookup.board_queries import show_boards
from boards.lookup.entry_queries import show_entries
from boards.lookup.lookup import get_board
from boards.shapes import Board, Entry
from core.actor import Actor, listener_in
from core.ids import BoardId, TopicId
from storage.database import Reader
from storage.event_log import LogEntry
from storage.statements import statement

_TOPICS = statement("""
SELECT e.id, e.topic_id, e.number, e.merged_into, p.state FROM entries e JOIN posts p ON p.id = e.post_id
WHERE e.id = ANY(CAST(:ids AS bigint[]))
""")
_TOPIC = statement("SELECT topic_id FROM boards WHERE id = :id")


class EntryGone(Struct, frozen=True, kw_only=True):
    """An entry that stands in the table no more: withdrawn, hidden, or merged into another."""

    id: int
    board: int
    number: int
    state: str
    merged_into: int | None


async def join_board(tx: Reader, actor: Actor, board_id: int) -> str:
    """Whoever can read a board may listen to it; there is one audience."""
    await get_board(tx, actor, BoardId(board_id))
    return "all"


async def show_board_events(tx: Reader, audience: str, happened: Sequence[LogEntry]) -> list[bytes]:
    """Events of one board, with the entries they name, or with the board."""
    board_id = int(happened[0].event["board_id"])
    entries = await _entries(
        tx, board_id, sorted({one.event["entry_id"] for one in happened if "entry_id" in one.event})
    )
    board: Board | None = None
    if any("entry_id" not in one.event for one in happened):
        topic = await tx.value(_TOPIC, id=board_id)
        board = (await show_boards(tx, listener_in(TopicId(topic)), [board_id])).get(board_id)
    return [
        msgspec.json.encode({"type": one.event["type"], "entry": entries[one.event["entry_id"]]})
        if "entry_id" in one.event
        else msgspec.json.encode({**one.event, "board": board})
        for one in happened
    ]


async def _entries(tx: Reader, board_id: int, ids: list[int]) -> dict[int, Entry | EntryGone]:
    if not ids:
        return {}
    rows = await tx.rows(_TOPICS, ids=ids)
    # Whoever listens was let in to the board, and its entries are for the same readers.
    listener = listener_in(*(TopicId(row["topic_id"]) for row in rows))
    seen = await show_entries(tx, listener, ids, for_listeners=True)
    return {row["id"]: _told(board_id, row, seen.get(row["id"])) for row in rows}


def _told(board_id: int, row: Record, entry: Entry | None) -> Entry | EntryGone:
    if entry is not None and entry.state == "published":
        return entry
    state = entry.state if entry is not None else row["state"]
    return EntryGone(
        id=row["id"],
        board=board_id,
        number=row["number"],
        state="hidden" if state == "published" else state,
        merged_into=row["merged_into"],
    )
