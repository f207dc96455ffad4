"""Erasure of reactions and of references between posts and a member."""

from collections.abc import Sequence

from core.ids import PostId, TopicId
from forum.events import ReactionsChanged
from storage.database import Transaction
from storage.statements import statement

DELETE_REFERENCES_OF_POSTS = statement(
    "DELETE FROM post_references WHERE post_id = ANY(CAST(:ids AS bigint[]))"
)
DELETE_REFERENCES_TO_MEMBER = statement(
    "DELETE FROM post_references WHERE kind = 'member' AND object_id = :member"
)
DELETE_REACTIONS_OF_MEMBER = statement("DELETE FROM reactions WHERE member_id = :member RETURNING post_id")
UPDATE_REACTION_COUNTS_OF_POSTS = statement("""
UPDATE posts SET version = version + 1, reactions = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM reactions WHERE post_id = posts.id GROUP BY kind) AS counted
), '{}') WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING id, topic_id
""")


async def delete_references(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Delete what these posts mention, quote and link to."""
    await tx.run(DELETE_REFERENCES_OF_POSTS, ids=list(post_ids))


async def delete_references_to(tx: Transaction, member: int) -> None:
    """Delete the references of posts to a member whom they mention."""
    await tx.run(DELETE_REFERENCES_TO_MEMBER, member=member)


async def delete_reactions(tx: Transaction, member: int) -> None:
    """Delete the reactions of a member, and count those of their posts again."""
    ids = sorted({row["post_id"] for row in await tx.rows(DELETE_REACTIONS_OF_MEMBER, member=member)})
    if not ids:
        return
    counted = await tx.rows(UPDATE_REACTION_COUNTS_OF_POSTS, ids=ids)
    for row in sorted(counted, key=lambda row: (row["topic_id"], row["id"])):
        await tx.record(ReactionsChanged(topic_id=TopicId(row["topic_id"]), post_id=PostId(row["id"])))
