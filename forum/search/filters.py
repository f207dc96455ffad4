"""Filtering: what the operators of a query stand for here."""

from collections.abc import Sequence

from msgspec import Struct

from core.actor import Actor
from forum.search.indexing import FILTER_MARK
from forum.search.query_parser import IS_FILTERS, QueryFilter
from forum.tags.tags import main_names
from storage.database import Reader
from storage.statements import statement

_KINDS = {"question": "question", "discussion": "discussion", "announcement": "announcement", "live": "room"}
_KINDS |= {"entry": "entry", "mail": "mail"}
_SECTORS = statement("SELECT slug, id FROM sectors WHERE slug = ANY(CAST(:names AS text[]))")
_AUTHORS = statement("SELECT handle, id FROM members WHERE handle = ANY(CAST(:names AS text[]))")


class ResolvedFilters(Struct, kw_only=True):
    """Filters as they are asked for: `marks` in the index, the rest of the topics. `unknown` name nothing here."""

    marks: str = ""
    kinds: list[str] | None = None
    is_answered: bool | None = None
    is_closed: bool | None = None
    is_archived: bool | None = None
    is_opening: bool = False
    topic: int | None = None
    unknown: list[str]


async def resolve_filters(tx: Reader, actor: Actor, filters: Sequence[QueryFilter]) -> ResolvedFilters:
    """What filters stand for. Several of one operator widen each other, as do two sectors; those with a minus narrow."""
    sectors = await _ids(tx, "in", filters)
    authors = await _ids(tx, "by", filters)
    if actor.id is not None:
        authors["me"] = actor.id
    tags = await main_names(tx, [one.value for one in filters if one.operator == "tag"])
    made = ResolvedFilters(unknown=[])
    wanted: dict[str, list[str]] = {}
    excluded: list[str] = []
    for one in filters:
        mark = _mark(one, sectors, authors, tags)
        if mark is not None and one.is_excluded:
            excluded.append(f"!{mark}")
        elif mark is not None:
            wanted.setdefault(one.operator, []).append(mark)
        elif not _read_state(made, one):
            made.unknown.append(one.text)
    made.marks = " & ".join([f"({' | '.join(marks)})" for marks in wanted.values()] + excluded)
    return made


async def _ids(tx: Reader, operator: str, filters: Sequence[QueryFilter]) -> dict[str, int]:
    names = [one.value for one in filters if one.operator == operator]
    if not names:
        return {}
    rows = await tx.rows(_SECTORS if operator == "in" else _AUTHORS, names=names)
    return {row[0]: row[1] for row in rows}


def _mark(
    one: QueryFilter, sectors: dict[str, int], authors: dict[str, int], tags: dict[str, str]
) -> str | None:
    if one.operator == "tag" and one.value:
        return _quoted(f"t{tags[one.value]}")
    if one.operator == "in" and one.value in sectors:
        return _quoted(f"s{sectors[one.value]}")
    if one.operator == "by" and one.value in authors:
        return _quoted(f"a{authors[one.value]}")
    return None


def _quoted(mark: str) -> str:
    escaped = mark.replace("\\", "\\\\").replace("'", "''")
    return f"'{FILTER_MARK}{escaped}'"


def _read_state(made: ResolvedFilters, one: QueryFilter) -> bool:
    if one.operator == "topic" and one.value.isascii() and one.value.isdigit() and len(one.value) < 19:
        made.topic = int(one.value)
        return not one.is_excluded
    if one.operator != "is" or one.value not in IS_FILTERS:
        return False
    match one.value:
        case "answered" | "unanswered":
            made.kinds = ["question"]
            made.is_answered = (one.value == "answered") != one.is_excluded
        case "open" | "closed":
            made.is_closed = (one.value == "closed") != one.is_excluded
        case "archived":
            made.is_archived = not one.is_excluded
        case "opening":
            made.is_opening = not one.is_excluded
        case kind:
            chosen = set(made.kinds if made.kinds is not None else _KINDS.values() if one.is_excluded else ())
            made.kinds = sorted(chosen - {_KINDS[kind]} if one.is_excluded else chosen | {_KINDS[kind]})
    return True
