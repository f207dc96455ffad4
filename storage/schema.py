"""The schema: whether a database is at this version, and bringing it there.

The library that migrates takes longer to import than everything else a start does, and a start rarely migrates: so asking
is done here, and migrating by a process of its own (`python -m storage.migrations`).
"""

import asyncio
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

# All that the service does: it writes rows, and of the audit it cannot change any.
_RIGHTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE INSERT, UPDATE, DELETE ON audit_head, alembic_version FROM {role}",
    "REVOKE UPDATE, DELETE ON audit FROM {role}",
)
# Any number: it only has to be the same in every process that gives these rights.
_LOCK = 7_341_002


class MigrationFailed(Exception):
    """The database could not be brought to this version; the message ends with what the migration said."""


def newest() -> str:
    """The revision this code was written for: the number of the latest migration."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py"))


async def migrate(url: str, owner: str = "") -> tuple[str | None, str]:
    """Bring the database to this version; the revisions before and after. A newer database is left as it is.

    With an owner's address it is the owner who migrates, and the role of the first one is made, if there is none, and
    given what the service needs and no more.
    """
    before = await _read_revision(owner or url)
    is_old = before is None or before < newest()
    if is_old:
        await _run_migrations(owner or url)
    if owner and owner != url:
        await _admit(owner, url, is_old)
    return before, await _read_revision(owner or url) or ""


async def _admit(owner: str, url: str, has_changed: bool) -> None:
    role, password = _role_of(url)
    connection = await asyncpg.connect(owner)
    try:
        known = "SELECT to_regrole($1) IS NOT NULL AND has_table_privilege($1, 'audit', 'INSERT')"
        name = await connection.fetchval("SELECT quote_ident($1)", role)
        if not has_changed and await connection.fetchval(known, name):
            return
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            if await connection.fetchval("SELECT to_regrole($1) IS NULL", name):
                secret = await connection.fetchval("SELECT quote_literal($1)", password)
                await connection.execute(
                    f"CREATE ROLE {name} LOGIN" + (f" PASSWORD {secret}" if password else "")
                )
            for right in _RIGHTS:
                await connection.execute(right.format(role=name))
    finally:
        await connection.close()


def _role_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    role = unquote(parts.username or "") or parse_qs(parts.query).get("user", [""])[0]
    if not role:
        raise MigrationFailed("DATABASE_URL does not say as whom the service comes to the database.")
    return role, unquote(parts.password or "")


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
