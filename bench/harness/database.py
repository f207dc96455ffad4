"""A PostgreSQL of the benchmark's own, on the load's core, with the statement counters on; thrown away afterwards."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from bench.harness.processes import LOAD_CORE
from storage.embedded import postgres
from storage.embedded.process import find_postmaster

# Checkpoints are kept out of runs of a few seconds; all else is as the service sets it, fsync included.
_EXTRA = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_planning": "on",
    "checkpoint_timeout": "30min",
    "max_wal_size": "4GB",
}
_STATEMENTS = """
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(total_exec_time + total_plan_time), 0) AS ms
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
AND query NOT ILIKE ALL (ARRAY['%pg_stat_statements%', 'BEGIN%', 'COMMIT%', 'ROLLBACK%'])
"""


class Statements(Struct, frozen=True):
    """How many statements a database has run, and how long it planned and ran them, since the counters were reset."""

    calls: int
    ms: float


class Database(Struct, frozen=True):
    """One database of the server and its address."""

    url: str

    async def run(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement on a connection of its own."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def reset(self) -> None:
        """Start counting statements anew."""
        await self.run("SELECT pg_stat_statements_reset()")

    async def statements(self) -> Statements:
        """What was run in the database since the reset, borders of transactions not counted."""
        row = (await self.run(_STATEMENTS))[0]
        return Statements(row["calls"], row["ms"])


class Server(Struct, frozen=True):
    """A running server; `pid` is that of its first process."""

    cluster: postgres.Cluster
    pid: int

    @contextmanager
    def database(self, name: str) -> Iterator[Database]:
        """A database with the statement counters in it, for the length of a block."""
        made = Database(self.cluster.create_database(name))
        try:
            asyncio.run(made.run("CREATE EXTENSION pg_stat_statements"))
            yield made
        finally:
            self.cluster.drop_database(name)


@contextmanager
def server(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A fresh server for the length of a block; `settings` where it is not to be as the service sets it."""
    folder = Path(tempfile.mkdtemp(prefix="tertulia-bench-"))
    folder.chmod(0o711)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOAD_CORE})  # its processes inherit it
    try:
        with postgres.start(folder) as cluster:
            for name, value in _EXTRA.items():
                cluster.query(f"ALTER SYSTEM SET {name} = '{value}'")
        with postgres.start(folder, settings=settings) as cluster:
            os.sched_setaffinity(0, cores)
            found = find_postmaster(cluster.installation.data)
            if found is None:
                raise RuntimeError("PostgreSQL does not start")
            yield Server(cluster, found.process)
    finally:
        os.sched_setaffinity(0, cores)
        shutil.rmtree(folder.resolve(), ignore_errors=True)
