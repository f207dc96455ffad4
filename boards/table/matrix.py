"""Crossing: the matrix of two fields of terms, what one field's terms have, and how a board grew; made once for all."""

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

from boards.cache import kept
from boards.entries.indexing import EntryContext
from boards.forms import asked
from boards.shapes import Field, Form, Taxonomy, Term
from boards.table.table import EntryFilter, filter_binds, matches_filter
from boards.tables import entries, entry_terms, evidence
from core.errors import Invalid
from core.ids import BoardId
from members.profiles.countries import COUNTRIES
from storage.cache import VersionedCache
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import statement


class CannotCross(Invalid):
    """Fields of terms, or of countries, can be crossed, two different ones."""

    message = "Choose two different fields that choose from lists."


class Cell(Struct, frozen=True, kw_only=True):
    """Two terms crossed: how many entries, the one changed last, and how many of their links were found reachable."""

    row: str
    column: str
    entries: int
    newest: int
    newest_title: str
    changed_at: datetime
    evidence: int


class Matrix(Struct, frozen=True, kw_only=True):
    """A board seen along two fields; cells without an entry are left out. What lies below a term counts for it."""

    row_field: str
    column_field: str
    rows: list[Term]
    columns: list[Term]
    cells: list[Cell]
    row_totals: dict[str, int]
    column_totals: dict[str, int]
    total: int


class Bucket(Struct, frozen=True):
    """A term, or a month, and how many entries it has."""

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
# The newest of a cell, by its time and its id, in one pass: arrays are compared part by part.
_NEWEST: ColumnElement[list[int]] = literal_column(
    "max(ARRAY[CAST(extract(epoch FROM listed.changed_at) * 1000000 AS bigint), listed.id])"
)


def _of(alias: FromClause, name: str) -> ColumnElement[bool]:
    return and_(
        alias.c.entry_id == _listed.c.id,
        alias.c.board_id == bindparam("board", type_=BigInteger),
        alias.c.field == bindparam(name, type_=Text),
        alias.c.term == any_(bindparam(f"{name}_terms", type_=ARRAY(Text))),
    )


_CELLS = statement(
    select(_a.c.term, _b.c.term, func.count(), _NEWEST, func.sum(_links.c.links))
    .select_from(
        _listed.join(_a, _of(_a, "row"))
        .join(_b, _of(_b, "column"))
        .outerjoin(_links, _links.c.entry_id == _listed.c.id)
    )
    .group_by(_a.c.term, _b.c.term)
)
_TERMS = statement(
    select(_a.c.term, func.count()).select_from(_listed.join(_a, _of(_a, "row"))).group_by(_a.c.term)
)
_WHOLE = statement(select(func.count()).select_from(_listed))
_TITLES = statement("SELECT id, title, changed_at FROM entries WHERE id = ANY(CAST(:ids AS bigint[]))")
_day = func.coalesce(
    func.substr(_listed.c.fields.op("->>")(bindparam("field", type_=Text)), 1, 7),
    case((bindparam("field", type_=Text).is_(None), func.to_char(_listed.c.added_at, "YYYY-MM"))),
)
_MONTHS = statement(
    select(_day, func.count()).select_from(_listed).where(_day.is_not(None)).group_by(_day).order_by(_day)
)


def matrix_fields(form: Form) -> list[Field]:
    """The fields along which a board can be seen."""
    return [field for field in asked(form) if field.taxonomy is not None or field.type == "country"]


def get_matrix_field(form: Form, key: str | None) -> Field:
    """The field of terms with this key; `CannotCross` if there is none."""
    found = next((field for field in matrix_fields(form) if field.key == key), None)
    if found is None:
        raise CannotCross(field=key)
    return found


def resolve_axis_fields(form: Form, rows: str | None, columns: str | None) -> tuple[Field, Field]:
    """Two fields to cross; those that are not named are the first ones that can be."""
    known = [field.key for field in matrix_fields(form)]
    row = rows or next((key for key in known if key != columns), None)
    return get_matrix_field(form, row), get_matrix_field(
        form, columns or next((key for key in known if key != row), None)
    )


def axis_terms(field: Field, lists: Mapping[str, Taxonomy], within: str | None = None) -> list[Term]:
    """The terms that lie side by side: those below none, or those below one."""
    if field.taxonomy is None:
        return [Term(slug=code, name=name) for code, name in COUNTRIES.items()]
    terms = lists[field.taxonomy].terms if field.taxonomy in lists else []
    below = [term for term in terms if term.parent == within]
    return below or [term for term in terms if term.parent is None]


async def cross(
    tx: Reader,
    sheet: EntryContext,
    asked_for: EntryFilter,
    named: tuple[str | None, str | None],
    within: str | None,
    stream: Stream | None,
    cache: VersionedCache,
) -> Matrix:
    """The matrix along two fields, the first two that can be crossed unless they are named; of the rows only what lies
    `within` a term, if one is given. Made once until something happens on the board; `stream` was read before."""
    row, column = resolve_axis_fields(sheet.form, *named)
    along = (row, axis_terms(row, sheet.taxonomies, within))
    across = (column, axis_terms(column, sheet.taxonomies))
    what = ("matrix", asked_for, row.key, column.key, within)
    return await kept(
        cache, stream, what, Matrix, lambda: read_matrix(tx, sheet.board, asked_for, along, across)
    )


async def read_matrix(
    tx: Reader,
    board_id: BoardId,
    asked_for: EntryFilter,
    row: tuple[Field, list[Term]],
    column: tuple[Field, list[Term]],
) -> Matrix:
    """The board crossed; who asks was found to see it. Countries that no entry names are left out."""
    if row[0].key == column[0].key:
        raise CannotCross(field=column[0].key)
    binds = filter_binds(board_id, asked_for)
    cells = await tx.rows(_CELLS, **binds, **_axis("row", *row), **_axis("column", *column))
    titles = {one["id"]: one for one in await tx.rows(_TITLES, ids=[cell[3][1] for cell in cells])}
    rows = await count_terms(tx, board_id, asked_for, *row)
    columns = await count_terms(tx, board_id, asked_for, *column)
    return Matrix(
        row_field=row[0].key,
        column_field=column[0].key,
        rows=_shown(*row, rows),
        columns=_shown(*column, columns),
        cells=[_cell(cell, titles) for cell in cells],
        row_totals={one.key: one.entries for one in rows},
        column_totals={one.key: one.entries for one in columns},
        total=await tx.value(_WHOLE, **binds),
    )


async def count_terms(
    tx: Reader, board_id: BoardId, asked_for: EntryFilter, field: Field, terms: list[Term]
) -> list[Bucket]:
    """How many entries each term has, in the terms' own order; those without any are left out."""
    found = await tx.rows(_TERMS, **filter_binds(board_id, asked_for), **_axis("row", field, terms))
    counts = {term: count for term, count in found}
    return [Bucket(term.slug, term.name, counts[term.slug]) for term in terms if term.slug in counts]


async def count_months(
    tx: Reader, board_id: BoardId, asked_for: EntryFilter, field: Field | None
) -> list[Bucket]:
    """How many entries each month has: by when they were added, or by a field that is a date."""
    rows = await tx.rows(_MONTHS, **filter_binds(board_id, asked_for), field=field.key if field else None)
    return [Bucket(month, month, count) for month, count in rows]


def _axis(name: str, field: Field, terms: list[Term]) -> dict[str, Any]:
    return {name: field.key, f"{name}_terms": [term.slug for term in terms]}


def _shown(field: Field, terms: list[Term], counted: list[Bucket]) -> list[Term]:
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
