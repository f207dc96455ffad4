"""Statements: SQL that SQLAlchemy Core writes once, at import, and asyncpg runs as often as needed."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


class Statement(Struct, frozen=True, eq=False):
    """SQL text with $1, $2 ... and the names of what goes there, in order."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def arguments(self, binds: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the placeholders; a name that was not given raises KeyError."""
        if self.constants:
            binds = {**self.constants, **binds}
        return [binds[name] for name in self.names]


def statement(clause: ClauseElement | str) -> Statement:
    """Compile a Core statement, or SQL text with :names, to what asyncpg runs. Call it at import, not per request."""
    if isinstance(clause, str):
        clause = text(clause)
    compiled = clause.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Statement(str(compiled), names, constants)
