"""The schema: bringing a database to this version, and asking whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_MIGRATIONS = Path(__file__).parent / "migrations"

# Any number: it only has to be the same in every process that migrates.
_LOCK = 7_341_001


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The revision this code was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def migrate(url: str) -> tuple[str | None, str]:
    """Bring the database to this version; the revisions before and after. Processes that start together take turns."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})"))
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.commit()
    before = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    head = newest()
    if before != head:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
    connection.commit()
    return before, head
