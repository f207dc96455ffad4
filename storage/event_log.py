"""The log: what happened, gapless per channel and in commit order; PostgreSQL is the stream.

Updating the channel's row takes its lock until the commit, so numbers are given in commit order and none is lost:
a transaction that fails gives its number back. Take channels last in a transaction, and in one order, to keep the
lock short and free of deadlocks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from asyncpg import Record
from msgspec import Struct

from storage.statements import Statement, statement

_APPEND_CTE = """
WITH head AS (
    INSERT INTO channels (name, seq) VALUES (:channel, 1)
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + 1
    RETURNING seq
), entry AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT :channel, seq, :at, CAST(:event AS jsonb) FROM head
    RETURNING seq
)"""

APPEND_EVENT = statement(_APPEND_CTE + " SELECT seq FROM entry")
APPEND_EVENT_WITH_JOB = statement(
    _APPEND_CTE
    + """, reacting AS (
    INSERT INTO follow_ups (channel, seq, due_at) SELECT :channel, seq, :at FROM head
)
SELECT seq FROM entry"""
)

# Many at once, as when thousands are told the same. The channels are taken in one order, like everywhere.
APPEND_EVENTS = statement("""
WITH input AS (
    SELECT * FROM ROWS FROM (unnest(CAST(:channels AS text[])), unnest(CAST(:events AS text[])))
        WITH ORDINALITY AS i (channel, event, ord)
), head AS (
    INSERT INTO channels (name, seq) SELECT channel, count(*) FROM input GROUP BY channel ORDER BY channel
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING name, seq
), entries AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT i.channel, head.seq + 1 - row_number() OVER (PARTITION BY i.channel ORDER BY i.ord DESC), :at,
        CAST(i.event AS jsonb)
    FROM input i JOIN head ON head.name = i.channel
)
SELECT name, seq FROM head
""")

HEAD = statement("SELECT coalesce((SELECT seq FROM channels WHERE name = :channel), 0)")
HEADS = statement("SELECT name, seq FROM channels WHERE name = ANY(CAST(:channels AS text[]))")
AFTER = statement(
    "SELECT seq, at, event FROM log WHERE channel = :channel AND seq > :after ORDER BY seq LIMIT :count"
)


class LogEntry(Struct, frozen=True):
    """One thing that happened, as the log has it; `event` is the tagged event as a dict of plain values."""

    seq: int
    at: datetime
    event: dict[str, Any]


class Stream(Struct, frozen=True):
    """Where in a channel a read stands: follow the channel from here and nothing is missed."""

    channel: str
    epoch: str
    seq: int


class _Reads(Protocol):
    async def rows(self, query: Statement, **binds: Any) -> list[Record]: ...
    async def value(self, query: Statement, **binds: Any) -> Any: ...


async def read_head(tx: _Reads, channel: str) -> int:
    """The number of the channel's latest entry, 0 before the first. Take it before reading the rows it stands for."""
    return int(await tx.value(HEAD, channel=channel))


async def read_heads(tx: _Reads, channels: Sequence[str]) -> dict[str, int]:
    """The heads of many channels in one query; channels that never had an entry are absent."""
    return {row["name"]: row["seq"] for row in await tx.rows(HEADS, channels=list(channels))}


async def read_after(tx: _Reads, channel: str, after: int, count: int = 300) -> list[LogEntry]:
    """The channel's entries after a number, oldest first, at most `count`."""
    return [LogEntry(*row) for row in await tx.rows(AFTER, channel=channel, after=after, count=count)]
