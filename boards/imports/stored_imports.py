"""Stored imports: the rows of a file, the file itself until it is applied, and the preview of what it would change."""

import zlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from boards.imports.packed_tables import PackedTable, unpack_rows
from boards.imports.shapes import FileRow, ImportColumn, ImportedLine, ImportOptions, OpenQuestion
from boards.imports.workbooks import ParsedRow
from core.errors import NotFound
from core.ids import BoardId, MemberId
from core.threads import in_thread
from storage.database import Reader, Transaction
from storage.statements import statement

IMPORTS_KEPT_FOR = timedelta(days=30)

INSERT_IMPORT = statement("""
INSERT INTO board_imports (board_id, member_id, file_name, uploaded_at, rows, content, options, preview)
VALUES (:board, :member, :name, :now, :rows, :content, CAST(:options AS jsonb), CAST(:preview AS jsonb)) RETURNING id
""")
SELECT_IMPORT = statement("""
SELECT id, board_id, file_name, uploaded_at, options, CAST(preview AS text) AS preview, applied_at
FROM board_imports WHERE id = :id
""")
SELECT_IMPORTED_ROWS = statement("SELECT rows FROM board_imports WHERE id = :id")
SELECT_IMPORTED_FILE = statement("SELECT content FROM board_imports WHERE id = :id")
LOCK_IMPORT = statement("SELECT applied_at FROM board_imports WHERE id = :id FOR UPDATE")
UPDATE_IMPORT_APPLIED = statement("UPDATE board_imports SET applied_at = :now, content = NULL WHERE id = :id")
UPDATE_IMPORT_PREVIEW = statement("""
UPDATE board_imports SET preview = CAST(:preview AS jsonb), options = CAST(:options AS jsonb) WHERE id = :id
""")
DELETE_UNAPPLIED_IMPORTS = statement(
    "DELETE FROM board_imports WHERE applied_at IS NULL AND uploaded_at < :before"
)
UPDATE_IMPORTED_ROWS = statement("UPDATE board_imports SET rows = :rows WHERE id = :id")


class Preview(Struct, frozen=True, array_like=True):
    """What is stored of a preview. Older imports have the first two values only."""

    left_out: list[str]
    lines: list[ImportedLine]
    columns: list[ImportColumn] = []
    questions: list[OpenQuestion] = []
    encoding: str = ""
    heading: int = 1
    first_rows: list[FileRow] = []
    delimiter: str = ""
    sheets: list[str] = []
    sheet: str = ""
    hidden_rows: int = 0


class StoredImport(Struct, frozen=True):
    """One import without its rows."""

    id: int
    board: BoardId
    name: str
    uploaded_at: datetime
    applied_at: datetime | None
    options: ImportOptions
    preview_json: str


async def insert_import(
    tx: Transaction,
    board: BoardId,
    member: MemberId,
    name: str,
    now: datetime,
    table: PackedTable,
    content: bytes,
) -> int:
    """Store a parsed file with an empty preview and return the id of the import."""
    import_id: int = await tx.value(
        INSERT_IMPORT,
        board=board,
        member=member,
        name=name,
        now=now,
        rows=table.rows,
        content=await in_thread(zlib.compress, content),
        options="{}",
        preview=_to_json(Preview([], [])),
    )
    return import_id


async def read_import(tx: Reader, import_id: int) -> StoredImport:
    """Return an import; raise NotFound. The caller checks who may see it."""
    row = await tx.row(SELECT_IMPORT, id=import_id)
    if row is None:
        raise NotFound
    return StoredImport(
        id=row["id"],
        board=BoardId(row["board_id"]),
        name=row["file_name"],
        uploaded_at=row["uploaded_at"],
        applied_at=row["applied_at"],
        options=msgspec.convert(row["options"], ImportOptions),
        preview_json=row["preview"],
    )


async def read_preview(stored: StoredImport) -> Preview:
    """Return the preview of an import, which may have thousands of lines."""
    return await in_thread(msgspec.json.decode, stored.preview_json, type=Preview)


async def read_rows(tx: Reader, import_id: int) -> tuple[list[str], list[ParsedRow]]:
    """Return the columns and rows of an import."""
    packed = await tx.value(SELECT_IMPORTED_ROWS, id=import_id)
    return await in_thread(unpack_rows, packed)


async def read_file(tx: Reader, import_id: int) -> bytes | None:
    """Return the file of an import, or None if it was applied or is older than this was stored."""
    packed = await tx.value(SELECT_IMPORTED_FILE, id=import_id)
    return None if packed is None else await in_thread(zlib.decompress, packed)


async def lock_import(tx: Transaction, import_id: int) -> bool:
    """Lock an import and return whether it was applied already."""
    return await tx.value(LOCK_IMPORT, id=import_id) is not None


async def update_rows(tx: Transaction, import_id: int, table: PackedTable) -> None:
    """Replace the rows of an import, because its file was read in another way."""
    await tx.run(UPDATE_IMPORTED_ROWS, id=import_id, rows=table.rows)


async def update_preview(tx: Transaction, import_id: int, options: ImportOptions, preview: Preview) -> None:
    """Replace the options and the preview of an import."""
    written = await in_thread(_to_json, preview)
    await tx.run(UPDATE_IMPORT_PREVIEW, id=import_id, options=_to_json(options), preview=written)


async def mark_applied(tx: Transaction, import_id: int, now: datetime) -> None:
    """Mark an import as applied, and delete its file."""
    await tx.run(UPDATE_IMPORT_APPLIED, id=import_id, now=now)


async def delete_unapplied_imports(tx: Transaction, now: datetime) -> None:
    """Delete the imports that nobody applied for 30 days, with their files; an hourly cleanup."""
    await tx.run(DELETE_UNAPPLIED_IMPORTS, before=now - IMPORTS_KEPT_FOR)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
