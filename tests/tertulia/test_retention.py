"""Every table that grows has a rule or a reason, in docs/retention.md; and old events are deleted without harm."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import clock
from storage.database import Database
from storage.event_log import EVENTS_KEPT, events_kept_from
from storage.jobs import job_name
from tertulia.scheduled_jobs import CLEANUPS, delete_old_events, make_log_months, make_scheduled_jobs
from tertulia.settings import Settings
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "retention.md").read_text()
TABLES = set(re.findall(r"^CREATE TABLE (\w+)", (ROOT / "storage" / "sql" / "schema.sql").read_text(), re.M))


def listed() -> list[str]:
    """Every table in the first column of a list."""
    rows = re.findall(r"^\| (`[^|]+) \|", TEXT, re.M)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_every_table_has_a_rule_or_a_reason() -> None:
    assert sorted(listed()) == sorted(set(listed()))
    assert TABLES - set(listed()) == set(), "write into docs/retention.md how long they are kept"
    assert set(listed()) - TABLES == set()


def test_what_is_deleted_by_age_is_deleted_by_a_job_that_runs() -> None:
    rules = TEXT.partition("## Deleted by age")[2].partition("\n## ")[0]
    named = set(re.findall(r"\| `(\w+)` \|$", rules, re.M))
    running = {job_name(job) for job in (*CLEANUPS, *make_scheduled_jobs(Settings()))}
    assert len(named) > 8
    assert named - running == set()
    # And no cleanup is missing from the list.
    assert {job_name(job) for job in CLEANUPS} - named == set()


async def test_old_events_are_deleted_and_clients_read_the_page_anew(app: Service, db: Database) -> None:
    author = await a_person(app)
    long_ago = events_kept_from(clock.now()) - timedelta(hours=1)
    topic = (await a_topic(author))["id"]
    await a_reply(author, topic)
    await app.run_jobs()
    channel, sql = f"topic:{topic}", raw_sql(db)
    head = await sql.fetchval("SELECT seq FROM channels WHERE name = $1", channel)
    async with app.listening(channel, after=0) as feed:
        assert feed.joined["type"] == "joined"
    await sql.execute("UPDATE log SET at = $1 WHERE channel = $2", long_ago, channel)
    # The worker still has to do something after the last event.
    await sql.execute(
        "INSERT INTO follow_ups (channel, seq, due_at, dead_at) VALUES ($1, $2, now(), now())", channel, head
    )

    assert await delete_old_events(db)
    assert not await delete_old_events(db)

    assert [row["seq"] for row in await sql.fetch("SELECT seq FROM log WHERE channel = $1", channel)] == [
        head
    ]
    assert await sql.fetchval("SELECT count(*) FROM log WHERE channel <> $1", channel) > 0
    async with app.listening(channel, after=0) as feed:
        assert (feed.joined["type"], feed.joined["seq"]) == ("reset", head)
        await a_reply(author, topic)
        assert (await feed.next())["seq"] == head + 1


async def test_a_channel_without_any_event_left_goes_on(app: Service, db: Database) -> None:
    author = await a_person(app)
    topic = (await a_topic(author))["id"]
    await app.run_jobs()
    channel, sql = f"topic:{topic}", raw_sql(db)
    head = await sql.fetchval("SELECT seq FROM channels WHERE name = $1", channel)
    async with app.listening(channel, after=head) as feed:
        await sql.execute("UPDATE log SET at = $1", events_kept_from(clock.now()) - timedelta(hours=1))
        while await delete_old_events(db):
            pass
        assert await sql.fetchval("SELECT count(*) FROM log") == 0
        await a_reply(author, topic)
        assert (await feed.next())["seq"] == head + 1
    async with app.listening(channel, after=head) as feed:
        assert feed.joined["type"] == "joined"


async def test_a_month_that_goes_with_events_in_the_middle_resets_clients(app: Service, db: Database) -> None:
    """A clock that was set back over the end of a month puts a later number into the earlier month."""
    author = await a_person(app)
    topic = (await a_topic(author))["id"]
    for _ in range(3):
        await a_reply(author, topic)
    await app.run_jobs()
    channel, sql = f"topic:{topic}", raw_sql(db)
    head = await sql.fetchval("SELECT seq FROM channels WHERE name = $1", channel)
    later = datetime(2041, 9, 30, 12, tzinfo=UTC)
    old, kept = later - EVENTS_KEPT - timedelta(days=32), later - EVENTS_KEPT
    for now in (old, later):
        with clock.stop_at(now):
            assert await make_log_months(db)
            assert not await make_log_months(db)
    await sql.execute("UPDATE log SET at = $1 WHERE channel = $2", kept, channel)
    await sql.execute("UPDATE log SET at = $1 WHERE channel = $2 AND seq = $3", old, channel, head - 1)

    with clock.stop_at(later):
        while await sql.fetchval(
            "SELECT count(*) FROM log WHERE channel = $1 AND seq = $2", channel, head - 1
        ):
            await delete_old_events(db)

    for after in (0, head - 3, head - 2):
        async with app.listening(channel, after=after) as feed:
            assert (after, feed.joined["type"], feed.joined["seq"]) == (after, "reset", head)
    async with app.listening(channel, after=head - 1) as feed:
        assert (feed.joined["type"], len(feed.joined["missed"])) == ("joined", 1)


def test_events_are_kept_for_90_days_and_go_by_whole_months() -> None:
    for day in range(800):
        now = datetime(2027, 1, 1, 23, 59, tzinfo=UTC) + timedelta(days=day)
        start = events_kept_from(now)
        assert EVENTS_KEPT <= now - start < EVENTS_KEPT + timedelta(days=31)
        assert f"{start:%d %H:%M:%S.%f}" == "01 00:00:00.000000"
