"""The table of a board: its entries filtered, searched, sorted, one page at a time; and what an entry may be a twin of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Float,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.selectable import Select

from boards.cache import kept
from boards.entries.indexing import EntryContext
from boards.forms import asked
from boards.lookup.entry_queries import build_entries, select_entries
from boards.shapes import EntryPage, Form
from boards.tables import entries, entry_terms
from boards.visibility import listed_entries
from core.actor import Actor
from core.errors import Invalid
from core.ids import BoardId
from forum.visibility import seen_by
from storage.cache import VersionedCache
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import Statement, statement

PAGE = 50
SIMILAR = 5
# Of trigrams in common, from which two titles are worth a look (pg_trgm; 0.3 is its own default).
ALIKE = 0.35
# Below every number that a field takes.
LEAST = -1e300

Disposition = Literal["open", "included", "partly", "excluded"]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Time = Annotated[datetime, Meta(tz=True)]


class CannotSort(Invalid):
    """A table is sorted by number, title, added, changed, confirmed, or a field of its form that has one answer."""

    message = "The table cannot be sorted by that."


class EntryFilter(Struct, frozen=True, kw_only=True):
    """Which rows of a table somebody asks for: `where` are (field, term) pairs, all fields must fit, of one field any
    term; `sort` is a column or a field's key; `descending` the other way round."""

    where: tuple[tuple[str, str], ...] = ()
    words: str = ""
    sort: str = "number"
    descending: bool = False
    disposition: Disposition | None = None
    outdated: bool = False
    after: str | None = None


_field = entries.c.fields.op("->>")(bindparam("field", type_=Text))
_total = func.coalesce(cast(entries.c.confirmations.op("->>")("do_too"), Integer), 0) + func.coalesce(
    cast(entries.c.confirmations.op("->>")("confirm"), Integer), 0
)
# By what a table is sorted: an expression without NULLs, so that where a page ended can be said of every row.
_SORTS: Mapping[str, tuple[ColumnElement[Any], Any, Any]] = {
    "number": (entries.c.number, Integer, tuple[_Small, _Id]),
    "title": (func.lower(entries.c.title), Text, tuple[str, _Id]),
    "added": (entries.c.added_at, DateTime(timezone=True), tuple[_Time, _Id]),
    "changed": (entries.c.changed_at, DateTime(timezone=True), tuple[_Time, _Id]),
    "confirmed": (_total, Integer, tuple[_Small, _Id]),
    "words": (func.lower(func.coalesce(_field, "")), Text, tuple[str, _Id]),
    "amount": (func.coalesce(cast(_field, Float), LEAST), Float, tuple[float, _Id]),
}


def matches_filter() -> ColumnElement[bool]:
    """The listed entries of a board that fit what was asked; run with `filter_binds`."""
    # A bit for each field that is asked (40 at most): which of them an entry fits is or-ed in one pass, without a sort.
    wanted = (
        func.unnest(
            bindparam("fields", type_=ARRAY(Text)),
            bindparam("terms", type_=ARRAY(Text)),
            bindparam("bits", type_=ARRAY(BigInteger)),
        )
        .table_valued(column("field", Text), column("term", Text), column("bit", BigInteger), name="wanted")
        .render_derived()
    )
    asked_bits = bindparam("asked", type_=BigInteger)
    fitting = (
        select(entry_terms.c.entry_id)
        .join(wanted, and_(wanted.c.field == entry_terms.c.field, wanted.c.term == entry_terms.c.term))
        .where(entry_terms.c.board_id == bindparam("board", type_=BigInteger))
        .group_by(entry_terms.c.entry_id)
        .having(func.bit_or(wanted.c.bit) == asked_bits)
    )
    pattern = bindparam("pattern", type_=Text)
    disposition = bindparam("disposition", type_=Text)
    return and_(
        entries.c.board_id == bindparam("board", type_=BigInteger),
        listed_entries(),
        or_(asked_bits == 0, entries.c.id.in_(fitting)),
        or_(pattern.is_(None), entries.c.words.like(pattern)),
        or_(disposition.is_(None), entries.c.disposition == disposition),
        or_(bindparam("outdated", type_=Integer) == 0, entries.c.outdated_at.is_not(None)),
    )


def filter_binds(board_id: BoardId, asked_for: EntryFilter) -> dict[str, Any]:
    """The values with which a statement with `matches_filter` is run."""
    bits = {field: 1 << place for place, field in enumerate(dict.fromkeys(f for f, _ in asked_for.where))}
    words = asked_for.words.strip()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "board": board_id,
        "fields": [field for field, _ in asked_for.where],
        "terms": [term for _, term in asked_for.where],
        "bits": [bits[field] for field, _ in asked_for.where],
        "asked": sum(bits.values()),
        "pattern": f"%{escaped.lower()}%" if words else None,
        "disposition": asked_for.disposition,
        "outdated": int(asked_for.outdated),
    }


def _page(sort: str, descending: bool, following: bool) -> Statement:
    # Found and sorted among the entries alone; what stands beside them is looked up for one page of them.
    key, kind, _ = _SORTS[sort]
    found: Select[Any] = select(entries.c.id, key.label("sorted_by")).where(matches_filter())
    if following:
        here = tuple_(bindparam("at", type_=kind), bindparam("id", type_=BigInteger))
        place = tuple_(key, entries.c.id)
        found = found.where(place < here if descending else place > here)
    order = (key.desc(), entries.c.id.desc()) if descending else (key, entries.c.id)
    page = (
        found.order_by(*order)
        .limit(bindparam("count", type_=Integer))
        .cte("page")
        .prefix_with("MATERIALIZED")
    )
    by = (page.c.sorted_by, page.c.id)
    query = select_entries().add_columns(page.c.sorted_by).join(page, page.c.id == entries.c.id)
    return statement(query.order_by(*(one.desc() for one in by)) if descending else query.order_by(*by))


_PAGES = {
    (sort, descending, following): _page(sort, descending, following)
    for sort in _SORTS
    for descending in (True, False)
    for following in (True, False)
}
_COUNT = statement(select(func.count()).select_from(entries).where(matches_filter()))
_SIMILAR = statement("""
SELECT e.id FROM entries e WHERE e.board_id = :board AND e.is_listed AND lower(e.title) % lower(:title)
    AND similarity(lower(e.title), lower(:title)) >= :alike
ORDER BY similarity(lower(e.title), lower(:title)) DESC, e.id LIMIT :count
""")


async def read_table(
    tx: Reader,
    actor: Actor,
    sheet: EntryContext,
    asked_for: EntryFilter,
    stream: Stream | None,
    cache: VersionedCache,
) -> EntryPage:
    """One page of the table of a board that the actor was found to see; `stream` was read before. How many rows there
    are is counted once until something happens on the board."""
    assert stream is not None
    sort, field = _sort_of(sheet.form, asked_for.sort)
    wanted = filter_binds(sheet.board, asked_for)
    binds = {**wanted, **seen_by(actor), "count": PAGE + 1, "field": field}
    if asked_for.after is not None:
        binds["at"], binds["id"] = decode_cursor(asked_for.after, _SORTS[sort][2])
    rows = await tx.rows(_PAGES[sort, asked_for.descending, asked_for.after is not None], **binds)
    # The number is the same however the rows are sorted and whichever of them are shown.
    what = (
        "total",
        tuple(sorted(set(asked_for.where))),
        wanted["pattern"],
        asked_for.disposition,
        asked_for.outdated,
    )
    total = await kept(cache, stream, what, int, lambda: tx.value(_COUNT, **wanted))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    onward = encode_cursor(last["sorted_by"], last["id"]) if last is not None else None
    return EntryPage(await build_entries(tx, rows[:PAGE]), onward, total, stream)


async def find_similar(tx: Reader, board_id: BoardId, title: str) -> list[int]:
    """The entries of a board whose titles look like one that somebody is typing, the most alike first."""
    rows = await tx.rows(_SIMILAR, board=board_id, title=title, alike=ALIKE, count=SIMILAR)
    return [row["id"] for row in rows]


def _sort_of(form: Form, sort: str) -> tuple[str, str | None]:
    if sort in ("number", "title", "added", "changed", "confirmed"):
        return sort, None
    field = next((one for one in asked(form) if one.key == sort), None)
    if field is None or field.type in ("some_of", "reference", "file"):
        raise CannotSort(field="sort")
    return ("amount" if field.type == "number" else "words"), field.key
