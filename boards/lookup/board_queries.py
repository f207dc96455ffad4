"""Queries that return boards as a reader sees them, with their curators and number of listed entries."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from boards.policy import BoardFacts
from boards.shapes import Board, BoardList, Form
from boards.tables import boards, entries
from boards.templates import in_language_of_reader
from boards.visibility import listed_entries
from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import BoardId, SectorId, TopicId
from core.translations import stored_translations
from forum.sectors import get_sector_id
from forum.tables import sectors, topics
from forum.text.rendering import render_text
from forum.visibility import seen_by, visible_topics
from members.shapes import Author
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import statement

_BOARDS = (
    select(
        *boards.c[
            (
                "id",
                "title",
                "purpose",
                "translations",
                "template",
                "form",
                "key_field",
                "verify_days",
                "version",
            )
        ],
        *boards.c[("opens_at", "consolidates_at", "publishes_at", "last_edition", "sector_id")],
        sectors.c.slug.label("sector"),
        sectors.c.name.label("sector_name"),
        topics.c.id.label("topic"),
        topics.c.readers,
    )
    .join(sectors, sectors.c.id == boards.c.sector_id)
    .join(topics, topics.c.id == boards.c.topic_id)
    .where(visible_topics())
)
SELECT_BOARD = statement(_BOARDS.where(boards.c.id == bindparam("id")))
SELECT_BOARDS_BY_ID = statement(
    _BOARDS.where(boards.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)
SELECT_SECTOR_BOARDS = statement(
    _BOARDS.where(boards.c.sector_id == bindparam("sector")).order_by(boards.c.id.desc()).limit(200)
)
SELECT_LATEST_BOARDS = statement(_BOARDS.order_by(boards.c.id.desc()).limit(bindparam("count")))
COUNT_ENTRIES_BY_BOARD = statement(
    select(entries.c.board_id, func.count())
    .where(entries.c.board_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), listed_entries())
    .group_by(entries.c.board_id)
)
SELECT_BOARD_CURATORS = statement("""
SELECT c.board_id, m.id, m.handle, m.display_name, m."group", m.picture
FROM board_curators c JOIN public_authors m ON m.id = c.member_id
WHERE c.board_id = ANY(CAST(:ids AS bigint[])) ORDER BY m.display_name, m.id
""")


async def show_board(tx: Reader, actor: Actor, board_id: BoardId, epoch: str = "") -> Board:
    """Return a board; with an `epoch`, also its stream position, which is read before the board. Raises NotFound."""
    seq = await read_head(tx, f"board:{board_id}") if epoch else 0
    row = await tx.row(SELECT_BOARD, id=board_id, **seen_by(actor))
    if row is None:
        raise NotFound
    stream = Stream(f"board:{board_id}", epoch, seq) if epoch else None
    return (await _build_boards(tx, [row], stream))[0]


async def show_boards(tx: Reader, actor: Actor, ids: Sequence[int]) -> dict[int, Board]:
    """Return those of the boards that the actor can see, by id."""
    rows = await tx.rows(SELECT_BOARDS_BY_ID, ids=list(ids), **seen_by(actor))
    return {board.id: board for board in await _build_boards(tx, rows)}


async def read_boards(tx: Reader, actor: Actor, slug: str, epoch: str) -> BoardList:
    """Return the boards of a sector that the actor can see, newest first (at most 200); raise NotFound."""
    sector = await get_sector_id(tx, slug)
    channel = f"sector:{sector}"
    seq = await read_head(tx, channel)
    rows = await tx.rows(SELECT_SECTOR_BOARDS, sector=sector, **seen_by(actor))
    return BoardList(await _build_boards(tx, rows), Stream(channel, epoch, seq))


async def read_latest_boards(tx: Reader, actor: Actor, count: int = 100) -> list[Board]:
    """Return the newest boards of all sectors that the actor can see, newest first."""
    return await _build_boards(tx, await tx.rows(SELECT_LATEST_BOARDS, count=count, **seen_by(actor)))


async def _build_boards(tx: Reader, rows: Sequence[Record], stream: Stream | None = None) -> list[Board]:
    ids = [row["id"] for row in rows]
    counts = {row[0]: row[1] for row in await tx.rows(COUNT_ENTRIES_BY_BOARD, ids=ids)} if ids else {}
    curators: dict[int, list[Author]] = {}
    for row in await tx.rows(SELECT_BOARD_CURATORS, ids=ids) if ids else ():
        curators.setdefault(row["board_id"], []).append(Author(*list(row.values())[1:]))
    now = clock.now()
    purposes = await _render_purposes([row["purpose"] for row in rows])
    return [
        _board(row, purpose, counts.get(row["id"], 0), curators.get(row["id"], []), now, stream)
        for row, purpose in zip(rows, purposes, strict=True)
    ]


async def _render_purposes(purposes: Sequence[str]) -> list[str]:
    return [(await render_text(purpose)).html if purpose else "" for purpose in purposes]


def _board(
    row: Record, purpose: str, count: int, curators: list[Author], now: datetime, stream: Stream | None
) -> Board:
    facts = BoardFacts(
        id=BoardId(row["id"]),
        sector_id=SectorId(row["sector_id"]),
        topic_id=TopicId(row["topic"]),
        is_curator=False,
        **{
            name: row[name]
            for name in ("opens_at", "consolidates_at", "publishes_at", "version", "last_edition")
        },
    )
    names = (
        "id",
        "title",
        "purpose",
        "template",
        "key_field",
        "verify_days",
        "version",
        "sector",
        "sector_name",
        "topic",
    )
    return Board(
        **{name: row[name] for name in (*names, "readers", "opens_at", "consolidates_at", "publishes_at")},
        purpose_html=purpose,
        translations=stored_translations(row["translations"]),
        form=in_language_of_reader(msgspec.convert(row["form"], Form)),
        phase=facts.phase(now),
        entries=count,
        editions=row["last_edition"],
        curators=curators,
        stream=stream,
    )
