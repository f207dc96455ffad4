"""Every table that grows has a rule or a reason, in docs/retention.md; and old events are deleted without harm."""

import re
from datetime import timedelta
from pathlib import Path

from core import clock
from storage.database import Database
from storage.jobs import job_name
from tertulia.scheduled_jobs import CLEANUPS, EVENTS_KEPT, delete_old_events, make_scheduled_jobs
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
    long_ago = clock.now() - EVENTS_KEPT - timedelta(hours=1)
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
        await sql.execute("UPDATE log SET at = $1", clock.now() - EVENTS_KEPT - timedelta(hours=1))
        while await delete_old_events(db):
            pass
        assert await sql.fetchval("SELECT count(*) FROM log") == 0
        await a_reply(author, topic)
        assert (await feed.next())["seq"] == head + 1
    async with app.listening(channel, after=head) as feed:
        assert feed.joined["type"] == "joined"
