"""The doctor: all checks in the order in which a fault explains the ones after it."""

import platform
from collections.abc import AsyncIterator
from importlib.metadata import version

from core.errors import Unavailable
from storage.database import connect
from storage.failures import DATABASE_ERRORS
from tertulia.doctor.database_checks import check_audit, check_database, check_schema
from tertulia.doctor.findings import Finding, ok, wrong
from tertulia.doctor.reach_checks import check_reach
from tertulia.doctor.setting_checks import check_settings
from tertulia.doctor.unsuitable import find_unsuitable
from tertulia.doctor.work_checks import check_counters, check_work
from tertulia.settings import Settings


async def examine(given: Settings, found: Settings | None, is_repairing: bool) -> AsyncIterator[Finding]:
    """Run all checks and yield their findings. `given` are the settings of the environment, `found` the same with the
    address of a running database, or None if there is no database yet."""
    yield ok("version", f"Tertulia {version('tertulia')}, Python {platform.python_version()}.")
    for finding in check_settings(given):
        yield finding
    async for finding in check_reach(given):
        yield finding
    if fault := await find_unsuitable(given):
        yield wrong("servers", fault, "Correct the address.")
    if found is None:
        do = "The first `tertulia serve` makes it; or set DATABASE_URL or TERTULIA_DATA."
        yield wrong("database", f"There is none in {given.data}.", do)
        return
    try:
        async for finding in _examine_database(given, found, is_repairing):
            yield finding
    except (Unavailable, *DATABASE_ERRORS) as error:
        reason = str(error.__cause__ or error) or type(error).__name__
        yield wrong("database", f"It does not answer: {reason}.", "Start it, or correct DATABASE_URL.")


async def _examine_database(given: Settings, found: Settings, is_repairing: bool) -> AsyncIterator[Finding]:
    schema = await check_schema(found.database_url)
    yield schema
    if schema.state == "wrong":
        return
    # Comparing all counts of a large community takes minutes.
    db = await connect(found.database_url, size=2, site=found.url, patience=3_600)
    try:
        async with db.read() as tx:
            async for finding in check_database(tx, given):
                yield finding
            async for finding in check_work(tx, given.data / "mail"):
                yield finding
            yield await check_audit(tx)
        async for finding in check_counters(db, is_repairing):
            yield finding
    finally:
        await db.close()
