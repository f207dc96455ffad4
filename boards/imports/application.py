"""Application of imports: the changes of a preview are made in one transaction, of all rows or of the good ones."""

from collections.abc import Sequence
from datetime import datetime

from boards.boards.boards import load_entry_context
from boards.curation.entries import write_entry
from boards.entries.context import EntryContext
from boards.entries.insertion import CheckedEntry, insert_entries
from boards.events import EntriesImported
from boards.imports.habits import decimal_evidence
from boards.imports.headings import WRONG_COLUMN
from boards.imports.imports import plan_stored_rows, show_import
from boards.imports.planning import PlannedRow
from boards.imports.shapes import Import, Problem
from boards.imports.stored_imports import lock_import, mark_applied, read_import, read_preview, read_rows
from boards.imports.workbooks import Cell, ParsedRow
from boards.lookup.lookup import get_board, get_entry, lock_entries
from boards.policy import ensure_can_curate
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import EntryId
from core.languages.texts import gettext, translatable
from core.threads import in_thread
from gatherings.record.exports import BYTE_ORDER_MARK, write_csv_rows
from storage.database import Reader, Transaction

BATCH_SIZE = 200


class NothingMatches(Invalid):
    """No column of the file belongs to a form field."""

    message = translatable(
        "No column is mapped to a field of this stock-take, so there is nothing to import. Map at least one column."
    )


class ImportHasErrors(Invalid):
    """A row of the import has errors, so none is applied."""

    message = translatable(
        "Some rows have errors. Nothing was changed. Import the other rows only, or correct the rows in the file and upload "
        "it again."
    )


class ImportNeedsAnswers(Invalid):
    """The encoding of the file is a guess, and nobody has confirmed it."""

    message = translatable(
        "The encoding of this file is not certain. Nothing was changed. Choose the encoding first."
    )


class ImportMovedOn(Conflict):
    """The board changed after the preview, so the import would have other effects."""

    message = translatable(
        "The stock-take has changed since this preview. Nothing was imported. Refresh the preview to see the changes."
    )


async def apply_import(tx: Transaction, actor: Actor, import_id: int, *, skip_wrong: bool = False) -> Import:
    """Apply an import if it still has exactly the previewed effects, and return it; repeating the call changes nothing.

    With `skip_wrong`, rows with errors are left out and stay listed. Raises NotFound, NotACurator, NothingMatches,
    ImportNeedsAnswers, ImportMovedOn or ImportHasErrors.
    """
    stored, now = await read_import(tx, import_id), clock.now()
    board = await get_board(tx, actor, stored.board, lock=True)
    ensure_can_curate(actor, board, now)
    if await lock_import(tx, import_id):
        return await show_import(tx, actor, import_id)
    stored = await read_import(tx, import_id)
    before = await read_preview(stored)
    previewed = before.lines
    await lock_entries(tx, [line.entry for line in previewed if line.what == "changed" and line.entry])
    planned, preview = await plan_stored_rows(tx, actor, stored, before)
    if not any(column.field for column in preview.columns):
        raise NothingMatches(field="columns")
    if any(question.what == "encoding" for question in preview.questions):
        raise ImportNeedsAnswers(field="encoding")
    if preview.lines != previewed:
        raise ImportMovedOn
    if not skip_wrong and any(line.what == "wrong" for line in previewed):
        raise ImportHasErrors
    await _write_rows(tx, actor, await load_entry_context(tx, stored.board), planned, now)
    await mark_applied(tx, import_id, now)
    if any(line.what in ("new", "changed") for line in previewed):
        await tx.record(EntriesImported(board_id=stored.board))
    return await show_import(tx, actor, import_id)


async def export_wrong_rows(tx: Reader, actor: Actor, import_id: int) -> bytes:
    """Return the rows with errors as CSV for correction: the columns of the file, and what is wrong with each row.

    The delimiter is that of the file. When the rows are imported again, the last column is left out.

    Raises NotFound or NotACurator.
    """
    shown = await show_import(tx, actor, import_id)
    delimiter = (await read_preview(await read_import(tx, import_id))).delimiter
    columns, rows = await read_rows(tx, import_id)
    return await in_thread(_write_wrong_rows, shown, columns, rows, delimiter or ",")


def _write_wrong_rows(shown: Import, columns: list[str], rows: list[ParsedRow], delimiter: str) -> bytes:
    wrong = {line.number: line.problems for line in shown.lines if line.what == "wrong"}
    written = (
        [*(_to_text(row.cells.get(column)) for column in columns), _describe(wrong[row.number])]
        for row in rows
        if row.number in wrong
    )
    return BYTE_ORDER_MARK + write_csv_rows([[*columns, gettext(WRONG_COLUMN)], *written], delimiter)


def _describe(problems: Sequence[Problem]) -> str:
    return " ".join(f"{one.column}: {one.message}" for one in problems)


def _to_text(cell: Cell) -> str:
    """Return a cell in the way in which it is read again."""
    if isinstance(cell, dict):
        return str(cell.get("error", cell))
    if isinstance(cell, list):
        return "; ".join(map(str, cell))
    # A number such as 1.234 would be taken for one thousand and more.
    is_ambiguous = isinstance(cell, float) and decimal_evidence(str(cell)) == "?"
    return "" if cell is None else f"{cell}0" if is_ambiguous else str(cell)


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
