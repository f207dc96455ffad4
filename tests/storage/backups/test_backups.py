"""The drill: a backup of a community that is being written in, restored elsewhere, row by row the same."""

import asyncio
import gzip
import tarfile
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import pytest

from storage import schema
from storage.backups import dump as dumping
from storage.backups.dump import dump
from storage.backups.encryption import decrypted, encrypted, parse_recipient, read_identities
from storage.backups.load import load
from storage.backups.shapes import CHECKS, BackupFailed
from storage.database import Database
from storage.embedded.postgres import Cluster
from tests.support.people import a_reply, a_topic
from tests.support.rows import fill, hashes_of
from tests.support.service import Service, raw_sql

_numbers = count(1)


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """The address of an empty database for its owner."""
    name = f"restored_{next(_numbers)}"
    yield cluster.create_database(name)
    cluster.drop_database(name)


async def backed_up(url: str) -> bytes:
    output = BytesIO()
    await dump(url, output)
    return output.getvalue()


async def test_a_restored_backup_has_the_same_rows(
    app: Service, db: Database, cluster: Cluster, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(app)
    monkeypatch.setattr(dumping, "PART_SIZE", 1_000)
    before = await hashes_of(cluster.owner_url)

    loaded = await load(empty, BytesIO(await backed_up(cluster.owner_url)))

    after = await hashes_of(empty)
    assert after == before
    assert before["posts"][0] == 10
    assert {name: rows for name, (rows, _) in before.items() if name != "alembic_version"} == {
        name: check.rows for name, check in loaded.checks.tables.items()
    }
    connection = await asyncpg.connect(empty)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await connection.execute("UPDATE posts SET author_id = 10000000")
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("DELETE FROM audit")
    await connection.close()


async def test_the_role_of_the_service_can_back_up(
    app: Service, db: Database, cluster: Cluster, empty: str
) -> None:
    await fill(app)
    await load(empty, BytesIO(await backed_up(cluster.url)))
    assert await hashes_of(empty) == await hashes_of(cluster.owner_url)


async def test_restored_events_are_in_their_months(
    app: Service, db: Database, cluster: Cluster, empty: str
) -> None:
    await fill(app)
    await raw_sql(db).execute("UPDATE log SET at = at - interval '85 days' WHERE seq = 1")
    await load(empty, BytesIO(await backed_up(cluster.owner_url)))
    assert await hashes_of(empty) == await hashes_of(cluster.owner_url)
    connection = await asyncpg.connect(empty)
    places = await connection.fetch("SELECT count(*), tableoid::regclass::text FROM log GROUP BY 2")
    await connection.close()
    assert len(places) > 1
    assert "log_other" not in {place for _, place in places}


async def test_a_backup_while_members_write_is_one_moment(
    app: Service, db: Database, cluster: Cluster, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await fill(app)
    topic = (await a_topic(anna))["id"]
    written, has_begun = 0, asyncio.Event()
    reached: list[int] = []

    class Noticing(dumping._TableWriter):
        async def write(self, connection: Any, columns: list[str]) -> Any:
            # Between the tables of a backup members have written several replies.
            has_begun.set()
            if self.table in ("log", "posts", "topics"):
                until = written + 3
                while written < until:  # noqa: ASYNC110 - the other task counts
                    await asyncio.sleep(0)
                reached.append(written)
            return await super().write(connection, columns)

    async def keep_writing() -> None:
        nonlocal written
        await has_begun.wait()
        while True:
            await a_reply(anna, topic)
            written += 1

    monkeypatch.setattr(dumping, "_TableWriter", Noticing)
    writing = asyncio.create_task(keep_writing())
    try:
        backup = await backed_up(cluster.owner_url)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    assert reached == sorted(reached) and reached[-1] - reached[0] >= 6

    await load(empty, BytesIO(backup))
    connection = await asyncpg.connect(empty)
    facts = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM posts WHERE topic_id = $1) AS posts, post_count, last_number,
            (SELECT count(*) FROM log WHERE channel = 'topic:' || $1::text) AS events,
            (SELECT seq FROM channels WHERE name = 'topic:' || $1::text) AS seq
        FROM topics WHERE id = $1
        """,
        topic,
    )
    await connection.close()
    assert facts["posts"] == facts["post_count"] == facts["last_number"]
    assert facts["events"] == facts["seq"]


async def test_ids_continue_after_those_that_were_given_since(
    app: Service, db: Database, cluster: Cluster, empty: str
) -> None:
    anna = await fill(app)
    backup = await backed_up(cluster.owner_url)
    since = (await a_topic(anna))["id"]
    await load(empty, BytesIO(backup), skipped_ids=100_000)
    connection = await asyncpg.connect(empty)
    following = await connection.fetchval("SELECT nextval(pg_get_serial_sequence('topics', 'id'))")
    unused = await connection.fetchval("SELECT nextval(pg_get_serial_sequence('board_imports', 'id'))")
    await connection.close()
    assert following > since + 90_000
    assert unused > 100_000


async def test_an_older_backup_is_restored_into_its_schema_and_migrated(
    app: Service, db: Database, cluster: Cluster, empty: str
) -> None:
    older = cluster.create_database(f"older_{next(_numbers)}")
    await schema.migrate_to(older, "0048")
    connection = await asyncpg.connect(older)
    await connection.execute(
        "INSERT INTO members (handle, skeleton, display_name, joined_at) VALUES ('anna', 'anna', 'Anna', now())"
    )
    await connection.close()
    loaded = await load(empty, BytesIO(await backed_up(older)))
    assert loaded.manifest.revision == "0048"
    assert await schema.migrate(empty) == ("0048", schema.newest())
    assert (await hashes_of(empty))["members"][0] == 1


def changed(backup: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    plain = gzip.decompress(backup)
    assert old in plain
    return gzip.compress(plain.replace(old, new))


def without(backup: bytes, name: str) -> bytes:
    output = BytesIO()
    with tarfile.open(fileobj=BytesIO(backup)) as old, tarfile.open(fileobj=output, mode="w:gz") as new:
        for member in old:
            if not member.name.startswith(name):
                new.addfile(member, old.extractfile(member))
    return output.getvalue()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        # The archive or what it is compressed with ends early, depending on where it is cut.
        (lambda backup: backup[: len(backup) // 2], "complete"),
        (
            lambda backup: backup[:-40_000] if len(backup) > 80_000 else backup[:-2_000],
            "complete",
        ),
        (lambda backup: b"", "not a complete backup"),
        (lambda backup: b"\0" * 4_000, "not a"),
        (lambda backup: gzip.compress(b"hello" * 500), "not a"),
        (lambda backup: without(backup, CHECKS), "its end is missing"),
        (lambda backup: without(backup, "tables/votes"), ""),
        (lambda backup: without(backup, "tables/posts"), "posts"),
        (lambda backup: without(backup, "manifest"), "manifest"),
        (lambda backup: changed(backup, b"anna", b"enna"), "members"),
        (lambda backup: changed(backup, b"tertulia-backup-1", b"tertulia-backup-9"), "newer"),
    ],
)
async def test_nothing_of_a_damaged_backup_is_kept(
    app: Service, db: Database, cluster: Cluster, empty: str, damage: Any, said: str
) -> None:
    await fill(app)
    backup = damage(await backed_up(cluster.owner_url))
    if not said:
        await load(empty, BytesIO(backup))  # a table without rows has no part
        return
    with pytest.raises(BackupFailed, match=said):
        await load(empty, BytesIO(backup))
    connection = await asyncpg.connect(empty)
    if await connection.fetchval("SELECT to_regclass('members') IS NOT NULL"):
        assert await connection.fetchval("SELECT count(*) FROM members") == 0
    await connection.close()


async def test_a_database_that_is_used_is_not_overwritten(
    app: Service, db: Database, cluster: Cluster, empty: str
) -> None:
    await fill(app)
    backup = await backed_up(cluster.owner_url)
    before = await hashes_of(cluster.owner_url)
    with pytest.raises(BackupFailed, match="not empty"):
        await load(cluster.owner_url, BytesIO(backup))
    assert await hashes_of(cluster.owner_url) == before
    connection = await asyncpg.connect(empty)
    await connection.execute("CREATE TABLE of_another_program (id int)")
    await connection.close()
    with pytest.raises(BackupFailed, match="not empty"):
        await load(empty, BytesIO(backup))
    with pytest.raises(BackupFailed, match="nothing to back up"):
        await backed_up(cluster.create_database(f"nothing_{next(_numbers)}"))


def test_only_the_private_key_opens_an_encrypted_backup(tmp_path: Path) -> None:
    own, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    content, output = b"rows and rows\n" * 300_000, BytesIO()
    with encrypted(output, [parse_recipient(str(own.to_public()))]) as plain:
        plain.write(content)
    assert output.getvalue().startswith(b"age-encryption.org/v1")
    assert b"rows" not in output.getvalue()
    (tmp_path / "own").write_text(f"# created by age-keygen\n{own}\n")
    (tmp_path / "other").write_text(f"{other}\n")
    (tmp_path / "none").write_text("nothing\n")
    with decrypted(BytesIO(output.getvalue()), read_identities(tmp_path / "own")) as plain:
        assert plain.read() == content
    with (
        pytest.raises(BackupFailed),
        decrypted(BytesIO(output.getvalue()), read_identities(tmp_path / "other")) as plain,
    ):
        assert plain.read() == b""
    with (
        pytest.raises(BackupFailed),
        decrypted(BytesIO(output.getvalue()[:-9]), read_identities(tmp_path / "own")) as plain,
    ):
        plain.read()
    with pytest.raises(BackupFailed, match="--identity"), decrypted(BytesIO(output.getvalue()), []):
        pass
    with pytest.raises(BackupFailed, match="no private key"):
        read_identities(tmp_path / "none")
    with pytest.raises(BackupFailed, match="no public key"):
        parse_recipient("age1nothing")
    with decrypted(BytesIO(b"plain"), []) as plain:
        assert plain.read(3) + plain.read() == b"plain"
