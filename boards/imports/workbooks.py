"""Parsing of CSV, XLSX and JSON files into columns and rows, within limits; errors name the line."""

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

from boards.imports.workbook_bounds import WorkbookTooBig, WorkbookUnreadable, repack_workbook
from core.errors import Invalid, TooBig

MAX_FILE_SIZE = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_CELL_LENGTH = 20_000

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None

_DELIMITERS = ",;\t|"
# Exports put this guard before text that a spreadsheet would read as a formula; the second value lists its first characters.
_FORMULA_GUARD, _FORMULA_STARTS = "'", "=+-@\t\r"
# One file at a time in a separate thread, which limits the memory and does not block other work.
_parser_thread = ThreadPoolExecutor(1, thread_name_prefix="sheets")
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class NotASheet(Invalid):
    """The file cannot be parsed as a table; the message names the reason and the line."""

    message = "This could not be read as a table: CSV, XLSX and JSON can be."


class SheetTooBig(TooBig):
    """The file exceeds the maximum size or number of rows."""

    message = f"An import takes {MAX_FILE_SIZE // 1024 // 1024} MB and {MAX_ROWS:,} rows at most. Bring it in parts."


class ParsedRow(Struct, frozen=True):
    """One row: its number in the file, and its non-empty cells by column."""

    number: int
    cells: dict[str, Cell]


class ParsedTable(Struct, frozen=True):
    """A parsed file: its columns in order, and its non-empty rows."""

    columns: list[str]
    rows: list[ParsedRow]


async def parse_table_in_thread(name: str, content: bytes) -> ParsedTable:
    """Parse a file in the parser thread, so that the event loop stays free; the caller has checked permissions."""
    return await asyncio.get_running_loop().run_in_executor(_parser_thread, parse_table, name, content)


def parse_table(name: str, content: bytes) -> ParsedTable:
    """Parse a file, recognized by its content; of a workbook only the first sheet. Raises NotASheet or SheetTooBig."""
    if len(content) > MAX_FILE_SIZE:
        raise SheetTooBig
    if content[:4] == b"PK\x03\x04":
        return _read_xlsx(content)
    text = _decode(content)
    if name.lower().endswith(".json") or text.lstrip()[:1] in ("[", "{"):
        return _read_json(text)
    return _read_csv(text)


def _decode(content: bytes) -> str:
    encoding = next((known for mark, known in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        # The default encoding of spreadsheets on Western European Windows.
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
        return _build_table((reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise NotASheet(f"Line {reader.line_num} could not be read: {error}.", field="file") from None


def _read_xlsx(content: bytes) -> ParsedTable:
    try:
        bounded = repack_workbook(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(bounded)) as book:
            if not book.sheet_names:
                raise NotASheet("This workbook has no sheet.", field="file")
            sheet = book.get_sheet_by_index(0)
            # Row by row, because reading the whole sheet in one call would hold the GIL.
            return _build_table(enumerate(sheet.iter_rows(), 1))
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
    # In our own exports, the field values are one level deeper.
    rows = [row["fields"] if isinstance(row.get("fields"), dict) else row for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return _build_table(
        [(0, columns), *((number, [row.get(key) for key in columns]) for number, row in enumerate(rows, 1))]
    )


def _build_table(numbered: Iterable[tuple[int, list[Any]]]) -> ParsedTable:
    non_empty = _non_empty_rows(numbered)
    _, head = next(non_empty, (0, []))
    columns = [str(cell) if cell is not None else "" for cell in head]
    _ensure_columns(columns)
    rows: list[ParsedRow] = []
    for number, row in non_empty:
        if len(row) > len(columns) and any(cell is not None for cell in row[len(columns) :]):
            raise NotASheet(f"Line {number} has more cells than there are columns.", field="file")
        rows.append(
            ParsedRow(
                number, {name: cell for name, cell in zip(columns, row, strict=False) if cell is not None}
            )
        )
        if len(rows) > MAX_ROWS:
            raise SheetTooBig
    return ParsedTable(columns, rows)


def _non_empty_rows(numbered: Iterable[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in numbered:
        cells = [_normalize_cell(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _ensure_columns(columns: list[str]) -> None:
    if not columns:
        raise NotASheet("There is nothing in it. The first row has to name the columns.", field="file")
    if len(columns) > MAX_COLUMNS:
        raise NotASheet(f"A table has {MAX_COLUMNS} columns at most.", field="file")
    if "" in columns:
        raise NotASheet(f"Column {columns.index('') + 1} has no name.", field="file")
    duplicate = next((name for name, count in Counter(columns).items() if count > 1), None)
    if duplicate is not None:
        raise NotASheet(f"Two columns are called “{duplicate}”.", field="file")


def _normalize_cell(cell: Any) -> Cell:
    """Return a cell as a JSON value: dates and times in ISO 8601, whole numbers as int, empty cells as None."""
    if isinstance(cell, str):
        text = cell.strip()
        if text[:1] == _FORMULA_GUARD and text[1:2] in tuple(_FORMULA_STARTS):
            text = text[1:]
        if len(text) > MAX_CELL_LENGTH:
            raise NotASheet(f"A cell holds {MAX_CELL_LENGTH:,} characters at most.", field="file")
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
