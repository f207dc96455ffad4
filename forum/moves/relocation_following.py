"""Who follows a topic follows what becomes of it: both parts of one that was split, and what one was merged into."""

from collections.abc import Sequence

from core.ids import TopicId
from forum.events import FollowingChanged
from storage.database import Transaction
from storage.statements import statement

# What was chosen where the posts go counts for more than what was chosen where they were. Of posts that move to a topic that
# is there already, their authors take along that they follow, and nobody else.
_BRING = statement("""
INSERT INTO following (member_id, topic_id, chosen, automatic, because)
SELECT f.member_id, :target, f.chosen, f.automatic, f.because FROM following f
WHERE f.topic_id = :source AND (:all OR f.member_id IN (
    SELECT author_id FROM posts WHERE id = ANY(CAST(:posts AS bigint[]))))
ORDER BY f.member_id
ON CONFLICT (member_id, topic_id, sector_id, tag) DO UPDATE SET chosen = coalesce(following.chosen, excluded.chosen),
    automatic = greatest(following.automatic, excluded.automatic),
    because = CASE WHEN coalesce(following.automatic, -1) >= coalesce(excluded.automatic, -1) THEN following.because
        ELSE excluded.because END
WHERE following.chosen IS NULL AND excluded.chosen IS NOT NULL
    OR coalesce(following.automatic, -1) < coalesce(excluded.automatic, -1)
RETURNING id, member_id
""")


async def copy_following(
    tx: Transaction, source: TopicId, target: TopicId, posts: Sequence[int], everybody: bool
) -> None:
    """Let who follows one topic follow another: everybody, or only those who wrote what goes there."""
    rows = await tx.rows(_BRING, source=source, target=target, posts=list(posts), all=everybody)
    await tx.record_all(
        [FollowingChanged(member_id=row["member_id"], following_id=row["id"]) for row in rows]
    )
