"""The skeletons of handles that were stored by an earlier version of the rule."""

from members.handles import skeleton
from storage.database import Transaction
from storage.statements import statement

# Handles in ASCII have had the same skeletons in all versions.
SELECT_SKELETONS = statement("""
SELECT id, handle, skeleton FROM members WHERE octet_length(handle) > char_length(handle) ORDER BY id
""")
UPDATE_SKELETON = statement("""
UPDATE members SET skeleton = :skeleton
WHERE id = :member AND NOT EXISTS (SELECT FROM members other WHERE other.skeleton = :skeleton)
""")


async def renew_skeletons(tx: Transaction) -> int:
    """Give members the skeletons of today's rule; return how many changed.

    Of members whose handles look alike by today's rule, the one who joined first gets the skeleton. The others keep the
    ones they have, so that nobody loses their handle.
    """
    changed = 0
    for row in await tx.rows(SELECT_SKELETONS):
        new = skeleton(row["handle"])
        if new != row["skeleton"]:
            changed += await tx.run(UPDATE_SKELETON, member=row["id"], skeleton=new)
    return changed
