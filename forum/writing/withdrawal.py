"""Withdrawal: authors withdraw their own posts and restore them."""

from core import clock
from core.actor import Actor
from core.ids import PostId
from forum import events
from forum.policy import ensure_can_restore, ensure_can_withdraw
from forum.posts.post_pages import show_post
from forum.posts.post_state import set_post_state
from forum.shapes import Post
from forum.writing.post_access import RoomChangeRule, event_time_of, get_post
from storage.database import Transaction


async def withdraw_post(tx: Transaction, actor: Actor, post_id: PostId) -> Post:
    """Withdraw the actor's own post and return the tombstone that remains; withdrawing it again changes nothing."""
    topic, post, row = await get_post(tx, actor, post_id)
    if post.is_own and post.state == "withdrawn":
        return await show_post(tx, actor, post_id)
    ensure_can_withdraw(actor, topic, post, clock.now())

    await set_post_state(tx, topic.id, post_id, "withdrawn")
    await tx.record(events.PostWithdrawn(topic_id=topic.id, post_id=post_id), event_time_of(row))
    return await show_post(tx, actor, post_id)


async def restore_post(
    tx: Transaction, actor: Actor, post_id: PostId, in_room: RoomChangeRule | None = None
) -> Post:
    """Restore the actor's own withdrawn post and return it; `in_room` is the extra check for posts of a room."""
    topic, post, row = await get_post(tx, actor, post_id)
    ensure_can_restore(actor, topic, post, clock.now())
    if topic.kind == "room" and in_room is not None:
        await in_room(tx, actor, topic.id, post_id, None)

    await set_post_state(tx, topic.id, post_id, "published")
    await tx.record(events.PostRestored(topic_id=topic.id, post_id=post_id), event_time_of(row))
    return await show_post(tx, actor, post_id)
