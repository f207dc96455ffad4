"""The schema version of a database: reading it, migrating it, and granting rights to the role of the service.

Alembic takes longer to import than everything else at a start, and a start rarely migrates. So the version is read
here, and migrations run in a process of their own (`python -m storage.migrations`).
"""

import asyncio
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

# Everything the service needs: it can change rows, but not those of the audit log, and let whole months of events go.
# PostgreSQL's format() puts the quoted name of the role in the place of %I.
_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO %I",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I",
    "REVOKE INSERT, UPDATE, DELETE ON audit_head, alembic_version FROM %I",
    "REVOKE UPDATE, DELETE ON audit FROM %I",
    "GRANT EXECUTE ON FUNCTION make_log_months(timestamptz), drop_log_month(timestamptz) TO %I",
)
_CREATE_ROLE = "CREATE ROLE %I LOGIN"
_CREATE_ROLE_WITH_PASSWORD = "CREATE ROLE %I LOGIN PASSWORD %L"
SELECT_FORMATTED = "SELECT format($1, VARIADIC $2::text[])"
SELECT_ROLE_EXISTS = "SELECT to_regrole(quote_ident($1)) IS NOT NULL"
SELECT_HAS_RIGHTS = """
SELECT to_regrole(quote_ident($1::text)) IS NOT NULL AND has_table_privilege($1::text::name, 'audit', 'INSERT')
"""
SELECT_ROLE_WITHOUT_RIGHTS = """
SELECT current_user::text WHERE NOT has_schema_privilege(to_regnamespace('public'), 'CREATE')
"""
# Any number that is the same in every process that grants these rights.
_LOCK = 7_341_002


class MigrationFailed(Exception):
    """The database could not be migrated, or a newer version has migrated it; the message says why."""


def newest() -> str:
    """Return the revision that this code needs: the number of the latest migration."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py"))


async def migrate(url: str, owner: str = "") -> tuple[str | None, str]:
    """Migrate the database if it is older than this code, and return its revision before and after.

    With the `owner` address, the owner runs the migrations; the role in `url` is created if it does not exist, and
    gets the rights that the service needs and no more. Raise MigrationFailed.
    """
    before = await read_revision(owner or url)
    ensure_known(before)
    is_old = before is None or before < newest()
    if is_old:
        await _run_migrations(owner or url)
    if owner and owner != url:
        await _grant_rights(owner, url, is_old)
    return before, await read_revision(owner or url) or ""


def ensure_known(revision: str | None) -> None:
    """Raise MigrationFailed if a newer version of the service has migrated the database: this code does not know it."""
    if revision is not None and revision > newest():
        raise MigrationFailed(
            f"The database is at {revision}, newer than this version of the service, which knows {newest()}. "
            "Start the newer version, or restore a backup that this version made."
        )


async def _grant_rights(owner: str, url: str, has_changed: bool) -> None:
    role, password = _role_of(url)
    connection = await asyncpg.connect(owner)
    try:
        if not has_changed and await connection.fetchval(SELECT_HAS_RIGHTS, role):
            return
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if not await connection.fetchval(SELECT_ROLE_EXISTS, role):
                create = _CREATE_ROLE_WITH_PASSWORD if password else _CREATE_ROLE
                names = [role, password] if password else [role]
                await connection.execute(await connection.fetchval(SELECT_FORMATTED, create, names))
            for right in _RIGHTS:
                await connection.execute(await connection.fetchval(SELECT_FORMATTED, right, [role]))
    finally:
        await connection.close()


def _role_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    role = unquote(parts.username or "") or parse_qs(parts.query).get("user", [""])[0]
    if not role:
        raise MigrationFailed("DATABASE_URL does not name the role of the service.")
    return role, unquote(parts.password or "")


async def read_revision(url: str) -> str | None:
    """Return the revision of a database, or None if it is empty."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


async def migrate_to(url: str, revision: str) -> None:
    """Migrate a database to a revision that this code knows, with the address of its owner; raise MigrationFailed."""
    if await read_revision(url) != revision:
        await _run_migrations(url, revision)


async def _ensure_may_migrate(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        role = await connection.fetchval(SELECT_ROLE_WITHOUT_RIGHTS)
    finally:
        await connection.close()
    if role is not None:
        raise MigrationFailed(
            f"The role {role} may not create tables in this database, so it cannot be migrated. Set TERTULIA_OWNER_URL to "
            "the address with which its owner connects."
        )


async def _run_migrations(url: str, revision: str = "head") -> None:
    await _ensure_may_migrate(url)
    # The address is sent by standard input: it may contain a password, and every user can see arguments.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "storage.migrations",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(f"{url}\n{revision}".encode())
    if process.returncode:
        raise MigrationFailed(
            "The database could not be migrated.\n" + output.decode(errors="replace")[-2_000:]
        )
