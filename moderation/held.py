"""What authors do with their posts that a rule holds: change them, take them back. The case follows."""

from core.actor import Actor
from core.ids import PostId, TopicId
from forum.events import PostEdited
from forum.held import change_held, withdraw_held
from forum.shapes_held import HeldChange, HeldPost
from moderation.cases import follow_post
from moderation.events import CaseMoved
from storage.database import Transaction
from storage.statements import statement

# Nobody has to decide about what was taken back; who reported it besides keeps the case open.
_CLOSE = statement("""
UPDATE cases c SET state = 'decided', version = version + 1
WHERE object_kind = 'post' AND object_id = :post AND state = 'open'
    AND NOT EXISTS (SELECT FROM flags f WHERE f.case_id = c.id)
RETURNING id, sector_id
""")


async def edit_held_post(tx: Transaction, actor: Actor, post_id: int, change: HeldChange) -> HeldPost:
    """Give one's own held post another text; whoever is about to decide looks again."""
    held = await change_held(tx, actor, post_id, change.body)
    await follow_post(tx, PostEdited(topic_id=TopicId(held.topic), post_id=PostId(post_id)))
    return held


async def withdraw_held_post(tx: Transaction, actor: Actor, post_id: int) -> HeldPost:
    """Take one's own held post back; its case is closed."""
    held = await withdraw_held(tx, actor, post_id)
    row = await tx.row(_CLOSE, post=post_id)
    if row is not None:
        await tx.record(CaseMoved(sector_id=row["sector_id"], case_id=row["id"]))
    return held
