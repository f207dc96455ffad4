"""Exports of a board's table as CSV, XLSX and JSON.

The files are written in batches, so that the memory does not grow with the board. Text that a spreadsheet would read as a
formula is written so that it stays text.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import xlsxwriter
from msgspec import Struct
from sqlalchemy import BigInteger, Integer, bindparam

from boards.boards.boards import load_entry_context
from boards.entries.context import EntryContext
from boards.entries.entry_text import readable_values
from boards.forms import active_fields
from boards.lookup.board_queries import show_board
from boards.lookup.entry_queries import build_entries, select_entries
from boards.shapes import Board, Entry, Field
from boards.tables import entries
from boards.visibility import listed_entries
from core.actor import VISITOR, Actor
from core.ids import BoardId
from core.languages.texts import gettext, pgettext
from forum.visibility import seen_by
from gatherings.record.exports import BYTE_ORDER_MARK, escape_formula, write_csv_rows
from storage.database import Database, Reader
from storage.statements import statement

BATCH_SIZE = 500
CHUNK_SIZE = 64 * 1024
# The maximum length of a text in an XLSX cell.
_MAX_CELL_LENGTH = 32_767

SELECT_ENTRY_BATCH = statement(
    select_entries()
    .where(
        entries.c.board_id == bindparam("board", type_=BigInteger),
        entries.c.number > bindparam("number", type_=Integer),
        listed_entries(),
    )
    .order_by(entries.c.number)
    .limit(BATCH_SIZE)
)


class BoardExport(Struct, frozen=True, kw_only=True):
    """A board to export, which the reader can see; `site` is the base URL of its links."""

    board: Board
    context: EntryContext
    site: str

    @property
    def name(self) -> str:
        """The name of the exported file, without its extension."""
        return f"board-{self.board.id}"


async def open_export(tx: Reader, actor: Actor, board_id: BoardId, site: str) -> BoardExport:
    """Load a board for export; raise NotFound if the actor cannot see it."""
    board = await show_board(tx, actor, board_id)
    return BoardExport(board=board, context=await load_entry_context(tx, board_id), site=site)


async def read_batches(db: Database, export: BoardExport) -> AsyncIterator[list[Entry]]:
    """Yield the listed entries by number in batches; no database connection is held between batches."""
    number = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(SELECT_ENTRY_BATCH, board=export.board.id, number=number, **seen_by(VISITOR))
            found = await build_entries(tx, rows)
        if found:
            yield found
            number = found[-1].number
        if len(found) < BATCH_SIZE:
            return


async def write_csv(db: Database, export: BoardExport) -> AsyncIterator[bytes]:
    """Yield the table as CSV in UTF-8, with the byte order mark that Excel needs."""
    yield BYTE_ORDER_MARK + write_csv_rows([export_headings(export.context)])
    async for batch in read_batches(db, export):
        yield write_csv_rows(export_row(export, entry) for entry in batch)


async def write_json(db: Database, export: BoardExport) -> AsyncIterator[bytes]:
    """Yield the board and its entries as JSON, with field values as they are stored."""
    yield b'{"board":' + msgspec.json.encode(export.board) + b',"entries":['
    first = True
    async for batch in read_batches(db, export):
        yield (b"" if first else b",") + b",".join(msgspec.json.encode(entry) for entry in batch)
        first = False
    yield b"]}"


async def write_xlsx(db: Database, export: BoardExport) -> AsyncIterator[bytes]:
    """Yield the table as an XLSX workbook, which is built in a temporary file."""
    with TemporaryDirectory(prefix="tertulia-") as folder:
        path = Path(folder) / "board.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        page, formats = book.add_worksheet(gettext("Entries")), _formats(book)
        page.freeze_panes(1, 1)
        page.set_column(0, len(export_headings(export.context)) - 1, 24)
        _write_row(page, 0, export_headings(export.context), formats)
        lines = count(1)
        async for batch in read_batches(db, export):
            for entry in batch:
                _write_row(page, next(lines), export_row(export, entry), formats)
        book.close()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_SIZE):
                yield chunk


def export_headings(context: EntryContext) -> list[str]:
    """Return the column headings: the number, the active fields, and facts about the entry."""
    return [
        pgettext("of an entry", "Number"),
        *(field.label for field in active_fields(context.form)),
        gettext("Added by"),
        gettext("Contributors"),
        pgettext("column", "Added"),
        pgettext("column", "Changed"),
        gettext("We do this too"),
        gettext("Can confirm"),
        pgettext("column", "Decided"),
        gettext("Reason"),
        pgettext("of a page", "Address"),
    ]


def export_row(export: BoardExport, entry: Entry) -> list[str | int | float]:
    """Return an entry as a row of readable values, which an import accepts too."""
    values = [
        export_cell(export.context, field, (entry.fields or {}).get(field.key))
        for field in active_fields(export.context.form)
    ]
    contributors = "; ".join(one.display_name for one in entry.contributors)
    address = f"{export.site}/b/{entry.board}/entries/{entry.id}"
    author = entry.author.display_name if entry.author else ""
    confirmations: list[int] = [entry.confirmations.get(kind, 0) for kind in ("do_too", "confirm")]
    disposition = "" if entry.disposition == "open" else entry.disposition
    extra: tuple[str | int | float, ...] = (
        author,
        contributors,
        _time(entry.added_at),
        _time(entry.changed_at),
        *confirmations,
        disposition,
    )
    return [entry.number, *values, *extra, entry.disposition_reason, address]


def export_cell(context: EntryContext, field: Field, value: Any) -> str | int | float:
    """Return the value of a field for people and for imports, which read days and numbers best in their stored form."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        return "; ".join(readable_values(field, one, context.taxonomies)[0] for one in value)
    return "\n".join(readable_values(field, value, context.taxonomies))


def _formats(book: Any) -> Mapping[bool, Any]:
    wrapped = {"text_wrap": True, "valign": "top"}
    return {is_quoted: book.add_format(wrapped | {"quote_prefix": is_quoted}) for is_quoted in (False, True)}


def _write_row(page: Any, line: int, row: Sequence[str | int | float], formats: Mapping[bool, Any]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            page.write_string(line, column, cell[:_MAX_CELL_LENGTH], formats[escape_formula(cell) != cell])
        else:
            page.write_number(line, column, cell, formats[False])


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
