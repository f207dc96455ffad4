"""The schema: whether a database is at this version, and bringing it there.

The library that migrates takes longer to import than everything else a start does, and a start rarely migrates: so asking
is done here, and migrating by a process of its own (`python -m storage.migrations`).
"""

import asyncio
import sys
from pathlib import Path

import asyncpg

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


class MigrationFailed(Exception):
    """The database could not be brought to this version; the message ends with what the migration said."""


def newest() -> str:
    """The revision this code was written for: the number of the latest migration."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py"))


async def migrate(url: str) -> tuple[str | None, str]:
    """Bring the database to this version; the revisions before and after. A newer database is left as it is."""
    before = await _read_revision(url)
    if before is None or before < newest():
        await _run_migrations(url)
    return before, await _read_revision(url) or ""


async def _read_revision(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


async def _run_migrations(url: str) -> None:
    # The address goes by the standard input: it may hold a password, and arguments can be seen by everybody.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "storage.migrations",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate(url.encode())
    if process.returncode:
        raise MigrationFailed(
            "The database could not be migrated.\n" + told.decode(errors="replace")[-2_000:]
        )
