"""`tertulia --version`, `tertulia config` and `tertulia doctor`, run as an operator runs them."""

import asyncio
import json
import socket
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from core import clock
from storage import event_log
from storage.database import Database
from tertulia.scheduled_jobs import make_log_months
from tests.support.command_line import tertulia
from tests.support.people import a_person, a_reply, a_topic
from tests.support.programs import redis_url
from tests.support.service import PATIENCE, Service, raw_sql


@pytest.fixture
def environment(environment: dict[str, str], app: Service) -> dict[str, str]:
    """The settings of an operator whose service runs, with its port."""
    return environment | {"TERTULIA_PORT": app.url.rpartition(":")[2]}


async def examine(environment: dict[str, str], *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the doctor; return its exit status and its findings by check."""
    [(status, said, complained)] = await tertulia(environment, ["doctor", "--json", *options])
    assert complained == ""
    return status, {one["check"]: one for one in map(json.loads, said.splitlines())}


async def test_the_version_is_said(environment: dict[str, str]) -> None:
    [answer] = await tertulia(environment, ["--version"])
    assert answer == (0, f"Tertulia {version('tertulia')}\n", "")


async def test_settings_are_checked_without_a_service(environment: dict[str, str], tmp_path: Path) -> None:
    bad = {**environment, "TERTULIA_MAIL_FROM": "nobody", "TERTULIA_DATA": str(tmp_path / "new")}
    [good] = await tertulia(environment, ["config", "check"])
    assert good[0] == 0
    assert good[1].startswith("ok       settings: ")
    [refused, shown] = await tertulia(bad, ["config", "check"], ["config", "show"])
    for status, said, _ in (refused, shown):
        assert (status, said.count("\n")) == (1, 1)
        assert said.startswith("wrong    settings: TERTULIA_MAIL_FROM=nobody ")
    assert not (tmp_path / "new").exists()


async def test_passwords_are_not_shown(environment: dict[str, str]) -> None:
    secret = {**environment, "TERTULIA_SMTP_URL": "smtp://me:hidden@mail.example"}
    [(status, said, _)] = await tertulia(secret, ["config", "show"])
    assert status == 0
    assert "TERTULIA_SMTP_URL=(set)" in said
    assert "hidden" not in said


@pytest.mark.parametrize("variable", ["TERTULIA_PORT", "TERTULIA_METRICS_PORT"])
async def test_an_address_in_use_stops_the_service_before_the_database(
    environment: dict[str, str], tmp_path: Path, variable: str
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        given = {**environment, "TERTULIA_PORT": "0", "TERTULIA_DATA": str(tmp_path / "new")}
        given[variable] = str(other.getsockname()[1])
        [(status, said, complained)] = await tertulia(given, ["serve"])
    assert (status, said, complained.count("\n")) == (1, "", 1)
    assert f"{variable}: the service cannot listen on 127.0.0.1, port {given[variable]}" in complained
    assert "another program uses it" in complained
    assert not (tmp_path / "new").exists()


async def test_a_file_of_the_community_that_cannot_be_read_stops_the_service(
    environment: dict[str, str],
) -> None:
    given = {**environment, "TERTULIA_COMMUNITY": "/nowhere.json", "TERTULIA_PORT": "0"}
    [(status, _, complained)] = await tertulia(given, ["serve"])
    assert (status, complained.count("\n")) == (1, 1)
    assert "TERTULIA_COMMUNITY=/nowhere.json cannot be read" in complained


async def test_the_doctor_finds_no_database_and_makes_none(
    environment: dict[str, str], tmp_path: Path
) -> None:
    status, findings = await examine({**environment, "TERTULIA_DATA": str(tmp_path / "new")})
    assert status == 1
    assert findings["database"]["state"] == "wrong"
    assert not (tmp_path / "new").exists()
    status, findings = await examine({**environment, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"})
    assert (status, findings["database"]["state"]) == (1, "wrong")


async def test_a_service_that_runs_is_well(environment: dict[str, str], app: Service) -> None:
    anna = await a_person(app)
    await a_reply(anna, (await a_topic(anna))["id"])
    await app.run_jobs()
    status, findings = await examine(environment)
    unwell = {name for name, one in findings.items() if one["state"] == "wrong"}
    # The server of the tests does not sync, and the disk of this machine is its own business.
    assert unwell - {"disk"} == {"durability"}
    assert status == 1
    assert "fsync is off" in findings["durability"]["text"]
    for check in ("service", "schema", "clock", "audit log", "follow-up jobs", "posts of topics"):
        assert findings[check]["state"] == "ok", findings[check]


async def test_another_program_at_the_port_is_named(environment: dict[str, str]) -> None:
    redis = redis_url()
    try:
        _, findings = await examine({**environment, "REDIS_URL": redis.url, "TERTULIA_PORT": "1"})
        assert findings["Redis"]["state"] == "ok"
        assert findings["service"]["state"] == "warning"
        redis.pause()
        _, findings = await examine({**environment, "REDIS_URL": redis.url})
        assert findings["Redis"]["state"] == "wrong"
    finally:
        redis.close()


async def test_a_mail_server_that_is_away_is_named(environment: dict[str, str]) -> None:
    _, findings = await examine({**environment, "TERTULIA_SMTP_URL": "smtp://127.0.0.1:1"})
    assert findings["mail server"]["state"] == "wrong"
    assert "127.0.0.1:1" in findings["mail server"]["text"]


async def test_work_that_waits_and_jobs_that_failed_are_counted(
    environment: dict[str, str], app: Service, db: Database
) -> None:
    anna = await a_person(app)
    await a_topic(anna)
    await app.run_jobs()
    now = clock.now()
    sql = raw_sql(db)
    channel, seq = await sql.fetchrow("SELECT channel, seq FROM log LIMIT 1")
    insert = "INSERT INTO follow_ups (channel, seq, due_at, attempts, dead_at) VALUES ($1, $2, $3, 18, $4)"
    await sql.execute(insert, channel, seq, now, now)
    await sql.execute(insert, channel, seq, now - timedelta(hours=1), None)
    _, findings = await examine(environment)
    assert (findings["given up"]["state"], findings["follow-up jobs"]["state"]) == ("wrong", "wrong")
    await sql.execute("DELETE FROM follow_ups")


async def test_a_month_without_a_partition_is_named(
    environment: dict[str, str], app: Service, db: Database
) -> None:
    await make_log_months(db)
    _, findings = await examine(environment)
    assert findings["event log"]["state"] == "ok", findings["event log"]
    sql = raw_sql(db)
    async with asyncio.timeout(PATIENCE):
        while await sql.fetchval("SELECT count(*) FROM log_months"):
            await sql.execute("SELECT drop_log_month('infinity')")
    _, findings = await examine(environment)
    assert findings["event log"]["state"] == "wrong"
    assert f"{clock.now():%Y-%m}, " in findings["event log"]["text"]
    # A month that is not dropped.
    async with db.begin() as tx:
        await event_log.make_months(tx, clock.now() - timedelta(days=200))
    await make_log_months(db)
    _, findings = await examine(environment)
    assert findings["event log"]["state"] == "warning"
    assert f"log_{clock.now() - timedelta(days=200):%Y_%m}, " in findings["event log"]["text"]


DRIFTS = {
    "posts of topics": "UPDATE topics SET post_count = post_count + 7",
    "last numbers of topics": "UPDATE topics SET last_number = 0",
    "reactions to posts": """UPDATE posts SET reactions = '{"thanks": 3}'""",
    # Not of all channels: the next tests go on with the positions of theirs.
    "positions of channels": (
        "UPDATE channels SET seq = 0 WHERE name IN (SELECT channel FROM log WHERE channel LIKE 'topic:%')"
    ),
}


async def test_counts_that_have_drifted_are_found_and_repaired(
    environment: dict[str, str], app: Service, db: Database
) -> None:
    anna = await a_person(app)
    topic = await a_topic(anna)
    await a_reply(anna, topic["id"])
    await app.run_jobs()
    _, findings = await examine(environment)
    assert {findings[name]["state"] for name in DRIFTS} == {"ok"}
    sql = raw_sql(db)
    before = await sql.fetchrow("SELECT post_count, last_number FROM topics WHERE id = $1", topic["id"])
    for change in DRIFTS.values():
        await sql.execute(change)
    _, findings = await examine(environment)
    assert {findings[name]["state"] for name in DRIFTS} == {"wrong"}
    assert str(topic["id"]) in findings["posts of topics"]["text"]
    _, findings = await examine(environment, "--repair")
    assert {findings[name]["state"] for name in DRIFTS} == {"ok"}
    _, findings = await examine(environment)
    assert {findings[name]["state"] for name in DRIFTS} == {"ok"}
    after = await sql.fetchrow("SELECT post_count, last_number FROM topics WHERE id = $1", topic["id"])
    assert tuple(after) == tuple(before) == (2, 2)
