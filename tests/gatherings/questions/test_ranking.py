"""The ranking of questions: support, freshness, balance, and the explanation of each score."""

from datetime import UTC, datetime, timedelta

import pytest

from gatherings.questions.ranking import (
    HALVED_AFTER_MINUTES,
    UNHEARD_GROUP_BONUS,
    RankedQuestion,
    RankingContext,
    balance,
    explain_rank,
    freshness,
    lower_bound,
    rank_questions,
)
from gatherings.questions.shortlist import PLACE_GAP, place_after

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOBODY_HEARD: frozenset[str] = frozenset()


def a_wish(
    id: int, votes: int = 0, minutes: float = 0, group: str | None = None, settled: bool = False
) -> RankedQuestion:
    return RankedQuestion(id, votes, NOON - timedelta(minutes=minutes), group, settled)


def order(*wishes: RankedQuestion, voters: int = 100, heard: frozenset[str] = NOBODY_HEARD) -> list[int]:
    return [wish.id for _, wish in rank_questions(wishes, RankingContext(voters, heard), NOON, 50)]


def test_the_lower_bound_is_wilsons() -> None:
    assert lower_bound(0, 0) == 0
    assert lower_bound(1, 1) == pytest.approx(0.2065, abs=1e-4)
    assert lower_bound(50, 100) == pytest.approx(0.4038, abs=1e-4)
    assert lower_bound(500, 1_000) == pytest.approx(0.4691, abs=1e-4)
    assert all(0 <= lower_bound(k, 30) < lower_bound(k + 1, 30) <= 1 for k in range(30))


def test_more_votes_come_first_and_among_equals_who_asked_first() -> None:
    assert order(a_wish(1, 3), a_wish(2, 9), a_wish(3, 5)) == [2, 3, 1]
    assert order(a_wish(7), a_wish(2), a_wish(3)) == [2, 3, 7]


def test_what_is_settled_comes_after_all_that_waits() -> None:
    assert order(a_wish(1, 90, settled=True), a_wish(2), a_wish(3, 1)) == [3, 2, 1]


def test_what_came_late_can_come_up_and_what_is_old_does_not_vanish() -> None:
    assert freshness(0) == 1
    assert freshness(HALVED_AFTER_MINUTES) == 0.5
    assert order(a_wish(1, 20, minutes=60), a_wish(2, 15)) == [2, 1]
    week = 7 * 24 * 60
    assert order(a_wish(1, 20, minutes=week), a_wish(2, 15, minutes=week - 60)) == [1, 2]


def test_groups_not_heard_yet_are_lifted_and_anonymous_ones_are_neutral() -> None:
    heard = frozenset({"industry"})
    assert balance("research", heard) == 1 + UNHEARD_GROUP_BONUS
    assert balance("industry", heard) == 1
    assert balance(None, heard) == 1
    assert balance("research", NOBODY_HEARD) == 1
    near = (a_wish(1, 10, group="industry"), a_wish(2, 9, group="research"), a_wish(3, 9))
    assert order(*near, heard=heard) == [2, 1, 3]
    assert order(*near) == [1, 2, 3]
    assert order(a_wish(1, 40, group="industry"), a_wish(2, 9, group="research"), heard=heard) == [1, 2]


def test_a_place_explains_itself_in_plain_numbers() -> None:
    given = explain_rank(a_wish(1, 24, 30, "research"), RankingContext(80, frozenset({"industry"})), NOON)

    why = given.why
    assert (why.votes, why.voters, why.age_minutes, why.group) == (24, 80, 30, "research")
    assert (why.freshness, why.balance) == (0.5, 1.25)
    assert given.score == pytest.approx(why.support * why.freshness * why.balance, abs=1e-4)


def test_a_clock_that_is_behind_makes_nothing_fresher_than_fresh() -> None:
    assert explain_rank(a_wish(1, minutes=-5), RankingContext(0, NOBODY_HEARD), NOON).why.freshness == 1
    assert explain_rank(a_wish(1, 5), RankingContext(0, NOBODY_HEARD), NOON).why.voters == 5


def test_between_two_places_is_room_for_another_until_there_is_none() -> None:
    assert place_after([], 0) == PLACE_GAP
    assert place_after([PLACE_GAP], 1) == 2 * PLACE_GAP
    assert place_after([PLACE_GAP], 0) == PLACE_GAP // 2
    assert place_after([10, 12], 1) == 11
    assert place_after([10, 11], 1) is None
    assert place_after([1], 0) is None
