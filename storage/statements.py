"""Statements: SQL that SQLAlchemy Core compiles once and asyncpg runs with the given parameters."""

import re
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, literal_column, text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]
_PLAIN_WORD = re.compile(r"[a-z_]+")


class Statement:
    """SQL text with $1, $2 ... and the names of the parameters in that order; compiled at the first use."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause

    def __getattr__(self, name: str) -> Any:
        # Called only at the first use: a process imports hundreds of statements, and its first page needs ten.
        if name not in ("text", "names", "constants"):
            raise AttributeError(name)
        clause = cast(ClauseElement, visitors.replacement_traverse(self.clause, {}, _inline_constant))
        compiled = clause.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
        self.constants = {key: value for key, value in compiled.params.items() if value is not None}
        return getattr(self, name)

    def arguments(self, binds: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the placeholders; raise KeyError for a missing name."""
        if self.constants:
            binds = {**self.constants, **binds}
        return [binds[name] for name in self.names]


def _inline_constant(element: Any, **_: Any) -> ColumnElement[Any] | None:
    """Return a plain constant as SQL text, which as a parameter would be encoded again at every run; else None."""
    if not isinstance(element, BindParameter) or element.required or element.expanding:
        return None
    value = element.value
    if isinstance(value, str) and _PLAIN_WORD.fullmatch(value):
        return literal_column(f"'{value}'", element.type)
    if type(value) is int:
        return literal_column(str(value), element.type)
    return None


def statement(clause: ClauseElement | str) -> Statement:
    """Return a statement from Core or from SQL text with `:name` parameters. Call it at import, not for each request."""
    return Statement(text(clause) if isinstance(clause, str) else clause)
