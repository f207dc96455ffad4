"""What comes in and goes out of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.text import ONE_LINE

What = Literal["new", "changed", "same", "wrong"]


class NewImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table to look at: CSV, XLSX or JSON, whatever its name; in JSON `content` is written in base64."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
    content: bytes


class Problem(Struct, frozen=True):
    """Why a row cannot be taken, and at which column."""

    column: str
    message: str


class Change(Struct, frozen=True, kw_only=True):
    """What a field says, and would say."""

    field: str
    before: Any
    after: Any


class ImportedLine(Struct, frozen=True, kw_only=True):
    """A row: whether it is new, changes the `entry`, says the same as that, or is wrong; `number` as the file counts."""

    number: int
    what: What
    title: str
    entry: int | None
    changes: list[Change]
    problems: list[Problem]


class Import(Struct, frozen=True, kw_only=True):
    """A table that was looked at; `left_out` are its columns that the form does not ask for."""

    id: int
    board: int
    name: str
    uploaded_at: datetime
    applied_at: datetime | None
    left_out: list[str]
    counts: dict[str, int]
    lines: list[ImportedLine]
