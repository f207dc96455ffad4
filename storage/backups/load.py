"""Restoring a backup into an empty database: its schema, its rows, and newer migrations, checked before anything counts."""

import hashlib
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import asyncpg
import msgspec

from storage import schema
from storage.backups import catalog
from storage.backups.shapes import (
    CHECKS,
    FORMAT,
    MANIFEST,
    TABLES,
    BackupFailed,
    Checks,
    Manifest,
    TableCheck,
)

# The most that a file of the archive is read into memory; a row may have a file of 10 MB, as 20 MB of text.
_LARGEST_FILE = 1 << 30

_SELECT_FOREIGN_KEYS = """
SELECT quote_ident(c.relname) AS table_name, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.connamespace = CAST('public' AS regnamespace) ORDER BY k.oid
"""
_SELECT_IS_USED = (
    "SELECT EXISTS (SELECT FROM members) OR EXISTS (SELECT FROM log) OR EXISTS (SELECT FROM audit)"
)
_SELECT_HAS_TABLES = """
SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace) AND relkind IN ('r', 'p'))
"""
# Else the events of the backup would go where those without a month are.
_SELECT_HAS_MONTHS = "SELECT to_regclass('log_months') IS NOT NULL"
_MAKE_MONTHS = """
SELECT sum(make_log_months(CAST($1 AS timestamptz) - n * interval '3 months')) FROM generate_series(0, 1) AS n
"""
_SET_SEQUENCE = "SELECT setval(CAST($1 AS regclass), $2, $3)"


class Loaded(msgspec.Struct, frozen=True):
    """A restored backup."""

    manifest: Manifest
    checks: Checks


async def load(url: str, source: BinaryIO, skipped_ids: int = 0) -> Loaded:
    """Restore a backup from a stream into an empty database, with the address of its owner; raise BackupFailed.

    Rows are loaded in one transaction: if anything is missing, changed or contradictory, none is kept. Every sequence
    continues `skipped_ids` after the last id of the backup, so that ids which were given after it are not given again.
    """
    before = await _ensure_unused(url)
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as archive:
            files = _read_files(archive)
            manifest = _read_manifest(files)
            if before is not None and before > manifest.revision:
                raise BackupFailed(
                    f"The database is at {before} and the backup at {manifest.revision}: restore into a new database."
                )
            await schema.migrate_to(url, manifest.revision)
            checks = await _load_rows(url, manifest, files, skipped_ids)
    except (tarfile.TarError, EOFError, OSError, msgspec.MsgspecError) as error:
        raise BackupFailed(f"This is not a complete backup: {error}.") from error
    return Loaded(manifest, checks)


async def _ensure_unused(url: str) -> str | None:
    """Raise BackupFailed if anybody has used the database; return its revision, if it has one."""
    before = await schema.read_revision(url)
    connection = await asyncpg.connect(url)
    try:
        is_used = before is not None and await connection.fetchval(_SELECT_IS_USED)
        is_shared = before is None and await connection.fetchval(_SELECT_HAS_TABLES)
    finally:
        await connection.close()
    if is_used or is_shared:
        raise BackupFailed("The database is not empty: restore into a new database or another data folder.")
    return before


def _read_files(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        if not member.isfile() or member.size > _LARGEST_FILE:
            raise BackupFailed(f"This is not a backup: it contains {member.name}.")
        content = archive.extractfile(member)
        assert content is not None
        yield member.name, content.read()


def _read_manifest(files: Iterator[tuple[str, bytes]]) -> Manifest:
    name, content = next(files, ("", b""))
    if name != MANIFEST:
        raise BackupFailed("This is not a backup: it does not begin with a manifest.")
    manifest = msgspec.json.decode(content, type=Manifest)
    if manifest.format != FORMAT or manifest.revision > schema.newest():
        raise BackupFailed(
            f"The backup was made by version {manifest.version} (schema {manifest.revision}), which is newer than this one: "
            "install that version."
        )
    return manifest


async def _load_rows(
    url: str, manifest: Manifest, files: Iterator[tuple[str, bytes]], skipped_ids: int
) -> Checks:
    connection = await asyncpg.connect(url)
    try:
        await catalog.prepare(connection)
        tables = await catalog.read_tables(connection)
        if tables != manifest.tables:
            differing = sorted(
                name for name in {*tables, *manifest.tables} if tables.get(name) != manifest.tables.get(name)
            )
            raise BackupFailed(
                f"The backup does not fit its schema {manifest.revision}: {', '.join(differing)}."
            )
        async with connection.transaction():
            if await connection.fetchval(_SELECT_HAS_MONTHS):
                await connection.fetchval(_MAKE_MONTHS, manifest.made_at)
            keys = await _switch_off_rules(connection, list(tables))
            checks = await _copy_all(connection, manifest, files)
            await _switch_on_rules(connection, list(tables), keys)
            await _set_sequences(connection, checks.sequences, skipped_ids)
        await connection.execute("ANALYZE")
    except asyncpg.PostgresError as error:
        raise BackupFailed(f"The rows contradict each other or the schema: {error}.") from error
    finally:
        await connection.close()
    return checks


async def _switch_off_rules(connection: Any, tables: list[str]) -> list[Any]:
    """Remove foreign keys and switch triggers off, as rows come in the order of the tables and were checked once; empty
    the tables of what the migrations put there. Return the foreign keys."""
    keys = await connection.fetch(_SELECT_FOREIGN_KEYS)
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['table_name']} DROP CONSTRAINT {key['name']}")
    for table in tables:
        await connection.execute(f"ALTER TABLE {catalog.quoted(table)} DISABLE TRIGGER USER")
    await connection.execute(f"TRUNCATE {', '.join(map(catalog.quoted, tables))}")
    return list(keys)


async def _switch_on_rules(connection: Any, tables: list[str], keys: list[Any]) -> None:
    """Add the foreign keys again, which checks every row, and switch the triggers on."""
    for key in keys:
        await connection.execute(
            f"ALTER TABLE {key['table_name']} ADD CONSTRAINT {key['name']} {key['definition']}"
        )
    for table in tables:
        await connection.execute(f"ALTER TABLE {catalog.quoted(table)} ENABLE TRIGGER USER")


async def _copy_all(connection: Any, manifest: Manifest, files: Iterator[tuple[str, bytes]]) -> Checks:
    """Load the parts of all tables; return the checks that the backup ends with if everything agrees with them."""
    rows = dict.fromkeys(manifest.tables, 0)
    hashes = {table: hashlib.sha256() for table in manifest.tables}
    for name, content in files:
        if name == CHECKS:
            checks = msgspec.json.decode(content, type=Checks)
            found = {table: TableCheck(rows[table], hashes[table].hexdigest()) for table in rows}
            _ensure_equal(found, checks.tables)
            return checks
        table = name.removeprefix(TABLES).split(".")[0]
        if table not in rows:
            raise BackupFailed(f"This is not a backup: it contains {name}.")
        status = await connection.copy_to_table(
            table,
            columns=manifest.tables[table],
            schema_name="public",
            source=_chunks(content),
            format="text",
        )
        rows[table] += int(status.rpartition(" ")[2])
        hashes[table].update(content)
    raise BackupFailed("The backup is incomplete: its end is missing.")


async def _chunks(content: bytes) -> Any:
    for start in range(0, len(content), 1 << 20):
        yield content[start : start + (1 << 20)]


def _ensure_equal(found: dict[str, TableCheck], wanted: dict[str, TableCheck]) -> None:
    differing = sorted(table for table in {*found, *wanted} if found.get(table) != wanted.get(table))
    if differing:
        raise BackupFailed(
            f"The backup is damaged: these tables are not as they were written: {', '.join(differing)}."
        )


async def _set_sequences(connection: Any, sequences: dict[str, int | None], skipped_ids: int) -> None:
    for name, last in sequences.items():
        is_used = last is not None or skipped_ids > 0
        await connection.execute(_SET_SEQUENCE, catalog.quoted(name), (last or 0) + skipped_ids or 1, is_used)
