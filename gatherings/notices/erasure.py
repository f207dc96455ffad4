"""Erasure of notices: their titles, when the texts that the member wrote in rooms are deleted."""

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETED = "(deleted)"

UPDATE_NOTICES_UNTITLED = statement("""
UPDATE notices n SET title = :title, version = n.version + 1 FROM posts p
WHERE p.id = n.post_id AND p.author_id = :member AND p.id <> ALL(CAST(:held AS bigint[])) AND n.title <> :title
""")


async def untitle_notices(tx: Transaction, erasure: Erasure) -> None:
    """Replace the titles of the member's notices, before their posts are erased."""
    if "rooms" in erasure.deletes:
        await tx.run(UPDATE_NOTICES_UNTITLED, title=DELETED, member=erasure.member, held=erasure.held_posts)
