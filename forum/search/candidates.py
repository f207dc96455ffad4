"""Finding: the posts that fit a query, as far as somebody can see them, ranked.

The newest that fit are looked at, a thousand at most and of very common words some hundreds, so that a common word costs
no more than a rare one; of those the best come first. Every one of them goes through the predicates of visibility, for
counts and suggestions as well.
"""

import math
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
from forum.search.shapes import SearchOrder
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from storage.database import Reader
from storage.statements import statement

# So many of the newest that fit are ranked (measured at a million posts: ranking all that fit costs ten times as much).
MOST = 1_000
# Where hardly any of the newest can be seen by who asks, older ones are looked at, so often.
ROUNDS = 4
ENOUGH = 50
# In so many days a post's score falls to a third.
FADING = 550 * 86_400.0

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

_wanted = cast(bindparam("wanted", type_=Text), TSQUERY)
_candidates = (
    func.search_candidates(
        _wanted,
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
_fits = and_(
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
# All candidates come back, those that do not fit or cannot be seen without their facts: only so is it known whether there
# are older ones.
_there = (
    select(
        posts.c.id,
        *topics.c[("sector_id", "kind", "tags")],
        posts.c.topic_id,
        posts.c.author_id,
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == _candidates.c.post_id, _fits)
    .lateral("there")
)
_FIND = statement(
    select(*_candidates.c[("post_id", "posted_at", "language", "rank", "is_more")])
    .add_columns(*_there.c[("topic_id", "sector_id", "kind", "tags", "author_id")])
    .select_from(_candidates.outerjoin(_there, true()))
)
_TSQUERY = statement("""
SELECT CAST(search_for(:configurations, :words) AS text) AS words,
    ARRAY(SELECT CAST(search_for(:configurations, said) AS text) FROM unnest(CAST(:without AS text[])) AS said) AS without
""")


class Candidate(Struct, frozen=True, kw_only=True):
    """A post that fits and that the actor can see."""

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
    """What fits, the newest first; `is_more` if there are older ones that were not looked at. `words` is the query for
    words as PostgreSQL has it, by which passages are marked."""

    found: list[Candidate]
    is_more: bool
    words: str

    def count(self) -> tuple[Counter[int], Counter[str], Counter[str], Counter[int], Counter[int]]:
        """How many there are by sector, kind, tag, author and year."""
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
    filtering: ResolvedFilters,
    known: list[str],
    until: datetime,
    most: int = MOST,
) -> Candidates:
    """What fits a query, written before `until`; `known` are the configurations of the community's languages."""
    made = await tx.row(_TSQUERY, search_configurations=known, words=query.words, without=list(query.without))
    assert made is not None
    words = made["words"]
    # Words that all languages pass over, as "the", ask for nothing; what must not be there is asked for with a not.
    parts = [f"({words})" if words else "", *(f"!({one})" for one in made["without"] if one), filtering.marks]
    binds = {
        "wanted": " & ".join(part for part in parts if part),
        "ranked": words,
        "since": query.since or FIRST,
        "most": most,
        "kinds": filtering.kinds,
        "is_answered": filtering.is_answered,
        "is_closed": filtering.is_closed,
        "is_archived": filtering.is_archived,
        "only_topic": filtering.topic,
        "is_opening": int(filtering.is_opening),
        **seen_by(actor),
    }
    found: list[Candidate] = []
    is_more = True
    edge, before = min(until, query.until or LAST), 0
    for _ in range(ROUNDS):
        rows = await tx.rows(_FIND, **binds, until=edge, before=before)
        found += _seen(rows)
        is_more = bool(rows) and rows[0]["is_more"]
        if not is_more or len(found) >= min(ENOUGH, most):
            break
        edge, before = min((row["posted_at"], row["post_id"]) for row in rows)
    return Candidates(found=found, is_more=is_more, words=words)


def sort_candidates(found: Sequence[Candidate], order: SearchOrder) -> list[Candidate]:
    """The same, the newest first, or the best: what fits well, and of that what is newer."""
    if order == "newest":
        return sorted(found, key=lambda one: (one.posted_at, one.post), reverse=True)
    return sorted(found, key=lambda one: (one.score, one.post), reverse=True)


def _seen(rows: Sequence[Record]) -> list[Candidate]:
    return [
        Candidate(
            post=row["post_id"],
            posted_at=row["posted_at"],
            language=row["language"],
            # A sum of logarithms, so that the order of two posts does not change as both get older.
            score=math.log(row["rank"] + 1e-3) + row["posted_at"].timestamp() / FADING,
            topic=row["topic_id"],
            sector=row["sector_id"],
            kind=row["kind"],
            tags=row["tags"],
            author=row["author_id"],
        )
        for row in rows
        if row["topic_id"] is not None
    ]
