"""The drill of docs/operations.md: the machine of the database is lost, and with it at most a minute of what was written.

What the document says for PostgreSQL and its shell is taken from there, so that these steps are the ones that work.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import asyncpg

from core.clock import now
from personal_data.erasure_list import NotedErasure
from storage.backups.dump import dump
from storage.backups.load import load
from storage.database import Database
from storage.embedded import postgres
from storage.embedded.install import Installation, prepare_installation
from storage.embedded.process import find_postmaster
from tests.support.command_line import tertulia
from tests.support.emails.lanes import queue_for
from tests.support.erasure.canary import NAME, find_in_tables
from tests.support.people import a_person
from tests.support.programs import a_data_folder
from tests.support.rows import fill, hashes_of
from tests.support.service import PATIENCE, Service

_OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
_IS_ARCHIVED = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"


def documented(pattern: str, archive: Path) -> str:
    """Return the one place of the document that matches, with the folder of this test."""
    [found] = re.findall(pattern, _OPERATIONS, re.M)
    return str(found).replace("/wal", str(archive))


def setting(name: str, archive: Path) -> str:
    """Return the documented value of a setting of PostgreSQL."""
    return documented(rf"^ *{name} = (.+)$", archive).strip("'")


async def test_at_most_a_minute_is_lost_with_the_machine(
    app: Service, db: Database, cluster: postgres.Cluster, environment: dict[str, str]
) -> None:
    """Slow: three database servers are started, and several processes of the command line."""
    anna = await fill(app)
    erased = await a_person(app, NAME.title())
    await queue_for(db, anna.id)
    rows = BytesIO()
    await dump(cluster.owner_url, rows)
    rows.seek(0)
    with a_data_folder() as lost, a_data_folder() as second, a_data_folder() as third:
        before = await _lose_the_machine(environment, rows, lost, lost.parent / "wal")

        second.mkdir()
        _recover_data(second, lost.parent / "wal")
        saved = third.parent / "all.tar.gz"
        await _refuse_to_back_up_too_early(environment, second)
        with postgres.start(second) as recovered:
            assert await hashes_of(recovered.owner_url) == before
            status, complained = await _back_up({**environment, "DATABASE_URL": recovered.url}, saved)
            assert status == 0, complained
        since = third.parent / "kept.txt"
        since.write_text(NotedErasure(erased.id, now(), ()).line())
        restored, verified, late, held = await tertulia(
            {**environment, "TERTULIA_DATA": str(third)},
            ["restore", str(saved), "--erasures", str(since)],
            ["audit", "verify"],
            ["member", "show", "late"],
            ["mail", "status"],
        )
        assert restored[0] == 0, restored[2]
        assert "erased again: 1." in restored[1]
        assert verified[0] == 0, verified
        assert "email: late@mail.example" in late[1]
        assert held[1].startswith("E-mails are held since"), held
        with postgres.start(third) as embedded:
            url = embedded.owner_url
            after = await hashes_of(url)
            for table in ("posts", "topics"):
                assert after[table] == before[table]
            assert after["epochs"] != before["epochs"]
            assert (before["sessions"][0] > 0, after["sessions"][0]) == (True, 0)
            assert await find_in_tables(url, NAME) == {}
        [released] = await tertulia(
            {**environment, "TERTULIA_DATA": str(third)}, ["mail", "release", "--discard"]
        )
        assert re.fullmatch(
            r"E-mails are sent again\. [1-9]\d* that waited are discarded\.\n", released[1]
        ), released


async def _lose_the_machine(
    environment: dict[str, str], rows: BytesIO, lost: Path, archive: Path
) -> dict[str, tuple[int, str]]:
    """Archive the log of a server, copy its data, write on, and lose all its files; return what was written in time."""
    _make_archive(lost, archive)
    assert setting("archive_timeout", archive) == "30s"
    archiving = {name: setting(name, archive) for name in ("archive_mode", "archive_command")}
    with postgres.start(lost, settings=archiving | {"archive_timeout": "1s"}) as primary:
        await load(primary.owner_url, rows)
        _run(documented(r"`(pg_basebackup [^`]+)`", archive), primary.installation, archive)
        late = ["member", "add", "late", "--email", "late@mail.example", "--verified"]
        written = {**environment, "DATABASE_URL": primary.url, "TERTULIA_OWNER_URL": primary.owner_url}
        [(status, _, complained)] = await tertulia(written, late)
        assert status == 0, complained
        before = await hashes_of(primary.owner_url)
        await _wait_for_the_archive(primary)
        found = find_postmaster(primary.installation.data)
        assert found is not None
        os.kill(found.process, signal.SIGKILL)
    shutil.rmtree(lost)
    return before


def _make_archive(machine: Path, archive: Path) -> None:
    machine.mkdir()
    prepare_installation(machine).account.make_folder(archive)


def _recover_data(machine: Path, archive: Path) -> None:
    """Do what the document says in steps 1 and 2, up to the start."""
    new = prepare_installation(machine)
    new.account.make_folder(new.data)
    [base] = archive.glob("base-*")
    _run(f"cp -R {base}/. .", new, new.data)
    lines = documented(r"`postgresql.auto.conf`\n\n +```\n([^`]+)```", archive)
    with (new.data / "postgresql.auto.conf").open("a") as file:
        file.write(lines)
    _run(documented("`(touch [^`]+)`", archive), new, new.data)


def _run(command: str, installation: Installation, folder: Path) -> None:
    """Run a command as PostgreSQL's account, in a shell that finds its programs and its server."""
    started = installation.account.popen() | {"cwd": folder}
    path = f"{installation.binaries}:{os.defpath}"
    started["env"] |= {"PATH": path, "PGHOST": str(installation.folder / "run"), "PGUSER": postgres.OWNER}
    subprocess.run(["sh", "-c", command], check=True, **started)


async def _refuse_to_back_up_too_early(environment: dict[str, str], machine: Path) -> None:
    """Let the server wait for more of the log, readable as without the documented setting: backups are refused."""
    installation = prepare_installation(machine)
    _run("touch standby.signal", installation, installation.data)
    with postgres.start(machine, settings={"hot_standby": "on"}) as waiting:
        there = {**environment, "DATABASE_URL": waiting.url}
        status, complained = await _back_up(there, machine.parent / "early.tar.gz")
    assert (status, "is recovering" in complained) == (1, True), complained
    (installation.data / "standby.signal").unlink()


async def _back_up(environment: dict[str, str], to: Path) -> tuple[int | None, str]:
    """Do `tertulia backup >file`; return the status and what was said."""
    with to.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tertulia", "backup"),
            env=environment,
            stdout=output,
            stderr=asyncio.subprocess.PIPE,
        )
        _, complained = await process.communicate()
    return process.returncode, complained.decode()


async def _wait_for_the_archive(primary: postgres.Cluster) -> None:
    """Wait until PostgreSQL has archived, by itself, all that is written."""
    connection = await asyncpg.connect(primary.owner_url)
    try:
        last = await connection.fetchval("SELECT pg_walfile_name(pg_current_wal_lsn())")
        async with asyncio.timeout(6 * PATIENCE):
            while not await connection.fetchval(_IS_ARCHIVED, last):  # noqa: ASYNC110 (nobody is told)
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
