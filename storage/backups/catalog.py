"""The tables, columns and sequences of a database, and how its rows are written as text."""

from typing import Any

# `alembic_version` is written by the migrations that a restore runs. The rows of partitions are those of their table.
_SELECT_TABLES = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname <> 'alembic_version'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.relname ORDER BY c.relname
"""
_SELECT_SEQUENCES = (
    "SELECT sequencename::text AS name, last_value FROM pg_sequences WHERE schemaname = 'public'"
)
# How values are written and read, whatever the settings of the server and the role. A statement may take as long as it
# needs.
_SESSION = """
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = 1; SET bytea_output = 'hex';
SET timezone = 'UTC'; SET search_path = public; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8'
"""


async def prepare(connection: Any) -> None:
    """Set how this connection writes and reads rows as text."""
    await connection.execute(_SESSION)


async def read_tables(connection: Any) -> dict[str, list[str]]:
    """Return the stored columns of each table."""
    return {row["name"]: list(row["columns"]) for row in await connection.fetch(_SELECT_TABLES)}


async def read_sequences(connection: Any) -> dict[str, int | None]:
    """Return the last value of each sequence, or None if it has given none."""
    return {row["name"]: row["last_value"] for row in await connection.fetch(_SELECT_SEQUENCES)}


def quoted(name: str) -> str:
    """Return a name of the catalog as an identifier."""
    return '"' + name.replace('"', '""') + '"'
