"""Connections to PostgreSQL, as this house opens them."""

from typing import Any

import asyncpg
import msgspec
from msgspec import Struct


class Connection(asyncpg.Connection):
    """A connection that asks once a process, not once a connection, what PostgreSQL's own types are: in a burst of new
    connections the asking is dearer than all they are opened for."""

    async def _introspect_types(self, typeoids: Any, timeout: Any) -> Any:
        key = frozenset(typeoids)
        if key not in _KNOWN_TYPES:
            types, asked = await super()._introspect_types(typeoids, timeout)  # type: ignore[misc]
            if max(key) >= FIRST_OF_A_DATABASE:
                return types, asked
            _KNOWN_TYPES[key] = types
        return _KNOWN_TYPES[key], _ASKED


class _Asked(Struct, frozen=True):
    name: str = ""


# Oids below are the same in every database; above they are given out by each.
FIRST_OF_A_DATABASE = 16_384
_KNOWN_TYPES: dict[frozenset[int], Any] = {}
_ASKED = _Asked()


async def prepare(connection: Any) -> None:
    """Teach a new connection how JSON goes in and comes out."""
    await connection.set_type_codec(
        "jsonb", encoder=_as_text, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
