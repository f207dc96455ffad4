"""Functions that delete, copy, restore and compare all rows of the database, and rows that are hard to copy."""

import asyncpg

from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

# Positions of channels continue from test to test, like ids, because the hub caches them. The audit log cannot be deleted.
_KEPT_TABLES = "('alembic_version', 'epochs', 'sectors', 'taxonomies', 'channels', 'audit', 'audit_head')"
_TABLES = f"""
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    AND relname NOT IN {_KEPT_TABLES}
"""
_DELETE = f"SELECT string_agg(format('DELETE FROM %I', relname), ';') FROM ({_TABLES}) t"
_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = format('public.%I', CAST($1 AS text))::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""

# One connection per database for the whole run: opening one for each test would take longer than the deletion.
_connections: dict[str, asyncpg.Connection] = {}


async def delete_all(owner_url: str) -> None:
    """Delete all rows except those that must stay, without running triggers or checking foreign keys."""
    await _run(owner_url, None)


async def copy_rows(owner_url: str) -> str:
    """Copy all rows to a schema that the service does not read; return the SQL that restores them."""
    owner = await asyncpg.connect(owner_url)
    await owner.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
    lines = []
    for (table,) in await owner.fetch(_TABLES):
        if await owner.fetchval(f'SELECT EXISTS (SELECT FROM public."{table}")'):
            columns = await owner.fetchval(_COLUMNS, table)
            await owner.execute(f'CREATE TABLE kept."{table}" AS SELECT {columns} FROM public."{table}"')
            into = f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE'
            lines.append(f'{into} SELECT {columns} FROM kept."{table}"')
    await owner.close()
    return ";".join(lines)


async def restore_rows(owner_url: str, kept: str) -> None:
    """Replace all rows by those that were copied."""
    await _run(owner_url, kept)


async def _run(owner_url: str, restore: str | None) -> None:
    owner = _connections.get(owner_url)
    if owner is None or owner.is_closed():
        owner = _connections[owner_url] = await asyncpg.connect(owner_url)
        await owner.execute("SET session_replication_role = replica")
    statements = ";".join(filter(None, (await owner.fetchval(_DELETE), restore)))
    try:
        await owner.execute(statements)
    except asyncpg.DeadlockDetectedError:
        # A page that was just closed had sent one more request, which has its rows in another order.
        await owner.execute(statements)


_ALL_TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# Independent of what the backup computes: every row as text, in the order of its text.
_HASH_OF_ROWS = (
    "SELECT count(*), md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\"), '')) FROM {} t"
)


async def hashes_of(url: str) -> dict[str, tuple[int, str]]:
    """Return the number of rows and a hash of every table."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        tables = [row[0] for row in await connection.fetch(_ALL_TABLES)]
        return {name: tuple(await connection.fetchrow(_HASH_OF_ROWS.format(name))) for name in tables}
    finally:
        await connection.close()


async def fill(app: Service) -> Person:
    """Write what text formats get wrong: tabs, backslashes, every script, line breaks, long texts and JSON."""
    anna = await a_person(app, "Anna", duties=[("administrator", None)])
    for body in (
        "a\tb\\n c\\.\n\\.\nd \\N",
        "日本語 العربية 🜚 e\u0301",
        "x" * 15_000,
        "> quoted\n\n`\\x41`",
        '{"a": "\\u0041"}',
    ):
        topic = await a_topic(anna, body=body)
        await a_reply(anna, topic["id"], body=body)
    await app.run_jobs()
    return anna
