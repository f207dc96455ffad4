"""Small cells: counts of people per group, sector or country that are suppressed because they could identify somebody.

The terms are those of statistical disclosure control: a count under the limit is a small cell, and complementary
suppression removes further cells so that nobody can compute a small one from the total.
"""

from collections.abc import Mapping, Sequence

SMALL_CELL_LIMIT = 5


def publishable_parts(cells: Mapping[str, int]) -> dict[str, int]:
    """Return the cells that can be published of a table whose total is known and in which each person counts once.

    The largest comes first. Cells under five are suppressed, and then the next smallest ones, until the total minus the
    published cells no longer reveals a small one.
    """
    published = publishable_cells(cells)
    suppressed = [count for name, count in cells.items() if count and name not in published]
    while published and not hides_small_cells(suppressed):
        _, count = published.popitem()
        suppressed.append(count)
    return published


def hides_small_cells(suppressed: Sequence[int]) -> bool:
    """Return whether the known sum of the suppressed cells reveals no small cell.

    A single cell equals the sum; and if the sum is as small or as large as a sum of small cells can be, it determines
    all of them.
    """
    if all(count >= SMALL_CELL_LIMIT for count in suppressed):
        return True
    total = sum(suppressed)
    has_large = any(count >= SMALL_CELL_LIMIT for count in suppressed)
    return len(suppressed) > 1 and total >= SMALL_CELL_LIMIT and (has_large or total <= 3 * len(suppressed))


def publishable_cells(cells: Mapping[str, int]) -> dict[str, int]:
    """Return the cells of at least five, the largest first.

    This is enough where a person counts in several cells or in none, so that no total relates them.
    """
    return {name: count for name, count in sort_cells(cells).items() if count >= SMALL_CELL_LIMIT}


def sort_cells(cells: Mapping[str, int]) -> dict[str, int]:
    """Return all cells that are not empty, the largest first, equal ones by name."""
    return dict(
        sorted(((name, n) for name, n in cells.items() if n > 0), key=lambda cell: (-cell[1], cell[0]))
    )


def find_revealing_cells(cells: Mapping[str, int], published: Sequence[Mapping[str, int]]) -> set[str]:
    """Return the names of cells whose difference from the same cell of a published part would be a small cell."""
    return {
        name
        for name, count in cells.items()
        for part in published
        if 0 < count - part.get(name, count) < SMALL_CELL_LIMIT
    }
