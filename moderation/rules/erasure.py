"""Erasure of what filters found in a member's posts."""

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETE_MATCHES_OF_MEMBER = statement("""
DELETE FROM rule_matches r USING posts p
WHERE p.id = r.post_id AND p.author_id = :member AND p.id <> ALL(CAST(:posts AS bigint[]))
    AND p.topic_id <> ALL(CAST(:topics AS bigint[]))
""")


async def erase_matches(tx: Transaction, erasure: Erasure) -> None:
    """Delete the passages that filters found, before the posts are erased; those of open cases stay until they end."""
    await tx.run(
        DELETE_MATCHES_OF_MEMBER,
        member=erasure.member,
        posts=erasure.held_posts,
        topics=erasure.held_topics,
    )
