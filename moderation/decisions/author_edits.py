"""How authors edit or withdraw their held posts, and what happens to the cases about them."""

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

# A withdrawn post or edit needs no decision. The case stays open if the published post itself was reported by a member or
# flagged by a rule, or if a decision about it was undone.
UPDATE_POST_CASE_DECIDED = statement("""
UPDATE cases c SET state = 'decided', version = c.version + 1 FROM posts p
WHERE c.object_kind = 'post' AND c.object_id = :post AND c.state = 'open' AND p.id = :post
    AND NOT EXISTS (SELECT FROM flags f WHERE f.case_id = c.id)
    AND (p.state = 'held' OR NOT EXISTS (
            SELECT FROM rule_matches x WHERE x.post_id = p.id AND x.action = 'flag' AND x.outcome IS NULL)
        AND NOT EXISTS (SELECT FROM decisions d WHERE d.case_id = c.id AND d.undone_at IS NOT NULL))
RETURNING c.id, c.sector_id
""")
EXISTS_WITHDRAWN_EDIT = statement("""
SELECT EXISTS (SELECT FROM held_posts WHERE post_id = :post AND outcome = 'withdrawn' AND edit_body IS NOT NULL)
""")


async def edit_held_post(tx: Transaction, actor: Actor, post_id: int, change: HeldChange) -> HeldPost:
    """Replace the text of the actor's own held post; the version of its case increases, so that moderators see the new
    text before they decide."""
    await _lock_topic_of(tx, actor, post_id)
    held = await edit_own_held_post(tx, actor, post_id, change)
    await on_post_changed(tx, PostEdited(topic_id=TopicId(held.topic), post_id=PostId(post_id)))
    return held


async def withdraw_held_post(tx: Transaction, actor: Actor, post_id: int) -> HeldPost:
    """Withdraw the actor's own held post and close its case."""
    await _lock_topic_of(tx, actor, post_id)
    held = await withdraw_own_held_post(tx, actor, post_id)
    await _close_case(tx, post_id)
    return held


async def on_post_edited(tx: Transaction, event: PostEdited) -> None:
    """Close the case about a held edit that its author replaced by a newer, published edit."""
    if await tx.value(EXISTS_WITHDRAWN_EDIT, post=event.post_id):
        await _close_case(tx, event.post_id)


async def _close_case(tx: Transaction, post_id: int) -> None:
    row = await tx.row(UPDATE_POST_CASE_DECIDED, post=post_id)
    if row is not None:
        await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["id"]))


async def _lock_topic_of(tx: Transaction, actor: Actor, post_id: int) -> None:
    # The topic is locked before its posts, as in decisions, so that no deadlock can occur.
    await lock_topics(tx, TopicId((await get_own_held_post(tx, actor, post_id)).topic))
