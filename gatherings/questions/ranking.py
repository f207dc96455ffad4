"""The ranking of questions: which question to hear next, by a score whose factors are published with it."""

from collections.abc import Iterable
from datetime import datetime
from heapq import nsmallest
from math import sqrt

from msgspec import Struct

from gatherings.shapes.questions import Rank, Why

# The z value of a 95 % confidence interval. With it, half of a full room counts for more than one vote out of one.
WILSON_Z = 1.96
# After this many minutes a question counts half as much as a new one, after twice as many a third. Late questions can
# still rise, and early ones do not vanish, even days later.
HALVED_AFTER_MINUTES = 30.0
# The bonus for a group of which nobody was heard yet: it decides between nearly equal scores, not against a clear lead.
UNHEARD_GROUP_BONUS = 0.25

# The sort key, smallest first: whether the question is closed, its negative score, when it was asked, its id.
RankKey = tuple[bool, float, datetime, int]


class RankedQuestion(Struct, frozen=True):
    """The facts of a question that its rank depends on; `group` is the asker's public group, None if anonymous."""

    id: int
    votes: int
    asked_at: datetime
    group: str | None
    is_closed: bool = False


class RankingContext(Struct, frozen=True):
    """The facts of a room that ranks depend on: its number of voters, and the groups that were heard."""

    voters: int
    heard: frozenset[str]


def explain_rank(question: RankedQuestion, context: RankingContext, now: datetime) -> Rank:
    """Return the score of a question at a time, with its factors."""
    minutes, support = _age_minutes(question, now), _support(question, context)
    fresh, even = freshness(minutes), balance(question.group, context.heard)
    why = Why(
        votes=question.votes,
        voters=max(context.voters, question.votes),
        support=round(support, 4),
        age_minutes=int(minutes),
        freshness=round(fresh, 4),
        group=question.group,
        balance=even,
    )
    return Rank(_score(support, fresh, even), why)


def rank_questions(
    candidates: Iterable[RankedQuestion],
    context: RankingContext,
    now: datetime,
    count: int,
    after: RankKey | None = None,
) -> list[tuple[RankKey, RankedQuestion]]:
    """Return the next `count` questions after a sort key: open ones first, by score, equal ones by when they were asked."""
    supports: dict[int, float] = {}
    keyed = []
    for question in candidates:
        support = supports.get(question.votes)
        if support is None:
            support = supports[question.votes] = _support(question, context)
        score = _score(
            support, freshness(_age_minutes(question, now)), balance(question.group, context.heard)
        )
        key = (question.is_closed, -score, question.asked_at, question.id)
        if after is None or key > after:
            keyed.append((key, question))
    return nsmallest(count, keyed)


def lower_bound(wanted: int, asked: int) -> float:
    """Return the lower bound of the Wilson score interval for `wanted` out of `asked`: a share between 0 and 1."""
    if asked == 0:
        return 0.0
    share, z2 = wanted / asked, WILSON_Z * WILSON_Z
    spread = WILSON_Z * sqrt((share * (1 - share) + z2 / (4 * asked)) / asked)
    return max(0.0, (share + z2 / (2 * asked) - spread) / (1 + z2 / asked))


def freshness(minutes: float) -> float:
    """Return the factor for a question's age: 1 for a new one, falling ever more slowly (hyperbolic decay)."""
    return 1 / (1 + minutes / HALVED_AFTER_MINUTES)


def balance(group: str | None, heard: frozenset[str]) -> float:
    """Return the factor for a group: above 1 if other groups were heard but this one was not; 1 without a public group."""
    return 1 + UNHEARD_GROUP_BONUS if group is not None and heard and group not in heard else 1.0


def _age_minutes(question: RankedQuestion, now: datetime) -> float:
    return max(0.0, (now - question.asked_at).total_seconds() / 60)


def _support(question: RankedQuestion, context: RankingContext) -> float:
    return lower_bound(question.votes + 1, max(context.voters, question.votes) + 1)


def _score(support: float, fresh: float, even: float) -> float:
    return round(support * fresh * even, 6)
