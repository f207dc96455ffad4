"""The event log: one stream of events per channel, numbered without gaps and in commit order.

Updating the row of a channel locks it until the commit. So numbers are given in commit order, and a transaction that fails
gives its numbers back. Record events last in a transaction, and for several channels in the order of their names, so that
the locks are short and cannot deadlock.

The log has a partition for each month. Old events go with their month (`drop_old_month`), which costs nothing per event and
waits for nobody. No index can make the numbers of a channel unique in all partitions; the lock on the channel does.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from asyncpg import Record
from msgspec import Struct, structs
from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    DateTime,
    FromClause,
    Text,
    bindparam,
    cast,
    column,
    false,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from core import clock
from core.events import Event
from storage.statements import Statement, statement
from storage.tables import channels, follow_ups, log

# A client that was away longer reads the snapshot. Other parts of the service read events within minutes. Events go by
# whole months, so they are kept for up to a month longer.
EVENTS_KEPT = timedelta(days=90)

RENEW_EPOCH = statement("""
UPDATE epochs SET epoch = replace(CAST(gen_random_uuid() AS text), '-', ''), started_at = now()
""")
APPEND_EVENT = statement("""
WITH head AS (
    INSERT INTO channels (name, seq) VALUES (:channel, 1)
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + 1
    RETURNING seq
), entry AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT :channel, seq, :at, CAST(:event AS jsonb) FROM head
    RETURNING seq
)
SELECT seq FROM entry
""")
APPEND_EVENT_WITH_JOB = statement("""
WITH head AS (
    INSERT INTO channels (name, seq) VALUES (:channel, 1)
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + 1
    RETURNING seq
), entry AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT :channel, seq, :at, CAST(:event AS jsonb) FROM head
    RETURNING seq
), job AS (
    INSERT INTO follow_ups (channel, seq, due_at) SELECT :channel, seq, :at FROM head
)
SELECT seq FROM entry
""")


class AppendedEvents(NamedTuple):
    """The parts of a statement that append events: the channels' heads, the log entries and the jobs of event handlers."""

    heads: CTE
    entries: CTE
    jobs: CTE


def append_events(
    events: FromClause, at: ColumnElement[datetime], with_jobs: ColumnElement[bool], prefix: str
) -> AppendedEvents:
    """Return the parts of a statement that append events to the log of their channels.

    `events` has the columns `channel`, `position` and `event`; events get their numbers in the order of `position`. The
    channels are locked in the order of their names, so that two statements never wait for each other. `with_jobs` is true
    if the worker has event handlers to run. The names of the parts begin with `prefix`.
    """
    count = insert(channels).from_select(
        ["name", "seq"],
        select(events.c.channel, func.count()).group_by(events.c.channel).order_by(events.c.channel),
    )
    heads = (
        count.on_conflict_do_update(
            index_elements=["name"], set_={"seq": channels.c.seq + count.excluded.seq}
        )
        .returning(channels.c.name, channels.c.seq)
        .cte(f"{prefix}_heads")
    )
    later = func.row_number().over(partition_by=events.c.channel, order_by=events.c.position.desc())
    entries = (
        insert(log)
        .from_select(
            ["channel", "seq", "at", "event"],
            select(heads.c.name, heads.c.seq + 1 - later, at, events.c.event).join_from(
                events, heads, heads.c.name == events.c.channel
            ),
        )
        .returning(log.c.channel, log.c.seq)
        .cte(f"{prefix}_entries")
    )
    jobs = (
        insert(follow_ups)
        .from_select(
            ["channel", "seq", "due_at"], select(entries.c.channel, entries.c.seq, at).where(with_jobs)
        )
        .cte(f"{prefix}_jobs")
    )
    return AppendedEvents(heads, entries, jobs)


def event_from_columns(kind: type[Event], **columns: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an event as JSON whose fields are columns of a statement; raise TypeError if a field has no column."""
    fields = [field.encode_name for field in structs.fields(kind)]
    if set(fields) != set(columns):
        raise TypeError(f"{kind.__name__} has the fields {fields}")
    values = [part for field in fields for part in (literal_column(f"'{field}'"), columns[field])]
    tag = kind.__struct_config__.tag
    return func.jsonb_build_object(literal_column("'type'"), literal_column(f"'{tag}'"), *values, type_=JSONB)


_given = (
    func.unnest(
        bindparam("channels", type_=ARRAY(Text)), cast(bindparam("events", type_=ARRAY(Text)), ARRAY(JSONB))
    )
    .table_valued(column("channel", Text), column("event", JSONB), with_ordinality="position")
    .render_derived(name="given")
)
_many = append_events(_given, bindparam("at", type_=DateTime(timezone=True)), false(), "given")
# One statement for many events, as when thousands of members are notified.
APPEND_EVENTS = statement(select(_many.heads.c.name, _many.heads.c.seq).add_cte(_many.entries))

# These run as the owner of the tables; the role of the service cannot make or drop one.
MAKE_MONTHS = statement("SELECT make_log_months(:now)")
DROP_MONTH = statement("SELECT drop_log_month(:before)")
# The months that have no partition though they should, those that should have been dropped, and how many there are.
SELECT_MONTHS = statement("""
SELECT count(*) AS months, (SELECT count(*) FROM log_other) AS others,
    coalesce(string_agg(name, ', ' ORDER BY ends_at) FILTER (WHERE ends_at <= :overdue), '') AS overdue,
    coalesce((
        SELECT string_agg(to_char(wanted AT TIME ZONE 'UTC', 'YYYY-MM'), ', ' ORDER BY wanted)
        FROM unnest(CAST(:wanted AS timestamptz[])) AS w (wanted)
        WHERE NOT EXISTS (SELECT FROM log_months m WHERE m.starts_at <= wanted AND m.ends_at > wanted)
    ), '') AS missing
FROM log_months
""")
DELETE_OLD_EVENTS = statement("""
DELETE FROM log_other o USING (
    SELECT l.channel, l.seq FROM log_other l
    WHERE l.at < :before AND NOT EXISTS (SELECT FROM follow_ups f WHERE f.channel = l.channel AND f.seq = l.seq)
    ORDER BY l.at LIMIT :count FOR UPDATE SKIP LOCKED
) old
WHERE o.channel = old.channel AND o.seq = old.seq
""")
SELECT_HEAD = statement("SELECT coalesce((SELECT seq FROM channels WHERE name = :channel), 0)")
SELECT_HEADS = statement("SELECT name, seq FROM channels WHERE name = ANY(CAST(:channels AS text[]))")
# One month or two are opened instead of all.
SELECT_RECENT_EVENTS_AFTER = statement("""
SELECT seq, at, event FROM log WHERE channel = :channel AND seq > :after AND at > :since AND at < :until
ORDER BY seq LIMIT :count
""")
RECENT, AHEAD = timedelta(days=1), timedelta(hours=1)
SELECT_EVENTS_AFTER = statement(
    "SELECT seq, at, event FROM log WHERE channel = :channel AND seq > :after ORDER BY seq LIMIT :count"
)


class LogEntry(Struct, frozen=True):
    """One event as it is in the log; `event` is the tagged event as a dict of plain values."""

    seq: int
    at: datetime
    event: dict[str, Any]


class Months(Struct, frozen=True, kw_only=True):
    """The partitions of the log: how many months and events outside them there are, and the names of those that are
    missing or overdue."""

    months: int
    others: int
    missing: str
    overdue: str


class Stream(Struct, frozen=True):
    """The position in a channel that a response reflects: a client that follows the channel from here misses nothing."""

    channel: str
    epoch: str
    seq: int


class _Reader(Protocol):
    async def rows(self, query: Statement, **binds: Any) -> list[Record]: ...
    async def value(self, query: Statement, **binds: Any) -> Any: ...


class _Writer(Protocol):
    async def run(self, query: Statement, **binds: Any) -> int: ...


async def read_head(tx: _Reader, channel: str) -> int:
    """Return the number of the channel's latest event, 0 before the first.

    Call this before reading the rows of a page: then an event may arrive twice but is never missed.
    """
    return int(await tx.value(SELECT_HEAD, channel=channel))


async def read_heads(tx: _Reader, channels: Sequence[str]) -> dict[str, int]:
    """Return the heads of many channels in one query; channels without events are absent."""
    return {row["name"]: row["seq"] for row in await tx.rows(SELECT_HEADS, channels=list(channels))}


async def read_after(tx: _Reader, channel: str, after: int, count: int = 300) -> list[LogEntry]:
    """Return the channel's events after a number, oldest first, at most `count`."""
    binds = {"channel": channel, "after": after, "count": count}
    now = clock.now()
    rows = await tx.rows(SELECT_RECENT_EVENTS_AFTER, **binds, since=now - RECENT, until=now + AHEAD)
    # Most are read when they have just happened. If any of the channel is older, or of a clock that is wrong, all are read.
    if not rows or rows[-1]["seq"] != after + len(rows):
        rows = await tx.rows(SELECT_EVENTS_AFTER, **binds)
    return [LogEntry(*row) for row in rows]


def events_kept_from(now: datetime) -> datetime:
    """Return the first moment of the oldest month of which events are kept."""
    return (now - EVENTS_KEPT).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def make_months(tx: _Reader, now: datetime) -> int:
    """Make the partitions of this month and the next two, if they are missing; return how many were made."""
    return int(await tx.value(MAKE_MONTHS, now=now))


async def read_months(tx: _Reader, wanted: Sequence[datetime], overdue: datetime) -> Months:
    """Return the state of the partitions; those of these times should exist, and none that ended before `overdue`."""
    [row] = await tx.rows(SELECT_MONTHS, wanted=list(wanted), overdue=overdue)
    return Months(**row)


async def drop_old_month(tx: _Reader, before: datetime) -> bool:
    """Drop the oldest month if it ended at this time or before; return whether it was dropped.

    It is not dropped while any transaction uses the log: then nobody has to wait, and it is tried again. Events that the
    worker still has to handle stay, also those that it has given up. A client whose position is before the events that are
    left gets `reset` and reads the snapshot: it has missed a number.
    """
    return bool(await tx.value(DROP_MONTH, before=before))


async def delete_old_events(tx: _Writer, before: datetime, count: int) -> int:
    """Delete up to so many events outside the months that are older than a time; return how many."""
    return await tx.run(DELETE_OLD_EVENTS, before=before, count=count)
