"""Who contributed to a board, by stakeholder group: told so that no table, and no two of them, gives a small group away.

Only members who show their group are counted. A group is told as "at least" a multiple of five: the difference of any two
such numbers, taken at different times or of different tables, is again a multiple of five, so that nobody's coming and no
cell under five can be reckoned from them.
"""

from collections.abc import Mapping

from msgspec import Struct

from core.ids import BoardId
from storage.database import Reader
from storage.statements import statement

STEP = 5

_GROUPS = statement("""
SELECT m."group", count(DISTINCT m.id) AS people
FROM entry_contributors c
JOIN entries e ON e.id = c.entry_id JOIN public_authors m ON m.id = c.member_id
WHERE e.board_id = :board AND e.is_listed
    AND m."group" IS NOT NULL
GROUP BY m."group"
""")


class GroupShare(Struct, frozen=True):
    """A group and how many of its people contributed at least."""

    group: str
    at_least: int


def told(people: Mapping[str, int]) -> list[GroupShare]:
    """What is told of counts of people by group; the largest first."""
    floors = {group: count // STEP * STEP for group, count in people.items()}
    return [
        GroupShare(group, count)
        for group, count in sorted(floors.items(), key=lambda one: (-one[1], one[0]))
        if count
    ]


async def count_contributors(tx: Reader, board_id: BoardId) -> list[GroupShare]:
    """Who contributed to what stands in a board's table."""
    return told({row["group"]: row["people"] for row in await tx.rows(_GROUPS, board=board_id)})
