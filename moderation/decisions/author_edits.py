"""What authors do with their posts that a rule holds: change them, take them back. The case follows."""

from core.actor import Actor
from core.ids import PostId, TopicId
from forum.events import PostEdited
from forum.posts.held_posts import edit_own_held_post, get_own_held_post, withdraw_own_held_post
from forum.posts.hiding import lock_topics
from forum.posts.shapes_held import HeldChange, HeldPost
from moderation.cases.cases import on_post_changed
from moderation.events import CaseChanged
from storage.database import Transaction
from storage.statements import statement

# Nobody has to decide about what was taken back. What is said of the post that is out waits on: that somebody or a rule
# reported it, or that a decision about it was undone.
_CLOSE = statement("""
UPDATE cases c SET state = 'decided', version = c.version + 1 FROM posts p
WHERE c.object_kind = 'post' AND c.object_id = :post AND c.state = 'open' AND p.id = :post
    AND NOT EXISTS (SELECT FROM flags f WHERE f.case_id = c.id)
    AND (p.state = 'held' OR NOT EXISTS (
            SELECT FROM rule_matches x WHERE x.post_id = p.id AND x.action = 'flag' AND x.outcome IS NULL)
        AND NOT EXISTS (SELECT FROM decisions d WHERE d.case_id = c.id AND d.undone_at IS NOT NULL))
RETURNING c.id, c.sector_id
""")
_TAKEN_BACK = statement("""
SELECT EXISTS (SELECT FROM held_posts WHERE post_id = :post AND outcome = 'withdrawn' AND edit_body IS NOT NULL)
""")


async def edit_held_post(tx: Transaction, actor: Actor, post_id: int, change: HeldChange) -> HeldPost:
    """Give one's own held post another text; whoever is about to decide looks again."""
    await _hold_place(tx, actor, post_id)
    held = await edit_own_held_post(tx, actor, post_id, change.body)
    await on_post_changed(tx, PostEdited(topic_id=TopicId(held.topic), post_id=PostId(post_id)))
    return held


async def withdraw_held_post(tx: Transaction, actor: Actor, post_id: int) -> HeldPost:
    """Take one's own held post back; its case is closed."""
    await _hold_place(tx, actor, post_id)
    held = await withdraw_own_held_post(tx, actor, post_id)
    await _close(tx, post_id)
    return held


async def on_post_edited(tx: Transaction, event: PostEdited) -> None:
    """Close the case of a change that was taken back with a newer one. A reaction to edits."""
    if await tx.value(_TAKEN_BACK, post=event.post_id):
        await _close(tx, event.post_id)


async def _close(tx: Transaction, post_id: int) -> None:
    row = await tx.row(_CLOSE, post=post_id)
    if row is not None:
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


async def _hold_place(tx: Transaction, actor: Actor, post_id: int) -> None:
    # The topic before all that is in it, as whoever decides does: so that nobody waits crosswise.
    await lock_topics(tx, TopicId((await get_own_held_post(tx, actor, post_id)).topic))
