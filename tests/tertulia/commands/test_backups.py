"""`tertulia backup`, `restore` and `move`, run as an operator runs them."""

import asyncio
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pyrage
import pytest

from storage.database import Database
from storage.embedded.postgres import Cluster
from tests.support.command_line import tertulia
from tests.support.people import a_person
from tests.support.programs import a_data_folder
from tests.support.rows import fill, hashes_of
from tests.support.service import Service, raw_sql


async def test_an_encrypted_backup_is_restored_elsewhere(
    app: Service,
    db: Database,
    cluster: Cluster,
    environment: dict[str, str],
    target: tuple[str, str],
    tmp_path: Path,
) -> None:
    """Slow: several processes of the command line run one after the other."""
    await fill(app)
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n")
    folder = tmp_path / "backups"
    before = await hashes_of(cluster.owner_url)
    epoch = await raw_sql(db).fetchval("SELECT epoch FROM epochs")
    back_up = ["backup", "--to", str(folder), "--recipient", str(key.to_public()), "--keep", "1"]
    folder.mkdir()
    (folder / "tertulia-2020-01-01T000000Z.tar.gz").write_bytes(b"an old one")
    [(status, said, complained)] = await tertulia(environment, back_up)
    assert (status, len(list(folder.iterdir()))) == (0, 1), complained
    [path] = folder.iterdir()
    assert said.strip() == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org")

    url, owner = target
    elsewhere = {
        **environment,
        "DATABASE_URL": url,
        "TERTULIA_OWNER_URL": owner,
        "TERTULIA_DATA": str(tmp_path),
    }
    restore = ["restore", str(path), "--identity", str(tmp_path / "key")]
    locked, done, again, held = await tertulia(
        elsewhere, ["restore", str(path)], restore, restore, ["mail", "status"]
    )
    assert (locked[0], "--identity" in locked[2]) == (1, True)
    assert done[0] == 0, done[2]
    assert (again[0], "not empty" in again[2]) == (1, True)
    assert held[1].startswith("E-mails are held since")

    after = await hashes_of(owner)
    changed = {name for name in before if before[name] != after[name]}
    # A community without tags, as a test before this one left it, gets those of its file.
    suggested = set() if before["tags"][0] else {"tags", "tag_groups"}
    assert changed == {"epochs", "sessions", "switches"} | suggested, "and links, if there are any"
    restored = await asyncpg.connect(url)
    assert await restored.fetchval("SELECT epoch FROM epochs") != epoch
    assert await restored.fetchval("SELECT count(*) FROM sessions") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await restored.execute("UPDATE audit SET kind = 'other'")
    await restored.close()


async def test_a_backup_goes_through_standard_output_and_input(
    app: Service,
    db: Database,
    cluster: Cluster,
    environment: dict[str, str],
    target: tuple[str, str],
    tmp_path: Path,
) -> None:
    """Slow: the service starts on what was restored."""
    await fill(app)
    before = await hashes_of(cluster.owner_url)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tertulia", "backup"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    backup, complained = await process.communicate()
    assert process.returncode == 0, complained
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tertulia", "restore", "-"),
        # A data folder of its own: erasures that are noted in the other one would be done again.
        env={**environment, "DATABASE_URL": target[1], "TERTULIA_DATA": str(tmp_path)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complained = await process.communicate(backup)
    assert process.returncode == 0, complained
    after = await hashes_of(target[1])
    assert {name for name in before if before[name] != after[name]} <= {"epochs", "sessions", "switches"}


async def test_a_row_of_the_audit_log_that_was_changed_is_named_by_the_restore(
    app: Service,
    db: Database,
    cluster: Cluster,
    environment: dict[str, str],
    target: tuple[str, str],
    tmp_path: Path,
) -> None:
    """Slow: two backups are restored, the second into an embedded database."""
    mia = await a_person(app, "Mia")
    url, owner = target
    there = {"DATABASE_URL": url, "TERTULIA_OWNER_URL": owner, "TERTULIA_DATA": str(tmp_path / "there")}
    grant = ["duty", "grant", mia.handle, "administrator"]
    granted, made = await tertulia(environment, grant, ["backup", "--to", str(tmp_path / "first")])
    assert granted[0] == 0, granted[2]
    [intact] = await tertulia({**environment, **there}, ["restore", made[1].strip()])
    assert "rows of the audit log are as they were written" in intact[1], intact
    changed = await asyncpg.connect(owner)
    await changed.execute("SET session_replication_role = replica")
    number = await changed.fetchval(
        "UPDATE audit SET at = at - interval '1 day' WHERE number = (SELECT max(number) FROM audit) RETURNING number"
    )
    await changed.close()
    [made] = await tertulia({**environment, **there}, ["backup", "--to", str(tmp_path / "second")])
    with a_data_folder() as data:
        own = {**environment, "TERTULIA_DATA": str(data)}
        [refused, held] = await tertulia(own, ["restore", made[1].strip()], ["mail", "status"])
    assert (refused[0], f"row {number} of the audit log is not as it was written" in refused[2]) == (
        1,
        True,
    ), refused
    assert held[1].startswith("E-mails are held since")


async def test_a_backup_that_fails_leaves_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    nowhere = {**environment, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    none = {**environment, "TERTULIA_DATA": str(tmp_path / "new")}
    folder = tmp_path / "backups"
    file = tmp_path / "file"
    file.write_text("")
    for given, target, reason in (
        (nowhere, folder, "correct DATABASE_URL"),
        (none, folder, "no database to back up"),
        (environment, file / "backups", f"No backup can be written to {file / 'backups'}: "),
    ):
        [(status, said, complained)] = await tertulia(given, ["backup", "--to", str(target)])
        assert (status, said, complained.count("\n")) == (1, "", 1)
        assert reason in complained
    assert not folder.exists() or not list(folder.iterdir())
    assert not (tmp_path / "new").exists()


async def test_the_embedded_database_moves_to_another_server(
    cluster: Cluster, environment: dict[str, str], target: tuple[str, str]
) -> None:
    """Slow: a second database server is made, filled and moved."""
    url, owner = target
    with a_data_folder() as data:
        own = {**environment, "TERTULIA_DATA": str(data)}
        data.mkdir()
        anna = ["member", "add", "anna", "--email", "anna@mail.example", "--verified"]
        move = ["move", url, "--owner-url", owner]
        made, moved, again, wrong = await tertulia(own, anna, move, move, ["move", "mysql://x/y"])
        assert made[0] == 0, made[2]
        assert moved[0] == 0, moved[2]
        assert (again[0], "not empty" in again[2]) == (1, True)
        assert (wrong[0], "postgresql://" in wrong[2]) == (2, True)
        [shown, status] = await tertulia(
            {**own, "DATABASE_URL": url, "TERTULIA_OWNER_URL": owner},
            ["member", "show", "anna"],
            ["mail", "status"],
        )
        assert "email: anna@mail.example" in shown[1]
        assert status[1].startswith("No mail server is set: ")
        assert urlsplit(url).scheme == "postgresql"


async def test_a_running_service_is_not_moved(
    app: Service, db: Database, environment: dict[str, str], target: tuple[str, str]
) -> None:
    await a_person(app)
    [(status, _, complained)] = await tertulia(environment, ["move", target[1]])
    assert status == 1
    assert "Another tertulia" in complained
