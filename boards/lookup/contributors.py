"""Counts of a board's contributors by stakeholder group, rounded down so that no small group can be inferred.

Only members who show their group in public are counted. Counts are rounded down to a multiple of five: the difference of
any two of them, at different times or from different tables, is a multiple of five too, so that neither a group under five
nor a single new contributor can be computed from them.
"""

from collections.abc import Mapping

from msgspec import Struct

from core.ids import BoardId
from storage.database import Reader
from storage.statements import statement

ROUNDING_STEP = 5

COUNT_CONTRIBUTORS_BY_GROUP = statement("""
SELECT m."group", count(DISTINCT m.id) AS people
FROM entry_contributors c
JOIN entries e ON e.id = c.entry_id JOIN public_authors m ON m.id = c.member_id
WHERE e.board_id = :board AND e.is_listed
    AND m."group" IS NOT NULL
GROUP BY m."group"
""")


class GroupShare(Struct, frozen=True):
    """A stakeholder group and the minimum number of its members who contributed."""

    group: str
    at_least: int


def round_down_counts(people: Mapping[str, int]) -> list[GroupShare]:
    """Return the rounded counts by group, largest first; groups under five are left out."""
    rounded = {group: count // ROUNDING_STEP * ROUNDING_STEP for group, count in people.items()}
    return [
        GroupShare(group, count)
        for group, count in sorted(rounded.items(), key=lambda one: (-one[1], one[0]))
        if count
    ]


async def count_contributors(tx: Reader, board_id: BoardId) -> list[GroupShare]:
    """Return the rounded numbers of contributors to the listed entries of a board, by stakeholder group."""
    return round_down_counts(
        {row["group"]: row["people"] for row in await tx.rows(COUNT_CONTRIBUTORS_BY_GROUP, board=board_id)}
    )
