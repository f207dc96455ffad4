"""Input and output types of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from boards.imports.habits import DateOrder, DecimalSign
from boards.shapes import FieldKey
from core.text import NO_CONTROLS, ONE_LINE

RowOutcome = Literal["new", "changed", "same", "wrong"]
# What cannot be read in one way only: the answers are in ImportOptions.
Question = Literal["encoding", "dates", "decimals"]
# The encodings that can be chosen: the names in core/text_encodings.py.
EncodingName = Literal[
    "utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1250", "iso-8859-2", "windows-1251", "windows-1253",
    "windows-1254", "windows-1255", "windows-1256", "windows-874", "koi8-r", "iso-8859-5", "ibm866", "x-mac-cyrillic",
    "macintosh", "ibm850", "gbk", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr",
]  # fmt: skip
ColumnName = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=NO_CONTROLS)]


class ImportOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a file is read, and to which fields its columns belong.

    `columns` are keys of fields by the names of columns, null for a column to leave out; the board remembers them.
    `dates` and `decimals` decide how ambiguous cells are read: 03/04/2026 and 1.234. `encoding` is for text files, and
    `heading` is the number of the row that names the columns. `sheet` is the name of a sheet of a workbook; without it, the
    first sheet that is not hidden and has cells is read. What is null or absent is recognized.
    """

    columns: dict[ColumnName, FieldKey | None] = {}
    dates: DateOrder | None = None
    decimals: DecimalSign | None = None
    encoding: EncodingName | None = None
    heading: Annotated[int, Meta(ge=1, le=2**31)] | None = None
    sheet: Annotated[str, Meta(min_length=1, max_length=300, pattern=NO_CONTROLS)] | None = None


class NewImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to import: CSV, XLSX or JSON, recognized by its content; in a JSON request `content` is base64.

    Without `options`, everything is recognized, and the columns belong to the fields that the board remembers or that have
    their names.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    content: bytes
    options: ImportOptions | None = None


class ImportColumn(Struct, frozen=True, kw_only=True):
    """A column of the file, the key of its field or null if it is left out, and up to three of its cells."""

    name: str
    field: str | None
    samples: list[str]


class OpenQuestion(Struct, frozen=True, kw_only=True):
    """Something that can be read in two ways, and an example from the file."""

    what: Question
    example: str


class FileRow(Struct, frozen=True, kw_only=True):
    """One of the first rows of the file as it is, up to eight cells."""

    number: int
    cells: list[str]


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error in a row, and the column where it is; `facts` are what the message says by name, such as the cell."""

    column: str
    message: str
    facts: dict[str, Any] = {}


class Change(Struct, frozen=True, kw_only=True):
    """A field with its current value and the value that the import would set."""

    field: str
    before: Any
    after: Any


class ImportedLine(Struct, frozen=True, kw_only=True):
    """A row of the file and its effect: a new entry, a change of `entry`, no change, or an error."""

    number: int
    what: RowOutcome
    title: str
    entry: int | None
    changes: list[Change]
    problems: list[Problem]


class Import(Struct, frozen=True, kw_only=True):
    """The preview of an import; `left_out` are the columns that belong to no field of the form.

    `options` are those that were chosen, `encoding` (empty for workbooks), `heading` and `sheet` how the file was read,
    `sheets` the sheets of a workbook that are not hidden, `hidden_rows` how many of the imported rows the workbook does not
    show, and `questions` what is still ambiguous: rows with such cells are
    wrong until they are answered.
    """

    id: int
    board: int
    name: str
    uploaded_at: datetime
    applied_at: datetime | None
    left_out: list[str]
    columns: list[ImportColumn]
    options: ImportOptions
    questions: list[OpenQuestion]
    encoding: str
    heading: int
    first_rows: list[FileRow]
    sheets: list[str]
    sheet: str
    hidden_rows: int
    counts: dict[str, int]
    lines: list[ImportedLine]
