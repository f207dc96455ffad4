"""Parsing of CSV, XLSX and JSON files into columns and rows, within limits; errors name the line."""

import asyncio
import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from python_calamine import CalamineError, CalamineWorkbook

from boards.imports.delimiters import find_delimiter
from boards.imports.headings import FIRST_ROWS, find_heading, name_columns
from boards.imports.month_names import load_month_names
from boards.imports.workbook_bounds import WorkbookTooBig, WorkbookUnreadable, repack_workbook
from core.errors import Invalid, TooBig
from core.text_encodings import DecodedText, decode_as, decode_text
from members.profiles.country_names import load_country_names

MAX_FILE_SIZE = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_CELL_LENGTH = 20_000

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None

# Exports put this guard before text that a spreadsheet would read as a formula; the second value lists its first characters.
_FORMULA_GUARD, _FORMULA_STARTS = "'", "=+-@\t\r"
# One file at a time in a separate thread, which limits the memory and does not block other work.
_parser_thread = ThreadPoolExecutor(1, thread_name_prefix="sheets")


class NotASheet(Invalid):
    """The file cannot be parsed as a table; the message names the reason and the line."""

    message = "This could not be read as a table: CSV, XLSX and JSON can be."


class SheetTooBig(TooBig):
    """The file exceeds the maximum size or number of rows."""

    message = f"An import takes {MAX_FILE_SIZE // 1024 // 1024} MB and {MAX_ROWS:,} rows at most. Bring it in parts."


class Reading(Struct, frozen=True, omit_defaults=True):
    """How a person wants a file to be read: its encoding, and the number of the row with the headings; None: recognized."""

    encoding: str | None = None
    heading: int | None = None


class ParsedRow(Struct, frozen=True, omit_defaults=True):
    """One row: its number in the file, its non-empty cells by column, and what is wrong with it as a whole."""

    number: int
    cells: dict[str, Cell]
    problem: str = ""


class ParsedTable(Struct, frozen=True):
    """A parsed file: its columns in order, and its non-empty rows.

    `first_rows` are the first rows as they are, by number, among which the `heading` is, also by number. The encoding is
    empty for workbooks, which say it themselves.
    """

    columns: list[str]
    rows: list[ParsedRow]
    first_rows: list[tuple[int, list[str]]] = []
    heading: int = 1
    encoding: str = ""
    is_encoding_certain: bool = True


async def parse_table_in_thread(
    name: str, content: bytes, reading: Reading, known: Collection[str] = ()
) -> ParsedTable:
    """Parse a file in the parser thread, so that the event loop stays free; the caller has checked permissions."""

    def parse() -> ParsedTable:
        # Read here once, because planning the rows on the event loop needs them.
        load_country_names()
        load_month_names()
        return parse_table(name, content, reading, known)

    return await asyncio.get_running_loop().run_in_executor(_parser_thread, parse)


def parse_table(
    name: str, content: bytes, reading: Reading | None = None, known: Collection[str] = ()
) -> ParsedTable:
    """Parse a file, recognized by its content; of a workbook only the first sheet. Raises NotASheet or SheetTooBig.

    `known` are names of columns by which the row of headings is found.
    """
    reading = reading or Reading()
    if len(content) > MAX_FILE_SIZE:
        raise SheetTooBig
    if content[:4] == b"PK\x03\x04":
        return _build_table(_read_xlsx(content), reading.heading, known)
    decoded = _decode(content, reading.encoding)
    rows = _read_json(decoded.text, is_named_json=name.lower().endswith(".json"))
    if rows is not None:
        table = _build_table(rows, 0, known)
    else:
        table = _build_table(_read_csv(decoded.text), reading.heading, known)
    return msgspec.structs.replace(table, encoding=decoded.encoding, is_encoding_certain=decoded.is_certain)


def _decode(content: bytes, encoding: str | None) -> DecodedText:
    if encoding is not None:
        return DecodedText(decode_as(content, encoding), encoding, True)
    decoded = decode_text(content)
    if decoded is None:
        raise NotASheet(field="file")
    return msgspec.structs.replace(decoded, text=decoded.text.removeprefix("\ufeff"))


def _read_csv(text: str) -> Iterator[tuple[int, list[Any]]]:
    first = text.partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], text.partition("\n")[2]
    else:
        delimiter = find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise NotASheet(f"Line {reader.line_num} could not be read: {error}.", field="file") from None


def _read_xlsx(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        bounded, errors = repack_workbook(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(bounded)) as book:
            if not book.sheet_names:
                raise NotASheet("This workbook has no sheet.", field="file")
            sheet = book.get_sheet_by_index(0)
            first_column = sheet.start[1] + 1 if sheet.start is not None else 1
            # Row by row, because reading the whole sheet in one call would hold the GIL.
            for number, row in enumerate(sheet.iter_rows(), 1):
                yield number, _with_errors(row, number, first_column, errors)
    except WorkbookTooBig:
        raise SheetTooBig from None
    except (WorkbookUnreadable, CalamineError):
        raise NotASheet("This workbook could not be opened.", field="file") from None


def _with_errors(
    row: list[Any], number: int, first_column: int, errors: Mapping[tuple[int, int], str]
) -> list[Any]:
    """Return the row with its error cells, which the parser gives as empty ones."""
    if not errors:
        return row
    return [
        {"error": errors.get((number, at), "")} if (number, at) in errors else cell
        for at, cell in enumerate(row, first_column)
    ]


def _read_json(text: str, *, is_named_json: bool) -> list[tuple[int, list[Any]]] | None:
    """Return the rows of a JSON file with the keys as first row, or None if the text is no JSON and need not be."""
    if not is_named_json and text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        read = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        if not is_named_json:
            return None
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
    return [
        (0, columns),
        *((number, [row.get(key) for key in columns]) for number, row in enumerate(rows, 1)),
    ]


def _build_table(
    numbered: Iterable[tuple[int, list[Any]]], heading: int | None, known: Collection[str]
) -> ParsedTable:
    read: list[tuple[int, list[Any]]] = []
    for numbered_row in _non_empty_rows(numbered):
        read.append(numbered_row)
        if len(read) > MAX_ROWS + FIRST_ROWS:
            raise SheetTooBig
    if not read:
        raise NotASheet("There is nothing in it. The first row has to name the columns.", field="file")
    numbers = [number for number, _ in read[:FIRST_ROWS]]
    at = numbers.index(heading) if heading in numbers else find_heading(read, known)
    if len(read[at][1]) > MAX_COLUMNS:
        raise NotASheet(f"A table has {MAX_COLUMNS} columns at most.", field="file")
    columns = name_columns(read[at][1])
    rows = [_build_row(number, cells, columns) for number, cells in read[at + 1 :]]
    if len(rows) > MAX_ROWS:
        raise SheetTooBig
    first_rows = [(number, [_shorten(cell) for cell in cells[:8]]) for number, cells in read[:FIRST_ROWS]]
    return ParsedTable(columns, rows, first_rows, numbers[at])


def _build_row(number: int, cells: list[Cell], columns: list[str]) -> ParsedRow:
    by_column: dict[str, Cell] = {
        name: cell for name, cell in zip(columns, cells, strict=False) if cell is not None
    }
    if len(cells) > len(columns):
        # An unquoted separator in a cell moves the others to wrong columns.
        return ParsedRow(number, by_column, "This row has more cells than there are columns.")
    return ParsedRow(number, by_column)


def _shorten(cell: Cell) -> str:
    return "" if cell is None else str(cell)[:60]


def _non_empty_rows(numbered: Iterable[tuple[int, list[Any]]]) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in numbered:
        cells = [_normalize_cell(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


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
