"""The drill of docs/operations.md: the machine of the database is lost, and with it at most a minute of what was written."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from io import BytesIO
from pathlib import Path

import asyncpg

from storage.backups.dump import dump
from storage.backups.load import load
from storage.database import Database
from storage.embedded import postgres
from storage.embedded.install import prepare_installation
from storage.embedded.process import find_postmaster
from tests.support.command_line import tertulia
from tests.support.programs import a_data_folder
from tests.support.rows import fill, hashes_of
from tests.support.service import PATIENCE, Service

OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")

_IS_ARCHIVED = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"


def documented(setting: str, archive: Path) -> str:
    """Return the value of a setting of PostgreSQL in the document, with the folder of this test."""
    [found] = re.findall(rf"^ *{setting} = (.+)$", OPERATIONS, re.M)
    return str(found).strip("'").replace("/wal/", f"{archive}/")


async def test_at_most_a_minute_is_lost_with_the_machine(
    app: Service, db: Database, cluster: postgres.Cluster, environment: dict[str, str]
) -> None:
    """Slow: three database servers are started, and several processes of the command line."""
    await fill(app)
    rows = BytesIO()
    await dump(cluster.owner_url, rows)
    rows.seek(0)
    with a_data_folder() as lost, a_data_folder() as second, a_data_folder() as third:
        archive = lost.parent / "wal"
        second.mkdir()
        copy = prepare_installation(second)
        copy.account.make_folder(archive)
        copy.account.make_folder(copy.data)
        assert documented("archive_timeout", archive) in ("30s", "60s")
        settings = {name: documented(name, archive) for name in ("archive_mode", "archive_command")}
        with postgres.start(lost, settings=settings | {"archive_timeout": "1s"}) as primary:
            await load(primary.owner_url, rows)
            _copy_base(primary, copy.data)
            await _write_after_the_copy(environment, primary)
            before = await hashes_of(primary.owner_url)
            await _wait_for_the_archive(primary)
            found = find_postmaster(primary.installation.data)
            assert found is not None
            os.kill(found.process, signal.SIGKILL)
        shutil.rmtree(lost)

        with (copy.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"restore_command = '{documented('restore_command', archive)}'\n")
        (copy.data / "recovery.signal").touch()
        os.chown(copy.data / "recovery.signal", copy.account.uid, copy.account.gid)
        with postgres.start(second) as recovered:
            assert await hashes_of(recovered.owner_url) == before
            backups = third.parent / "backups"
            made = {**environment, "TERTULIA_DATA": str(second), "DATABASE_URL": recovered.url}
            [(status, _, complained)] = await tertulia(made, ["backup", "--to", str(backups)])
            assert status == 0, complained
        [path] = backups.glob("*.gz")
        embedded = {**environment, "TERTULIA_DATA": str(third)}
        restored, verified, shown, held = await tertulia(
            embedded,
            ["restore", str(path)],
            ["audit", "verify"],
            ["member", "show", "late"],
            ["mail", "status"],
        )
        assert restored[0] == 0, restored[2]
        assert verified[0] == 0, verified
        assert "email: late@mail.example" in shown[1]
        assert held[1].startswith("E-mails are held since")


def _copy_base(primary: postgres.Cluster, to: Path) -> None:
    installation = primary.installation
    copy = [str(installation.binaries / "pg_basebackup"), "-D", str(to), "--checkpoint=fast"]
    where = ["-h", str(primary.sockets), "-p", "5432", "-U", "postgres"]
    subprocess.run([*copy, *where], check=True, **installation.account.popen())


async def _write_after_the_copy(environment: dict[str, str], primary: postgres.Cluster) -> None:
    late = ["member", "add", "late", "--email", "late@mail.example", "--verified"]
    written = {**environment, "DATABASE_URL": primary.url, "TERTULIA_OWNER_URL": primary.owner_url}
    [(status, _, complained)] = await tertulia(written, late)
    assert status == 0, complained


async def _wait_for_the_archive(primary: postgres.Cluster) -> None:
    """Wait until PostgreSQL has archived, by itself, all that is written."""
    connection = await asyncpg.connect(primary.owner_url)
    try:
        last = await connection.fetchval("SELECT pg_walfile_name(pg_current_wal_lsn())")
        async with asyncio.timeout(PATIENCE):
            while not await connection.fetchval(_IS_ARCHIVED, last):  # noqa: ASYNC110 (nobody is told)
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
