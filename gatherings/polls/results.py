"""Counting polls: from the ballots to the results that are published."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from core.ids import PollId
from gatherings.polls.groups import suppress_small_groups
from gatherings.polls.words import MAX_PUBLISHED_WORDS, count_words, group_words
from gatherings.shapes.polls import PollResults, PollSettings
from storage.database import Reader
from storage.statements import statement

# Only public groups are counted; all other members count as without a group.
SELECT_BALLOT_TALLIES = statement("""
SELECT b.answer, coalesce(m."group", '') AS of_group, CAST(count(*) AS integer) AS times
FROM ballots b
LEFT JOIN public_authors m ON CAST(:by_group AS boolean) AND m.id = b.member_id
WHERE b.poll_id = :poll GROUP BY 1, 2
""")
SELECT_STRUCK_WORDS = statement("SELECT word FROM struck_words WHERE poll_id = :poll")


class PollFacts(Struct, frozen=True, kw_only=True):
    """The facts of a poll that the rules and the count need."""

    id: PollId
    kind: str
    title: str
    options: list[str]
    settings: PollSettings
    state: str
    reveals: str
    by_group: bool
    version: int


class BallotTally(Struct, frozen=True):
    """The number of ballots (`times`) with the same answer from members of one group."""

    answer: Any
    group: str
    times: int


async def count_poll(tx: Reader, poll: PollFacts, by_group: bool = False) -> PollResults:
    """Count the stored ballots of a poll and return its results, with a split by group if `by_group`."""
    rows = await tx.rows(SELECT_BALLOT_TALLIES, poll=poll.id, by_group=by_group)
    struck: frozenset[str] = frozenset()
    if poll.kind == "words":
        struck = frozenset(row["word"] for row in await tx.rows(SELECT_STRUCK_WORDS, poll=poll.id))
    return results_of(poll, [BallotTally(*row) for row in rows], struck, by_group)


def results_of(
    poll: PollFacts,
    tallies: Sequence[BallotTally],
    struck: frozenset[str] = frozenset(),
    by_group: bool = False,
) -> PollResults:
    """Return the results of a poll with these ballots, without struck words, split by group if `by_group`."""
    ballots = sum(one.times for one in tallies)
    if poll.kind == "words":
        return _word_results(tallies, ballots, struck)
    counts = _count_choices(poll, tallies)
    results = PollResults(ballots=ballots, counts=counts)
    if poll.kind == "ranked":
        results = msgspec.structs.replace(results, points=_borda_points(len(poll.options), tallies))
    if poll.kind == "scale":
        mean, median = _mean_and_median(scale_points(poll.settings), counts)
        results = msgspec.structs.replace(results, mean=mean, median=median)
    if not by_group:
        return results
    groups: dict[str, list[BallotTally]] = {}
    for one in tallies:
        groups.setdefault(one.group, []).append(one)
    rows: Mapping[str, Sequence[int]] = {
        name: _count_choices(poll, of_group) for name, of_group in groups.items()
    }
    return msgspec.structs.replace(results, groups=suppress_small_groups(rows))


def scale_points(settings: PollSettings) -> range:
    """Return the points of a scale; the poll must be of this kind."""
    assert settings.low is not UNSET  # `validate_poll` sets both ends of every scale
    assert settings.high is not UNSET
    return range(settings.low, settings.high + 1)


def _count_choices(poll: PollFacts, tallies: Sequence[BallotTally]) -> list[int]:
    points = scale_points(poll.settings) if poll.kind == "scale" else range(len(poll.options))
    counts = dict.fromkeys(points, 0)
    for one in tallies:
        chosen = one.answer if isinstance(one.answer, list) else [one.answer]
        for place in chosen[:1] if poll.kind == "ranked" else chosen:
            counts[place] += one.times
    return list(counts.values())


def _borda_points(options: int, tallies: Sequence[BallotTally]) -> list[int]:
    points = [0] * options
    for one in tallies:
        for place, option in enumerate(one.answer):
            points[option] += (options - 1 - place) * one.times
    return points


def _mean_and_median(points: range, counts: Sequence[int]) -> tuple[float | None, float | None]:
    ballots = sum(counts)
    if not ballots:
        return None, None
    mean = sum(point * count for point, count in zip(points, counts, strict=True)) / ballots
    until = list(accumulate(counts))
    below, above = (
        next(point for point, reached in zip(points, until, strict=True) if reached > place)
        for place in ((ballots - 1) // 2, ballots // 2)
    )
    return round(mean, 2), (below + above) / 2


def _word_results(tallies: Sequence[BallotTally], ballots: int, struck: frozenset[str]) -> PollResults:
    groups = group_words(count_words(((one.answer, one.times) for one in tallies), struck))
    return PollResults(
        ballots=ballots,
        words=groups[:MAX_PUBLISHED_WORDS],
        more_words=max(len(groups) - MAX_PUBLISHED_WORDS, 0),
        struck=len(struck),
    )
