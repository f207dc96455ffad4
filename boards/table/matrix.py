"""The matrix of two fields, and counts of entries by term and by month."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from boards.cache import cached
from boards.entries.context import EntryContext
from boards.forms import active_fields
from boards.shapes import Field, Form, Taxonomy, Term
from boards.table.table import EntryFilter, filter_binds, matches_filter
from boards.tables import entries, entry_terms, evidence
from core.errors import Invalid
from core.ids import BoardId
from core.languages.moments import month_for_reader
from core.languages.texts import current_language, translatable
from members.profiles.countries import countries_in
from storage.cache import VersionedCache
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import statement


class CannotCross(Invalid):
    """The fields for a matrix are the same, do not exist, or have neither terms nor countries."""

    message = translatable("Choose two different fields that choose from lists.")


class Cell(Struct, frozen=True, kw_only=True):
    """A cell of a matrix: its number of entries, the most recently changed one, and the number of reachable links."""

    row: str
    column: str
    entries: int
    newest: int
    newest_title: str
    changed_at: datetime
    evidence: int


class Matrix(Struct, frozen=True, kw_only=True):
    """The matrix of two fields without its empty cells; entries with a term also count for all terms above it."""

    row_field: str
    column_field: str
    rows: list[Term]
    columns: list[Term]
    cells: list[Cell]
    row_totals: dict[str, int]
    column_totals: dict[str, int]
    total: int


class Bucket(Struct, frozen=True):
    """A term or a month (`YYYY-MM`), its name for the reader, and its number of entries."""

    key: str
    name: str
    entries: int


_listed = (
    select(*entries.c[("id", "title", "changed_at", "added_at", "fields")])
    .where(matches_filter())
    .cte("listed")
)
_links = (
    select(evidence.c.entry_id, func.count().label("links"))
    .join(_listed, _listed.c.id == evidence.c.entry_id)
    .where(evidence.c.state == "reachable")
    .group_by(evidence.c.entry_id)
    .cte("links")
)
_a, _b = entry_terms.alias("a"), entry_terms.alias("b")
# [change time in microseconds, id] of a cell's newest entry; arrays compare element by element, so one pass suffices.
_NEWEST: ColumnElement[list[int]] = literal_column(
    "max(ARRAY[CAST(extract(epoch FROM listed.changed_at) * 1000000 AS bigint), listed.id])"
)


def _has_term(alias: FromClause, name: str) -> ColumnElement[bool]:
    return and_(
        alias.c.entry_id == _listed.c.id,
        alias.c.board_id == bindparam("board", type_=BigInteger),
        alias.c.field == bindparam(name, type_=Text),
        alias.c.term == any_(bindparam(f"{name}_terms", type_=ARRAY(Text))),
    )


COUNT_MATRIX_CELLS = statement(
    select(_a.c.term, _b.c.term, func.count(), _NEWEST, func.sum(_links.c.links))
    .select_from(
        _listed.join(_a, _has_term(_a, "row"))
        .join(_b, _has_term(_b, "column"))
        .outerjoin(_links, _links.c.entry_id == _listed.c.id)
    )
    .group_by(_a.c.term, _b.c.term)
)
COUNT_ENTRIES_BY_TERM = statement(
    select(_a.c.term, func.count()).select_from(_listed.join(_a, _has_term(_a, "row"))).group_by(_a.c.term)
)
COUNT_LISTED_ENTRIES = statement(select(func.count()).select_from(_listed))
SELECT_ENTRY_TITLES = statement(
    "SELECT id, title, changed_at FROM entries WHERE id = ANY(CAST(:ids AS bigint[]))"
)
_day = func.coalesce(
    func.substr(_listed.c.fields.op("->>")(bindparam("field", type_=Text)), 1, 7),
    case((bindparam("field", type_=Text).is_(None), func.to_char(_listed.c.added_at, "YYYY-MM"))),
)
COUNT_ENTRIES_BY_MONTH = statement(
    select(_day, func.count()).select_from(_listed).where(_day.is_not(None)).group_by(_day).order_by(_day)
)


def matrix_fields(form: Form) -> list[Field]:
    """Return the active fields that a matrix can have: those with terms or countries."""
    return [field for field in active_fields(form) if field.taxonomy is not None or field.type == "country"]


def get_matrix_field(form: Form, key: str | None) -> Field:
    """Return the matrix field with this key; raise CannotCross if there is none."""
    found = next((field for field in matrix_fields(form) if field.key == key), None)
    if found is None:
        raise CannotCross(field=key)
    return found


def resolve_axis_fields(form: Form, rows: str | None, columns: str | None) -> tuple[Field, Field]:
    """Return the fields of rows and columns; the first suitable fields replace those that are None. Raises CannotCross."""
    known = [field.key for field in matrix_fields(form)]
    row = rows or next((key for key in known if key != columns), None)
    return get_matrix_field(form, row), get_matrix_field(
        form, columns or next((key for key in known if key != row), None)
    )


def axis_terms(field: Field, lists: Mapping[str, Taxonomy], within: str | None = None) -> list[Term]:
    """Return the terms of an axis: the terms directly below `within`, or else the top-level terms; or all countries."""
    if field.taxonomy is None:
        return [Term(slug=code, name=name) for code, name in countries_in(current_language())]
    terms = lists[field.taxonomy].terms if field.taxonomy in lists else []
    below = [term for term in terms if term.parent == within]
    return below or [term for term in terms if term.parent is None]


async def read_cached_matrix(
    tx: Reader,
    context: EntryContext,
    entry_filter: EntryFilter,
    axes: tuple[str | None, str | None],
    within: str | None,
    stream: Stream | None,
    cache: VersionedCache,
) -> Matrix:
    """Return the matrix of two fields, cached until the next event of the board.

    `axes` are the keys of the row and column fields, or None for the first suitable ones; with `within`, the rows are the
    terms below that term. The caller has read `stream` before. Raises CannotCross.
    """
    row, column = resolve_axis_fields(context.form, *axes)
    row_axis = (row, axis_terms(row, context.taxonomies, within))
    column_axis = (column, axis_terms(column, context.taxonomies))
    name = ("matrix", entry_filter, row.key, column.key, within)
    return await cached(
        cache,
        stream,
        name,
        Matrix,
        lambda: read_matrix(tx, context.board, entry_filter, row_axis, column_axis),
    )


async def read_matrix(
    tx: Reader,
    board_id: BoardId,
    entry_filter: EntryFilter,
    row: tuple[Field, list[Term]],
    column: tuple[Field, list[Term]],
) -> Matrix:
    """Return the matrix of two fields, without unused countries; the caller has checked that the actor can see the board."""
    if row[0].key == column[0].key:
        raise CannotCross(field=column[0].key)
    binds = filter_binds(board_id, entry_filter)
    cells = await tx.rows(COUNT_MATRIX_CELLS, **binds, **_axis("row", *row), **_axis("column", *column))
    titles = {
        one["id"]: one for one in await tx.rows(SELECT_ENTRY_TITLES, ids=[cell[3][1] for cell in cells])
    }
    rows = await count_terms(tx, board_id, entry_filter, *row)
    columns = await count_terms(tx, board_id, entry_filter, *column)
    return Matrix(
        row_field=row[0].key,
        column_field=column[0].key,
        rows=_used_terms(*row, rows),
        columns=_used_terms(*column, columns),
        cells=[_cell(cell, titles) for cell in cells],
        row_totals={one.key: one.entries for one in rows},
        column_totals={one.key: one.entries for one in columns},
        total=await tx.value(COUNT_LISTED_ENTRIES, **binds),
    )


async def count_terms(
    tx: Reader, board_id: BoardId, entry_filter: EntryFilter, field: Field, terms: list[Term]
) -> list[Bucket]:
    """Return the number of entries of each term, in the order of `terms`; terms without entries are left out."""
    found = await tx.rows(
        COUNT_ENTRIES_BY_TERM, **filter_binds(board_id, entry_filter), **_axis("row", field, terms)
    )
    counts = {term: count for term, count in found}
    return [Bucket(term.slug, str(term.local()), counts[term.slug]) for term in terms if term.slug in counts]


async def count_months(
    tx: Reader, board_id: BoardId, entry_filter: EntryFilter, field: Field | None
) -> list[Bucket]:
    """Return the number of entries of each month, by a date field or, without one, by when they were added."""
    rows = await tx.rows(
        COUNT_ENTRIES_BY_MONTH, **filter_binds(board_id, entry_filter), field=field.key if field else None
    )
    return [Bucket(month, month_for_reader(month), count) for month, count in rows]


def _axis(name: str, field: Field, terms: list[Term]) -> dict[str, Any]:
    return {name: field.key, f"{name}_terms": [term.slug for term in terms]}


def _used_terms(field: Field, terms: list[Term], counted: list[Bucket]) -> list[Term]:
    known = {one.key for one in counted}
    return terms if field.taxonomy is not None else [term for term in terms if term.slug in known]


def _cell(cell: Record, titles: Mapping[int, Record]) -> Cell:
    row, column, count, (_, newest), links = cell
    return Cell(
        row=row,
        column=column,
        entries=count,
        newest=newest,
        newest_title=titles[newest]["title"],
        changed_at=titles[newest]["changed_at"],
        evidence=int(links or 0),
    )
