"""The embedded server: PostgreSQL from its wheel, started and stopped with the service, its data kept."""

import ctypes
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from storage.embedded.install import MAJOR, CannotStart, Lodging, settle
from storage.embedded.process import end_leftover, find_postmaster, is_alive

DATABASE = "tertulia"
# Whose everything is, and who migrates; and as whom the service comes, who can change rows and little else.
OWNER = "postgres"
SERVICE = "tertulia"

_PORT = 5432
# The paths every system takes for a socket, and every client in an address.
_PLAIN = re.compile(rb"[A-Za-z0-9_./-]{1,85}")

# Nothing acknowledged is lost; the rest is for one machine that also runs the service.
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
    "--auth=trust",  # whoever can open the folder of the socket, which is the account and root
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


class AlreadyRunning(CannotStart):
    """Another process keeps this database running."""


class Cluster:
    """A server and the lock on its data folder, both held until `stop`."""

    def __init__(self, lodging: Lodging, log: Path, lock: int, settings: Mapping[str, str]) -> None:
        self.lodging = lodging
        self.settings = {**_SETTINGS, **settings}
        self.log = log
        self.notes = lodging.notes
        self.sockets = lodging.folder / "run"
        self._lock: int | None = lock
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the service's database, for asyncpg. Its role is there once the database was migrated."""
        return _url(self.sockets, DATABASE, SERVICE)

    @property
    def owner_url(self) -> str:
        """The same for its owner."""
        return _url(self.sockets, DATABASE, OWNER)

    @property
    def is_alive(self) -> bool:
        """Whether the server is still there."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Start the server, its data made first if there is none, and wait until it takes connections."""
        end_leftover(self.lodging.data)
        if not self.lodging.data.is_dir():
            _make_data(self.lodging)
        self._make_sockets()
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.before"))
        settings = {**self.settings, "unix_socket_directories": str(self.sockets)}
        command = [str(self.lodging.binaries / "postgres"), "-D", str(self.lodging.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.lodging.account.popen(),
            )
        self._server = server
        self._wait_until_ready(server)

    def heal(self) -> bool:
        """Start the server again if it has died; whether it had. Call it from the main thread."""
        if self.is_alive or self._lock is None:
            return False
        self.start()
        return True

    def stop(self) -> None:
        """End all sessions, write everything out, stop the server and let go of the data folder."""
        if self._server is not None:
            _end(self._server)
            self._server = None
        if self.sockets.parent != self.lodging.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make another database, empty or a copy of one that nobody is using; its address, for its owner."""
        self.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return _url(self.sockets, name, OWNER)

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is connected to it."""
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def query(self, sql: str) -> str:
        """What psql prints for a statement of the superuser's."""
        psql = [str(self.lodging.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
        psql += ["-U", "postgres", "-h", str(self.sockets), "-p", str(_PORT), "-c", sql]
        return _run(self.lodging, psql).strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def _make_sockets(self) -> None:
        """The folder of the socket: in the lodging, unless its path is too long or too odd for one."""
        if not _PLAIN.fullmatch(os.fsencode(self.sockets)):
            self.sockets = Path(tempfile.mkdtemp(prefix="tertulia-", dir="/tmp"))
        self.lodging.account.make_folder(self.sockets)

    def _wait_until_ready(self, server: subprocess.Popen[bytes], limit: float = 300) -> None:
        """Wait until it takes connections: long enough for the recovery after a power cut."""
        until = time.monotonic() + limit
        while server.poll() is None and time.monotonic() < until:
            found = find_postmaster(self.lodging.data)
            if found and found.process == server.pid and found.is_ready:
                return
            time.sleep(0.005)
        _end(server)
        last = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        raise CannotStart("The database did not start. Its log ends with:\n" + "\n".join(last))


def start(data: Path, user: str | None = None, settings: Mapping[str, str] | None = None) -> Cluster:
    """Start the database of a data folder; as `user` if root starts it, with other settings if given.

    Call it from the main thread: the server stops when the thread that started it is gone, so that nothing is
    left behind however this process ends.
    """
    data = data.absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(data)
    except OSError as error:
        raise CannotStart(f"{data} cannot be used as the data folder: {error.strerror}.") from error
    try:
        cluster = Cluster(settle(data, user), data / "postgres.log", lock, settings or {})
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
    """The addresses of the database that another process keeps running in this data folder, for the service and for the
    owner; or None."""
    try:
        found = find_postmaster(data.absolute() / "postgres" / str(MAJOR))
    except PermissionError:
        raise CannotStart(f"The database in {data} belongs to another account.") from None
    if found is None or not found.is_ready or not is_alive(found.process):
        return None
    return _url(found.sockets, DATABASE, SERVICE), _url(found.sockets, DATABASE, OWNER)


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """What a child process does before it starts its program: ask Linux for a signal as soon as its parent is gone."""
    if sys.platform != "linux":
        # Elsewhere a killed service leaves its server running; the next start stops it.
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(1, how)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _url(sockets: Path, database: str, user: str) -> str:
    where = {"host": str(sockets), "port": str(_PORT), "user": user}
    return f"postgresql:///{quote(database)}?{urlencode(where, safe='/', quote_via=quote)}"


def _take_lock(data: Path) -> int:
    """Hold the data folder while this process lives; its number is in the file for whoever comes second."""
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


def _make_data(lodging: Lodging) -> None:
    """Make a new cluster with the service's database in it; it gets its name when it is complete."""
    if others := [path.name for path in lodging.folder.iterdir() if path.name.isdigit()]:
        raise CannotStart(
            f"The data in {lodging.folder} was written by PostgreSQL {', '.join(others)}; this is {MAJOR}. "
            "Dump it with the version of the service that wrote it, and restore it here."
        )
    new = lodging.folder / "new"
    if new.exists():
        shutil.rmtree(new)
    lodging.account.make_folder(new)
    _run(lodging, [str(lodging.binaries / "initdb"), "-D", str(new), *_INITDB])
    single = [str(lodging.binaries / "postgres"), "--single", "-D", str(new), "postgres"]
    _run(lodging, single, f"CREATE DATABASE {DATABASE};\n")
    new.rename(lodging.data)


def _run(lodging: Lodging, command: list[str], told: str = "") -> str:
    ran: subprocess.CompletedProcess[str] = subprocess.run(
        command, input=told, capture_output=True, text=True, **lodging.account.popen()
    )
    if ran.returncode != 0:
        raise CannotStart(f"{Path(command[0]).name} failed: {(ran.stderr or ran.stdout).strip()}")
    return ran.stdout


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop it cleanly; at once if that takes too long; by force if that does."""
    for how, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        server.send_signal(how)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
