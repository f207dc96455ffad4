"""Search: from a typed query to a page of hits with excerpts and facets, and a suggestion if there are no results."""

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
from core.languages.names import local, shared_name
from core.languages.texts import gettext, translatable
from core.threads import in_thread
from forum.authors import author_in
from forum.search.candidates import LATEST, Candidate, Candidates, find_candidates, sort_candidates
from forum.search.excerpts import make_excerpt
from forum.search.filters import ResolvedFilters, resolve_filters
from forum.search.languages import code_of
from forum.search.people import find_people
from forum.search.query_parser import ParsedQuery, parse_query
from forum.search.shapes import Facet, Hit, SearchOrder, SearchResults
from forum.search.terms import Term
from forum.search.texts import plain_text, suggestible_words
from forum.search.tokenizer.folding import fold
from forum.tables import posts, sectors, topics
from forum.text.prepared_posts import shown_html
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE_SIZE = 20
MAX_FACETS = 8
# A known word may replace a typed one if their trigrams are this similar and they differ by at most so many edits
# (Damerau-Levenshtein distance). So many similar words are read, and so many replacements are tried.
MIN_SIMILARITY, MAX_SIMILAR_WORDS, MAX_EDITS, MAX_ATTEMPTS = 0.3, 40, 2, 4
# The matches of a suggestion are counted up to this number.
MAX_SUGGESTION_MATCHES = 50

_KIND_NAMES = {
    "discussion": translatable("Discussions"),
    "question": translatable("Questions"),
    "announcement": translatable("Announcements"),
    "room": translatable("Live rooms"),
    "mail": translatable("Mailing lists"),
    "entry": translatable("Entries of stock-takes"),
}
_KIND_OPERATORS = {"room": "live"}

_Time = Annotated[datetime, Meta(tz=True)]
_Start = Annotated[int, Meta(ge=0, le=100_000)]

SELECT_HITS = statement(
    select(
        posts.c.id,
        *posts.c[("number", "topic_id", "posted_at", "html", "author_id")],
        *topics.c[("title", "titles", "kind")],
        sectors.c.slug,
        *public_authors.c[("handle", "display_name")],
        public_authors.c.group.label("author_group"),
        public_authors.c.picture.label("author_picture"),
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(posts.c.id == any_(bindparam("ids")), posts_not_held(), visible_topics(), visible_text())
)
SELECT_FACET_NAMES = statement("""
SELECT 'in' AS operator, id, slug, name FROM sectors WHERE id = ANY(CAST(:sectors AS bigint[]))
UNION ALL SELECT 'by', id, handle, display_name FROM members WHERE id = ANY(CAST(:authors AS bigint[]))
""")
SELECT_SIMILAR_WORDS = statement("""
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
    """Return a page of the posts that match a query and that the actor can see, one per topic.

    `after` is the cursor of the page before, or None; `languages` are the community's (ISO 639-1).
    """
    query = parse_query(text)
    until, start = decode_cursor(after, tuple[_Time, _Start]) if after else (clock.now(), 0)
    filters = await resolve_filters(tx, actor, query.filters)
    candidates = Candidates(found=[], is_more=False)
    if not query.is_empty and not filters.unknown:
        candidates = await find_candidates(tx, actor, query, filters, languages, until)
    ordered, counts = _one_per_topic(sort_candidates(candidates.found, order), filters)
    page = ordered[start : start + PAGE_SIZE]
    is_last = len(ordered) <= start + PAGE_SIZE
    suggestion = None
    people = await find_people(tx, actor, query) if not start else []
    if not candidates.found and not people and not filters.unknown:
        suggestion = await _suggest(tx, actor, text, query, filters, languages)
    return SearchResults(
        items=await _read_hits(tx, actor, page, counts, candidates.terms),
        next=None if is_last else encode_cursor(until, start + PAGE_SIZE),
        total=len(candidates.found),
        is_more=candidates.is_more,
        facets=await _read_facets(tx, candidates) if candidates.found else {},
        unknown=filters.unknown,
        suggestion=suggestion,
        people=people,
    )


def _one_per_topic(
    found: Sequence[Candidate], filters: ResolvedFilters
) -> tuple[list[Candidate], Counter[int]]:
    """Return the first candidate of each topic, and the number of candidates by topic.

    A query for one topic (`topic:12`) keeps all candidates and has no counts.
    """
    counts = Counter(one.topic for one in found)
    if filters.topic is not None:
        return list(found), Counter()
    first: dict[int, Candidate] = {}
    for one in found:
        first.setdefault(one.topic, one)
    return list(first.values()), counts


async def _read_hits(
    tx: Reader, actor: Actor, page: Sequence[Candidate], counts: Counter[int], terms: Sequence[Term]
) -> list[Hit]:
    found = await tx.rows(SELECT_HITS, ids=[one.post for one in page], **seen_by(actor))
    rows = {row["id"]: row for row in found}
    hits = [(one, rows[one.post]) for one in page if one.post in rows]
    # In a thread, because a page of very long posts takes longer than other requests should wait.
    excerpts = await in_thread(_make_excerpts, hits, terms)
    return [
        _to_hit(row, excerpt, counts[one.topic]) for (one, row), excerpt in zip(hits, excerpts, strict=True)
    ]


def _make_excerpts(hits: Sequence[tuple[Candidate, Record]], terms: Sequence[Term]) -> list[str]:
    return [
        make_excerpt(
            plain_text(shown_html(row["number"], row["html"], row["kind"])), terms, code_of(one.language)
        )
        for one, row in hits
    ]


def _to_hit(row: Record, excerpt: str, matches_in_topic: int) -> Hit:
    return Hit(
        post=row["id"],
        number=row["number"],
        topic=row["topic_id"],
        title=local(row["title"], row["titles"]),
        kind=row["kind"],
        sector=row["slug"],
        author=author_in(row),
        posted_at=row["posted_at"],
        extract=excerpt,
        more=max(0, matches_in_topic - 1),
    )


async def _read_facets(tx: Reader, candidates: Candidates) -> dict[str, list[Facet]]:
    by_sector, by_kind, by_tag, by_author, by_year = candidates.count()
    authors = [id for id, _ in by_author.most_common(MAX_FACETS)]
    named = await tx.rows(SELECT_FACET_NAMES, sectors=list(by_sector), authors=authors)
    return {
        "sectors": _count_by_name(by_sector, [row for row in named if row["operator"] == "in"]),
        "kinds": [
            Facet(
                filter=f"is:{_KIND_OPERATORS.get(kind, kind)}", name=gettext(_KIND_NAMES[kind]), count=count
            )
            for kind, count in by_kind.most_common()
            if kind in _KIND_NAMES
        ],
        "tags": [
            Facet(filter=f"tag:{tag}", name=shared_name(tag), count=count)
            for tag, count in by_tag.most_common(MAX_FACETS)
        ],
        "authors": _count_by_name(by_author, [row for row in named if row["operator"] == "by"]),
        "years": [
            Facet(filter=f"after:{year} before:{year + 1}", name=str(year), count=count)
            for year, count in sorted(by_year.items(), reverse=True)[:MAX_FACETS]
        ],
    }


def _count_by_name(counts: Counter[int], named: Sequence[Record]) -> list[Facet]:
    made = [
        Facet(filter=f"{row['operator']}:{row['slug']}", name=_name_in(row), count=counts[row["id"]])
        for row in named
    ]
    return sorted(made, key=lambda one: (-one.count, one.name))


def _name_in(row: Record) -> str:
    return shared_name(row["name"]) if row["operator"] == "in" else str(row["name"])


async def _suggest(
    tx: Reader,
    actor: Actor,
    text: str,
    query: ParsedQuery,
    filters: ResolvedFilters,
    languages: tuple[str, ...],
) -> str | None:
    """Return the query with unknown words replaced by similar known ones, or None if no replacement finds anything.

    A suggestion must match a post that the actor can see, so that it reveals no word of a hidden post.
    """
    typed = sorted(suggestible_words(query.words))[:MAX_ATTEMPTS]
    rows = (
        await tx.rows(SELECT_SIMILAR_WORDS, typed=typed, alike=MIN_SIMILARITY, count=MAX_SIMILAR_WORDS)
        if typed
        else []
    )
    similar = {row["typed"]: _closest_words(row["typed"], row["alike"]) for row in rows}
    similar = {word: others for word, others in similar.items() if others}
    if not similar:
        return None
    best: tuple[int, str] | None = None
    for attempt in range(MAX_ATTEMPTS):
        chosen = {word: others[min(attempt, len(others) - 1)] for word, others in similar.items()}
        tried = msgspec.structs.replace(query, words=_replace_words(query.words, chosen))
        found = await find_candidates(tx, actor, tried, filters, languages, LATEST, MAX_SUGGESTION_MATCHES)
        count = len(found.found)
        if count and (best is None or count > best[0]):
            best = (count, _replace_words(text, chosen))
    return best[1] if best else None


def _closest_words(typed: str, words: Sequence[str]) -> list[str]:
    edits = {word: DamerauLevenshtein.distance(typed, word, score_cutoff=MAX_EDITS) for word in words}
    close = (word for word in words if edits[word] <= MAX_EDITS)
    return sorted(close, key=lambda word: edits[word])[:MAX_ATTEMPTS]


def _replace_words(text: str, chosen: dict[str, Any]) -> str:
    return " ".join(chosen.get(fold(word.strip('"')), word) for word in text.split())
