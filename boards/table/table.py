"""The table of a board: filtering, searching, sorting and paging of entries, and search for similar titles."""

import re
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
    all_,
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

from boards.cache import cached
from boards.entries.context import EntryContext
from boards.forms import active_fields
from boards.lookup.entry_queries import build_entries, select_entries
from boards.shapes import EntryPage, Form
from boards.tables import entries, entry_terms
from boards.visibility import listed_entries
from core.actor import Actor
from core.errors import Invalid
from core.ids import BoardId
from core.languages.texts import translatable
from core.text import escape_like
from forum.search.query_parser import QUOTATION_MARKS
from forum.visibility import seen_by
from storage.cache import VersionedCache
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import Statement, statement

PAGE_SIZE = 50
MAX_SIMILAR = 5
# The lowest trigram similarity of titles that are shown as similar (pg_trgm's default is 0.3).
MIN_SIMILARITY = 0.35
# Sorts before every number that a field accepts.
LOWEST_NUMBER = -1e300

Disposition = Literal["open", "included", "partly", "excluded"]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Small = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Time = Annotated[datetime, Meta(tz=True)]


class CannotSort(Invalid):
    """The sort key is neither number, title, added, changed, confirmed nor a form field with a single value."""

    message = translatable("The table cannot be sorted by that.")


class EntryFilter(Struct, frozen=True, kw_only=True):
    """The filter and order of a table.

    `where` has (field, term) pairs: an entry matches if, for every field in them, it has at least one of the terms. `words`
    are all in the text, in any order, `sort` is a column or a field key, and `after` is the cursor of a page.
    """

    where: tuple[tuple[str, str], ...] = ()
    words: str = ""
    sort: str = "number"
    descending: bool = False
    disposition: Disposition | None = None
    outdated: bool = False
    after: str | None = None


_WORD_OR_PHRASE = re.compile(r'"([^"]*[^"\s][^"]*)"|([^\s"]+)')
_field = entries.c.fields.op("->>")(bindparam("field", type_=Text))
_total = func.coalesce(cast(entries.c.confirmations.op("->>")("do_too"), Integer), 0) + func.coalesce(
    cast(entries.c.confirmations.op("->>")("confirm"), Integer), 0
)
# (expression, bind type, cursor type) of each sort key. No expression is NULL, because a cursor compares by it.
_SORTS: Mapping[str, tuple[ColumnElement[Any], Any, Any]] = {
    "number": (entries.c.number, Integer, tuple[_Small, _Id]),
    "title": (func.lower(entries.c.title), Text, tuple[str, _Id]),
    "added": (entries.c.added_at, DateTime(timezone=True), tuple[_Time, _Id]),
    "changed": (entries.c.changed_at, DateTime(timezone=True), tuple[_Time, _Id]),
    "confirmed": (_total, Integer, tuple[_Small, _Id]),
    "words": (func.lower(func.coalesce(_field, "")), Text, tuple[str, _Id]),
    "amount": (func.coalesce(cast(_field, Float), LOWEST_NUMBER), Float, tuple[float, _Id]),
}


def matches_filter() -> ColumnElement[bool]:
    """Return the predicate for listed entries of a board that match a filter, for statements run with `filter_binds`."""
    # Each field of the filter (at most 40) has a bit; OR-ing the bits of matching terms needs one pass and no sort.
    wanted = (
        func.unnest(
            bindparam("fields", type_=ARRAY(Text)),
            bindparam("terms", type_=ARRAY(Text)),
            bindparam("bits", type_=ARRAY(BigInteger)),
        )
        .table_valued(column("field", Text), column("term", Text), column("bit", BigInteger), name="wanted")
        .render_derived()
    )
    all_bits = bindparam("all_bits", type_=BigInteger)
    matching = (
        select(entry_terms.c.entry_id)
        .join(wanted, and_(wanted.c.field == entry_terms.c.field, wanted.c.term == entry_terms.c.term))
        .where(entry_terms.c.board_id == bindparam("board", type_=BigInteger))
        .group_by(entry_terms.c.entry_id)
        .having(func.bit_or(wanted.c.bit) == all_bits)
    )
    patterns = bindparam("patterns", type_=ARRAY(Text))
    # Folded once, not for each entry. The longest word is looked up in the index.
    folded = cast(select(func.fold_all_words(patterns)).scalar_subquery(), ARRAY(Text))
    longest = select(func.fold_words(bindparam("longest", type_=Text))).scalar_subquery()
    disposition = bindparam("disposition", type_=Text)
    return and_(
        entries.c.board_id == bindparam("board", type_=BigInteger),
        listed_entries(),
        or_(all_bits == 0, entries.c.id.in_(matching)),
        or_(patterns.is_(None), and_(entries.c.words.like(longest), entries.c.words.like(all_(folded)))),
        or_(disposition.is_(None), entries.c.disposition == disposition),
        or_(bindparam("outdated", type_=Integer) == 0, entries.c.outdated_at.is_not(None)),
    )


def filter_binds(board_id: BoardId, entry_filter: EntryFilter) -> dict[str, Any]:
    """Return the bind values of a statement with `matches_filter`."""
    bits = {
        field: 1 << position for position, field in enumerate(dict.fromkeys(f for f, _ in entry_filter.where))
    }
    patterns = [f"%{escape_like(word.lower())}%" for word in split_words(entry_filter.words)]
    return {
        "board": board_id,
        "fields": [field for field, _ in entry_filter.where],
        "terms": [term for _, term in entry_filter.where],
        "bits": [bits[field] for field, _ in entry_filter.where],
        "all_bits": sum(bits.values()),
        "patterns": patterns or None,
        "longest": max(patterns, key=len, default=None),
        "disposition": entry_filter.disposition,
        "outdated": int(entry_filter.outdated),
    }


def split_words(typed: str) -> list[str]:
    """Return the words and the phrases in quotation marks that an entry must have, in any order."""
    found = _WORD_OR_PHRASE.findall(typed.translate(QUOTATION_MARKS))
    words = [phrase.strip() or word for phrase, word in found]
    return list(dict.fromkeys(words)) or typed.split()[:1]


def _page(sort: str, descending: bool, following: bool) -> Statement:
    # The ids are filtered, sorted and limited first; contributors and other details are joined for one page only.
    key, kind, _ = _SORTS[sort]
    found: Select[Any] = select(entries.c.id, key.label("sorted_by")).where(matches_filter())
    if following:
        here = tuple_(bindparam("at", type_=kind), bindparam("id", type_=BigInteger))
        position = tuple_(key, entries.c.id)
        found = found.where(position < here if descending else position > here)
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


SELECT_TABLE_PAGE = {
    (sort, descending, following): _page(sort, descending, following)
    for sort in _SORTS
    for descending in (True, False)
    for following in (True, False)
}
COUNT_MATCHING_ENTRIES = statement(select(func.count()).select_from(entries).where(matches_filter()))
SELECT_SIMILAR_ENTRIES = statement("""
SELECT e.id FROM entries e WHERE e.board_id = :board AND e.is_listed AND lower(e.title) % lower(:title)
    AND similarity(lower(e.title), lower(:title)) >= :min_similarity
ORDER BY similarity(lower(e.title), lower(:title)) DESC, e.id LIMIT :count
""")


async def read_table(
    tx: Reader,
    actor: Actor,
    context: EntryContext,
    entry_filter: EntryFilter,
    stream: Stream | None,
    cache: VersionedCache,
) -> EntryPage:
    """Return one page of a board's table; the caller has checked that the actor can see it and has read `stream` before.

    The total is cached until the next event of the board. Raises CannotSort, or a refusal for a bad cursor.
    """
    assert stream is not None
    sort, field = _sort_key(context.form, entry_filter.sort)
    where = filter_binds(context.board, entry_filter)
    binds = {**where, **seen_by(actor), "count": PAGE_SIZE + 1, "field": field}
    if entry_filter.after is not None:
        binds["at"], binds["id"] = decode_cursor(entry_filter.after, _SORTS[sort][2])
    rows = await tx.rows(
        SELECT_TABLE_PAGE[sort, entry_filter.descending, entry_filter.after is not None], **binds
    )
    # The total does not depend on the order or the page, so these are not in the name of the cached value.
    name = (
        "total",
        tuple(sorted(set(entry_filter.where))),
        tuple(where["patterns"] or ()),
        entry_filter.disposition,
        entry_filter.outdated,
    )
    total = await cached(cache, stream, name, int, lambda: tx.value(COUNT_MATCHING_ENTRIES, **where))
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    next_cursor = encode_cursor(last["sorted_by"], last["id"]) if last is not None else None
    return EntryPage(await build_entries(tx, rows[:PAGE_SIZE]), next_cursor, total, stream)


async def find_similar(tx: Reader, board_id: BoardId, title: str) -> list[int]:
    """Return the ids of at most five listed entries with a title similar to the given one, most similar first."""
    rows = await tx.rows(
        SELECT_SIMILAR_ENTRIES, board=board_id, title=title, min_similarity=MIN_SIMILARITY, count=MAX_SIMILAR
    )
    return [row["id"] for row in rows]


def _sort_key(form: Form, sort: str) -> tuple[str, str | None]:
    if sort in ("number", "title", "added", "changed", "confirmed"):
        return sort, None
    field = next((one for one in active_fields(form) if one.key == sort), None)
    if field is None or field.type in ("some_of", "reference", "file"):
        raise CannotSort(field="sort")
    return ("amount" if field.type == "number" else "words"), field.key
