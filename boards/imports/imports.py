"""Imports: a curator uploads a file, sees a preview of the changes, and applies all of them in one transaction."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from boards.boards.boards import load_entry_context
from boards.curation.entries import write_entry
from boards.entries.context import EntryContext
from boards.entries.insertion import CheckedEntry, insert_entries
from boards.events import EntriesImported
from boards.imports.column_mapping import match_columns
from boards.imports.planning import PlannedRow, plan_rows
from boards.imports.shapes import Import, ImportedLine, NewImport
from boards.imports.workbooks import ParsedRow, ParsedTable, parse_table_in_thread
from boards.lookup.lookup import get_board, get_entry, lock_entries
from boards.policy import ensure_can_curate
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.ids import BoardId, EntryId
from storage.database import Database, Reader, Transaction
from storage.statements import statement

BATCH_SIZE = 200

INSERT_IMPORT = statement("""
INSERT INTO board_imports (board_id, member_id, file_name, uploaded_at, rows, preview)
VALUES (:board, :member, :name, :now, :rows, CAST(:preview AS jsonb)) RETURNING id
""")
SELECT_IMPORT = statement("""
SELECT id, board_id, file_name, uploaded_at, rows, preview, applied_at FROM board_imports WHERE id = :id
""")
LOCK_IMPORT = statement("SELECT applied_at FROM board_imports WHERE id = :id FOR UPDATE")
UPDATE_IMPORT_APPLIED = statement("UPDATE board_imports SET applied_at = :now WHERE id = :id")
UPDATE_IMPORT_PREVIEW = statement("UPDATE board_imports SET preview = CAST(:preview AS jsonb) WHERE id = :id")


class NothingMatches(Invalid):
    """No column of the file has the key or label of a form field."""

    message = "No column is called like a field of this board. The first row has to name the fields."


class ImportHasErrors(Invalid):
    """A row of the import has errors, so none is applied."""

    message = "Some rows cannot be read. Correct them in the file and upload it again; nothing was changed."


class ImportMovedOn(Conflict):
    """The board changed after the preview, so the import would have other effects."""

    message = "The board has changed since this preview. Refresh the preview to see what would change now."


async def parse_upload(db: Database, actor: Actor, board_id: BoardId, new: NewImport) -> ParsedTable:
    """Check that the actor curates the board, then parse the file; raise NotFound, NotACurator, NotASheet or SheetTooBig.

    The database connection is released before the file is parsed.
    """
    async with db.read() as tx:
        ensure_can_curate(actor, await get_board(tx, actor, board_id), clock.now())
    return await parse_table_in_thread(new.name, new.content)


async def preview_import(
    tx: Transaction, actor: Actor, board_id: BoardId, name: str, table: ParsedTable
) -> Import:
    """Store a parsed file and return a preview of what it would change; raise NotACurator or NothingMatches."""
    board, now = await get_board(tx, actor, board_id), clock.now()
    ensure_can_curate(actor, board, now)
    context = await load_entry_context(tx, board_id)
    fields_by_column, left_out = match_columns(table.columns, context.form)
    if not fields_by_column:
        raise NothingMatches(field="file")
    planned = await plan_rows(tx, actor, context, fields_by_column, table.rows)
    rows = await asyncio.to_thread(zlib.compress, msgspec.json.encode((table.columns, table.rows)))
    import_id = await tx.value(
        INSERT_IMPORT,
        board=board_id,
        member=actor.signed_in(),
        name=name,
        now=now,
        rows=rows,
        preview=_encode_preview(left_out, planned),
    )
    return await show_import(tx, actor, import_id)


async def show_import(tx: Reader, actor: Actor, import_id: int) -> Import:
    """Return an import with its stored preview; raise NotFound or NotACurator."""
    row = await tx.row(SELECT_IMPORT, id=import_id)
    if row is None:
        raise NotFound
    board = await get_board(tx, actor, BoardId(row["board_id"]))
    ensure_can_curate(actor, board, clock.now())
    left_out, lines = msgspec.convert(row["preview"], tuple[list[str], list[ImportedLine]])
    counts = Counter(line.what for line in lines)
    return Import(
        id=row["id"],
        board=row["board_id"],
        name=row["file_name"],
        uploaded_at=row["uploaded_at"],
        applied_at=row["applied_at"],
        left_out=left_out,
        lines=lines,
        counts={outcome: counts.get(outcome, 0) for outcome in ("new", "changed", "same", "wrong")},
    )


async def refresh_preview(tx: Transaction, actor: Actor, import_id: int) -> Import:
    """Compute the preview of an import that is not applied again, and return the import; raise NotFound or NotACurator."""
    shown = await show_import(tx, actor, import_id)
    row = await tx.row(SELECT_IMPORT, id=import_id)
    if row is not None and shown.applied_at is None:
        planned = await _plan_stored_rows(tx, actor, BoardId(shown.board), row["rows"])
        await tx.run(UPDATE_IMPORT_PREVIEW, id=import_id, preview=_encode_preview(shown.left_out, planned))
    return await show_import(tx, actor, import_id)


async def apply_import(tx: Transaction, actor: Actor, import_id: int) -> Import:
    """Apply an import if it still has exactly the previewed effects, and return it; repeating the call changes nothing.

    Raises NotFound, NotACurator, ImportMovedOn or ImportHasErrors.
    """
    row = await tx.row(SELECT_IMPORT, id=import_id)
    if row is None:
        raise NotFound
    board_id, now = BoardId(row["board_id"]), clock.now()
    board = await get_board(tx, actor, board_id, lock=True)
    ensure_can_curate(actor, board, now)
    if await tx.value(LOCK_IMPORT, id=import_id) is not None:
        return await show_import(tx, actor, import_id)
    _, previewed = msgspec.convert(row["preview"], tuple[list[str], list[ImportedLine]])
    await lock_entries(tx, [line.entry for line in previewed if line.what == "changed" and line.entry])
    planned = await _plan_stored_rows(tx, actor, board_id, row["rows"])
    if [one.preview for one in planned] != previewed:
        raise ImportMovedOn
    if any(line.what == "wrong" for line in previewed):
        raise ImportHasErrors
    await _write_rows(tx, actor, await load_entry_context(tx, board_id), planned, now)
    await tx.run(UPDATE_IMPORT_APPLIED, id=import_id, now=now)
    if any(line.what in ("new", "changed") for line in previewed):
        await tx.record(EntriesImported(board_id=board_id))
    return await show_import(tx, actor, import_id)


async def _plan_stored_rows(
    tx: Transaction, actor: Actor, board_id: BoardId, stored: bytes
) -> list[PlannedRow]:
    columns, rows = msgspec.json.decode(zlib.decompress(stored), type=tuple[list[str], list[ParsedRow]])
    context = await load_entry_context(tx, board_id)
    return await plan_rows(tx, actor, context, match_columns(columns, context.form)[0], rows)


async def _write_rows(
    tx: Transaction, actor: Actor, context: EntryContext, planned: Sequence[PlannedRow], now: datetime
) -> None:
    new = [
        CheckedEntry(values=row.values, author=actor.signed_in())
        for row in planned
        if row.preview.what == "new"
    ]
    for start in range(0, len(new), BATCH_SIZE):
        await insert_entries(tx, context, new[start : start + BATCH_SIZE], now)
    for row in planned:
        if row.preview.what == "changed" and row.preview.entry is not None:
            _, entry = await get_entry(tx, actor, EntryId(row.preview.entry))
            await write_entry(tx, context, entry, row.values, actor.signed_in(), now)


def _encode_preview(left_out: list[str], planned: Sequence[PlannedRow]) -> str:
    return msgspec.json.encode((left_out, [row.preview for row in planned])).decode()
