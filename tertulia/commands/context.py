"""The database of commands: the one in DATABASE_URL, that of a running service, or one that the command starts."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from core import clock
from members.accounts.skeletons import renew_skeletons
from storage import schema
from storage.connections import PATIENCE
from storage.database import Database, connect
from storage.embedded import postgres
from storage.schema import MigrationFailed
from tertulia.community import put_community, read_community
from tertulia.context import make_bus
from tertulia.doctor.setting_checks import find_file_fault
from tertulia.doctor.unsuitable import find_unsuitable
from tertulia.event_handlers import HANDLED_TAGS
from tertulia.logs import set_up_logs
from tertulia.settings import BadSettings, Settings, read_settings

Result = TypeVar("Result")


@contextmanager
def settings_with_database(data: Path | None = None) -> Iterator[Settings]:
    """Provide the settings, with the address of a running database."""
    settings = read_settings(os.environ, data=data)
    if fault := find_file_fault(settings):
        raise BadSettings(fault)
    set_up_logs(settings.log)
    with _running_database(settings) as found:
        yield found


def settings_with_existing_database(
    settings: Settings, is_alone: bool = False
) -> AbstractContextManager[Settings] | None:
    """Return a block that provides the settings with the address of the database; None if there is no database yet, for
    commands that must not make one. A command that must be alone raises CannotStart while a service runs."""
    folder = settings.data / "postgres"
    if settings.database_url or (folder.is_dir() and any(folder.resolve().glob("[0-9]*"))):
        set_up_logs(settings.log)
        return _running_database(settings, is_alone)
    return None


@contextmanager
def _running_database(settings: Settings, is_alone: bool = False) -> Iterator[Settings]:
    if settings.database_url:
        yield settings
        return
    if not is_alone and (running := postgres.find_urls(settings.data)):
        yield replace(settings, database_url=running[0], owner_url=running[1])
        return
    with postgres.start(settings.data) as cluster:
        yield replace(settings, database_url=cluster.url, owner_url=cluster.owner_url)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Provide a database whose events reach the web processes: immediately with Redis, otherwise within seconds.

    An empty database is migrated. One that a service of an older version may be using is not: raises MigrationFailed.
    """
    if fault := await find_unsuitable(settings):
        raise BadSettings(fault)
    before = await schema.read_revision(settings.owner_url or settings.database_url)
    if before is not None and before < schema.newest():
        raise MigrationFailed(
            f"The database is at {before}, and this version needs {schema.newest()}. Make a backup, stop the worker, "
            "and run `tertulia migrate`."
        )
    await schema.migrate(settings.database_url, settings.owner_url)
    bus = make_bus(settings)
    db = await connect(settings.database_url, bus, HANDLED_TAGS, size=4, site=settings.url, patience=PATIENCE)
    try:
        async with db.begin() as tx:
            await put_community(tx, read_community(settings.community), clock.now())
            await renew_skeletons(tx)
        yield db
    finally:
        await db.close()
        await bus.close()


def run_with_database(work: Callable[[Database], Awaitable[Result]], data: Path | None = None) -> Result:
    """Run a function with the database and return its result."""

    async def run(settings: Settings) -> Result:
        async with open_database(settings) as db:
            return await work(db)

    with settings_with_database(data) as settings:
        return asyncio.run(run(settings))
