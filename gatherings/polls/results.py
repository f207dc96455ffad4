"""Counting a poll: from its ballots to what is told of them."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from core.ids import PollId
from gatherings.polls.groups import split
from gatherings.polls.words import MAX_PUBLISHED_WORDS, count_words, group_words
from gatherings.shapes.polls import PollResults, PollSettings
from storage.database import Reader
from storage.statements import statement

# The group only where its member lets it be seen; the others are counted as of none.
_CAST = statement("""
SELECT b.answer, coalesce(m."group", '') AS of_group, CAST(count(*) AS integer) AS times
FROM ballots b
LEFT JOIN public_authors m ON CAST(:by_group AS boolean) AND m.id = b.member_id
WHERE b.poll_id = :poll GROUP BY 1, 2
""")
_STRUCK = statement("SELECT word FROM struck_words WHERE poll_id = :poll")


class PollFacts(Struct, frozen=True, kw_only=True):
    """What the rules and the count look at in a poll."""

    id: PollId
    kind: str
    title: str
    options: list[str]
    settings: PollSettings
    state: str
    reveals: str
    by_group: bool
    version: int


class Cast(Struct, frozen=True):
    """So many ballots with the same answer, of members of one group."""

    answer: Any
    group: str
    times: int


async def count_poll(tx: Reader, poll: PollFacts, split_it: bool = False) -> PollResults:
    """What the ballots that there are say, counted now."""
    rows = await tx.rows(_CAST, poll=poll.id, by_group=split_it)
    struck: frozenset[str] = frozenset()
    if poll.kind == "words":
        struck = frozenset(row["word"] for row in await tx.rows(_STRUCK, poll=poll.id))
    return results_of(poll, [Cast(*row) for row in rows], struck, split_it)


def results_of(
    poll: PollFacts, cast: Sequence[Cast], struck: frozenset[str] = frozenset(), split_it: bool = False
) -> PollResults:
    """What these ballots say."""
    ballots = sum(one.times for one in cast)
    if poll.kind == "words":
        return _words(cast, ballots, struck)
    counts = _columns(poll, cast)
    results = PollResults(ballots=ballots, counts=counts)
    if poll.kind == "ranked":
        results = msgspec.structs.replace(results, points=_points(len(poll.options), cast))
    if poll.kind == "scale":
        mean, median = _middle(points_of(poll.settings), counts)
        results = msgspec.structs.replace(results, mean=mean, median=median)
    if not split_it:
        return results
    groups: dict[str, list[Cast]] = {}
    for one in cast:
        groups.setdefault(one.group, []).append(one)
    rows: Mapping[str, Sequence[int]] = {name: _columns(poll, of_group) for name, of_group in groups.items()}
    return msgspec.structs.replace(results, groups=split(rows))


def points_of(settings: PollSettings) -> range:
    """The points of a scale."""
    assert settings.low is not UNSET  # a scale has its ends
    assert settings.high is not UNSET
    return range(settings.low, settings.high + 1)


def _columns(poll: PollFacts, cast: Sequence[Cast]) -> list[int]:
    points = points_of(poll.settings) if poll.kind == "scale" else range(len(poll.options))
    counts = dict.fromkeys(points, 0)
    for one in cast:
        chosen = one.answer if isinstance(one.answer, list) else [one.answer]
        for place in chosen[:1] if poll.kind == "ranked" else chosen:
            counts[place] += one.times
    return list(counts.values())


def _points(options: int, cast: Sequence[Cast]) -> list[int]:
    points = [0] * options
    for one in cast:
        for place, option in enumerate(one.answer):
            points[option] += (options - 1 - place) * one.times
    return points


def _middle(points: range, counts: Sequence[int]) -> tuple[float | None, float | None]:
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


def _words(cast: Sequence[Cast], ballots: int, struck: frozenset[str]) -> PollResults:
    groups = group_words(count_words(((one.answer, one.times) for one in cast), struck))
    return PollResults(
        ballots=ballots,
        words=groups[:MAX_PUBLISHED_WORDS],
        more_words=max(len(groups) - MAX_PUBLISHED_WORDS, 0),
        struck=len(struck),
    )
