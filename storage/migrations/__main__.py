"""Runs migrations on the database whose address is read from standard input; a second line names the last revision
to migrate to, for a restore."""

import asyncio
import sys
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

# Any number that is the same in every process that migrates.
_LOCK = 7_341_001
# Seconds between two attempts to get it.
_PAUSE = 0.2


async def migrate(url: str, revision: str = "head") -> None:
    """Run the missing migrations; processes that start at the same time wait for each other."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    # A statement that waits for the lock would be a transaction for which an index that is made concurrently waits.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
        connection.commit()
        time.sleep(_PAUSE)
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    connection.commit()


if __name__ == "__main__":
    asyncio.run(migrate(*sys.stdin.read().split()))
