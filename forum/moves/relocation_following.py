"""Following after a move: members who follow a topic also follow the topic that it was split into or merged into."""

from collections.abc import Sequence

from core.ids import TopicId
from forum.events import FollowingChanged
from storage.database import Transaction
from storage.statements import statement

# A level that the member chose in the target topic is kept. If posts move to an existing topic, only their authors follow.
_UPSERT_FOLLOWING_OF_TARGET = statement("""
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
    """Let the followers of the source topic follow the target topic: everybody, or only the authors of the moved posts."""
    rows = await tx.rows(
        _UPSERT_FOLLOWING_OF_TARGET, source=source, target=target, posts=list(posts), all=everybody
    )
    await tx.record_all(
        [FollowingChanged(member_id=row["member_id"], following_id=row["id"]) for row in rows]
    )
