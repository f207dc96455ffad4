"""Small cells: people are counted by group, sector and country only where nobody can be made out."""

from collections.abc import Mapping

THRESHOLD = 5


def told_parts(cells: Mapping[str, int]) -> dict[str, int]:
    """The cells of a whole, each person in one of them, that can be told; the largest first.

    Those under five are left out, and as long as what is left out together is under five, so that the whole less the
    cells told would give it away, the next smallest goes too.
    """
    told = told_cells(cells)
    left_out = sum(cells.values()) - sum(told.values())
    while told and 0 < left_out < THRESHOLD:
        _, count = told.popitem()
        left_out += count
    return told


def told_cells(cells: Mapping[str, int]) -> dict[str, int]:
    """The cells that can be told where a person may be in several or in none, so that they add up to nothing."""
    return {name: count for name, count in ordered(cells).items() if count >= THRESHOLD}


def ordered(cells: Mapping[str, int]) -> dict[str, int]:
    """All cells, the largest first; of equals, the first by name."""
    return dict(sorted(((name, n) for name, n in cells.items() if n > 0), key=lambda cell: (-cell[1], cell[0])))
