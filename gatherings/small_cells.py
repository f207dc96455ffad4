"""Small cells: people are counted by group, sector and country only where nobody can be made out."""

from collections.abc import Mapping, Sequence

THRESHOLD = 5


def told_parts(cells: Mapping[str, int]) -> dict[str, int]:
    """The cells of a whole, each person in one of them, that can be told; the largest first.

    Those under five are left out, and as long as the whole less the cells told would give them away, the next smallest
    goes too.
    """
    told = told_cells(cells)
    left_out = [count for name, count in cells.items() if count and name not in told]
    while told and not hides(left_out):
        _, count = told.popitem()
        left_out.append(count)
    return told


def hides(left_out: Sequence[int]) -> bool:
    """Whether the sum of cells, which is known, tells of no small one what it is.

    One alone is told by it, and so are all if it is as small or as large as a sum of small cells can be.
    """
    if all(count >= THRESHOLD for count in left_out):
        return True
    together = sum(left_out)
    has_large = any(count >= THRESHOLD for count in left_out)
    return len(left_out) > 1 and together >= THRESHOLD and (has_large or together <= 3 * len(left_out))


def told_cells(cells: Mapping[str, int]) -> dict[str, int]:
    """The cells that can be told where a person may be in several or in none, so that they add up to nothing."""
    return {name: count for name, count in ordered(cells).items() if count >= THRESHOLD}


def ordered(cells: Mapping[str, int]) -> dict[str, int]:
    """All cells, the largest first; of equals, the first by name."""
    return dict(
        sorted(((name, n) for name, n in cells.items() if n > 0), key=lambda cell: (-cell[1], cell[0]))
    )


def apart(cells: Mapping[str, int], beside: Sequence[Mapping[str, int]]) -> set[str]:
    """The cells that, less the same cell of something smaller that is told elsewhere, would be a small one."""
    return {
        name
        for name, count in cells.items()
        for one in beside
        if 0 < count - one.get(name, count) < THRESHOLD
    }
