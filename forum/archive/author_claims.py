"""Claims: when somebody proves an address, what an archive knows of it becomes theirs."""

from sqlalchemy import bindparam, update

from core.ids import MemberId
from forum.tables import posts, topics
from members.accounts.unclaimed import delete_unclaimed
from members.events import AddressVerified, ProfileChanged
from storage.database import Transaction
from storage.statements import statement

# All topics first, by id, as who places posts in several: then neither waits for the other crosswise.
_HOLD = statement("""
SELECT id FROM topics
WHERE author_id = :unclaimed OR id IN (SELECT topic_id FROM posts WHERE author_id = :unclaimed)
ORDER BY id FOR NO KEY UPDATE
""")
_POSTS = statement(
    update(posts).where(posts.c.author_id == bindparam("unclaimed")).values(author_id=bindparam("member"))
)
_TOPICS = statement(
    update(topics).where(topics.c.author_id == bindparam("unclaimed")).values(author_id=bindparam("member"))
)


async def claim_imported(tx: Transaction, event: AddressVerified) -> None:
    """Give the posts of the unclaimed author of a proved address to the member who proved it."""
    if event.unclaimed_id is None:
        return
    whose = {"unclaimed": event.unclaimed_id, "member": event.member_id}
    await tx.run(_HOLD, unclaimed=event.unclaimed_id)
    await tx.run(_TOPICS, **whose)
    await tx.run(_POSTS, **whose)
    await delete_unclaimed(tx, MemberId(event.unclaimed_id))
    # Pages that named the unclaimed author are no longer the same.
    await tx.record(ProfileChanged(member_id=event.member_id))
