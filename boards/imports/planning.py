"""Planning of imports: matching rows of a file to entries, and computing what each row would change.

A row matches the entry with the same value in the board's key field, or with the same title. A row whose values equal
those of its entry changes nothing, so that importing the same file again has no effect.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from boards.entries.context import EntryContext
from boards.entries.field_values import AnswerMissing, validate_given_values
from boards.entries.references import resolve_references
from boards.forms import active_fields, title_field
from boards.imports.column_mapping import parse_cell
from boards.imports.habits import Habits, find_habits
from boards.imports.headings import column_key
from boards.imports.shapes import Change, ImportedLine, Problem, RowOutcome
from boards.imports.workbooks import ParsedRow
from boards.shapes import Field, Fields
from boards.templates import label_for_reader
from core.actor import Actor
from core.errors import Invalid, Refusal
from core.languages.texts import gettext, pgettext, translatable
from core.threads import in_thread
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_LISTED_VALUES = statement("""
SELECT id, title, fields FROM entries WHERE board_id = :board AND is_listed ORDER BY number
""")
SELECT_KEY_FIELD = statement("SELECT key_field FROM boards WHERE id = :board")
# The column of a problem that a row has as a whole.
OF_WHOLE_ROW = ""
_SAME_VALUE = translatable("Another row of this table has the same value.")
_SEVERAL_ENTRIES = translatable("Several entries of this stock-take have this value.")


# What a row refers to by its index and column: the field value, or why there is none.
_References = Mapping[tuple[int, str], Fields | Problem]


class PlannedRow(Struct, frozen=True):
    """The preview of a row, and the values that its entry would have."""

    preview: ImportedLine
    values: Fields


class _ExistingEntry(Struct, frozen=True):
    id: int
    values: Fields


class _RowMatcher(Struct):
    """Matches the rows of one file to the entries of a board, and finds duplicates among both."""

    context: EntryContext
    fields_by_column: Mapping[str, Field]
    habits: Mapping[str, Habits]
    key_field: Field
    entries: Mapping[str, Sequence[_ExistingEntry]]
    references: _References
    rows_by_key: Counter[str]

    def find(self, values: Fields, problems: list[Problem]) -> _ExistingEntry | None:
        """Return the entry that a row matches, if any; append a problem if the match is ambiguous."""
        key = _match_key(values.get(self.key_field.key))
        if not key:
            return None
        self.rows_by_key[key] += 1
        if self.rows_by_key[key] > 1:
            problems.append(Problem(self.key_field.label, _SAME_VALUE))
        matches = self.entries.get(key, ())
        if len(matches) > 1:
            problems.append(Problem(self.key_field.label, _SEVERAL_ENTRIES))
        return matches[0] if matches else None


def translated(line: ImportedLine) -> ImportedLine:
    """Return a line with its problems and changes in the language of whoever reads it."""
    problems = [
        replace(
            one,
            column=pgettext("of a table", "Row")
            if one.column == OF_WHOLE_ROW
            else label_for_reader(one.column),
            message=gettext(one.message, **one.facts),
        )
        for one in line.problems
    ]
    changes = [replace(one, field=label_for_reader(one.field)) for one in line.changes]
    return replace(line, problems=problems, changes=changes)


async def plan_rows(
    tx: Transaction,
    actor: Actor,
    context: EntryContext,
    fields_by_column: Mapping[str, Field],
    habits: Mapping[str, Habits],
    rows: Sequence[ParsedRow],
) -> list[PlannedRow]:
    """Return what each row would change on the board as it is now. Nothing is changed.

    `habits` say by column how ambiguous cells are read.
    """
    key_field = await _find_key_field(tx, context)
    existing = await tx.rows(SELECT_LISTED_VALUES, board=context.board)
    references = await _find_references(tx, actor, context, fields_by_column, rows)

    def plan() -> list[PlannedRow]:
        entries: dict[str, list[_ExistingEntry]] = {}
        for row in existing:
            key = _match_key(row["fields"].get(key_field.key))
            entries.setdefault(key, []).append(_ExistingEntry(row["id"], row["fields"]))
        matcher = _RowMatcher(context, fields_by_column, habits, key_field, entries, references, Counter())
        return [_plan_row(matcher, at, parsed) for at, parsed in enumerate(rows)]

    return await in_thread(plan)


def habits_of_rows(
    fields_by_column: Mapping[str, Field], rows: Sequence[ParsedRow], chosen: Habits
) -> tuple[Mapping[str, Habits], dict[str, str]]:
    """Return the habits of each column and the open questions, as `find_habits`; call it in a thread."""

    def texts(kind: str) -> dict[str, list[str]]:
        columns = [column for column, field in fields_by_column.items() if field.type == kind]
        return {
            # Numbers of workbooks show no habit, only that they have no unit.
            column: [
                cell if isinstance(cell, str) else ""
                for row in rows
                if isinstance(cell := row.cells.get(column), str | int | float)
            ]
            for column in columns
        }

    return find_habits(texts("number"), texts("date"), chosen)


async def _find_references(
    tx: Transaction,
    actor: Actor,
    context: EntryContext,
    fields_by_column: Mapping[str, Field],
    rows: Sequence[ParsedRow],
) -> _References:
    """Resolve the cells of fields that refer to something here, which takes queries; other cells take none."""
    found: dict[tuple[int, str], Fields | Problem] = {}
    columns = {column: field for column, field in fields_by_column.items() if field.type == "reference"}
    for at, row in enumerate(rows):
        for column in columns.keys() & row.cells.keys():
            try:
                given = {
                    columns[column].key: parse_cell(columns[column], row.cells[column], context.taxonomies)
                }
                found[at, column] = await resolve_references(tx, actor, context.form, given)
            except Invalid as refusal:
                found[at, column] = _problem(column, refusal)
    return found


def _plan_row(matcher: _RowMatcher, at: int, row: ParsedRow) -> PlannedRow:
    values, problems = _parse_values(matcher, at, row)
    existing = matcher.find(values, problems)
    before = dict(existing.values) if existing else {}
    merged = {**before, **values}
    if not problems:
        problems = _missing_values(matcher.context, merged)
    different = [key for key in values if before.get(key) != merged.get(key)]
    outcome: RowOutcome = (
        "wrong" if problems else "new" if not existing else "changed" if different else "same"
    )
    preview = ImportedLine(
        number=row.number,
        what=outcome,
        title=str(merged.get(title_field(matcher.context.form).key, "")),
        entry=existing.id if existing and not problems else None,
        changes=[_change(matcher.context, key, before, merged) for key in different]
        if outcome == "changed"
        else [],
        problems=problems,
    )
    return PlannedRow(preview, merged)


def _parse_values(matcher: _RowMatcher, at: int, row: ParsedRow) -> tuple[Fields, list[Problem]]:
    context, values = matcher.context, dict[str, Any]()
    problems = [Problem(OF_WHOLE_ROW, row.problem)] if row.problem else []
    for column, field in matcher.fields_by_column.items():
        cell = row.cells.get(column)
        if cell is None:
            continue
        given = matcher.references.get((at, column))
        if isinstance(given, Problem):
            problems.append(given)
            continue
        try:
            if given is None:
                habits = matcher.habits.get(column, Habits())
                given = {field.key: parse_cell(field, cell, context.taxonomies, habits)}
            values.update(_validated(context, given))
        except Invalid as refusal:
            problems.append(_problem(column, refusal))
    return values, problems


def _validated(context: EntryContext, given: Fields) -> Fields:
    values = validate_given_values(context.form, given, context.taxonomies)
    return {key: value for key, value in values.items() if value is not None}


def _missing_values(context: EntryContext, values: Fields) -> list[Problem]:
    missing = [
        field for field in active_fields(context.form) if field.required and values.get(field.key) is None
    ]
    return [Problem(field.label, AnswerMissing.message) for field in missing]


def _problem(column: str, refusal: Refusal) -> Problem:
    """Return a problem as it is stored, in English: an import can be read by several people."""
    return Problem(column, refusal.text, refusal.facts)


def _change(context: EntryContext, key: str, before: Fields, after: Fields) -> Change:
    label = next(field.label for field in context.form.fields if field.key == key)
    return Change(field=label, before=before.get(key), after=after.get(key))


async def _find_key_field(tx: Reader, context: EntryContext) -> Field:
    key = await tx.value(SELECT_KEY_FIELD, board=context.board)
    fields = active_fields(context.form)
    return next((field for field in fields if field.key == key), title_field(context.form))


def _match_key(value: Any) -> str:
    return column_key(value) if value is not None else ""
