"""Checks of PostgreSQL: version, durability, clock, connections, indexes, rights and the schema of the service."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

from asyncpg import Record

from storage import schema
from storage.audit import verify
from storage.database import Reader
from storage.statements import statement
from tertulia.doctor.findings import Finding, ok, warning, wrong
from tertulia.settings import Settings

OLDEST_MAJOR = 15
CLOCK_WARNING, CLOCK_WRONG = timedelta(seconds=2), timedelta(seconds=30)

SELECT_SERVER = statement("""
SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS version,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('data_checksums') AS data_checksums,
    current_setting('server_encoding') AS encoding, current_setting('max_connections')::int AS max_connections,
    current_setting('transaction_read_only') AS is_read_only,
    pg_size_pretty(pg_database_size(current_database())) AS size,
    has_table_privilege('audit', 'UPDATE') AS can_change_audit
""")
SELECT_CLOCK = statement("SELECT clock_timestamp()")
SELECT_BROKEN_INDEXES = statement("""
SELECT coalesce(string_agg(c.relname, ', ' ORDER BY c.relname), '') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relnamespace = CAST('public' AS regnamespace)
""")
SELECT_COLLATION_CHANGED = statement("""
SELECT datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) FROM pg_database
WHERE datname = current_database()
""")


async def check_database(tx: Reader, settings: Settings) -> AsyncIterator[Finding]:
    """Check a database whose schema is the one of this version."""
    server = await tx.row(SELECT_SERVER)
    assert server is not None
    kind = "external" if settings.database_url else "embedded"
    if server["major"] < OLDEST_MAJOR:
        do = "Move to a newer one with `tertulia backup` and `tertulia restore`."
        yield wrong("PostgreSQL", f"{server['version']} is older than {OLDEST_MAJOR}.", do)
    else:
        yield ok("PostgreSQL", f"{server['version']}, {kind}, {server['size']}.")
    for finding in _check_durability(server):
        yield finding
    if server["encoding"] != "UTF8":
        yield wrong("encoding", f"It is {server['encoding']}.", "Restore a backup into a database with UTF8.")
    if server["is_read_only"] == "on":
        yield wrong("writing", "The database is read-only.", "Connect to the primary server.")
    yield _check_connections(settings, server["max_connections"])
    if server["can_change_audit"]:
        do = "Set TERTULIA_OWNER_URL for `tertulia migrate` and connect as another role."
        yield warning("rights", "The service could change the audit log: it connects as the owner.", do)
    yield await _check_clock(tx)
    if indexes := await tx.value(SELECT_BROKEN_INDEXES):
        yield wrong("indexes", f"Not usable: {indexes}.", "REINDEX INDEX CONCURRENTLY each of them.")
    if await tx.value(SELECT_COLLATION_CHANGED):
        do = "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION."
        yield wrong("sorting", "The order of letters of the system has changed under the indexes.", do)


def _check_durability(server: Record) -> Iterator[Finding]:
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if server[name] == "off"]
    for name in off:
        do = "Switch it on in postgresql.conf and reload the server."
        yield wrong("durability", f"{name} is off: a power failure loses what was confirmed.", do)
    if server["data_checksums"] == "off":
        do = "Stop the server and run pg_checksums --enable."
        yield warning("checksums", "Damage on the disk is not noticed: data_checksums is off.", do)
    if not off:
        yield ok("durability", "What was confirmed survives a power failure.")


def _check_connections(settings: Settings, allowed: int) -> Finding:
    wanted = settings.pool * settings.workers
    if wanted > allowed - 5:
        do = "Raise max_connections or lower TERTULIA_POOL."
        return warning("connections", f"The processes may open {wanted}, the server allows {allowed}.", do)
    return ok("connections", f"{wanted} of {allowed} for the web processes of these settings.")


async def _check_clock(tx: Reader) -> Finding:
    before = datetime.now(UTC)
    theirs: datetime = await tx.value(SELECT_CLOCK)
    return judge_clock(theirs - before - (datetime.now(UTC) - before) / 2)


def judge_clock(difference: timedelta) -> Finding:
    """Return the finding for a database whose clock is so much ahead of this machine's."""
    where = "ahead of" if difference > timedelta() else "behind"
    text = f"The database is {abs(difference).total_seconds():.1f} s {where} this machine."
    do = "Synchronize both clocks (chrony, systemd-timesyncd)."
    if abs(difference) > CLOCK_WRONG:
        return wrong("clock", text, do)
    return warning("clock", text, do) if abs(difference) > CLOCK_WARNING else ok("clock", text)


async def check_schema(url: str) -> Finding:
    """Check that the schema is the one of this version."""
    revision = await schema.read_revision(url)
    if revision is None:
        return wrong("schema", "The database is empty.", "Run `tertulia migrate`, or restore a backup.")
    if revision < schema.newest():
        text = f"The database is at {revision}, this version needs {schema.newest()}."
        return wrong("schema", text, "Make a backup, stop the worker, run `tertulia migrate`.")
    if revision > schema.newest():
        text = f"The database is at {revision}, newer than this version, which knows {schema.newest()}."
        return warning("schema", text, "Finish the upgrade of all processes.")
    return ok("schema", f"{revision}, the one of this version.")


async def check_audit(tx: Reader) -> Finding:
    """Compute the audit log again."""
    chain = await verify(tx)
    if chain.broken is not None:
        do = "Find out who can write to the database; compare with a backup."
        return wrong("audit log", f"Row {chain.broken} is not as it was written: {chain.why}.", do)
    return ok(
        "audit log", f"All {chain.length} rows are as they were written. Head: {chain.length}:{chain.head}"
    )
