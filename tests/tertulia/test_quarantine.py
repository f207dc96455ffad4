"""An item that always fails holds up no other, in every scheduled job: it waits in quarantine, where operators see it.

Each case prepares two items for one job. A trigger makes the work on the first fail; the second must be done all the same.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from click.testing import CliRunner
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest

from core import clock
from storage.database import Database, Transaction
from storage.embedded.postgres import Cluster
from storage.quarantine import LONGEST_WAIT, put_into_quarantine, read_quarantine
from storage.statements import statement
from tertulia.cli import cli
from tertulia.metrics.collectors import DatabaseCollector
from tertulia.scheduled_jobs import CLEANUPS, make_scheduled_jobs
from tertulia.worker import Worker
from tests.support.boards import a_board
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service

Owner = asyncpg.Connection
LATER = timedelta(days=400)
# Jobs without a case here.
OTHER_JOBS = {
    "check_next_link": "has an own delay after failures (tests/boards/evidence)",
    "translate_next_post": "tried with a translator (tests/forum/translations)",
    "delete_old_events": "deletes a number of rows without looking at them",
    "make_log_months": "makes partitions",
    "delete_old_sketches": "deletes a number of rows without looking at them",
}


class Poison(Struct):
    """What fails: writing the rows of a table for which a condition on `r` holds. And the items of the job by their key."""

    table: str
    condition: str
    bad: str
    # A query that is true once the item whose key is $1 is done.
    done: str
    good: str


async def timers(app: Service, owner: Owner) -> Poison:
    """Two topics are closed at the same time."""
    author = await a_person(app)
    ids = [(await a_topic(author, title))["id"] for title in ("One topic", "Another topic")]
    for topic in ids:
        await owner.execute(
            f"INSERT INTO topic_timers (topic_id, kind, due_at) VALUES ({topic}, 'close', now())"
        )
    return Poison(
        table="topics",
        condition=f"r.id = {ids[0]}",
        bad=f"{ids[0]} close",
        good=f"{ids[1]} close",
        done="SELECT NOT EXISTS (SELECT FROM topic_timers WHERE topic_id || ' close' = $1)",
    )


async def _two_files(owner: Owner, media_type: str) -> list[tuple[int, str]]:
    found = []
    for content in (b"one", b"two"):
        name = sha256(content).hexdigest()
        await owner.execute(f"INSERT INTO file_contents VALUES ('\\x{name}', '\\x{content.hex()}')")
        number = await owner.fetchval(
            f"INSERT INTO files (sha256, name, media_type, size, uploaded_at)"
            f" VALUES ('\\x{name}', 'x', '{media_type}', 3, now()) RETURNING id"
        )
        found.append((number, name))
    return found


async def unused_files(app: Service, owner: Owner) -> Poison:
    """Two files that no post uses."""
    (bad, _), (good, _) = await _two_files(owner, "text/plain")
    return Poison(
        table="files",
        condition=f"r.id = {bad}",
        bad=str(bad),
        good=str(good),
        done="SELECT NOT EXISTS (SELECT FROM files WHERE CAST(id AS text) = $1)",
    )


async def pdfs(app: Service, owner: Owner) -> Poison:
    """Two PDFs that were not read yet and that a post uses."""
    post = await _a_post(app)
    (one, bad), (other, good) = await _two_files(owner, "application/pdf")
    await owner.execute(f"INSERT INTO file_uses (file_id, post_id) VALUES ({one}, {post}), ({other}, {post})")
    return Poison(
        table="file_texts",
        condition=f"r.sha256 = '\\x{bad}' AND r.words <> ''",
        bad=bad,
        good=good,
        done="SELECT EXISTS (SELECT FROM file_texts WHERE encode(sha256, 'hex') = $1 AND words <> '')",
    )


async def _a_post(app: Service) -> int:
    author = await a_person(app)
    topic = await a_topic(author)
    return int((await a_reply(author, topic["id"]))["id"])


async def people(app: Service, owner: Owner) -> Poison:
    """The names of two new members."""
    await owner.execute("DELETE FROM search_people_queue")
    one, other = [(await a_person(app)).id for _ in range(2)]
    return Poison(
        table="search_people",
        condition=f"r.member_id = {one}",
        bad=str(one),
        good=str(other),
        done="SELECT EXISTS (SELECT FROM search_people WHERE CAST(member_id AS text) = $1)",
    )


async def posts(app: Service, owner: Owner) -> Poison:
    """Two new posts."""
    one, other = [await _a_post(app) for _ in range(2)]
    return Poison(
        table="search_posts",
        condition=f"r.post_id = {one}",
        bad=str(one),
        good=str(other),
        done="SELECT EXISTS (SELECT FROM search_posts WHERE CAST(post_id AS text) = $1)",
    )


async def posts_without_language(app: Service, owner: Owner) -> Poison:
    """Two posts from before posts had a language."""
    one, other = [await _a_post(app) for _ in range(2)]
    await owner.execute("UPDATE posts SET language = NULL, language_by = NULL")
    return Poison(
        table="posts",
        condition=f"r.id = {one}",
        bad=str(one),
        good=str(other),
        done="SELECT language_by IS NOT NULL FROM posts WHERE CAST(id AS text) = $1",
    )


async def outdated_posts(app: Service, owner: Owner) -> Poison:
    """Two posts that are indexed again because the tokenizer is new."""
    poison = await posts(app, owner)
    await owner.execute("DELETE FROM search_queue; DELETE FROM search_posts; DELETE FROM search_reindex")
    return poison


async def digests(app: Service, owner: Owner) -> Poison:
    """Two members get an e-mail about a topic."""
    people = [await a_person(app) for _ in range(2)]
    topic = (await a_topic(people[0]))["id"]
    for person in people:
        await owner.execute(
            f"INSERT INTO notifications (member_id, kind, reason, topic_id, told_at, mail_due_at)"
            f" VALUES ({person.id}, 'reminder', 'Look', {topic}, now(), now())"
        )
    return Poison(
        table="notifications",
        condition=f"r.member_id = {people[0].id}",
        bad=str(people[0].id),
        good=str(people[1].id),
        done="SELECT NOT EXISTS (SELECT FROM notifications WHERE CAST(member_id AS text) = $1"
        " AND mail_due_at IS NOT NULL)",
    )


async def saved_searches(app: Service, owner: Owner) -> Poison:
    """Two saved searches that are due."""
    person = await a_person(app)
    ids = []
    for query in ("cobalt", "nickel"):
        ids.append((await person.post("/searches", {"query": query, "told": "daily"})).json()["id"])
    await owner.execute("UPDATE saved_searches SET due_at = now() - interval '1 day', seen = '{1}'")
    return Poison(
        table="saved_searches",
        condition=f"r.id = {ids[0]}",
        bad=str(ids[0]),
        good=str(ids[1]),
        done="SELECT seen = '{}' FROM saved_searches WHERE CAST(id AS text) = $1",
    )


async def bookmarks(app: Service, owner: Owner) -> Poison:
    """Two reminders of bookmarks are due."""
    person = await a_person(app)
    topic = (await a_topic(person))["id"]
    for body in ("One.", "Another."):
        await person.put(f"/posts/{(await a_reply(person, topic, body))['id']}/bookmark", {})
    rows = await owner.fetch("UPDATE bookmarks SET remind_at = now() RETURNING id")
    one, other = sorted(row["id"] for row in rows)
    return Poison(
        table="bookmarks",
        condition=f"r.id = {one}",
        bad=str(one),
        good=str(other),
        done="SELECT reminded_at IS NOT NULL FROM bookmarks WHERE CAST(id AS text) = $1",
    )


async def erasures(app: Service, owner: Owner) -> Poison:
    """Two members are to be erased."""
    ids = [(await a_person(app)).id for _ in range(2)]
    await owner.execute(
        f"INSERT INTO erasures (member_id, asked_at, due_at, deletes) SELECT id, now(), now(), '{{posts}}' FROM members"
        f" WHERE id IN ({ids[0]}, {ids[1]})"
    )
    return Poison(
        table="sessions",
        condition=f"r.member_id = {ids[0]}",
        bad=str(ids[0]),
        good=str(ids[1]),
        done="SELECT ended_at IS NOT NULL FROM erasures WHERE CAST(member_id AS text) = $1",
    )


async def trust(app: Service, owner: Owner) -> Poison:
    """The trust levels of two members are due."""
    ids = [(await a_person(app)).id for _ in range(2)]
    await owner.execute("UPDATE members SET trust_due_at = now() - interval '1 day'")
    return Poison(
        table="members",
        condition=f"r.id = {ids[0]}",
        bad=str(ids[0]),
        good=str(ids[1]),
        done="SELECT trust_due_at > now() FROM members WHERE CAST(id AS text) = $1",
    )


async def _two_decisions(app: Service, owner: Owner, action: str = "hide") -> list[tuple[int, int, int]]:
    """Return the ids of two cases, of their decisions and of the members who wrote what they are about."""
    found = []
    for _ in range(2):
        author = await a_person(app)
        case = await owner.fetchval(
            f"INSERT INTO cases (object_kind, object_id, state, opened_at)"
            f" VALUES ('profile', {author.id}, 'decided', now() - interval '9 days') RETURNING id"
        )
        decision = await owner.fetchval(
            f"INSERT INTO decisions (case_id, action, rule, facts, decided_at)"
            f" VALUES ({case}, '{action}', 'off-topic', 'The facts.', now() - interval '2 days') RETURNING id"
        )
        found.append((case, decision, author.id))
    return found


async def _two_reports(app: Service, owner: Owner) -> list[int]:
    return [
        await owner.fetchval(
            "INSERT INTO reports (reference, case_id, object_kind, object_id, address, reason, why, name, email,"
            " received_at, letters_in)"
            f" VALUES ('ref-{case}', {case}, 'profile', {author}, '/m/x', 'hate', 'Why', 'Ana', 'ana{case}@example.org',"
            " now() - interval '8 days', 'en') RETURNING id"
        )
        for case, _, author in await _two_decisions(app, owner)
    ]


async def reporters(app: Service, owner: Owner) -> Poison:
    """Two reporters learn the outcome."""
    one, other = await _two_reports(app, owner)
    return Poison(
        table="reports",
        condition=f"r.id = {one} AND r.told_at IS NOT NULL AND r.forgotten_at IS NULL",
        bad=str(one),
        good=str(other),
        done="SELECT told_at IS NOT NULL FROM reports WHERE CAST(id AS text) = $1",
    )


async def old_reports(app: Service, owner: Owner) -> Poison:
    """The names in two old reports are erased."""
    one, other = await _two_reports(app, owner)
    return Poison(
        table="reports",
        condition=f"r.id = {one} AND r.forgotten_at IS NOT NULL",
        bad=str(one),
        good=str(other),
        done="SELECT name IS NULL FROM reports WHERE CAST(id AS text) = $1",
    )


async def flaggers(app: Service, owner: Owner) -> Poison:
    """Two members who flagged something learn the outcome."""
    flags = [
        await owner.fetchval(
            "INSERT INTO flags (case_id, object_kind, object_id, member_id, reason, flagged_at)"
            f" VALUES ({case}, 'profile', {author}, {author}, 'spam', now() - interval '8 days') RETURNING id"
        )
        for case, _, author in await _two_decisions(app, owner)
    ]
    return Poison(
        table="flags",
        condition=f"r.id = {flags[0]}",
        bad=str(flags[0]),
        good=str(flags[1]),
        done="SELECT told_at IS NOT NULL FROM flags WHERE CAST(id AS text) = $1",
    )


async def statements_of_reasons(app: Service, owner: Owner) -> Poison:
    """Two members learn why their profile was hidden."""
    (_, one, _), (_, other, _) = await _two_decisions(app, owner)
    return Poison(
        table="decisions",
        condition=f"r.id = {one}",
        bad=str(one),
        good=str(other),
        done="SELECT author_told_at IS NOT NULL FROM decisions WHERE CAST(id AS text) = $1",
    )


async def sanctions(app: Service, owner: Owner) -> Poison:
    """Two sanctions end."""
    decided = await _two_decisions(app, owner, "silence")
    for _, decision, author in decided:
        await owner.execute(
            "INSERT INTO sanctions (decision_id, action, member_id, begun_at, until)"
            f" VALUES ({decision}, 'silence', {author}, now() - interval '2 days', now())"
        )
    return Poison(
        table="sanctions",
        condition=f"r.decision_id = {decided[0][1]}",
        bad=str(decided[0][1]),
        good=str(decided[1][1]),
        done="SELECT ended_at IS NOT NULL FROM sanctions WHERE CAST(decision_id AS text) = $1",
    )


async def reminders(app: Service, owner: Owner) -> Poison:
    """Two entries that nobody has verified for long."""
    board = await a_board(app)
    await board.change(verify_days=30)
    ids = [(await board.add(title))["id"] for title in ("One case", "Another case")]
    return Poison(
        table="entries",
        condition=f"r.id = {ids[0]} AND r.reminded_at IS NOT NULL",
        bad=str(ids[0]),
        good=str(ids[1]),
        done="SELECT reminded_at IS NOT NULL FROM entries WHERE CAST(id AS text) = $1",
    )


Case = Callable[[Service, Owner], Awaitable[Poison]]
# By the function that is the scheduled job: how its quarantine is called, and the cases.
CASES: dict[str, tuple[str, tuple[Case, ...]]] = {
    "run_next_timer": ("timers", (timers,)),
    "delete_unused_file": ("unused files", (unused_files,)),
    "index_next_pdf": ("PDFs", (pdfs,)),
    "index_next_people": ("search of people", (people,)),
    "index_next_posts": ("search", (posts, outdated_posts)),
    "detect_next_languages": ("languages of posts", (posts_without_language,)),
    "queue_next_digest": ("digests", (digests,)),
    "notify_next_saved_search": ("saved searches", (saved_searches,)),
    "remind_of_next_bookmark": ("bookmarks", (bookmarks,)),
    "erase_next_member": ("erasures", (erasures,)),
    "update_next_trust_level": ("trust levels", (trust,)),
    "notify_next_reporter": ("reporters", (reporters,)),
    "erase_next_reporter": ("old reports", (old_reports,)),
    "notify_next_flagger": ("flaggers", (flaggers,)),
    "notify_next_author": ("statements of reasons", (statements_of_reasons,)),
    "end_next_sanction": ("sanctions", (sanctions,)),
    "remind_due_entry": ("reminders", (reminders,)),
}


@pytest_asyncio.fixture
async def owner(app: Service, cluster: Cluster) -> AsyncIterator[Owner]:
    """The owner of the tables."""
    connection = await asyncpg.connect(cluster.owner_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def poisoned(owner: Owner, poison: Poison) -> AsyncIterator[None]:
    """Let the database refuse to write certain rows."""
    await owner.execute(f"""
        CREATE FUNCTION be_poisoned() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE r {poison.table} := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        BEGIN
            IF {poison.condition} THEN RAISE EXCEPTION 'poisoned'; END IF;
            RETURN r;
        END $$;
        CREATE TRIGGER a_poison BEFORE INSERT OR UPDATE OR DELETE ON {poison.table}
            FOR EACH ROW EXECUTE FUNCTION be_poisoned();
    """)
    try:
        yield
    finally:
        await owner.execute("DROP FUNCTION be_poisoned() CASCADE")


async def _quarantined(db: Database) -> list[tuple[str, str, int]]:
    async with db.read() as tx:
        return [(item.job, item.item, item.attempts) for item in await read_quarantine(tx)]


def _name(job: Any) -> str:
    while isinstance(job, partial):
        job = job.func
    return str(job.__name__)


def test_every_scheduled_job_has_a_case(app: Service) -> None:
    settings = replace(app.contexts[0].settings, look_at_links=True, translator_url="http://localhost:1")
    names = {_name(job) for job in make_scheduled_jobs(settings)}
    assert names == CASES.keys() | OTHER_JOBS.keys()


@pytest.mark.parametrize(
    ("function", "case"), [(name, case) for name, (_, cases) in CASES.items() for case in cases]
)
async def test_one_item_that_fails_holds_up_no_other(
    app: Service, owner: Owner, function: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_words(content: bytes) -> str:
        return "words"

    monkeypatch.setattr("forum.files.pdf_index.extract_pdf_text", read_words)
    poison, now = await case(app, owner), clock.now() + LATER
    job = next(job for job in app.worker.jobs if _name(job) == function)

    async def work() -> None:
        while await job(app.db):
            pass

    with clock.stop_at(now):
        async with poisoned(owner, poison):
            await work()
            assert await owner.fetchval(poison.done, poison.good)
            assert not await owner.fetchval(poison.done, poison.bad)
            assert await _quarantined(app.db) == [(CASES[function][0], poison.bad, 1)]
    with clock.stop_at(now + LONGEST_WAIT):
        async with poisoned(owner, poison):
            await work()
            assert await _quarantined(app.db) == [(CASES[function][0], poison.bad, 2)]
    with clock.stop_at(now + 2 * LONGEST_WAIT):
        await work()
        assert await owner.fetchval(poison.done, poison.bad)
        assert await _quarantined(app.db) == []


async def test_a_cleanup_that_fails_leaves_the_others_alone(db: Database) -> None:
    done: list[str] = []

    async def breaks(tx: Transaction, _: Any) -> None:
        await tx.value(statement("SELECT 1 / 0"))

    async def works(tx: Transaction, _: Any) -> None:
        done.append("works")

    await Worker(db, {}, cleanups=(breaks, works, *CLEANUPS)).clean_up(clock.now())
    assert done == ["works"]
    assert await _quarantined(db) == [("cleanups", "breaks", 1)]


async def test_waits_grow_up_to_twice_a_day(db: Database) -> None:
    now, waits = clock.now(), []
    for _ in range(15):
        with clock.stop_at(now):
            await put_into_quarantine(db, "timers", "1 close", ValueError("Why\nand where"))
        async with db.read() as tx:
            (item,) = await read_quarantine(tx)
        waits.append(item.due_at - item.failed_at)
        now = item.due_at
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert waits[-1] == LONGEST_WAIT
    assert waits == sorted(waits)
    assert item.error == "ValueError: Why"


async def test_operators_see_the_quarantine(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await put_into_quarantine(app.db, "timers", "7 close", ValueError("Why"))
    async with app.client() as client:
        state = await client.get("/ready")
    assert state.status_code == 200
    assert state.json()["degraded"] == ["quarantine"]
    assert "(timers 1)" in state.json()["notes"][0]

    metrics = DatabaseCollector(app.db)
    await metrics.refresh()
    registry = CollectorRegistry()
    registry.register(metrics)
    assert 'tertulia_quarantined_items{job="timers"} 1.0' in generate_latest(registry).decode()


def test_the_command_line_lists_and_retries(
    cluster: Cluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    monkeypatch.setenv("DATABASE_URL", cluster.url)
    monkeypatch.setenv("TERTULIA_OWNER_URL", cluster.owner_url)
    listed = CliRunner().invoke(cli, ["jobs", "list", "--json", "--data", str(tmp_path)])
    assert listed.exit_code == 0, listed.output
    assert listed.output.strip().endswith("[]")
    retried = CliRunner().invoke(cli, ["jobs", "retry", "timers", "--data", str(tmp_path)])
    assert "0 will be tried again" in retried.output
