"""The partitions of the event log: made before they are needed, dropped as a whole, and a write never fails without one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core import clock
from core.events import Event
from storage import event_log, schema
from storage.database import Database
from storage.embedded.postgres import Cluster
from storage.statements import Statement
from tests.support.service import PATIENCE, raw_sql

NOW = datetime(2031, 5, 20, 9, 30, tzinfo=UTC)
LONG_AGO = datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC)
FAR_AHEAD = datetime(2032, 2, 29, 12, 0, tzinfo=UTC)


class Happened(Event, frozen=True, kw_only=True, tag="happened_in_a_month"):
    """An event for tests."""

    where: int

    @property
    def channel(self) -> str:
        return f"month:{self.where}"


async def dropped(db: Database, before: datetime) -> int:
    """Drop the months that ended by then, waiting for what uses the log; return how many there were."""
    count = "SELECT count(*) FROM log_months WHERE ends_at <= $1"
    found: int = await raw_sql(db).fetchval(count, before)
    async with asyncio.timeout(PATIENCE):
        while await raw_sql(db).fetchval(count, before):
            async with db.begin() as tx:
                await event_log.drop_old_month(tx, before)
    return found


async def made(db: Database, now: datetime) -> int:
    async with db.begin() as tx:
        return await event_log.make_months(tx, now)


async def months(db: Database) -> list[str]:
    return [row["name"] for row in await raw_sql(db).fetch("SELECT name FROM log_months ORDER BY ends_at")]


async def place_of(db: Database, channel: str) -> list[tuple[int, str]]:
    """The numbers of a channel's events and the partitions in which they are."""
    query = "SELECT seq, tableoid::regclass::text AS place FROM log WHERE channel = $1 ORDER BY seq"
    return [tuple(row) for row in await raw_sql(db).fetch(query, channel)]


async def record(db: Database, where: int, *times: datetime) -> None:
    for at in times:
        async with db.begin() as tx:
            await tx.record(Happened(where=where), at)


@pytest.fixture
async def empty(db: Database) -> AsyncIterator[Database]:
    """A log without months."""
    await raw_sql(db).execute("DELETE FROM log")
    await dropped(db, datetime(2100, 1, 1, tzinfo=UTC))
    yield db
    await raw_sql(db).execute("DELETE FROM log")
    await dropped(db, datetime(2100, 1, 1, tzinfo=UTC))
    await made(db, clock.now())


async def test_the_role_of_the_service_makes_this_month_and_the_next_two(empty: Database) -> None:
    assert await made(empty, NOW) == 3
    assert await months(empty) == ["log_2031_05", "log_2031_06", "log_2031_07"]
    assert await made(empty, NOW) == 0
    assert await made(empty, datetime(2031, 6, 1, tzinfo=UTC)) == 1
    # Over the end of a year, and in UTC wherever the server is.
    assert await made(empty, datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC)) == 3
    assert (await months(empty))[-3:] == ["log_2031_12", "log_2032_01", "log_2032_02"]


async def test_a_write_needs_no_month_and_its_event_moves_into_one_that_is_made(empty: Database) -> None:
    await record(empty, 1, FAR_AHEAD, LONG_AGO)
    await made(empty, NOW)
    await record(empty, 1, NOW)
    assert await place_of(empty, "month:1") == [(1, "log_other"), (2, "log_other"), (3, "log_2031_05")]
    assert await made(empty, datetime(2031, 12, 5, tzinfo=UTC)) == 3
    assert await place_of(empty, "month:1") == [(1, "log_2032_02"), (2, "log_other"), (3, "log_2031_05")]
    async with empty.read() as tx:
        entries = await event_log.read_after(tx, "month:1", 0)
    assert [(entry.seq, entry.at) for entry in entries] == [(1, FAR_AHEAD), (2, LONG_AGO), (3, NOW)]


async def test_a_month_is_dropped_as_a_whole_but_for_the_events_that_wait(empty: Database) -> None:
    await made(empty, LONG_AGO)
    await record(empty, 2, LONG_AGO, LONG_AGO, LONG_AGO + timedelta(seconds=1))
    await raw_sql(empty).execute(
        "INSERT INTO follow_ups (channel, seq, due_at, dead_at) VALUES ('month:2', 2, now(), now())"
    )
    assert await place_of(empty, "month:2") == [(1, "log_2031_01"), (2, "log_2031_01"), (3, "log_2031_02")]

    assert await dropped(empty, datetime(2031, 2, 28, tzinfo=UTC)) == 1

    assert await place_of(empty, "month:2") == [(2, "log_other"), (3, "log_2031_02")]
    assert await months(empty) == ["log_2031_02", "log_2031_03"]
    # It stays there until its job is done.
    async with empty.begin() as tx:
        assert await event_log.delete_old_events(tx, NOW, 10) == 0
    await raw_sql(empty).execute("DELETE FROM follow_ups WHERE channel = 'month:2'")
    async with empty.begin() as tx:
        assert await event_log.delete_old_events(tx, NOW, 10) == 1
    assert await place_of(empty, "month:2") == [(3, "log_2031_02")]


# Whoever waited for a lock would do so until the limit of the statement, which is an error.
WAIT_WITHOUT_LIMIT = "SET LOCAL lock_timeout = 0"


async def test_nobody_waits_for_a_month_that_is_dropped_or_made(empty: Database) -> None:
    await made(empty, LONG_AGO)
    async with empty.begin() as other:
        await other.record(Happened(where=3), LONG_AGO)
        async with empty.begin() as tx:
            await tx.connection.execute(WAIT_WITHOUT_LIMIT)
            assert not await event_log.drop_old_month(tx, NOW)
    async with empty.read() as tx:
        transaction = tx.connection.transaction(isolation="repeatable_read", readonly=True)  # as a backup
        await transaction.start()
        await event_log.read_after(tx, "month:3", 0)
        async with empty.begin() as other:
            await other.connection.execute(WAIT_WITHOUT_LIMIT)
            assert await event_log.make_months(other, NOW) == 0
        async with empty.begin() as other:
            await other.connection.execute(WAIT_WITHOUT_LIMIT)
            assert not await event_log.drop_old_month(other, NOW)
        await transaction.rollback()
    assert await made(empty, NOW) == 3
    async with empty.begin() as tx:
        assert await event_log.drop_old_month(tx, NOW)


async def test_two_workers_do_it_once(empty: Database) -> None:
    for before in (LONG_AGO, NOW):
        await made(empty, before)
    async with empty.begin() as one:
        assert await event_log.drop_old_month(one, NOW)
        async with empty.begin() as two:
            assert not await event_log.drop_old_month(two, NOW)
            assert await event_log.make_months(two, FAR_AHEAD) == 0
    assert (await months(empty))[0] == "log_2031_02"


async def test_the_log_is_read_by_an_index_of_each_month_and_recent_events_in_one_month(
    empty: Database,
) -> None:
    await made(empty, LONG_AGO)
    fill = """
    INSERT INTO log SELECT 'month:' || n % 100, n / 100, CAST($1 AS timestamptz) + n * interval '10 minutes', '{}'
    FROM generate_series(1000, 9000) n
    """
    await raw_sql(empty).execute(fill, LONG_AGO)

    async def plan(query: Statement, **more: datetime) -> str:
        given = query.arguments({"channel": "month:7", "after": 20, "count": 300, **more})
        async with empty.read() as tx:
            await tx.connection.execute("SET plan_cache_mode = force_generic_plan")
            rows = await tx.connection.fetch(f"EXPLAIN {query.text}", *given)
            await tx.connection.execute("RESET plan_cache_mode")
        return "\n".join(row[0] for row in rows)

    everything = await plan(event_log.SELECT_EVENTS_AFTER)
    for month in ("log_2031_02", "log_2031_03"):
        assert f"{month}_pkey" in everything
        assert f"Seq Scan on {month}" not in everything
    march = datetime(2031, 3, 20, tzinfo=UTC)
    recent = await plan(event_log.SELECT_RECENT_EVENTS_AFTER, since=march - timedelta(days=1), until=march)
    assert "log_2031_03_pkey" in recent
    assert "log_2031_02" not in recent


ROWS = """
INSERT INTO channels VALUES ('month:9', 1000);
INSERT INTO log SELECT 'month:9', n, now() - n * interval '5 hours', jsonb_build_object('n', n)
FROM generate_series(1, 998) n;
INSERT INTO log VALUES ('month:9', 999, now() + interval '400 days', '{"of": "a clock that was ahead"}');
INSERT INTO log VALUES ('month:9', 1000, now(), '{"text": "\\"quoted\\" \\\\ 日本"}');
"""
HASH = "SELECT count(*), md5(string_agg(l::text, ',' ORDER BY seq)) FROM log l WHERE channel = 'month:9'"


@pytest.fixture
async def before_months(cluster: Cluster) -> AsyncIterator[str]:
    """The address, for its owner, of a database of the version before months, with events."""
    url = cluster.create_database("before_months")
    await schema.migrate_to(url, "0068")
    connection = await asyncpg.connect(url)
    await connection.execute(ROWS)
    await connection.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tertulia"
    )
    await connection.close()
    yield url
    cluster.drop_database("before_months")


async def run_all(url: str, *queries: str, role: str = "") -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        if role:
            await connection.execute(f"SET ROLE {role}")
        return [await connection.fetchrow(query) for query in queries]
    finally:
        await connection.close()


async def test_the_migration_keeps_all_events_and_rights(before_months: str) -> None:
    [before] = await run_all(before_months, HASH)
    await schema.migrate_to(before_months, "0073")

    assert await run_all(before_months, HASH) == [before]
    assert before["count"] == 1_000
    # Running processes of the version before go on: with their rights, and as if nothing had happened.
    insert = (
        "INSERT INTO log VALUES ('month:9', 1001, now(), '{}') RETURNING tableoid::regclass::text AS place"
    )
    [place, seen] = await run_all(before_months, insert, "SELECT max(seq) FROM log", role="tertulia")
    assert place["place"].startswith("log_before_")
    assert seen["max"] == 1_001
    others, at_end, ready = await run_all(
        before_months,
        "SELECT array_agg(seq) FROM log_other",
        "SELECT ends_at > now() + interval '1 day' AND ends_at < now() + interval '33 days' AS ok FROM log_months "
        "ORDER BY ends_at LIMIT 1",
        "SELECT max(ends_at) > now() + interval '58 days' AS ok FROM log_months",
    )
    assert (others[0], at_end["ok"], ready["ok"]) == ([999], True, True)


async def test_nobody_else_may_make_or_drop_months(before_months: str) -> None:
    await schema.migrate_to(before_months, "0073")
    for call in ("make_log_months(now())", "drop_log_month(now())"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run_all(before_months, f"SELECT {call}", role="tertulia")
