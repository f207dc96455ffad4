"""The split of a poll by stakeholder group, of which no cell under five is told or can be reckoned."""

from collections.abc import Mapping, Sequence

from gatherings.small_cells import SMALL_CELL_LIMIT, hides_small_cells


def split(rows: Mapping[str, Sequence[int]]) -> dict[str, list[int | None]]:
    """The table of groups (everybody is in one, "" being those of none) by answers, with None where nothing is told.

    How all groups together answered is public, how many of a group answered is not: so a cell could only be reckoned
    from the rest of its column. The row of those of no group is never told, and counts among what is left out.
    """
    if not rows:
        return {}
    width = len(next(iter(rows.values())))
    columns = [_told({group: row[place] for group, row in rows.items()}) for place in range(width)]
    return {group: [column.get(group) for column in columns] for group in sorted(rows) if group}


def _told(cells: Mapping[str, int]) -> dict[str, int]:
    told = {group: count for group, count in cells.items() if group and count >= SMALL_CELL_LIMIT}
    ranked = sorted(told, key=lambda group: (-told[group], group))
    left_out = [cells[group] for group in cells if group not in told]
    while ranked and not hides_small_cells(left_out):
        left_out.append(told.pop(ranked.pop()))
    return told
