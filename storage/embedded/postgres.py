"""Starting and stopping the embedded PostgreSQL server together with the service; its data stays."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from storage.embedded.install import MAJOR, CannotStart, Installation, prepare_installation
from storage.embedded.process import die_with_parent, find_postmaster, is_alive, stop_leftover_server

DATABASE = "tertulia"
# The role that owns everything and migrates, and the role of the service, which can do little else than change rows.
OWNER = "postgres"
SERVICE = "tertulia"

_PORT = 5432
# Paths that every system accepts for a socket, and every client in an address.
_SAFE_PATH = re.compile(rb"[A-Za-z0-9_./-]{1,85}")

# No committed transaction is lost; the other settings suit a machine that also runs the service.
_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_duration_statement": "1s",
}
_INITDB = (
    "--username=postgres",
    "--auth=trust",  # only the account and root can open the folder of the socket
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


class AlreadyRunning(CannotStart):
    """Another process is running this database."""


class Cluster:
    """A server and the lock on its data folder, both until `stop`."""

    def __init__(self, installation: Installation, log: Path, lock: int, settings: Mapping[str, str]) -> None:
        self.installation = installation
        self.settings = {**_SETTINGS, **settings}
        self.log = log
        self.notes = installation.notes
        self.sockets = installation.folder / "run"
        self._lock: int | None = lock
        # Only one thread at a time starts or stops the server.
        self._turn = threading.Lock()
        self._is_stopping = False
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database for the role of the service, which exists after the first migration."""
        return _url(self.sockets, DATABASE, SERVICE)

    @property
    def owner_url(self) -> str:
        """The address of the database for its owner."""
        return _url(self.sockets, DATABASE, OWNER)

    @property
    def is_alive(self) -> bool:
        """Whether the server process is running."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Start the server, with new data if there is none, and wait until it accepts connections; raise CannotStart."""
        stop_leftover_server(self.installation.data)
        if not self.installation.data.is_dir():
            _make_data(self.installation)
        self._make_sockets()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.before"))
        settings = {**self.settings, "unix_socket_directories": str(self.sockets)}
        command = [str(self.installation.binaries / "postgres"), "-D", str(self.installation.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.installation.account.popen(),
            )
        self._server = server
        self._wait_until_ready(server)

    def restart_if_dead(self) -> bool:
        """Start the server again if it has died, and return whether it had; raise CannotStart.

        This can take minutes. The thread that calls it has to live as long as this process: the server stops when the
        thread that started it has ended.
        """
        with self._turn:
            if self.is_alive or self._lock is None:
                return False
            self.start()
            return True

    def stop(self) -> None:
        """Disconnect all clients, stop the server cleanly, and release the data folder; end a start that is under way."""
        self._is_stopping = True
        with self._turn:
            if self._server is not None:
                _stop(self._server)
                self._server = None
            if self.sockets.parent != self.installation.folder:
                shutil.rmtree(self.sockets, ignore_errors=True)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def create_database(self, name: str, template: str = "template1") -> str:
        """Create another database, empty or a copy of one that nobody uses; return its address for the owner."""
        self._run_psql('CREATE DATABASE :"name" TEMPLATE :"template"', name=name, template=template)
        return _url(self.sockets, name, OWNER)

    def drop_database(self, name: str) -> None:
        """Drop a database and disconnect its clients."""
        self._run_psql('DROP DATABASE IF EXISTS :"name" WITH (FORCE)', name=name)

    def query(self, sql: str) -> str:
        """Run a statement as superuser with psql and return what psql prints."""
        return self._run_psql(sql)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def _run_psql(self, sql: str, **variables: str) -> str:
        """Run SQL with psql, which puts quoted variables in the place of `:"name"`; raise CannotStart if it fails."""
        psql = [str(self.installation.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
        psql += ["-U", "postgres", "-h", str(self.sockets), "-p", str(_PORT)]
        psql += [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        return _run(self.installation, psql, sql).strip()

    def _make_sockets(self) -> None:
        """Make the folder of the socket: in the installation, or in /tmp if that path cannot be used for a socket."""
        if not _SAFE_PATH.fullmatch(os.fsencode(self.sockets)):
            self.sockets = Path(tempfile.mkdtemp(prefix="tertulia-", dir="/tmp"))
        self.installation.account.make_folder(self.sockets)

    def _wait_until_ready(self, server: subprocess.Popen[bytes], limit: float = 300) -> None:
        """Wait until the server accepts connections; the limit allows for recovery after a power failure."""
        until = time.monotonic() + limit
        while server.poll() is None and time.monotonic() < until and not self._is_stopping:
            found = find_postmaster(self.installation.data)
            if found and found.process == server.pid and found.is_ready:
                return
            time.sleep(0.005)
        _stop(server)
        last = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        raise CannotStart("The database did not start. Its log ends with:\n" + "\n".join(last))


def start(data: Path, user: str | None = None, settings: Mapping[str, str] | None = None) -> Cluster:
    """Start the database of a data folder, with other settings of PostgreSQL if given; raise CannotStart.

    If root starts it, `user` is the account that runs it. Call this from the main thread: the server stops when the thread
    that started it has ended, so that it never outlives this process.
    """
    data = data.absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(data)
    except OSError as error:
        raise CannotStart(f"{data} cannot be used as the data folder: {error.strerror}.") from error
    try:
        cluster = Cluster(prepare_installation(data, user), data / "postgres.log", lock, settings or {})
    except BaseException:
        os.close(lock)
        raise
    try:
        cluster.start()
    except BaseException:
        cluster.stop()
        raise
    return cluster


def find_urls(data: Path) -> tuple[str, str] | None:
    """Return the addresses, for the service and for the owner, of the database that another process is running in
    this data folder; None if there is none."""
    try:
        found = find_postmaster(data.absolute() / "postgres" / str(MAJOR))
    except PermissionError:
        raise CannotStart(f"The database in {data} belongs to another account.") from None
    if found is None or not found.is_ready or not is_alive(found.process):
        return None
    return _url(found.sockets, DATABASE, SERVICE), _url(found.sockets, DATABASE, OWNER)


def _url(sockets: Path, database: str, user: str) -> str:
    where = {"host": str(sockets), "port": str(_PORT), "user": user}
    return f"postgresql:///{quote(database)}?{urlencode(where, safe='/', quote_via=quote)}"


def _take_lock(data: Path) -> int:
    """Lock the data folder for the life of this process, and write its id into the file for the message of a second
    process."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise AlreadyRunning(
            f"Another tertulia (process {holder}) runs on {data}: stop it, or choose another data folder."
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _make_data(installation: Installation) -> None:
    """Make the data of a new cluster with the database of the service; the folder gets its name when it is complete."""
    if others := [path.name for path in installation.folder.iterdir() if path.name.isdigit()]:
        raise CannotStart(
            f"The data in {installation.folder} was written by PostgreSQL {', '.join(others)}; this is {MAJOR}. "
            "Dump it with the version of the service that wrote it, and restore it here."
        )
    new = installation.folder / "new"
    if new.exists():
        shutil.rmtree(new)
    installation.account.make_folder(new)
    _run(installation, [str(installation.binaries / "initdb"), "-D", str(new), *_INITDB])
    single = [str(installation.binaries / "postgres"), "--single", "-D", str(new), "postgres"]
    _run(installation, single, "CREATE DATABASE tertulia;\n")
    new.rename(installation.data)


def _run(installation: Installation, command: list[str], stdin: str = "") -> str:
    result: subprocess.CompletedProcess[str] = subprocess.run(
        command, input=stdin, capture_output=True, text=True, **installation.account.popen()
    )
    if result.returncode != 0:
        raise CannotStart(f"{Path(command[0]).name} failed: {(result.stderr or result.stdout).strip()}")
    return result.stdout


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server cleanly, then immediately, then by force, each if the step before takes too long."""
    for how, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        server.send_signal(how)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
