"""A board's table as files: CSV, XLSX and JSON, written row by row, so that a large board takes no more memory than a
small one. What people wrote stays text, whatever it begins with."""

import csv
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import xlsxwriter
from msgspec import Struct
from sqlalchemy import BigInteger, Integer, bindparam

from boards.boards.boards import load_entry_context
from boards.entries.entry_text import words
from boards.entries.indexing import EntryContext
from boards.forms import asked
from boards.lookup.board_queries import show_board
from boards.lookup.entry_queries import build_entries, select_entries
from boards.shapes import Board, Entry
from boards.tables import entries
from boards.visibility import listed_entries
from core.actor import VISITOR, Actor
from core.ids import BoardId
from forum.visibility import seen_by
from gatherings.record.exports import escape_csv_formula, escape_formula
from storage.database import Database, Reader
from storage.statements import statement

BATCH = 500
CHUNK = 64 * 1024
# The longest text that a cell of XLSX holds.
_LONGEST = 32_767
_BESIDE = (
    "Added by",
    "Contributors",
    "Added",
    "Changed",
    "We do this too",
    "Can confirm",
    "Decided",
    "Reason",
    "Address",
)

_BATCH = statement(
    select_entries()
    .where(
        entries.c.board_id == bindparam("board", type_=BigInteger),
        entries.c.number > bindparam("number", type_=Integer),
        listed_entries(),
    )
    .order_by(entries.c.number)
    .limit(BATCH)
)


class BoardExport(Struct, frozen=True, kw_only=True):
    """A board to write down, found for somebody who can read it; `site` is where its addresses begin."""

    board: Board
    sheet: EntryContext
    site: str

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"board-{self.board.id}"


async def open_export(tx: Reader, actor: Actor, board_id: BoardId, site: str) -> BoardExport:
    """The board, for who can see it."""
    board = await show_board(tx, actor, board_id)
    return BoardExport(board=board, sheet=await load_entry_context(tx, board_id), site=site)


async def read_batches(db: Database, table: BoardExport) -> AsyncIterator[list[Entry]]:
    """What stands in the table, by number, some hundreds at a time; no connection is kept meanwhile."""
    number = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(_BATCH, board=table.board.id, number=number, **seen_by(VISITOR))
            found = await build_entries(tx, rows)
        if found:
            yield found
            number = found[-1].number
        if len(found) < BATCH:
            return


async def write_csv(db: Database, table: BoardExport) -> AsyncIterator[bytes]:
    """UTF-8 with the mark that Excel wants, separated by commas."""
    yield "\ufeff".encode() + _lines([export_headings(table.sheet)])
    async for found in read_batches(db, table):
        yield _lines(export_row(table, entry) for entry in found)


async def write_json(db: Database, table: BoardExport) -> AsyncIterator[bytes]:
    """The board, and its entries with their fields as they are stored."""
    yield b'{"board":' + msgspec.json.encode(table.board) + b',"entries":['
    first = True
    async for found in read_batches(db, table):
        yield (b"" if first else b",") + b",".join(msgspec.json.encode(entry) for entry in found)
        first = False
    yield b"]}"


async def write_xlsx(db: Database, table: BoardExport) -> AsyncIterator[bytes]:
    """A workbook, made on disk and sent from there."""
    with TemporaryDirectory(prefix="tertulia-") as folder:
        path = Path(folder) / "board.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        page, formats = book.add_worksheet("Entries"), _formats(book)
        page.freeze_panes(1, 1)
        page.set_column(0, len(export_headings(table.sheet)) - 1, 24)
        _write_row(page, 0, export_headings(table.sheet), formats)
        lines = count(1)
        async for found in read_batches(db, table):
            for entry in found:
                _write_row(page, next(lines), export_row(table, entry), formats)
        book.close()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def export_headings(sheet: EntryContext) -> list[str]:
    """The columns of a table as a file: its fields, then what stands beside them."""
    return ["Number", *(field.label for field in asked(sheet.form)), *_BESIDE]


def export_row(table: BoardExport, entry: Entry) -> list[str | int | float]:
    """One entry as a row, as people read it and an import takes it."""
    said = [
        _cell(table.sheet, field, (entry.fields or {}).get(field.key)) for field in asked(table.sheet.form)
    ]
    people = "; ".join(one.display_name for one in entry.contributors)
    address = f"{table.site}/b/{entry.board}/entries/{entry.id}"
    author = entry.author.display_name if entry.author else ""
    backed: list[int] = [entry.confirmations.get(kind, 0) for kind in ("do_too", "confirm")]
    decided = "" if entry.disposition == "open" else entry.disposition
    beside: tuple[str | int | float, ...] = (
        author,
        people,
        _time(entry.added_at),
        _time(entry.changed_at),
        *backed,
        decided,
    )
    return [entry.number, *said, *beside, entry.disposition_reason, address]


def _cell(sheet: EntryContext, field: Any, value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return "; ".join(words(field, one, sheet.taxonomies)[0] for one in value)
    return "\n".join(words(field, value, sheet.taxonomies))


def _lines(rows: Iterable[Sequence[str | int | float]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([escape_csv_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode()


def _formats(book: Any) -> Mapping[bool, Any]:
    wrapped = {"text_wrap": True, "valign": "top"}
    return {is_quoted: book.add_format(wrapped | {"quote_prefix": is_quoted}) for is_quoted in (False, True)}


def _write_row(page: Any, line: int, row: Sequence[str | int | float], formats: Mapping[bool, Any]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            page.write_string(line, column, cell[:_LONGEST], formats[escape_formula(cell) != cell])
        else:
            page.write_number(line, column, cell, formats[False])


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
