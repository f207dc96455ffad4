"""The filters of a query, resolved to filter marks in the index and to properties of topics."""

from collections.abc import Sequence

from msgspec import Struct

from core.actor import Actor
from forum.search.query_parser import IS_FILTERS, QueryFilter
from forum.search.vectors import FILTER_MARK, quote_lexeme
from forum.tags.synonyms import resolve_synonyms
from members.profiles.profiles import find_member_ids
from storage.database import Reader
from storage.statements import statement

# The topic kinds that the values of `is:` stand for.
_TOPIC_KINDS = {
    "question": "question",
    "discussion": "discussion",
    "announcement": "announcement",
    "live": "room",
}
_TOPIC_KINDS |= {"entry": "entry", "mail": "mail"}
SELECT_SECTOR_IDS_BY_SLUG = statement("SELECT slug, id FROM sectors WHERE slug = ANY(CAST(:names AS text[]))")


class ResolvedFilters(Struct, kw_only=True):
    """The filters of a query: `marks` is a tsquery on the filter marks, the others are conditions on topics and posts.

    `unknown` are the filters whose value does not exist; None means no condition.
    """

    marks: str = ""
    kinds: list[str] | None = None
    is_answered: bool | None = None
    is_closed: bool | None = None
    is_archived: bool | None = None
    is_opening: bool = False
    topic: int | None = None
    unknown: list[str]


async def resolve_filters(tx: Reader, actor: Actor, filters: Sequence[QueryFilter]) -> ResolvedFilters:
    """Resolve the filters of a query: two filters with one operator are joined by OR, different operators by AND.

    A filter with a minus excludes. `by:me` stands for the actor.
    """
    sectors = await _read_sector_ids(tx, _values(filters, "in"))
    authors: dict[str, int] = {**await find_member_ids(tx, _values(filters, "by"))}
    if actor.id is not None:
        authors["me"] = actor.id
    tags = await resolve_synonyms(tx, [one.value for one in filters if one.operator == "tag"])
    resolved = ResolvedFilters(unknown=[])
    wanted: dict[str, list[str]] = {}
    excluded: list[str] = []
    for one in filters:
        mark = _mark(one, sectors, authors, tags)
        if mark is not None and one.is_excluded:
            excluded.append(f"!{mark}")
        elif mark is not None:
            wanted.setdefault(one.operator, []).append(mark)
        elif not _apply_condition(resolved, one):
            resolved.unknown.append(one.text)
    resolved.marks = " & ".join([f"({' | '.join(marks)})" for marks in wanted.values()] + excluded)
    return resolved


def _values(filters: Sequence[QueryFilter], operator: str) -> list[str]:
    return [one.value for one in filters if one.operator == operator]


async def _read_sector_ids(tx: Reader, slugs: list[str]) -> dict[str, int]:
    rows = await tx.rows(SELECT_SECTOR_IDS_BY_SLUG, names=slugs) if slugs else []
    return {row["slug"]: row["id"] for row in rows}


def _mark(
    one: QueryFilter, sectors: dict[str, int], authors: dict[str, int], tags: dict[str, str]
) -> str | None:
    if one.operator == "tag" and one.value:
        return quote_lexeme(f"{FILTER_MARK}t{tags[one.value]}")
    if one.operator == "in" and one.value in sectors:
        return quote_lexeme(f"{FILTER_MARK}s{sectors[one.value]}")
    if one.operator == "by" and one.value in authors:
        return quote_lexeme(f"{FILTER_MARK}a{authors[one.value]}")
    return None


def _apply_condition(resolved: ResolvedFilters, one: QueryFilter) -> bool:
    # Returns whether the filter is known.
    if one.operator == "topic" and one.value.isascii() and one.value.isdigit() and len(one.value) < 19:
        resolved.topic = int(one.value)
        return not one.is_excluded
    if one.operator != "is" or one.value not in IS_FILTERS:
        return False
    match one.value:
        case "answered" | "unanswered":
            resolved.kinds = ["question"]
            resolved.is_answered = (one.value == "answered") != one.is_excluded
        case "open" | "closed":
            resolved.is_closed = (one.value == "closed") != one.is_excluded
        case "archived":
            resolved.is_archived = not one.is_excluded
        case "opening":
            resolved.is_opening = not one.is_excluded
        case kind:
            chosen = set(
                resolved.kinds
                if resolved.kinds is not None
                else _TOPIC_KINDS.values()
                if one.is_excluded
                else ()
            )
            resolved.kinds = sorted(
                chosen - {_TOPIC_KINDS[kind]} if one.is_excluded else chosen | {_TOPIC_KINDS[kind]}
            )
    return True
