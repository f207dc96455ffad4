"""Results of polls: grouping of similar words, and splits by group from which no small cell can be computed."""

import random
from collections import Counter
from itertools import product

import pytest

from gatherings.polls.groups import suppress_small_groups
from gatherings.polls.words import count_words, edit_distance, group_words, normalize_word, word_key
from gatherings.small_cells import SMALL_CELL_LIMIT


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("cobalt", "cobalt", 0),
        ("cobalt", "coablt", 1),
        ("cobalt", "cobal", 1),
        ("cobalt", "nickel", 3),
        ("a", "abcd", 3),
    ],
)
def test_slips_are_counted(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other, 2) == edit_distance(other, one, 2) == distance


def test_words_are_the_same_whatever_their_form() -> None:
    assert word_key("  Ｃobalt ") == word_key("COBALT") == "cobalt"
    assert word_key("Straße") == word_key("STRASSE")
    assert normalize_word("a \u00a0 b") == "a b"


def test_near_words_join_the_most_frequent_in_any_order() -> None:
    given = ["Traceability"] * 5 + [
        "tracability",
        "Traceabilty",
        "traceability",
        "Audit",
        "Edit",
        "2025",
        "2026",
        "mine",
        "mind",
    ]
    told = []
    for seed in range(5):
        random.Random(seed).shuffle(given)
        told.append(group_words(count_words([([word], 1) for word in given], frozenset())))
    assert all(one == told[0] for one in told)
    assert (told[0][0].word, told[0][0].count, len(told[0][0].forms)) == ("Traceability", 8, 3)
    assert {group.word for group in told[0][1:]} == {"Audit", "Edit", "2025", "2026", "mine", "mind"}
    assert group_words({key: Counter({key: 1}) for key in (f"word number {n}" for n in range(3_000))})


def test_of_no_small_cell_can_be_reckoned_what_it_is() -> None:
    chance = random.Random(11)
    for _ in range(1_500):
        names = ["", "a", "b", "c", "d"][chance.randint(0, 1) : chance.randint(2, 5)]
        rows = {name: [chance.choice((0, 1, 2, 3, 4, 5, 6, 9, 30)) for _ in range(3)] for name in names}
        told = suppress_small_groups(rows)
        for place in range(3):
            known = {name: cells[place] for name, cells in told.items() if cells[place] is not None}
            assert all(
                count == rows[name][place] >= SMALL_CELL_LIMIT
                for name, count in known.items()
                if count is not None
            )
            hidden = [name for name in names if name not in known]
            rest = sum(rows[name][place] for name in hidden)
            if any(rows[name][place] < SMALL_CELL_LIMIT for name in hidden) and known:
                # Whoever knows the rest, and that most of it is small, still finds two ways in which it can be.
                assert len(hidden) > 1 and rest >= SMALL_CELL_LIMIT
                small = [
                    ways for ways in product(range(SMALL_CELL_LIMIT), repeat=len(hidden)) if sum(ways) == rest
                ]
                large = max(rows[name][place] for name in hidden) >= SMALL_CELL_LIMIT
                assert large or len(small) > 1
