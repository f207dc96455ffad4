"""Connections to PostgreSQL: how long statements may take, how JSON is encoded, and a cache of PostgreSQL's own types."""

from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

# Seconds in which a statement ends: on the server, so that it holds no lock any longer, and here, in case the server does
# not answer at all. With these, a request is answered with 503 within five seconds while the database is frozen.
STATEMENT_TIMEOUT = 3.8
COMMAND_TIMEOUT = 4.0
LOCK_TIMEOUT = 3.0
CONNECT_TIMEOUT = 3.0
# How many times as long statements of commands may take, for which nobody else waits.
PATIENCE = 30.0


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


async def open_connection(url: str, patience: float = 1.0) -> Connection:
    """Connect to the database; `patience` multiplies the time that statements may take."""
    settings = {
        "application_name": "tertulia",
        "jit": "off",
        "statement_timeout": str(int(STATEMENT_TIMEOUT * patience * 1000)),
        "lock_timeout": str(int(LOCK_TIMEOUT * 1000)),
        # A statement whose connection was closed ends, and releases its locks.
        "client_connection_check_interval": "1000",
    }
    connection: Connection = await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT,
        connection_class=Connection,
        command_timeout=COMMAND_TIMEOUT * patience,
        server_settings=settings,
    )
    try:
        await prepare(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def prepare(connection: Any) -> None:
    """Set how a new connection encodes and decodes JSON."""
    await connection.set_type_codec(
        "jsonb", encoder=_encode_json, decoder=msgspec.json.decode, schema="pg_catalog", format="text"
    )


def _encode_json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
