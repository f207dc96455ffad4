"""Tables that people bring: CSV as spreadsheets write it anywhere, XLSX, JSON; read into rows, or refused saying where.

What is read is bounded before it is unpacked. Which field a column belongs to, and whether its cells are answers, is said
in columns.py.
"""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from python_calamine import CalamineError, CalamineWorkbook

from boards.imports.workbook_bounds import WorkbookTooBig, WorkbookUnreadable, bounded_workbook
from core.errors import Invalid, TooBig

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 5_000
MOST_COLUMNS = 100
LONGEST_CELL = 20_000

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None

_DELIMITERS = ",;\t|"
# What our own CSV puts before a cell that a spreadsheet would take for a formula, and what follows it there.
_GUARD, _GUARDED = "'", "=+-@\t\r"
# One table at a time, in a thread of its own: so much memory it takes, and nothing else waits behind it.
_reader = ThreadPoolExecutor(1, thread_name_prefix="sheets")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class NotASheet(Invalid):
    """The file is no table that can be read; the message says why, and where."""

    message = "This could not be read as a table: CSV, XLSX and JSON can be."


class SheetTooBig(TooBig):
    """More than an import takes at once."""

    message = f"An import takes {LARGEST_FILE // 1024 // 1024} MB and {MOST_ROWS:,} rows at most. Bring it in parts."


class Line(Struct, frozen=True):
    """One row: its number as the file counts them, and its cells by column; empty ones are left out."""

    number: int
    cells: dict[str, Cell]


class ParsedTable(Struct, frozen=True):
    """What was read: columns in their order, and the rows that have anything in them."""

    columns: list[str]
    lines: list[Line]


async def read_sheet_aside(name: str, content: bytes) -> ParsedTable:
    """Read a file in the thread for tables; whoever waits is served meanwhile. Ask first whether the actor may bring one."""
    return await asyncio.get_running_loop().run_in_executor(_reader, read_sheet, name, content)


def read_sheet(name: str, content: bytes) -> ParsedTable:
    """Read a file by what it is, not by what it is called; of a workbook the first sheet."""
    if len(content) > LARGEST_FILE:
        raise SheetTooBig
    if content[:4] == b"PK\x03\x04":
        return _read_xlsx(content)
    text = _decode(content)
    if name.lower().endswith(".json") or text.lstrip()[:1] in ("[", "{"):
        return _read_json(text)
    return _read_csv(text)


def _decode(content: bytes) -> str:
    encoding = next((known for mark, known in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        # What spreadsheets of western Windows write where nobody asked them for anything else.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise NotASheet(field="file")
    return text


def _read_csv(text: str) -> ParsedTable:
    first = text.partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], text.partition("\n")[2]
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _sheet((reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise NotASheet(f"Line {reader.line_num} could not be read: {error}.", field="file") from None


def _read_xlsx(content: bytes) -> ParsedTable:
    try:
        bounded = bounded_workbook(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(bounded)) as book:
            if not book.sheet_names:
                raise NotASheet("This workbook has no sheet.", field="file")
            sheet = book.get_sheet_by_index(0)
            # Row by row: the whole at once would keep every other thread waiting.
            return _sheet(enumerate(sheet.iter_rows(), 1))
    except WorkbookTooBig:
        raise SheetTooBig from None
    except (WorkbookUnreadable, CalamineError):
        raise NotASheet("This workbook could not be opened.", field="file") from None


def _read_json(text: str) -> ParsedTable:
    try:
        read = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotASheet(f"This is no JSON: {error}.", field="file") from None
    rows = (
        next((read[key] for key in ("entries", "items") if key in read), read)
        if isinstance(read, dict)
        else read
    )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotASheet("JSON has to be a list of objects, one for each row.", field="file")
    # As our own exports have it: what an entry says stands one level deeper.
    rows = [row["fields"] if isinstance(row.get("fields"), dict) else row for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return _sheet(
        [(0, columns), *((number, [row.get(key) for key in columns]) for number, row in enumerate(rows, 1))]
    )


def _sheet(numbered: Iterable[tuple[int, list[Any]]]) -> ParsedTable:
    rows = _filled(numbered)
    _, head = next(rows, (0, []))
    columns = [str(cell) if cell is not None else "" for cell in head]
    _ensure_columns(columns)
    lines: list[Line] = []
    for number, row in rows:
        if len(row) > len(columns) and any(cell is not None for cell in row[len(columns) :]):
            raise NotASheet(f"Line {number} has more cells than there are columns.", field="file")
        lines.append(
            Line(number, {name: cell for name, cell in zip(columns, row, strict=False) if cell is not None})
        )
        if len(lines) > MOST_ROWS:
            raise SheetTooBig
    return ParsedTable(columns, lines)


def _filled(numbered: Iterable[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in numbered:
        cells = [_tidy(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _ensure_columns(columns: list[str]) -> None:
    if not columns:
        raise NotASheet("There is nothing in it. The first row has to name the columns.", field="file")
    if len(columns) > MOST_COLUMNS:
        raise NotASheet(f"A table has {MOST_COLUMNS} columns at most.", field="file")
    if "" in columns:
        raise NotASheet(f"Column {columns.index('') + 1} has no name.", field="file")
    twice = next((name for name, count in Counter(columns).items() if count > 1), None)
    if twice is not None:
        raise NotASheet(f"Two columns are called “{twice}”.", field="file")


def _tidy(cell: Any) -> Cell:
    """A cell as plain values: dates and times as they are written in ISO 8601, whole numbers without a point."""
    if isinstance(cell, str):
        text = cell.strip()
        if text[:1] == _GUARD and text[1:2] in tuple(_GUARDED):
            text = text[1:]
        if len(text) > LONGEST_CELL:
            raise NotASheet(f"A cell holds {LONGEST_CELL:,} characters at most.", field="file")
        return text or None
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell if isinstance(cell, bool | int | float | list | dict) else None
