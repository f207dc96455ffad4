"""The database of commands: the one in DATABASE_URL, that of a running service, or one that the command starts."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from core import clock
from members.accounts.skeletons import renew_skeletons
from storage import schema
from storage.connections import PATIENCE
from storage.database import Database, connect
from storage.embedded import postgres
from tertulia.community import put_community, read_community
from tertulia.context import make_bus
from tertulia.event_handlers import HANDLED_TAGS
from tertulia.logs import set_up_logs
from tertulia.settings import Settings, read_settings

Result = TypeVar("Result")


@contextmanager
def settings_with_database(data: Path | None = None) -> Iterator[Settings]:
    """Provide the settings, with the address of a running database."""
    settings = read_settings(os.environ, data=data)
    set_up_logs(settings.log)
    if settings.database_url:
        yield settings
        return
    if running := postgres.find_urls(settings.data):
        yield replace(settings, database_url=running[0], owner_url=running[1])
        return
    with postgres.start(settings.data) as cluster:
        yield replace(settings, database_url=cluster.url, owner_url=cluster.owner_url)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Provide a migrated database whose events reach the web processes: immediately with Redis, otherwise within
    seconds."""
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
