"""Making a backup: every table in one snapshot, streamed part by part, so that memory does not grow with the database."""

import gzip
import hashlib
import tarfile
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from typing import Any, BinaryIO

import asyncpg
import msgspec

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
from storage.schema import SELECT_FORMATTED

# A part ends after this many bytes, with the row that crosses the limit.
PART_SIZE = 8 << 20
_COMPRESSION = 3
_SELECT_ROWS = "SELECT %s FROM public.%I"
# A server that recovers from an archived log can be read before it has read all of it. A replica has a receiver.
_IS_RECOVERING = "SELECT pg_is_in_recovery() AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver)"


async def dump(url: str, output: BinaryIO) -> Checks:
    """Write a backup of the database to a stream; raise BackupFailed if there is nothing to back up."""
    connection = await asyncpg.connect(url)
    try:
        await catalog.prepare(connection)
        if await connection.fetchval(_IS_RECOVERING):
            raise BackupFailed(
                "The database is recovering, and lacks what is still to come: wait until it has ended."
            )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            with (
                gzip.GzipFile("", "wb", _COMPRESSION, output) as packed,
                tarfile.open(fileobj=packed, mode="w|") as archive,
            ):
                return await _write_all(connection, archive)
    finally:
        await connection.close()


async def _write_all(connection: Any, archive: tarfile.TarFile) -> Checks:
    manifest = await _read_manifest(connection)
    _add(archive, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    tables = {
        table: await _TableWriter(archive, table).write(connection, columns)
        for table, columns in manifest.tables.items()
    }
    head = await connection.fetchrow("SELECT number, hash FROM audit_head")
    checks = Checks(
        tables=tables,
        # Read last: sequences belong to no snapshot, and must not be behind any row.
        sequences=await catalog.read_sequences(connection),
        audit=f"{head['number']}:{head['hash'].hex()}",
    )
    _add(archive, CHECKS, msgspec.json.format(msgspec.json.encode(checks)))
    return checks


async def _read_manifest(connection: Any) -> Manifest:
    if not await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
        raise BackupFailed("The database is empty: there is nothing to back up.")
    return Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC),
        version=version("tertulia"),
        revision=await connection.fetchval("SELECT version_num FROM alembic_version"),
        epoch=await connection.fetchval("SELECT epoch FROM epochs"),
        tables=await catalog.read_tables(connection),
    )


class _TableWriter:
    """Writes the rows of one table as parts that each end with a row."""

    def __init__(self, archive: tarfile.TarFile, table: str) -> None:
        self.archive = archive
        self.table = table
        self.buffer = bytearray()
        self.parts = 0
        self.hash = hashlib.sha256()

    async def write(self, connection: Any, columns: list[str]) -> TableCheck:
        # A query, because COPY does not read a table that has partitions.
        names = ", ".join(map(catalog.quoted, columns))
        query = await connection.fetchval(SELECT_FORMATTED, _SELECT_ROWS, [names, self.table])
        status: str = await connection.copy_from_query(query, output=self._take, format="text")
        self._flush(len(self.buffer))
        return TableCheck(int(status.rpartition(" ")[2]), self.hash.hexdigest())

    async def _take(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) >= PART_SIZE:
            # In this format every line break ends a row; those inside values are written as \n.
            self._flush(self.buffer.rfind(b"\n") + 1)

    def _flush(self, size: int) -> None:
        if not size:
            return
        self.parts += 1
        part = bytes(self.buffer[:size])
        del self.buffer[:size]
        self.hash.update(part)
        _add(self.archive, f"{TABLES}{self.table}.{self.parts:05}.copy", part)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(content), int(datetime.now(UTC).timestamp()), 0o600
    archive.addfile(info, BytesIO(content))
