"""The order of questions: which one next, by plain numbers that are told with each place."""

from collections.abc import Iterable
from datetime import datetime
from heapq import nsmallest
from math import sqrt

from msgspec import Struct

from gatherings.shapes.gatherings import Rank, Why

# 95 %: the usual trust in a share that few votes tell of. Half of the room counts for more than one of one.
Z = 1.96
# After so many minutes a question counts half as much as a fresh one, after twice as many a third: what came late can
# still come up, and what was asked early does not vanish, also days later.
HALVED_AFTER = 30.0
# A group of which nobody was heard yet counts for so much more: enough to win among near equals, not over a clear wish.
LIFT = 0.25


# What sorts questions best first: whether it is settled, its score, when it was asked, its id.
Place = tuple[bool, float, datetime, int]


class Wish(Struct, frozen=True):
    """What of a question its place depends on. `group` is the asker's if it is public: who asks anonymously has none."""

    id: int
    votes: int
    asked_at: datetime
    group: str | None
    is_settled: bool = False


class Crowd(Struct, frozen=True):
    """What of a room it depends on: how many have voted in it at all, and the groups of those who were heard."""

    voters: int
    heard: frozenset[str]


def rank(wish: Wish, crowd: Crowd, now: datetime) -> Rank:
    """The score of a question at a moment, and why."""
    minutes, support = _minutes(wish, now), _support(wish, crowd)
    fresh, even = freshness(minutes), balance(wish.group, crowd.heard)
    why = Why(
        votes=wish.votes,
        voters=max(crowd.voters, wish.votes),
        support=round(support, 4),
        age_minutes=int(minutes),
        freshness=round(fresh, 4),
        group=wish.group,
        balance=even,
    )
    return Rank(_score(support, fresh, even), why)


def best_first(
    wishes: Iterable[Wish], crowd: Crowd, now: datetime, count: int, after: Place | None = None
) -> list[tuple[Place, Wish]]:
    """The next so many after a place: what waits before what is settled, the best first; among equals who asked first."""
    supports: dict[int, float] = {}
    placed = []
    for wish in wishes:
        support = supports.get(wish.votes)
        if support is None:
            support = supports[wish.votes] = _support(wish, crowd)
        score = _score(support, freshness(_minutes(wish, now)), balance(wish.group, crowd.heard))
        place = (wish.is_settled, -score, wish.asked_at, wish.id)
        if after is None or place > after:
            placed.append((place, wish))
    return nsmallest(count, placed)


def lower_bound(wanted: int, asked: int) -> float:
    """The lower bound of Wilson's score interval: the least share of all that so many of so many speak for."""
    if asked == 0:
        return 0.0
    share, z2 = wanted / asked, Z * Z
    spread = Z * sqrt((share * (1 - share) + z2 / (4 * asked)) / asked)
    return max(0.0, (share + z2 / (2 * asked) - spread) / (1 + z2 / asked))


def freshness(minutes: float) -> float:
    """1 for what was asked just now, and less with time, ever more slowly."""
    return 1 / (1 + minutes / HALVED_AFTER)


def balance(group: str | None, heard: frozenset[str]) -> float:
    """More than 1 for groups not heard yet, once any was; 1 for those without a public group, as anonymous askers."""
    return 1 + LIFT if group is not None and heard and group not in heard else 1.0


def _minutes(wish: Wish, now: datetime) -> float:
    return max(0.0, (now - wish.asked_at).total_seconds() / 60)


def _support(wish: Wish, crowd: Crowd) -> float:
    return lower_bound(wish.votes + 1, max(crowd.voters, wish.votes) + 1)


def _score(support: float, fresh: float, even: float) -> float:
    return round(support * fresh * even, 6)
