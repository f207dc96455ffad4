"""What is put under test: PostgreSQL, Redis, and two web processes that reach both through proxies of their own."""

import asyncio
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg

from bench.faults.proxy import Proxy, Streams
from bench.harness.database import Database, Server, server
from bench.harness.processes import LOAD_CORE, SERVER_CORE, tool
from bench.harness.redis_server import Redis
from bench.harness.service import Web
from storage.embedded.install import CannotStart

NAME = "faults"
# Few connections, so that they can run out; the service takes at most ten for each process.
MAX_CONNECTIONS = 50
# The data folder is a file system of its own, so that it can be full.
DISK_MIB = 1_500
# The web process whose clock can be shifted.
CLOCK_PLACE = 1


class Machine:
    """The parts, each of which can be broken and mended."""

    def __init__(self, postgres: Server, database: Database, redis: Redis, disk: Path | None) -> None:
        self.postgres = postgres
        self.database = database
        self.redis = redis
        self.disk = disk
        self.clock = Path(tempfile.mkdtemp(prefix="tertulia-clock-")) / "shift"
        self.webs: list[Web] = []
        self.to_database: list[Proxy] = []
        self.to_redis: list[Proxy] = []
        # PostgreSQL stops when the thread that started it has ended, so this thread lives as long as the run.
        self._thread = ThreadPoolExecutor(1)

    @property
    def ports(self) -> list[int]:
        """The ports of the web processes."""
        return [web.port for web in self.webs]

    async def start(self, other: Path | None, *, shifts_clock: bool) -> None:
        """Start the web processes; `other` is a checkout of another version for the first one, which so finds no schema,
        makes its own, and works on while the second one migrates it."""
        for place, core in enumerate((SERVER_CORE, LOAD_CORE)):
            to_database, to_redis = Proxy(self._dial_database), Proxy(self._dial_redis)
            await to_database.start()
            await to_redis.start()
            settings = {"REDIS_URL": f"redis://127.0.0.1:{to_redis.port}/0"}
            if other is not None and place == 0:
                settings |= _settings_of(other)
            if shifts_clock and place == CLOCK_PLACE:
                settings |= self._clock_settings()
            address = Database(f"postgresql://postgres@127.0.0.1:{to_database.port}/{NAME}")
            self.to_database.append(to_database)
            self.to_redis.append(to_redis)
            self.webs.append(await asyncio.to_thread(Web, address, settings, core))

    async def start_again(self, place: int) -> None:
        """Start a web process that has ended."""
        await asyncio.to_thread(self.webs[place].bring_back)

    async def restart_database(self) -> None:
        """Start PostgreSQL again as soon as it has ended, and again if it cannot start yet, as a supervisor does."""
        loop = asyncio.get_running_loop()
        for _ in range(500):
            # Processes of the one that was killed can still hold its memory.
            with suppress(CannotStart):
                if await loop.run_in_executor(self._thread, self.postgres.cluster.restart_if_dead):
                    return
            await asyncio.sleep(0.05)
        raise RuntimeError("PostgreSQL does not end or does not start")

    def signal_database(self, number: signal.Signals, *, everybody: bool = False) -> None:
        """Send a signal to PostgreSQL's first process, or to all of its processes."""
        first = self.database_pid
        pids = [first]
        if everybody:
            pids += map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    @property
    def database_pid(self) -> int:
        """The process id of PostgreSQL's first process."""
        return int((self.postgres.cluster.installation.data / "postmaster.pid").read_text().split("\n", 1)[0])

    async def connect(self) -> asyncpg.Connection:
        """Return a connection past the proxies."""
        return await asyncpg.connect(self.database.url)

    def stop(self) -> None:
        """End all that was started, except PostgreSQL."""
        for web in self.webs:
            with suppress(ProcessLookupError):
                os.kill(web.pid, signal.SIGCONT)
            web.stop()
        for proxy in (*self.to_database, *self.to_redis):
            proxy.close()
        self.redis.kill()
        shutil.rmtree(self.clock.parent, ignore_errors=True)

    def shift_clock(self, seconds: int) -> None:
        """Set the clock of one web process forth or back by so many seconds, from what it is on this machine."""
        with self.clock.open("r+b") as file:
            file.write(struct.pack("q", seconds))

    def _clock_settings(self) -> dict[str, str]:
        self.clock.write_bytes(struct.pack("q", 0))
        return {"LD_PRELOAD": str(tool("faults/clock.c")), "CLOCK_SHIFT": str(self.clock)}

    async def _dial_database(self) -> Streams:
        return await asyncio.open_unix_connection(str(self.postgres.cluster.sockets / ".s.PGSQL.5432"))

    async def _dial_redis(self) -> Streams:
        return await asyncio.open_connection("127.0.0.1", self.redis.port)


def _settings_of(checkout: Path) -> dict[str, str]:
    """The settings with which `python -m tertulia` runs the code of a checkout; exit if it would run other code."""
    settings = {
        "PYTHONPATH": str(checkout.resolve()),
        "PYTHONSAFEPATH": "1",
    }  # not that of the current folder
    where = [sys.executable, "-c", "import tertulia; print(tertulia.__path__[0])"]
    found = subprocess.run(where, env=os.environ | settings, capture_output=True, text=True).stdout.strip()
    if Path(found).parent != checkout.resolve():
        sys.exit(f"{checkout} has no Tertulia: {found or 'nothing'} was found.")
    return settings


def newest_migration(checkout: Path) -> str:
    """The name of the newest migration of a checkout."""
    return max(path.name for path in checkout.glob("storage/migrations/versions/[0-9]*.py"))


@contextmanager
def disk() -> Iterator[Path | None]:
    """A file system of limited size for the database; None where this account cannot mount one."""
    folder = Path(tempfile.mkdtemp(prefix="tertulia-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0755", "tmpfs", str(folder)]
    is_mounted = sys.platform == "linux" and subprocess.run(mount, capture_output=True).returncode == 0
    before = tempfile.tempdir
    try:
        if is_mounted:
            tempfile.tempdir = str(folder)
        yield folder if is_mounted else None
    finally:
        tempfile.tempdir = before
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=False)
        folder.rmdir()


@asynccontextmanager
async def machine(other: Path | None, *, shifts_clock: bool) -> AsyncIterator[Machine]:
    """The machine for the length of a block."""
    with disk() as folder, server({"max_connections": str(MAX_CONNECTIONS)}) as postgres:
        if folder is not None:
            tempfile.tempdir = None
        cluster = postgres.cluster
        cluster.create_database(NAME)
        redis = Redis()
        made = Machine(
            postgres, Database(cluster.owner_url.replace("/tertulia?", f"/{NAME}?")), redis, folder
        )
        try:
            await made.start(other, shifts_clock=shifts_clock)
            yield made
        finally:
            await asyncio.to_thread(made.stop)
