"""Imports: a curator uploads a file, maps its columns to fields, and sees a preview of the changes."""

from collections import Counter

import msgspec
from msgspec.structs import replace

from boards.boards.boards import load_entry_context, load_stored_context
from boards.imports.column_mapping import map_columns, names_of_fields
from boards.imports.habits import Habits
from boards.imports.mappings import read_mapping, remember_mapping
from boards.imports.packed_tables import PackedTable, parse_in_process
from boards.imports.planning import PlannedRow, habits_of_rows, plan_rows, translated
from boards.imports.shapes import FileRow, Import, ImportColumn, ImportOptions, NewImport, OpenQuestion
from boards.imports.stored_imports import (
    Preview,
    StoredImport,
    insert_import,
    lock_import,
    read_file,
    read_import,
    read_preview,
    read_rows,
    update_preview,
    update_rows,
)
from boards.imports.workbooks import ParsedRow, ParsedTable, Reading
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_curate
from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.ids import BoardId
from core.languages.texts import translatable
from core.threads import in_thread
from forum.text.excerpts import cut_words
from storage.database import Database, Reader, Transaction

_OUTCOMES = ("new", "changed", "same", "wrong")
_SAMPLES = 3


class ImportReadingChanged(Conflict):
    """Somebody else has changed the encoding or the row of headings of the import meanwhile."""

    message = translatable(
        "Somebody else has just changed how this file is read. Nothing was changed. Open the import again and choose the "
        "columns again."
    )


class ImportAlreadyApplied(Conflict):
    """The import was applied, so how its file is read can no longer change."""

    message = translatable(
        "This import has been applied already. Upload the file again to import it in another way."
    )


async def parse_upload(db: Database, actor: Actor, board_id: BoardId, new: NewImport) -> PackedTable:
    """Check that the actor curates the board, then parse the file; raise NotFound, NotACurator, NotASheet or SheetTooBig.

    The database connection is released before the file is parsed.
    """
    async with db.read() as tx:
        ensure_can_curate(actor, await get_board(tx, actor, board_id), clock.now())
        known = await _known_columns(tx, board_id)
    return await parse_in_process(new.name, new.content, _reading_of(new.options or ImportOptions()), known)


async def parse_again(
    db: Database, actor: Actor, import_id: int, options: ImportOptions
) -> PackedTable | None:
    """Parse the file of an import with another encoding, row of headings or sheet; return None if these stay as they are.

    Raises NotFound, NotACurator, ImportAlreadyApplied, NotASheet or SheetTooBig.
    """
    async with db.read() as tx:
        stored = await _get_import(tx, actor, import_id)
        if _reading_of(options) == _reading_of(stored.options):
            return None
        content = await read_file(tx, import_id)
        known = await _known_columns(tx, stored.board)
    if content is None:
        raise ImportAlreadyApplied
    return await parse_in_process(stored.name, content, _reading_of(options), known)


async def preview_import(
    tx: Transaction, actor: Actor, board_id: BoardId, new: NewImport, table: PackedTable
) -> Import:
    """Store a parsed file and return a preview of what it would change.

    Raises NotACurator, or ColumnUnknown or FieldMappedTwice for the columns of the options.
    """
    board, now = await get_board(tx, actor, board_id), clock.now()
    ensure_can_curate(actor, board, now)
    import_id = await insert_import(tx, board_id, actor.signed_in(), new.name, now, table, new.content)
    await _update_preview(tx, actor, import_id, new.options or ImportOptions(), table)
    return await show_import(tx, actor, import_id)


async def show_import(tx: Reader, actor: Actor, import_id: int) -> Import:
    """Return an import with its stored preview; raise NotFound or NotACurator."""
    stored = await _get_import(tx, actor, import_id)
    preview = await read_preview(stored)
    counts = Counter[str](line.what for line in preview.lines)
    return Import(
        id=stored.id,
        board=stored.board,
        name=stored.name,
        uploaded_at=stored.uploaded_at,
        applied_at=stored.applied_at,
        left_out=preview.left_out,
        columns=preview.columns,
        options=stored.options,
        questions=preview.questions,
        encoding=preview.encoding,
        heading=preview.heading,
        first_rows=preview.first_rows,
        sheets=preview.sheets,
        sheet=preview.sheet,
        hidden_rows=preview.hidden_rows,
        lines=[translated(line) for line in preview.lines],
        counts={outcome: counts.get(outcome, 0) for outcome in _OUTCOMES},
    )


async def refresh_preview(tx: Transaction, actor: Actor, import_id: int) -> Import:
    """Compute the preview of an import that is not applied again, and return the import; raise NotFound or NotACurator."""
    stored = await _get_import(tx, actor, import_id)
    if stored.applied_at is None:
        await _update_preview(tx, actor, import_id, stored.options, None)
    return await show_import(tx, actor, import_id)


async def change_options(
    tx: Transaction, actor: Actor, import_id: int, options: ImportOptions, table: PackedTable | None
) -> Import:
    """Change how the file is read and to which fields its columns belong, and return the import with its new preview.

    The board remembers the columns. `table` is what `parse_again` returned. Raises NotFound, NotACurator,
    ImportAlreadyApplied, ImportReadingChanged, ColumnUnknown or FieldMappedTwice.
    """
    await _get_import(tx, actor, import_id)
    if await lock_import(tx, import_id):
        raise ImportAlreadyApplied
    stored = await read_import(tx, import_id)
    # Without a table, the stored rows were read in the way of these options when the caller looked.
    if table is None and _reading_of(options) != _reading_of(stored.options):
        raise ImportReadingChanged
    if table is not None:
        await update_rows(tx, import_id, table)
        # Another row of headings, or another encoding, has other columns.
        options = replace(
            options,
            columns={name: key for name, key in options.columns.items() if name in table.table.columns},
        )
    await _update_preview(tx, actor, import_id, options, table)
    await remember_mapping(tx, stored.board, options.columns)
    return await show_import(tx, actor, import_id)


async def plan_stored_rows(
    tx: Transaction, actor: Actor, stored: StoredImport, before: Preview
) -> tuple[list[PlannedRow], Preview]:
    """Return what each row of an import would change now, and the preview of that.

    The preview `before` says how the file was read.
    """
    columns, rows = await read_rows(tx, stored.id)
    # Whoever applies the import may read another language than whoever looked at it, and it must have the same effects.
    context = await load_stored_context(tx, stored.board)
    fields = map_columns(columns, context.form, await read_mapping(tx, stored.board), stored.options.columns)
    chosen = Habits(dates=stored.options.dates, decimals=stored.options.decimals)
    habits, asked = await in_thread(habits_of_rows, fields, rows, chosen)
    planned = await plan_rows(tx, actor, context, fields, habits, rows)
    of_reading = [one for one in before.questions if one.what == "encoding"]
    preview = replace(
        before,
        left_out=[column for column in columns if column not in fields],
        lines=[row.preview for row in planned],
        columns=[_column(name, fields[name].key if name in fields else None, rows) for name in columns],
        questions=of_reading
        + msgspec.convert(
            [{"what": what, "example": text} for what, text in asked.items()], list[OpenQuestion]
        ),
    )
    return planned, preview


async def _update_preview(
    tx: Transaction,
    actor: Actor,
    import_id: int,
    options: ImportOptions,
    table: PackedTable | None,
) -> None:
    stored = replace(await read_import(tx, import_id), options=options)
    before = await read_preview(stored) if table is None else _preview_of(table.table)
    _, preview = await plan_stored_rows(tx, actor, stored, before)
    await update_preview(tx, import_id, options, preview)


def _preview_of(table: ParsedTable) -> Preview:
    example = next((cell for _, cells in table.first_rows for cell in cells if not cell.isascii()), "")
    return Preview(
        left_out=[],
        lines=[],
        questions=[] if table.is_encoding_certain else [OpenQuestion(what="encoding", example=example)],
        delimiter=table.delimiter,
        sheets=table.sheets,
        sheet=table.sheet,
        hidden_rows=table.hidden_rows,
        encoding=table.encoding,
        heading=table.heading,
        first_rows=[FileRow(number=number, cells=cells) for number, cells in table.first_rows],
    )


def _column(name: str, field: str | None, rows: list[ParsedRow]) -> ImportColumn:
    cells = (row.cells[name] for row in rows if name in row.cells)
    samples = [_sample(cell) for cell, _ in zip(cells, range(_SAMPLES), strict=False)]
    return ImportColumn(name=name, field=field, samples=samples)


def _sample(cell: object) -> str:
    return cut_words(
        str(cell["error"]) if isinstance(cell, dict) and cell.keys() == {"error"} else str(cell), 60
    )


async def _get_import(tx: Reader, actor: Actor, import_id: int) -> StoredImport:
    stored = await read_import(tx, import_id)
    ensure_can_curate(actor, await get_board(tx, actor, stored.board), clock.now())
    return stored


async def _known_columns(tx: Reader, board_id: BoardId) -> set[str]:
    context = await load_entry_context(tx, board_id)
    return names_of_fields(context.form).keys() | (await read_mapping(tx, board_id)).keys()


def _reading_of(options: ImportOptions) -> Reading:
    return Reading(encoding=options.encoding, heading=options.heading, sheet=options.sheet)
