"""Imports: a table that a curator brings, looked at before anything is changed, then applied wholly or not at all.

A row is known by the board's key field, or by its title. What says the same as what is there is left alone, so that the
same table brought again changes nothing; a column that the form does not ask for is left out, and said to be.
"""

import asyncio
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from boards.boards.boards import load_entry_context
from boards.curation.entries import write_entry
from boards.entries.field_values import validate_given_values
from boards.entries.indexing import EntryContext
from boards.entries.insertion import CheckedEntry, insert_entries
from boards.entries.references import resolve_references
from boards.events import EntriesImported
from boards.forms import asked, title_field
from boards.imports.column_mapping import match_columns, parse_cell
from boards.imports.shapes import Change, Import, ImportedLine, NewImport, Problem, What
from boards.imports.workbooks import Line, ParsedTable, read_sheet_aside
from boards.lookup.lookup import get_board, get_entry, lock_entries
from boards.policy import ensure_can_curate
from boards.shapes import Field, Fields
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.ids import BoardId, EntryId
from core.text import tidy
from storage.database import Database, Reader, Transaction
from storage.statements import statement

BATCH = 200
_AT_A_STRETCH = 20

_THERE = statement("""
SELECT id, title, fields FROM entries WHERE board_id = :board AND is_listed ORDER BY number
""")
_KEEP = statement("""
INSERT INTO board_imports (board_id, member_id, file_name, uploaded_at, rows, preview)
VALUES (:board, :member, :name, :now, :rows, CAST(:preview AS jsonb)) RETURNING id
""")
_FIND = statement("""
SELECT id, board_id, file_name, uploaded_at, rows, preview, applied_at FROM board_imports WHERE id = :id
""")
_HOLD = statement("SELECT applied_at FROM board_imports WHERE id = :id FOR UPDATE")
_APPLIED = statement("UPDATE board_imports SET applied_at = :now WHERE id = :id")
_LOOKED_AGAIN = statement("UPDATE board_imports SET preview = CAST(:preview AS jsonb) WHERE id = :id")
_KEY = statement("SELECT key_field FROM boards WHERE id = :board")
_FORGET = statement("DELETE FROM board_imports WHERE uploaded_at < :before")


class NothingMatches(Invalid):
    """No column of the table belongs to a field of the form."""

    message = "No column is called like a field of this board. The first row has to name the fields."


class ImportHasErrors(Invalid):
    """Rows that cannot be read keep the whole table out."""

    message = "Some rows cannot be read. Mend them in the table and bring it again; nothing was changed."


class ImportMovedOn(Conflict):
    """The board changed after the table was looked at."""

    message = "The board has changed since you looked. Look again at what would change now."


class PlannedRow(Struct, frozen=True):
    """What a row is about to do."""

    shown: ImportedLine
    answers: Fields


class _There(Struct, frozen=True):
    id: int
    fields: Fields


class _Desk(Struct):
    """On which the lines of one table are looked at: what is there already, and what has come before in the table."""

    sheet: EntryContext
    matched: Mapping[str, Field]
    key: Field
    there: Mapping[str, Sequence[_There]]
    seen: Counter[str]

    def find(self, answers: Fields, problems: list[Problem]) -> _There | None:
        """The entry that a line is about; what keeps one from saying which is a problem more."""
        name = _known_by(answers.get(self.key.key))
        if not name:
            return None
        self.seen[name] += 1
        if self.seen[name] > 1:
            problems.append(Problem(self.key.label, "Another row of this table has the same."))
        known = self.there.get(name, ())
        if len(known) > 1:
            problems.append(Problem(self.key.label, "Several entries of this board have this."))
        return known[0] if known else None


async def read_table(db: Database, actor: Actor, board_id: BoardId, new: NewImport) -> ParsedTable:
    """Read a table that a curator brings; who is none is refused before it is read. No connection waits for the reading."""
    async with db.read() as tx:
        ensure_can_curate(actor, await get_board(tx, actor, board_id), clock.now())
    return await read_sheet_aside(new.name, new.content)


async def preview_import(
    tx: Transaction, actor: Actor, board_id: BoardId, name: str, table: ParsedTable
) -> Import:
    """Say what a table would change. Nothing is changed yet."""
    board, now = await get_board(tx, actor, board_id), clock.now()
    ensure_can_curate(actor, board, now)
    sheet = await load_entry_context(tx, board_id)
    matched, left_out = match_columns(table.columns, sheet.form)
    if not matched:
        raise NothingMatches(field="file")
    lines = [line.shown for line in await _plan(tx, actor, sheet, matched, table.lines)]
    kept = await asyncio.to_thread(zlib.compress, msgspec.json.encode((table.columns, table.lines)))
    preview = msgspec.json.encode((left_out, lines)).decode()
    id = await tx.value(
        _KEEP, board=board_id, member=actor.signed_in(), name=name, now=now, rows=kept, preview=preview
    )
    return await show_import(tx, actor, id)


async def show_import(tx: Reader, actor: Actor, import_id: int) -> Import:
    """A table as it was looked at; for the curators of its board."""
    row = await tx.row(_FIND, id=import_id)
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
        counts={what: counts.get(what, 0) for what in ("new", "changed", "same", "wrong")},
    )


async def apply_import(tx: Transaction, actor: Actor, import_id: int) -> Import:
    """Do what was looked at, if it is still what would be done: otherwise `ImportMovedOn`, and the table can be looked at
    again. Applying twice is as once."""
    row = await tx.row(_FIND, id=import_id)
    if row is None:
        raise NotFound
    board_id, now = BoardId(row["board_id"]), clock.now()
    board = await get_board(tx, actor, board_id, lock=True)
    ensure_can_curate(actor, board, now)
    if await tx.value(_HOLD, id=import_id) is not None:
        return await show_import(tx, actor, import_id)
    _, looked_at = msgspec.convert(row["preview"], tuple[list[str], list[ImportedLine]])
    await lock_entries(tx, [line.entry for line in looked_at if line.what == "changed" and line.entry])
    planned = await _plan_again(tx, actor, board_id, row["rows"])
    if [line.shown for line in planned] != looked_at:
        raise ImportMovedOn
    if any(line.shown.what == "wrong" for line in planned):
        raise ImportHasErrors
    sheet = await load_entry_context(tx, board_id)
    await _write(tx, actor, sheet, planned, now)
    await tx.run(_APPLIED, id=import_id, now=now)
    if any(line.shown.what in ("new", "changed") for line in planned):
        await tx.record(EntriesImported(board_id=board_id))
    return await show_import(tx, actor, import_id)


async def refresh_preview(tx: Transaction, actor: Actor, import_id: int) -> Import:
    """What the table would change now."""
    shown = await show_import(tx, actor, import_id)
    row = await tx.row(_FIND, id=import_id)
    if row is not None and shown.applied_at is None:
        planned = await _plan_again(tx, actor, BoardId(shown.board), row["rows"])
        preview = msgspec.json.encode((shown.left_out, [line.shown for line in planned])).decode()
        await tx.run(_LOOKED_AGAIN, id=import_id, preview=preview)
    return await show_import(tx, actor, import_id)


async def forget_imports(tx: Transaction, before: datetime) -> int:
    """Drop tables that were brought before a time; what they changed stays."""
    return await tx.run(_FORGET, before=before)


async def _plan_again(tx: Transaction, actor: Actor, board_id: BoardId, rows: bytes) -> list[PlannedRow]:
    columns, lines = msgspec.json.decode(zlib.decompress(rows), type=tuple[list[str], list[Line]])
    sheet = await load_entry_context(tx, board_id)
    return await _plan(tx, actor, sheet, match_columns(columns, sheet.form)[0], lines)


async def _plan(
    tx: Transaction, actor: Actor, sheet: EntryContext, matched: Mapping[str, Field], lines: Sequence[Line]
) -> list[PlannedRow]:
    key = await _key_field(tx, sheet)
    there: dict[str, list[_There]] = {}
    for row in await tx.rows(_THERE, board=sheet.board):
        there.setdefault(_known_by(row["fields"].get(key.key)), []).append(_There(row["id"], row["fields"]))
    desk = _Desk(sheet, matched, key, there, Counter())
    planned: list[PlannedRow] = []
    for line in lines:
        if len(planned) % _AT_A_STRETCH == 0:
            # Most lines ask the database nothing: without this, thousands of them would hold up everybody else.
            await asyncio.sleep(0)
        planned.append(await _plan_line(tx, actor, desk, line))
    return planned


async def _plan_line(tx: Transaction, actor: Actor, desk: _Desk, line: Line) -> PlannedRow:
    answers, problems = await _read(tx, actor, desk, line)
    known = desk.find(answers, problems)
    before = dict(known.fields) if known else {}
    merged = {**before, **answers}
    if not problems:
        problems = _lacking(desk.sheet, merged)
    different = [one for one in answers if before.get(one) != merged.get(one)]
    what: What = "wrong" if problems else "new" if not known else "changed" if different else "same"
    shown = ImportedLine(
        number=line.number,
        what=what,
        title=str(merged.get(title_field(desk.sheet.form).key, "")),
        entry=known.id if known and not problems else None,
        changes=[_change(desk.sheet, one, before, merged) for one in different] if what == "changed" else [],
        problems=problems,
    )
    return PlannedRow(shown, merged)


async def _read(tx: Transaction, actor: Actor, desk: _Desk, line: Line) -> tuple[Fields, list[Problem]]:
    sheet, answers = desk.sheet, dict[str, Any]()
    problems: list[Problem] = []
    for column, field in desk.matched.items():
        cell = line.cells.get(column)
        if cell is None:
            continue
        try:
            given = {field.key: parse_cell(field, cell, sheet.taxonomies)}
            if field.type == "reference":
                given = await resolve_references(tx, actor, sheet.form, given)
            answers.update(_checked(sheet, given))
        except Invalid as refusal:
            problems.append(Problem(column, refusal.detail))
    return answers, problems


def _checked(sheet: EntryContext, given: Fields) -> Fields:
    found = validate_given_values(sheet.form, given, sheet.taxonomies)
    return {key: value for key, value in found.items() if value is not None}


def _lacking(sheet: EntryContext, answers: Fields) -> list[Problem]:
    missing = [one for one in asked(sheet.form) if one.required and answers.get(one.key) is None]
    return [Problem(one.label, "This field needs an answer.") for one in missing]


def _change(sheet: EntryContext, key: str, before: Fields, after: Fields) -> Change:
    label = next(one.label for one in sheet.form.fields if one.key == key)
    return Change(field=label, before=before.get(key), after=after.get(key))


async def _key_field(tx: Reader, sheet: EntryContext) -> Field:
    key = await tx.value(_KEY, board=sheet.board)
    return next((one for one in asked(sheet.form) if one.key == key), title_field(sheet.form))


def _known_by(value: Any) -> str:
    return " ".join(tidy(str(value)).casefold().split()) if value is not None else ""


async def _write(
    tx: Transaction, actor: Actor, sheet: EntryContext, planned: Sequence[PlannedRow], now: datetime
) -> None:
    rows = [
        CheckedEntry(answers=line.answers, author=actor.signed_in())
        for line in planned
        if line.shown.what == "new"
    ]
    for start in range(0, len(rows), BATCH):
        await insert_entries(tx, sheet, rows[start : start + BATCH], now)
    for line in planned:
        if line.shown.what == "changed" and line.shown.entry is not None:
            _, entry = await get_entry(tx, actor, EntryId(line.shown.entry))
            await write_entry(tx, sheet, entry, line.answers, actor.signed_in(), now)
