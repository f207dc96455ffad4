"""Tests of differences between texts: they are right, readable, and bounded for hostile texts."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.text.diff import Piece, compare, merge_changes

LENGTH = 20_000
few_signs = st.text("ab \n.", max_size=60)


def of(pieces: Sequence[Piece], *kinds: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind in kinds)


@given(few_signs, few_signs)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = compare(before, after)

    assert of(pieces, "same", "removed") == before
    assert of(pieces, "same", "added") == after


@given(few_signs, few_signs)
def test_merging_one_change_is_that_change(before: str, after: str) -> None:
    assert merge_changes(before, after, before) == after.removesuffix("\n")
    assert merge_changes(before, before, after) == after.removesuffix("\n")


def test_words_between_replaced_ones_stay_and_spaces_do_not_tear_them() -> None:
    pieces = compare("The quick brown fox.", "The slow brown dog jumps.")

    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "The "),
        ("removed", "quick"),
        ("added", "slow"),
        ("same", " brown "),
        ("removed", "fox"),
        ("added", "dog jumps"),
        ("same", "."),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n" * LENGTH, "\n" * (LENGTH - 1) + "x"),
        ("x" + "\n" * (LENGTH - 2) + "y", "z" + "\n" * (LENGTH - 3) + "w"),
        ("a\nb\n" * (LENGTH // 4), "b\nb\na\n" * (LENGTH // 6)),
        ("a b " * (LENGTH // 4), "b b a " * (LENGTH // 6)),
        ("a.b " * (LENGTH // 4), "b.b\na " * (LENGTH // 6)),
    ],
)
def test_texts_of_a_few_repeated_words_are_compared(before: str, after: str) -> None:
    # A matcher that tries every pair of equal words needs minutes for each of these.
    pieces = compare(before, after)

    assert of(pieces, "same", "removed") == before
    assert of(pieces, "same", "added") == after
    merge_changes(before, after, before[::-1])
