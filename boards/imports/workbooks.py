"""Parsing of CSV, XLSX and JSON files into columns and rows, within limits; errors name the line."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from boards.imports.csv_rows import choose_delimiter, read_csv
from boards.imports.headings import FIRST_ROWS, WRONG_COLUMN, RawRow, column_key, find_heading, name_columns
from boards.imports.json_rows import JsonUnreadable, read_json
from boards.imports.sheet_inspector import WorkbookTooBig, WorkbookUnreadable
from boards.imports.xlsx_rows import open_xlsx
from core.errors import Invalid, Refusal, TooBig
from core.languages.texts import translatable
from core.text_encodings import DecodedText, decode_as, decode_text
from forum.files.file_types import is_markup, is_pdf
from forum.files.office_documents import detect_office_type
from forum.files.refused_types import is_known_type

MAX_FILE_SIZE = 5 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 100
MAX_CELL_LENGTH = 20_000

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None

# The container of old workbooks, and of new ones that are encrypted (Microsoft, MS-CFB).
_OLE = b"\xd0\xcf\x11\xe0"
_OLD_WORKBOOK = translatable(
    "Workbooks in the old format (.xls) or with a password cannot be imported. Save it as .xlsx without a password and "
    "upload that."
)
_OPEN_DOCUMENT = translatable(
    "OpenDocument spreadsheets (.ods) cannot be imported. Save it as XLSX or CSV and upload that."
)
_DAMAGED = translatable("This workbook is damaged and could not be opened.")
_NO_TABLE = translatable("This file is not a table. Save the table as XLSX or CSV and upload that.")
_MARKUP = translatable(
    "This is a web page or another XML file, whatever its name says. Save the table as XLSX or CSV and upload that."
)
_EMPTY = translatable("There is nothing in it. The first row has to name the columns.")
# The only thing that can be wrong with a row of headings: QUOTES_WRONG.
_HEADING_WRONG = translatable(
    "Line %(line)s could not be read. A quotation mark is missing in this row, or in the wrong place."
)
_CELL_TOO_LONG = translatable("A cell can have up to 20,000 characters.")
# Of rows.
_TOO_MANY_CELLS = translatable("This row has more cells than there are columns.")
_A_NOTE = translatable("This looks like a note below the table, not like a row of it.")


class NotASheet(Invalid):
    """The file cannot be parsed as a table; the message names the reason and the line."""

    message = translatable("This file is not a table. Upload a CSV, XLSX or JSON file.")


class SheetTooBig(TooBig):
    """The file exceeds the maximum size or number of rows."""

    message = translatable(
        "An import can have up to 5 MB and 5,000 rows. Divide the table into several files and import them one by one."
    )


class Reading(Struct, frozen=True, omit_defaults=True):
    """How a person wants a file to be read: encoding, number of the row with the headings, and sheet; None: recognized."""

    encoding: str | None = None
    heading: int | None = None
    sheet: str | None = None


class ParsedRow(Struct, frozen=True, omit_defaults=True):
    """One row: its number in the file, its non-empty cells by column, and what is wrong with it as a whole (in English)."""

    number: int
    cells: dict[str, Cell]
    problem: str = ""


class ParsedTable(Struct, frozen=True):
    """A parsed file: its columns in order, and its non-empty rows.

    `first_rows` are the first rows as they are, by number, among which the `heading` is, also by number. The encoding and
    the delimiter are empty for workbooks, the `sheets` that can be read for other files. `hidden_rows` is the number of rows
    that a workbook does not show, for example because of a filter.
    """

    columns: list[str]
    rows: list[ParsedRow]
    first_rows: list[tuple[int, list[str]]] = []
    heading: int = 1
    encoding: str = ""
    is_encoding_certain: bool = True
    delimiter: str = ""
    sheets: list[str] = []
    sheet: str = ""
    hidden_rows: int = 0


def parse_table(
    name: str,
    content: bytes,
    reading: Reading | None = None,
    known: Collection[str] = (),
    left_out: Collection[str] = (WRONG_COLUMN,),
) -> ParsedTable:
    """Parse a file, recognized by its content; of a workbook one sheet. Raises NotASheet or SheetTooBig.

    `known` are names of columns by which the row of headings is found. `left_out` are the names of a last column that we
    wrote for the person who corrects the rows; it is no column of the table, unless it is among the known ones.
    """
    if len(content) > MAX_FILE_SIZE:
        raise SheetTooBig
    table = _parse(name, content, reading or Reading(), known)
    if column_key(table.columns[-1]) in {column_key(one) for one in left_out} - set(known):
        return msgspec.structs.replace(table, columns=table.columns[:-1])
    return table


def _parse(name: str, content: bytes, reading: Reading, known: Collection[str]) -> ParsedTable:
    if content[:4] == b"PK\x03\x04":
        return _parse_xlsx(content, reading, known)
    decoded = _decode(content, reading.encoding)
    try:
        rows = read_json(decoded.text, is_named_json=name.lower().endswith(".json"))
    except JsonUnreadable as problem:
        raise NotASheet(problem.text, field="file", **problem.facts) from None
    delimiter = ""
    if rows is not None:
        table = _build_table(rows, 0, known)
    else:
        delimiter, text = choose_delimiter(decoded.text, known)
        table = _build_table(read_csv(text, delimiter), reading.heading, known)
    return msgspec.structs.replace(
        table, encoding=decoded.encoding, is_encoding_certain=decoded.is_certain, delimiter=delimiter
    )


def _parse_xlsx(content: bytes, reading: Reading, known: Collection[str]) -> ParsedTable:
    try:
        found, rows = open_xlsx(content, reading.sheet)
        table = _build_table(rows, reading.heading, known, is_workbook=True)
    except WorkbookTooBig:
        raise SheetTooBig from None
    except WorkbookUnreadable:
        raise _why_unreadable(content) from None
    hidden = sum(row.number in found.hidden_rows for row in table.rows)
    return msgspec.structs.replace(table, sheets=list(found.sheets), sheet=found.sheet, hidden_rows=hidden)


def _why_unreadable(content: bytes) -> NotASheet:
    """Return the refusal of a ZIP archive that is no workbook that can be opened."""
    try:
        media_type = detect_office_type(content)
    except Refusal as refused:
        return NotASheet(refused.text, field="file", **refused.facts)
    if media_type.endswith("spreadsheetml.sheet"):
        return NotASheet(_DAMAGED, field="file")
    if media_type.endswith("opendocument.spreadsheet"):
        return NotASheet(_OPEN_DOCUMENT, field="file")
    return NotASheet(_NO_TABLE, field="file")


def _decode(content: bytes, encoding: str | None) -> DecodedText:
    if content.startswith(_OLE):
        raise NotASheet(_OLD_WORKBOOK, field="file")
    if is_known_type(content) or is_pdf(content):
        raise NotASheet(_NO_TABLE, field="file")
    if encoding is not None:
        return DecodedText(decode_as(content, encoding), encoding, True)
    # The mark of the end of a file in MS-DOS.
    decoded = decode_text(content.rstrip(b"\x1a"))
    if decoded is None:
        raise NotASheet(field="file")
    if is_markup(decoded.text):
        raise NotASheet(_MARKUP, field="file")
    return msgspec.structs.replace(decoded, text=decoded.text.removeprefix("\ufeff"))


def _build_table(
    raw: Iterable[RawRow], heading: int | None, known: Collection[str], *, is_workbook: bool = False
) -> ParsedTable:
    read: list[RawRow] = []
    widths: list[int] = []
    for row, width in _non_empty_rows(raw):
        read.append(row)
        widths.append(width)
        if len(read) > MAX_ROWS + FIRST_ROWS:
            raise SheetTooBig
    if not read:
        raise NotASheet(_EMPTY, field="file")
    numbers = [row.number for row in read[:FIRST_ROWS]]
    at = numbers.index(heading) if heading in numbers else find_heading(read, known)
    if read[at].problem:
        raise NotASheet(_HEADING_WRONG, field="file", line=numbers[at])
    columns = _name_columns(read[at:], MAX_COLUMNS + 1 if is_workbook else _usual_width(widths[at:]))
    rows = _without_notes([_build_row(row, columns) for row in read[at + 1 :]], columns)
    if len(rows) > MAX_ROWS:
        raise SheetTooBig
    first_rows = [(row.number, [_shorten(cell) for cell in row.cells[:8]]) for row in read[:FIRST_ROWS]]
    return ParsedTable(columns, rows, first_rows, numbers[at])


def _usual_width(widths: list[int]) -> int:
    """Return the number of columns of a CSV file: that of the headings, or of more than half of the rows."""
    width, rows = Counter(widths).most_common(1)[0]
    return max(widths[0], width if rows * 2 > len(widths) else 0)


def _name_columns(rows: list[RawRow], usual: int) -> list[str]:
    """Return the names of the columns, also of the `usual` number of those without a heading that have cells."""
    cells = rows[0].cells
    width = max(len(cells), min(max(len(row.cells) for row in rows), usual))
    if width > MAX_COLUMNS:
        raise NotASheet(
            translatable("A table can have up to %(most)s columns."), field="file", most=MAX_COLUMNS
        )
    return name_columns([*cells, *[None] * (width - len(cells))])


def _build_row(row: RawRow, columns: list[str]) -> ParsedRow:
    cells = row.cells
    by_column: dict[str, Cell] = {
        name: cell for name, cell in zip(columns, cells, strict=False) if cell is not None
    }
    problem = row.problem
    if len(cells) > len(columns) and not problem:
        # An unquoted separator in a cell moves the others to wrong columns.
        problem = _TOO_MANY_CELLS
    return ParsedRow(row.number, by_column, problem)


def _without_notes(rows: list[ParsedRow], columns: list[str]) -> list[ParsedRow]:
    """Return the rows, of which notes below the table are wrong: single cells of the first column, after an empty row."""
    end = len(rows)
    while end and len(columns) > 1 and list(rows[end - 1].cells) == columns[:1]:
        end -= 1
    gaps = [at for at in range(max(end, 1), len(rows)) if rows[at].number > rows[at - 1].number + 1]
    if not gaps:
        return rows
    return rows[: gaps[0]] + [msgspec.structs.replace(row, problem=_A_NOTE) for row in rows[gaps[0] :]]


def _shorten(cell: Cell) -> str:
    return "" if cell is None else str(cell)[:60]


def _non_empty_rows(raw: Iterable[RawRow]) -> Iterator[tuple[RawRow, int]]:
    """Yield the rows that are not empty, without the empty cells at their end, and with the number of their cells."""
    for row in raw:
        cells = [_normalize_cell(cell) for cell in row.cells]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield RawRow(row.number, cells, row.problem), len(row.cells)


def _normalize_cell(cell: Any) -> Cell:
    """Return a cell as a JSON value: dates and times in ISO 8601, whole numbers as int, empty cells as None."""
    if isinstance(cell, str):
        text = cell.strip()
        if len(text) > MAX_CELL_LENGTH:
            raise NotASheet(_CELL_TOO_LONG, field="file")
        return text or None
    if isinstance(cell, datetime):
        # Workbooks store times as fractions of a day, which are not exact.
        near = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
        return near.date().isoformat() if near.time() == time() else near.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell if isinstance(cell, bool | int | float | list | dict) else None
