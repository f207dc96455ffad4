"""The matching posts of a query that the actor can see, with their scores.

Only the newest matches are ranked, at most a thousand, and a few hundred for very common words, so that a common word costs
no more than a rare one. Every candidate passes the visibility conditions, also for counts and suggestions.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from core.actor import Actor
from forum.search.filters import ResolvedFilters
from forum.search.query_parser import ParsedQuery
from forum.search.query_terms import QueryTerms, find_terms
from forum.search.shapes import SearchOrder
from forum.search.terms import Term
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from storage.database import Reader
from storage.statements import statement

# So many of the newest matches are ranked. Measured with a million posts: ranking all matches costs ten times as much.
MAX_CANDIDATES = 1_000
# If the actor can see fewer than this many of the newest matches, older ones are read too, up to this many times.
MAX_ROUNDS = 4
ENOUGH_CANDIDATES = 50
# A post that is so many seconds old (550 days) counts half as much as a new one, and one ten times as old an eleventh. Old
# posts are the record of the field: a topic about all words of the query comes before newer ones that mention them.
HALF_AFTER_SECONDS = 550 * 86_400.0

EARLIEST, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

_match_query = cast(bindparam("wanted", type_=Text), TSQUERY)
_candidates = (
    func.search_candidates(
        _match_query,
        cast(bindparam("ranked", type_=Text), TSQUERY),
        bindparam("since", type_=DateTime(timezone=True)),
        bindparam("until", type_=DateTime(timezone=True)),
        bindparam("before", type_=BigInteger),
        bindparam("most", type_=Integer),
    )
    .table_valued(
        column("post_id", BigInteger),
        column("posted_at", DateTime(timezone=True)),
        column("language", Text),
        column("rank", Float),
        column("is_more", Boolean),
        name="candidates",
    )
    .render_derived()
)
_kinds = bindparam("kinds", type_=ARRAY(Text))
_answered = bindparam("is_answered", type_=Boolean)
_closed = bindparam("is_closed", type_=Boolean)
_archived = bindparam("is_archived", type_=Boolean)
_topic = bindparam("only_topic", type_=BigInteger)
_matches = and_(
    posts_not_held(),
    visible_topics(),
    visible_text(),
    or_(_kinds.is_(None), topics.c.kind == any_(_kinds)),
    or_(_answered.is_(None), topics.c.answer_id.is_not(None) == _answered),
    or_(_closed.is_(None), topics.c.locked_at.is_not(None) == _closed),
    or_(_archived.is_(None), topics.c.archived_at.is_not(None) == _archived),
    or_(_topic == null(), posts.c.topic_id == _topic),
    or_(bindparam("is_opening", type_=Integer) == 0, posts.c.number == 1),
)
# The outer join also returns candidates that do not match or cannot be seen, with NULLs: their dates tell where the next
# round starts.
_visible_match = (
    select(
        posts.c.id,
        *topics.c[("sector_id", "kind", "tags")],
        posts.c.topic_id,
        posts.c.author_id,
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == _candidates.c.post_id, _matches)
    .lateral("visible_match")
)
SELECT_CANDIDATES = statement(
    select(*_candidates.c[("post_id", "posted_at", "language", "rank", "is_more")])
    .add_columns(*_visible_match.c[("topic_id", "sector_id", "kind", "tags", "author_id")])
    .select_from(_candidates.outerjoin(_visible_match, true()))
)


class Candidate(Struct, frozen=True, kw_only=True):
    """A matching post that the actor can see; `post`, `topic`, `sector` and `author` are ids."""

    post: int
    posted_at: datetime
    language: str
    score: float
    topic: int
    sector: int
    kind: str
    tags: list[str]
    author: int | None


class Candidates(Struct, frozen=True, kw_only=True):
    """The candidates, the newest first.

    `is_more` is whether there are older matches that were not read. `terms` are what the query asks for, by which excerpts
    are highlighted.
    """

    found: list[Candidate]
    is_more: bool
    terms: Sequence[Term] = ()

    def count(self) -> tuple[Counter[int], Counter[str], Counter[str], Counter[int], Counter[int]]:
        """Return the numbers of candidates by sector, kind, tag, author and year."""
        return (
            Counter(one.sector for one in self.found),
            Counter(one.kind for one in self.found),
            Counter(tag for one in self.found for tag in one.tags),
            Counter(one.author for one in self.found if one.author is not None),
            Counter(one.posted_at.year for one in self.found),
        )


async def find_candidates(
    tx: Reader,
    actor: Actor,
    query: ParsedQuery,
    filters: ResolvedFilters,
    languages: Sequence[str],
    until: datetime,
    most: int = MAX_CANDIDATES,
) -> Candidates:
    """Return the newest posts that match a query and were written before `until`, at most `most`.

    `languages` are the community's (ISO 639-1). If no post has the words of the query, those that have words which begin so
    are returned.
    """
    terms = await find_terms(tx, query, languages)
    if query.words and not terms.wanted:
        # There is nothing in the words that could be found.
        return Candidates(found=[], is_more=False)
    candidates = await _find(tx, actor, query, filters, terms, until, most)
    if not candidates.found and terms.wanted and (loosened := terms.loosened()) != terms:
        return await _find(tx, actor, query, filters, loosened, until, most)
    return candidates


async def _find(
    tx: Reader,
    actor: Actor,
    query: ParsedQuery,
    filters: ResolvedFilters,
    terms: QueryTerms,
    until: datetime,
    most: int,
) -> Candidates:
    binds = {
        "wanted": _to_tsquery(terms, filters),
        "ranked": terms.written(),
        "since": query.since or EARLIEST,
        "most": most,
        "kinds": filters.kinds,
        "is_answered": filters.is_answered,
        "is_closed": filters.is_closed,
        "is_archived": filters.is_archived,
        "only_topic": filters.topic,
        "is_opening": int(filters.is_opening),
        **seen_by(actor),
    }
    found: list[Candidate] = []
    is_more = True
    edge, before = min(until, query.until or LATEST), 0
    for _ in range(MAX_ROUNDS):
        rows = await tx.rows(SELECT_CANDIDATES, **binds, until=edge, before=before)
        found += _visible_candidates(rows, until)
        is_more = bool(rows) and rows[0]["is_more"]
        if not is_more or len(found) >= min(ENOUGH_CANDIDATES, most):
            break
        edge, before = min((row["posted_at"], row["post_id"]) for row in rows)
    return Candidates(found=found, is_more=is_more, terms=terms.terms())


def _to_tsquery(terms: QueryTerms, filters: ResolvedFilters) -> str:
    words = terms.written()
    excluded = (f"!({term.written()})" for term in terms.unwanted)
    parts = [f"({words})" if words else "", *excluded, filters.marks]
    return " & ".join(part for part in parts if part)


def sort_candidates(found: Sequence[Candidate], order: SearchOrder) -> list[Candidate]:
    """Return the candidates in this order: the newest first, or the best first by relevance and age."""
    if order == "newest":
        return sorted(found, key=lambda one: (one.posted_at, one.post), reverse=True)
    return sorted(found, key=lambda one: (one.score, one.post), reverse=True)


def _visible_candidates(rows: Sequence[Record], until: datetime) -> list[Candidate]:
    return [
        Candidate(
            post=row["post_id"],
            posted_at=row["posted_at"],
            language=row["language"],
            # The age counts from the time of the first page, which all pages of a search share.
            score=(row["rank"] + 1e-3)
            / (1 + (until - row["posted_at"]).total_seconds() / HALF_AFTER_SECONDS),
            topic=row["topic_id"],
            sector=row["sector_id"],
            kind=row["kind"],
            tags=row["tags"],
            author=row["author_id"],
        )
        for row in rows
        if row["topic_id"] is not None
    ]
