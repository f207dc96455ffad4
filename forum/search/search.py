"""Searching: from what somebody typed to a page of hits, with facets to narrow it and a suggestion where nothing fits."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from msgspec import Meta
from rapidfuzz.distance import DamerauLevenshtein
from sqlalchemy import any_, bindparam, select

from core import clock
from core.actor import Actor
from forum.authors import author_of
from forum.search.candidates import LAST, Candidate, Candidates, find_candidates, sort_candidates
from forum.search.filters import ResolvedFilters, resolve_filters
from forum.search.languages import rejoin_words, search_configurations, separate_words
from forum.search.query_parser import ParsedQuery, parse_query
from forum.search.shapes import Facet, Hit, SearchOrder, SearchResults
from forum.search.texts import CLOSED, OPENED, fold, highlight_matches, plain_text, suggestible_words
from forum.tables import posts, sectors, topics
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE = 20
MOST_FACETS = 8
# Signs of a post among which a passage is looked for, and of its beginning where no word was asked for.
LOOKED_AT, BEGINNING = 20_000, 240
# From which share of trigrams a word may be another one mistyped, how many of those are looked at, by how many slips of
# the finger it may differ (Damerau and Levenshtein), and how many are tried.
ALIKE, LOOKED_UP, SLIPS, TRIED = 0.3, 40, 2, 4
# Of what fits a word that may be meant, so many are counted.
COUNTED = 50

_KINDS = {
    "discussion": "Discussions",
    "question": "Questions",
    "announcement": "Announcements",
    "room": "Live rooms",
    "mail": "Mailing lists",
    "entry": "Entries of boards",
}
_OPERATORS = {"room": "live"}

_Time = Annotated[datetime, Meta(tz=True)]
_Start = Annotated[int, Meta(ge=0, le=100_000)]

_SHOW = statement(
    select(
        posts.c.id,
        *posts.c[("number", "topic_id", "posted_at", "html", "author_id")],
        *topics.c[("title", "kind")],
        sectors.c.slug,
        *public_authors.c[("handle", "display_name")],
        public_authors.c.group.label("author_group"),
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(posts.c.id == any_(bindparam("ids")), posts_not_held(), visible_topics(), visible_text())
)
_EXTRACT = statement("""
SELECT id, ts_headline(CAST(language AS regconfig), words, CAST(:asked AS tsquery), :look) AS passage
FROM unnest(CAST(:ids AS bigint[]), CAST(:languages AS text[]), CAST(:texts AS text[])) AS read (id, language, words)
""")
_LOOK = f'StartSel={OPENED},StopSel={CLOSED},MaxWords=36,MinWords=18,MaxFragments=2,FragmentDelimiter=" … "'
_NAMES = statement("""
SELECT 'in' AS operator, id, slug, name FROM sectors WHERE id = ANY(CAST(:sectors AS bigint[]))
UNION ALL SELECT 'by', id, handle, display_name FROM members WHERE id = ANY(CAST(:authors AS bigint[]))
""")
_ALIKE = statement("""
SELECT typed, ARRAY(
    SELECT word FROM search_words WHERE word % typed AND similarity(word, typed) >= :alike
    ORDER BY similarity(word, typed) DESC, word LIMIT :count
) AS alike
FROM unnest(CAST(:typed AS text[])) AS typed WHERE NOT EXISTS (SELECT FROM search_words WHERE word = typed)
""")


async def search(
    tx: Reader,
    actor: Actor,
    text: str,
    order: SearchOrder,
    after: str | None,
    languages: tuple[str, ...],
) -> SearchResults:
    """A page of what fits a query among what the actor can see; `languages` are those of the community."""
    query = parse_query(separate_words(text))
    until, start = decode_cursor(after, tuple[_Time, _Start]) if after else (clock.now(), 0)
    filtering = await resolve_filters(tx, actor, query.filters)
    candidates = Candidates(found=[], is_more=False, words="")
    if not query.is_empty and not filtering.unknown:
        candidates = await find_candidates(
            tx, actor, query, filtering, search_configurations(languages), until
        )
    ordered, more = _once_each(sort_candidates(candidates.found, order), filtering)
    page = ordered[start : start + PAGE]
    is_last = len(ordered) <= start + PAGE
    suggestion = None
    if not candidates.found and not filtering.unknown:
        suggestion = await _suggest(tx, actor, text, query, filtering, languages)
    return SearchResults(
        items=await _hits(tx, actor, page, more, candidates.words),
        next=None if is_last else encode_cursor(until, start + PAGE),
        total=len(candidates.found),
        is_more=candidates.is_more,
        facets=await _facets(tx, candidates) if candidates.found else {},
        unknown=filtering.unknown,
        suggestion=suggestion,
    )


def _once_each(
    found: Sequence[Candidate], filtering: ResolvedFilters
) -> tuple[list[Candidate], Counter[int]]:
    """Of each topic the first; and how many there are of each."""
    many = Counter(one.topic for one in found)
    if filtering.topic is not None:
        return list(found), Counter()
    first: dict[int, Candidate] = {}
    for one in found:
        first.setdefault(one.topic, one)
    return list(first.values()), many


async def _hits(
    tx: Reader, actor: Actor, page: Sequence[Candidate], many: Counter[int], words: str
) -> list[Hit]:
    rows = {row["id"]: row for row in await tx.rows(_SHOW, ids=[one.post for one in page], **seen_by(actor))}
    shown = [(one, rows[one.post]) for one in page if one.post in rows]
    texts = {one.post: separate_words(plain_text(row["html"])[:LOOKED_AT]) for one, row in shown}
    passages = {id: text[:BEGINNING] + " …" * (len(text) > BEGINNING) for id, text in texts.items()}
    if words and texts:
        known = {one.post: one.language for one, _ in shown}
        facts = {"ids": list(texts), "texts": list(texts.values())}
        found = await tx.rows(
            _EXTRACT, asked=words, look=_LOOK, languages=[known[id] for id in texts], **facts
        )
        passages = {row["id"]: row["passage"] for row in found}
    return [_hit(row, passages[one.post], many[one.topic]) for one, row in shown]


def _hit(row: Record, passage: str, many: int) -> Hit:
    return Hit(
        post=row["id"],
        number=row["number"],
        topic=row["topic_id"],
        title=row["title"],
        kind=row["kind"],
        sector=row["slug"],
        author=author_of(row["author_id"], row["handle"], row["display_name"], row["author_group"]),
        posted_at=row["posted_at"],
        extract=highlight_matches(rejoin_words(passage)),
        more=max(0, many - 1),
    )


async def _facets(tx: Reader, candidates: Candidates) -> dict[str, list[Facet]]:
    by_sector, by_kind, by_tag, by_author, by_year = candidates.count()
    authors = [id for id, _ in by_author.most_common(MOST_FACETS)]
    named = await tx.rows(_NAMES, sectors=list(by_sector), authors=authors)
    return {
        "sectors": _named(by_sector, [row for row in named if row["operator"] == "in"]),
        "kinds": [
            Facet(filter=f"is:{_OPERATORS.get(kind, kind)}", name=_KINDS[kind], count=count)
            for kind, count in by_kind.most_common()
            if kind in _KINDS
        ],
        "tags": [
            Facet(filter=f"tag:{tag}", name=tag, count=count)
            for tag, count in by_tag.most_common(MOST_FACETS)
        ],
        "authors": _named(by_author, [row for row in named if row["operator"] == "by"]),
        "years": [
            Facet(filter=f"after:{year} before:{year + 1}", name=str(year), count=count)
            for year, count in sorted(by_year.items(), reverse=True)[:MOST_FACETS]
        ],
    }


def _named(counts: Counter[int], named: Sequence[Record]) -> list[Facet]:
    made = [
        Facet(filter=f"{row['operator']}:{row['slug']}", name=row["name"], count=counts[row["id"]])
        for row in named
    ]
    return sorted(made, key=lambda one: (-one.count, one.name))


async def _suggest(
    tx: Reader,
    actor: Actor,
    text: str,
    query: ParsedQuery,
    filtering: ResolvedFilters,
    languages: tuple[str, ...],
) -> str | None:
    """The query with the word that fits nothing replaced by one that is written here and then fits something that the
    actor can see: words of what is hidden are suggested to nobody who cannot read it."""
    typed = sorted(suggestible_words(query.words))[:TRIED]
    rows = await tx.rows(_ALIKE, typed=typed, alike=ALIKE, count=LOOKED_UP) if typed else []
    alike = {row["typed"]: _nearest(row["typed"], row["alike"]) for row in rows}
    alike = {word: others for word, others in alike.items() if others}
    if not alike:
        return None
    best: tuple[int, str] | None = None
    for place in range(TRIED):
        chosen = {word: others[min(place, len(others) - 1)] for word, others in alike.items()}
        tried = msgspec.structs.replace(query, words=_replace(query.words, chosen))
        found = await find_candidates(
            tx, actor, tried, filtering, search_configurations(languages), LAST, COUNTED
        )
        count = len(found.found)
        if count and (best is None or count > best[0]):
            best = (count, _replace(text, chosen))
    return best[1] if best else None


def _nearest(typed: str, words: Sequence[str]) -> list[str]:
    far = {word: DamerauLevenshtein.distance(typed, word, score_cutoff=SLIPS) for word in words}
    return sorted((word for word in words if far[word] <= SLIPS), key=lambda word: far[word])[:TRIED]


def _replace(text: str, chosen: dict[str, Any]) -> str:
    return " ".join(chosen.get(fold(word.strip('"')), word) for word in text.split())
