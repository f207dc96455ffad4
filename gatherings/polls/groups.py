"""The results of a poll per stakeholder group, in which nobody can read or compute a cell under five."""

from collections.abc import Mapping, Sequence

from gatherings.small_cells import SMALL_CELL_LIMIT, hides_small_cells


def suppress_small_groups(rows: Mapping[str, Sequence[int]]) -> dict[str, list[int | None]]:
    """Return the counts per group and answer, with None for suppressed cells.

    `rows` contains every member once; the group "" is for members without a public group. The total of each answer is
    public and the total of each group is not, so a cell could only be computed from the other cells of its column. The
    row of "" is never published and counts as suppressed.
    """
    if not rows:
        return {}
    width = len(next(iter(rows.values())))
    columns = [_publishable({group: row[place] for group, row in rows.items()}) for place in range(width)]
    return {group: [column.get(group) for column in columns] for group in sorted(rows) if group}


def _publishable(cells: Mapping[str, int]) -> dict[str, int]:
    published = {group: count for group, count in cells.items() if group and count >= SMALL_CELL_LIMIT}
    largest_first = sorted(published, key=lambda group: (-published[group], group))
    suppressed = [cells[group] for group in cells if group not in published]
    while largest_first and not hides_small_cells(suppressed):
        suppressed.append(published.pop(largest_first.pop()))
    return published
