"""Connections to PostgreSQL: how JSON is encoded, and a cache of PostgreSQL's own types."""

from typing import Any

import asyncpg
import msgspec
from msgspec import Struct


class Connection(asyncpg.Connection):
    """A connection that reads PostgreSQL's built-in types once per process and not once per connection.

    When many connections are opened at the same time, reading the types would cost more than the queries they run.
    """

    async def _introspect_types(self, typeoids: Any, timeout: Any) -> Any:
        key = frozenset(typeoids)
        if key not in _KNOWN_TYPES:
            types, source = await super()._introspect_types(typeoids, timeout)  # type: ignore[misc]
            if max(key) >= FIRST_USER_OID:
                return types, source
            _KNOWN_TYPES[key] = types
        return _KNOWN_TYPES[key], _CACHED_SOURCE


class _CachedSource(Struct, frozen=True):
    name: str = ""


# Types below this oid are the same in every database; types above are created by each.
FIRST_USER_OID = 16_384
_KNOWN_TYPES: dict[frozenset[int], Any] = {}
_CACHED_SOURCE = _CachedSource()


async def prepare(connection: Any) -> None:
    """Set how a new connection encodes and decodes JSON."""
    await connection.set_type_codec(
        "jsonb", encoder=_encode_json, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )


def _encode_json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
