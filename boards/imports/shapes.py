"""Input and output types of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.text import ONE_LINE

RowOutcome = Literal["new", "changed", "same", "wrong"]


class NewImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to import: CSV, XLSX or JSON, recognized by its content; in a JSON request `content` is base64."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    content: bytes


class Problem(Struct, frozen=True):
    """An error in a row, and the column where it is."""

    column: str
    message: str


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
    """The preview of an import; `left_out` are the columns that match no field of the form."""

    id: int
    board: int
    name: str
    uploaded_at: datetime
    applied_at: datetime | None
    left_out: list[str]
    counts: dict[str, int]
    lines: list[ImportedLine]
