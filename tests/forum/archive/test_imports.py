"""Tests of imports: messages become posts once, also after interruptions, and authors can claim their posts."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from core import clock
from forum.archive.bulk_insert import MAX_DEPTH
from forum.archive.imports import ImportReport, NoSuchSector, import_archives
from forum.archive.mbox import NotAnArchive
from members.accounts.accounts import mark_address_verified
from storage.database import Database
from storage.embedded.postgres import Cluster
from storage.statements import statement
from tertulia.cli import cli
from tests.support.archives.mails import a_mail, read_mbox
from tests.support.people import a_person
from tests.support.service import Service

QUIRKS = Path(__file__).parents[2] / "data" / "quirks.mbox"

# All that an import has made, by what it says and where it stands: ids and made-up handles are left to chance.
SHAPE = statement("""
SELECT t.title, t.kind, t.opened_at, t.last_activity_at, t.last_number, t.post_count, t.roots, p.number, p.depth, p.path,
    p.children, parent.number AS parent, m.display_name, m.email, m.is_claimed, p.markup, p.body, p.html, p.posted_at,
    i.message_id, i.subject, i.awaits, s.slug
FROM topics t JOIN posts p ON p.topic_id = t.id JOIN sectors s ON s.id = t.sector_id
JOIN members m ON m.id = p.author_id JOIN imported_mails i ON i.post_id = p.id AND i.topic_id = t.id
LEFT JOIN posts parent ON parent.id = p.parent_id
ORDER BY s.slug, t.opened_at, t.title, t.id, p.number
""")
WRONG = statement("""
SELECT 'numbers' FROM topics t WHERE t.last_number <> t.post_count OR EXISTS (
    SELECT FROM (SELECT number, row_number() OVER (ORDER BY number) AS n FROM posts WHERE topic_id = t.id) p
    WHERE p.number <> p.n)
UNION ALL SELECT 'count' FROM topics t WHERE t.post_count <> (SELECT count(*) FROM posts WHERE topic_id = t.id)
UNION ALL SELECT 'roots' FROM topics t WHERE t.roots <> (
    SELECT count(*) FROM posts WHERE topic_id = t.id AND parent_id IS NULL)
UNION ALL SELECT 'children' FROM posts p WHERE p.children <> (SELECT count(*) FROM posts c WHERE c.parent_id = p.id)
UNION ALL SELECT 'place' FROM posts c JOIN posts p ON p.id = c.parent_id
    WHERE c.topic_id <> p.topic_id OR c.depth <> p.depth + 1 OR c.number < p.number
        OR left(encode(c.path, 'hex'), 2 * length(p.path)) <> encode(p.path, 'hex')
UNION ALL SELECT 'segment' FROM (SELECT c.path, c.parent_id, c.topic_id, p.path AS above,
        row_number() OVER (PARTITION BY c.topic_id, c.parent_id ORDER BY c.number) - 1 AS n
        FROM posts c LEFT JOIN posts p ON p.id = c.parent_id) x
    WHERE x.path <> coalesce(x.above, ''::bytea) || path_segment(CAST(x.n AS integer))
UNION ALL SELECT 'opened' FROM topics t WHERE t.opened_at <> (
    SELECT posted_at FROM posts WHERE topic_id = t.id AND number = 1)
UNION ALL SELECT 'active' FROM topics t WHERE t.last_activity_at <> (SELECT max(posted_at) FROM posts WHERE topic_id = t.id)
UNION ALL SELECT 'log' FROM channels c WHERE c.seq < (SELECT coalesce(max(seq), 0) FROM log l WHERE l.channel = c.name)
""")
LOGGED = statement(
    "SELECT channel, event ->> 'type' AS type, count(*) AS n FROM log GROUP BY 1, 2 ORDER BY 1, 2"
)


async def shape_of(db: Database) -> list[tuple[Any, ...]]:
    """Check that the tree of posts is consistent and return its rows."""
    async with db.read() as tx:
        assert [row[0] for row in await tx.rows(WRONG)] == []
        return [tuple(row.values()) for row in await tx.rows(SHAPE)]


def an_archive(path: Path, threads: int, replies: int = 4) -> Path:
    """Write an archive of so many threads, each a chain with a branch; two in five reply to a missing message."""
    messages = []
    for t in range(threads):
        for r in range(replies + 1):
            parent = f"In-Reply-To: <{t}.{(r - 1) // 2}@x>\n" if r else ""
            parent = f"In-Reply-To: <{t}.gone@x>\n" if r and t % 5 < 2 and r % 2 else parent
            messages.append(
                f"From p{r}@example.org Mon Jan  5 09:00:00 2015\nFrom: Person {r} <p{t % 7}.{r}@example.org>\n"
                f"Date: Mon, {1 + t % 28} Jan 2015 {r:02}:00:00 +0000\nSubject: {'Re: ' if r else ''}Thread {t}\n"
                f"Message-ID: <{t}.{r}@x>\n{parent}\nThis is what {r} said in {t}.\n\n> quoted {t}\n\n"
            )
    path.write_text("".join(messages))
    return path


async def test_every_quirk_of_an_archive_ends_in_its_place_and_in_the_report(db: Database) -> None:
    report = await import_archives(db, "mobility", [QUIRKS])

    assert (report.read, report.imported, report.already_there) == (20, 19, 0)
    assert report.skipped == {"the same message id again": 1}
    assert report.read == report.imported + report.already_there + sum(report.skipped.values())
    assert report.made_good == {
        "charset": 2,
        "html only": 1,
        "text before the first part left out": 1,
        "attachment left out": 1,
        "control character": 1,
        "no date": 3,
        "message id of another mail": 1,
        "no message id": 1,
        "empty": 1,
        "loop of references": 2,
        "joined by subject": 1,
        "the mail it answers is missing": 1,
    }
    rows = await shape_of(db)
    assert len(rows) == 19
    first = [
        (row[7], row[8], row[11], row[12])
        for row in rows
        if row[0] == "[cobalt] Which scheme survives an audit?"
    ]
    assert first == [
        (1, 0, None, "Ana López"),
        (2, 1, 1, "Ben Okri"),
        (3, 2, 2, "陈"),
        (4, 3, 3, "Mia"),
        (5, 0, None, "dora"),
    ]
    assert {row[1] for row in rows} == {"mail"}
    assert not any(row[14] for row in rows)


async def test_importing_again_changes_nothing(db: Database) -> None:
    await import_archives(db, "mobility", [QUIRKS])
    before = await shape_of(db)
    report = await import_archives(db, "mobility", [QUIRKS, QUIRKS])

    assert (report.read, report.imported, report.already_there, report.topics_new) == (40, 0, 19, 0)
    assert report.read == report.already_there + sum(report.skipped.values())
    assert await shape_of(db) == before


async def test_a_known_id_with_another_text_is_a_conflict_also_with_what_was_imported_before(
    db: Database, tmp_path: Path
) -> None:
    first, second = a_mail("First words."), a_mail("Second, quite other words.")
    for name, mails in (("a", [first]), ("b", [second]), ("both", [second, first])):
        read_mbox(tmp_path, *mails, name=name).close()
    reports = [await import_archives(db, "mobility", [tmp_path / name]) for name in ("a", "b", "both")]

    assert [(r.imported, r.already_there, r.conflicts) for r in reports] == [(1, 0, 0), (1, 0, 1), (0, 2, 0)]
    assert [(r.what, r.detail) for r in reports[1].remarks] == [
        ("same message id, other text", "m1@t.example")
    ]
    assert {row[16] for row in await shape_of(db)} == {"First words.", "Second, quite other words."}


async def test_nobody_posts_as_a_member_through_a_display_name(
    db: Database, app: Service, tmp_path: Path
) -> None:
    ada = await a_person(app, "Ada")
    async with db.begin() as tx:
        await mark_address_verified(tx, ada.id, "ada@example.org")
    forged = "=?utf-8?Q?ada_=3Cada=40example=2Eorg=3E?= <mallory@evil.example>"
    read_mbox(
        tmp_path,
        a_mail("I resign.", sender=forged),
        a_mail("I do not.", sender="Ada <ada@example.org>", id="m2@t.example"),
    ).close()
    await import_archives(db, "mobility", [tmp_path / "a.mbox"])

    authors = {row[16]: row[13] for row in await shape_of(db)}
    assert authors == {"I resign.": "mallory@evil.example", "I do not.": "ada@example.org"}


async def test_what_is_new_is_added_to_its_topics(db: Database, tmp_path: Path) -> None:
    whole = an_archive(tmp_path / "whole.mbox", 12)
    messages = whole.read_text().split("From p")[1:]
    (tmp_path / "part.mbox").write_text(
        "".join("From p" + mail for i, mail in enumerate(messages) if i % 5 < 3)
    )
    part = await import_archives(db, "mobility", [tmp_path / "part.mbox"])
    report = await import_archives(db, "mobility", [whole])

    assert (part.imported, report.imported, report.already_there) == (36, 24, 36)
    assert (part.topics_new, report.topics_new, report.topics_grown) == (12, 0, 12)
    rows = await shape_of(db)
    numbers = [(row[7], row[11]) for row in rows if row[0] == "Thread 4"]
    assert numbers == [(1, None), (2, 1), (3, 1), (4, 2), (5, 2)]


async def test_a_mail_that_comes_after_its_answers_joins_them(db: Database, tmp_path: Path) -> None:
    await import_archives(db, "mobility", [QUIRKS])
    (tmp_path / "late.mbox").write_text(
        "From x@example.org Mon Jan 12 09:00:00 2015\nFrom: Zoe <z@example.org>\nDate: Mon, 12 Jan 2015 09:00:00 +0000\n"
        "Subject: A mail before the archive\nMessage-ID: <lost@example.org>\n\nThe lost one.\n"
    )
    report = await import_archives(db, "mobility", [tmp_path / "late.mbox"])

    assert (report.imported, report.topics_new, report.topics_grown) == (1, 0, 1)
    rows = [row for row in await shape_of(db) if row[0] == "A mail before the archive"]
    assert [(row[7], row[8], row[12]) for row in rows] == [(1, 0, "Kim"), (2, 0, "lou"), (3, 0, "Zoe")]


async def test_one_event_a_topic_and_no_mail_to_anybody(db: Database, app: Service, tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "a.mbox", 5)
    async with db.read() as tx:
        before = {(row["channel"], row["type"]): row["n"] for row in await tx.rows(LOGGED)}
        sector = await tx.value(statement("SELECT id FROM sectors WHERE slug = 'mobility'"))
    async with app.listening(f"sector:{sector}") as feed:
        await import_archives(db, "mobility", [archive])
        events = [(await feed.next())["event"]["type"] for _ in range(5)]
    assert events == ["topic_opened"] * 5

    async with db.read() as tx:
        after = {(row["channel"], row["type"]): row["n"] for row in await tx.rows(LOGGED)}
        assert await tx.value(statement("SELECT count(*) FROM follow_ups")) == 0
    assert {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)} == {
        (f"sector:{sector}", "topic_opened"): 5
    }


async def test_who_follows_a_topic_that_grows_hears_of_each_post(
    db: Database, app: Service, tmp_path: Path
) -> None:
    messages = an_archive(tmp_path / "a.mbox", 1).read_text().split("From p")[1:]
    (tmp_path / "b.mbox").write_text("From p" + messages[0])
    await import_archives(db, "mobility", [tmp_path / "b.mbox"])
    async with db.read() as tx:
        topic = await tx.value(statement("SELECT id FROM topics"))
    async with app.listening(f"topic:{topic}") as feed:
        await import_archives(db, "mobility", [tmp_path / "a.mbox"])
        posts = [(await feed.next())["event"]["post"]["number"] for _ in range(4)]
    assert posts == [2, 3, 4, 5]


async def test_what_was_imported_is_read_at_the_door_without_addresses(
    db: Database, client: httpx2.AsyncClient
) -> None:
    await import_archives(db, "mobility", [QUIRKS])
    topics = (await client.get("/api/v1/sectors/mobility/topics")).json()["items"]
    topic = next(topic for topic in topics if topic["title"].startswith("[cobalt]"))
    page = (await client.get(f"/api/v1/topics/{topic['id']}/posts")).text

    assert topic["posts"] == 5
    assert "Ben Okri" in page
    assert '<details class=\\"quoted\\"' in page
    for address in ("ben@example.net", "ben at", "ana@example.org", "carla@example.com"):
        assert address not in page


async def test_an_author_who_proves_the_address_owns_the_posts(db: Database, app: Service) -> None:
    await import_archives(db, "mobility", [QUIRKS])
    ana = await a_person(app, "Ana")
    async with db.begin() as tx:
        await mark_address_verified(tx, ana.id, "ana@example.org")
    await app.run_jobs()

    async with db.read() as tx:
        authors = await tx.rows(
            statement("SELECT author_id FROM posts JOIN members m ON m.id = author_id WHERE m.is_claimed")
        )
        assert [row["author_id"] for row in authors] == [ana.id]
    # What is imported later of a proved address belongs to its member at once.
    report = await import_archives(db, "mobility", [QUIRKS])
    assert report.imported == 0


async def test_wrong_sectors_and_files_are_refused_and_nothing_happens(db: Database, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no archive")
    with pytest.raises(NoSuchSector):
        await import_archives(db, "nowhere", [QUIRKS])
    with pytest.raises(NotAnArchive):
        await import_archives(db, "mobility", [QUIRKS, tmp_path / "x"])
    assert await shape_of(db) == []


async def test_very_deep_and_very_wide_threads_find_their_places(db: Database, tmp_path: Path) -> None:
    head = "From x@y.org Mon Jan  5 09:00:00 2015\nFrom: X <x@y.org>\nDate: Mon, 05 Jan 2015 09:00:00 +0000\n"
    deep = (
        f"{head}Subject: Deep\nMessage-ID: <d{i}@x>\nIn-Reply-To: <d{i - 1}@x>\n\n{i}\n\n"
        for i in range(MAX_DEPTH + 50)
    )
    wide = (
        f"{head}Subject: Wide\nMessage-ID: <w{i}@x>\nIn-Reply-To: <w0@x>\n\n{i}\n\n" for i in range(1, 300)
    )
    (tmp_path / "x.mbox").write_text(
        "".join(deep) + f"{head}Subject: Wide\nMessage-ID: <w0@x>\n\n0\n\n" + "".join(wide)
    )
    report = await import_archives(db, "mobility", [tmp_path / "x.mbox"])

    assert (report.imported, report.topics_new) == (MAX_DEPTH + 350, 2)
    rows = await shape_of(db)
    assert max(row[8] for row in rows) == MAX_DEPTH


async def test_two_imports_at_once_take_turns(db: Database, tmp_path: Path) -> None:
    archive = an_archive(tmp_path / "a.mbox", 40)
    reports = await asyncio.gather(*(import_archives(db, "mobility", [archive]) for _ in range(2)))

    assert sorted(report.imported for report in reports) == [0, 200]
    assert len(await shape_of(db)) == 200


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from forum.archive import imports
from storage.database import connect

imports.BATCH_SIZE = 20

def progress(done, total):
    print(done, flush=True)
    if done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    db = await connect(sys.argv[1])
    await imports.import_archives(db, "mobility", [Path(sys.argv[2])], progress)

asyncio.run(main())
"""


@pytest.mark.parametrize("moments", [(20,), (60, 100), ("0.0", "0.005", "0.01")])
async def test_killed_and_run_again_it_ends_as_if_nothing_had_happened(
    db: Database, cluster: Cluster, tmp_path: Path, moments: tuple[int | str, ...]
) -> None:
    archive = an_archive(tmp_path / "a.mbox", 60)
    await import_archives(db, "mobility", [archive, QUIRKS])
    whole = await shape_of(db)
    async with db.begin() as tx:
        await tx.connection.execute(
            "DELETE FROM imported_mails; DELETE FROM posts; DELETE FROM topics; DELETE FROM members"
        )
    both = tmp_path / "both.mbox"
    both.write_bytes(archive.read_bytes() + QUIRKS.read_bytes())

    for moment in moments:
        await asyncio.to_thread(kill_while_importing, cluster.url, both, moment)
        assert len(await shape_of(db)) < len(whole) or isinstance(moment, str)
    report = await import_archives(db, "mobility", [both])

    assert report.imported + report.already_there == len(whole)
    if isinstance(moments[-1], int):
        assert report.already_there >= moments[-1]
    assert await shape_of(db) == whole


def kill_while_importing(url: str, archive: Path, moment: int | str) -> None:
    """Kill an import: by itself after so many messages, or from outside so many seconds after its first transaction."""
    limit = str(moment) if isinstance(moment, int) else "1000000"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, str(archive), limit],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    if isinstance(moment, str):
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(float(moment))
        process.send_signal(signal.SIGKILL)
    process.stdout.read()
    process.stdout.close()
    assert process.wait(30) == -signal.SIGKILL or isinstance(moment, str)


async def test_the_command_tells_what_it_did(
    db: Database, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", cluster.url)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["import", "mbox", *arguments], catch_exceptions=True)

    told = await asyncio.to_thread(run, str(QUIRKS), "--sector", "mobility")
    assert told.exit_code == 0
    assert told.stdout.startswith("Read 20 messages.\nImported 19 messages into ")
    assert (
        "Left out 0 messages that had been imported before.\nSkipped 1 message, for these reasons:"
        in told.stdout
    )
    assert "Imported 1 message although another message with a different text has the same id." in told.stdout
    assert (
        "quirks.mbox, message 5 <e1@example.org>: attachment left out: t.xls (application/vnd.ms-excel)"
        in told.stdout
    )
    assert "quirks.mbox, message 11 <a1@example.org>: skipped, the same message id again" in told.stdout
    again = await asyncio.to_thread(run, str(QUIRKS), "--sector", "mobility", "--json")
    report = json.loads(again.stdout)
    assert (report["imported"], report["already_there"], report["skipped"]) == (
        0,
        19,
        {"the same message id again": 1},
    )
    assert set(report) == set(ImportReport.__struct_fields__)
    assert isinstance(
        (await asyncio.to_thread(run, str(QUIRKS), "--sector", "nowhere")).exception, NoSuchSector
    )
    assert (await asyncio.to_thread(run, "/nowhere", "--sector", "mobility")).exit_code == 2
    assert clock.now()
    assert os.environ["DATABASE_URL"] == cluster.url
