"""Connections to PostgreSQL: how long statements may take, how JSON is encoded, and a cache of PostgreSQL's own types."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
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
# Seconds that one request may wait for the database in all: for a connection, for locks and for statements, one after the
# other. With the work between them it is refused within five seconds.
REQUEST_PATIENCE = 4.5
# What takes less is work and no waiting: a request may do much of it.
_SHORT = 0.1
# The least time for a commit, which is worth more than a punctual refusal.
_LEAST = 0.3
# How many times as long statements of commands may take, for which nobody else waits.
PATIENCE = 30.0


class Budget:
    """The seconds that a request may still wait for the database."""

    __slots__ = ("left",)

    def __init__(self, left: float) -> None:
        self.left = left


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


def limit_waiting(seconds: float = REQUEST_PATIENCE) -> Budget:
    """Limit how long the current task waits for the database in all; return what is left of it."""
    budget = Budget(seconds)
    _budget.set(budget)
    return budget


def lift_limit() -> None:
    """Limit the current request no longer: its response has begun and can no longer be refused."""
    if (budget := _budget.get()) is not None:
        budget.left = float("inf")


class Wait:
    """A block that waits for the database: `with Wait(4.0) as seconds` says for how long at most it may do so.

    That is less than `most` if the request has waited before. Raise TimeoutError if it may not wait at all.
    """

    __slots__ = ("budget", "most", "started")

    def __init__(self, most: float | None = None, is_commit: bool = False) -> None:
        self.most = most
        self.budget = _budget.get()
        if self.budget is not None and self.budget.left <= 0 and not is_commit:
            raise TimeoutError("the request has waited for too long")

    def __enter__(self) -> float | None:
        if self.budget is None:
            return self.most
        self.started = monotonic()
        left = max(self.budget.left, _LEAST)
        return min(left, COMMAND_TIMEOUT if self.most is None else self.most)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self.budget is not None and (waited := monotonic() - self.started) > _SHORT:
            self.budget.left -= waited


async def finish(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, also if whoever waits for it gives up."""
    task = asyncio.ensure_future(work)
    # Who has given up does not ask how it ended, and asyncio would log that nobody has.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    await asyncio.shield(task)


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
