"""Statements: SQL that SQLAlchemy Core writes once, and asyncpg runs as often as needed."""

import re
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, literal_column, text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]
_WORD = re.compile(r"[a-z_]+")


class Statement:
    """SQL text with $1, $2 ... and the names of what goes there, in order. Written out when it is first run."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause

    def __getattr__(self, name: str) -> Any:
        # Only the first look comes here: a service starts with two hundred statements and its first page needs ten.
        if name not in ("text", "names", "constants"):
            raise AttributeError(name)
        clause = cast(ClauseElement, visitors.replacement_traverse(self.clause, {}, _in_place))
        compiled = clause.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
        self.constants = {key: value for key, value in compiled.params.items() if value is not None}
        return getattr(self, name)

    def arguments(self, binds: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the placeholders; a name that was not given raises KeyError."""
        if self.constants:
            binds = {**self.constants, **binds}
        return [binds[name] for name in self.names]


def _in_place(element: Any, **_: Any) -> ColumnElement[Any] | None:
    """A plain constant, as text in its place: sent as a value it would be encoded anew with every run."""
    if not isinstance(element, BindParameter) or element.required or element.expanding:
        return None
    value = element.value
    if isinstance(value, str) and _WORD.fullmatch(value):
        return literal_column(f"'{value}'", element.type)
    if type(value) is int:
        return literal_column(str(value), element.type)
    return None


def statement(clause: ClauseElement | str) -> Statement:
    """A statement of Core, or SQL text with :names, as asyncpg runs it. Make it at import, not per request."""
    return Statement(text(clause) if isinstance(clause, str) else clause)
