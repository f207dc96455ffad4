"""Author claims: a member who verifies an e-mail address becomes the author of the archived posts from that address."""

from sqlalchemy import bindparam, update

from core.ids import MemberId
from forum.tables import posts, topics
from members.accounts.unclaimed import delete_unclaimed
from members.events import AddressVerified, ProfileChanged
from storage.database import Transaction
from storage.statements import statement

# Locks all topics first, in the order of their ids as every other transaction does, so that no deadlock occurs.
LOCK_TOPICS_OF_AUTHOR = statement("""
SELECT id FROM topics
WHERE author_id = :unclaimed OR id IN (SELECT topic_id FROM posts WHERE author_id = :unclaimed)
ORDER BY id FOR NO KEY UPDATE
""")
UPDATE_AUTHOR_OF_POSTS = statement(
    update(posts).where(posts.c.author_id == bindparam("unclaimed")).values(author_id=bindparam("member"))
)
UPDATE_AUTHOR_OF_TOPICS = statement(
    update(topics).where(topics.c.author_id == bindparam("unclaimed")).values(author_id=bindparam("member"))
)


async def on_address_verified(tx: Transaction, event: AddressVerified) -> None:
    """Make the member who verified an address the author of its archived topics and posts, and delete the unclaimed author.

    Event handler; does nothing if no archive has this address.
    """
    if event.unclaimed_id is not None:
        await claim_posts(tx, MemberId(event.member_id), MemberId(event.unclaimed_id))


async def claim_posts(tx: Transaction, member: MemberId, unclaimed: MemberId) -> None:
    """Make a member the author of everything by an unclaimed author, who is deleted."""
    await tx.run(LOCK_TOPICS_OF_AUTHOR, unclaimed=unclaimed)
    await tx.run(UPDATE_AUTHOR_OF_TOPICS, unclaimed=unclaimed, member=member)
    await tx.run(UPDATE_AUTHOR_OF_POSTS, unclaimed=unclaimed, member=member)
    await delete_unclaimed(tx, unclaimed)
    # Cached pages still name the unclaimed author; this event invalidates them.
    await tx.record(ProfileChanged(member_id=member))
