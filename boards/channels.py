"""The channel of a board: who may join it, and its events with the current rows, the same for all listeners."""

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

SELECT_ENTRY_STATES = statement("""
SELECT e.id, e.topic_id, e.number, e.merged_into, p.state FROM entries e JOIN posts p ON p.id = e.post_id
WHERE e.id = ANY(CAST(:ids AS bigint[]))
""")
SELECT_BOARD_TOPIC = statement("SELECT topic_id FROM boards WHERE id = :id")


class EntryGone(Struct, frozen=True, kw_only=True):
    """An entry that left the table because it was withdrawn, hidden or merged into another one."""

    id: int
    board: int
    number: int
    state: str
    merged_into: int | None


async def join_board(tx: Reader, actor: Actor, board_id: int) -> str:
    """Return the audience of a board's channel, which is one for all its readers; raise NotFound for others."""
    await get_board(tx, actor, BoardId(board_id))
    return "all"


async def show_board_events(tx: Reader, audience: str, happened: Sequence[LogEntry]) -> list[bytes]:
    """Return the events of one board as JSON, each with the entry that it names or with the board."""
    board_id = int(happened[0].event["board_id"])
    entries = await _entries(
        tx, board_id, sorted({one.event["entry_id"] for one in happened if "entry_id" in one.event})
    )
    board: Board | None = None
    if any("entry_id" not in one.event for one in happened):
        topic = await tx.value(SELECT_BOARD_TOPIC, id=board_id)
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
    rows = await tx.rows(SELECT_ENTRY_STATES, ids=ids)
    # Listeners may read the board, and the entries of a board have the same readers as the board.
    listener = listener_in(*(TopicId(row["topic_id"]) for row in rows))
    visible = await show_entries(tx, listener, ids, for_listeners=True)
    return {row["id"]: _entry_or_gone(board_id, row, visible.get(row["id"])) for row in rows}


def _entry_or_gone(board_id: int, row: Record, entry: Entry | None) -> Entry | EntryGone:
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
