"""Hiding: the text of a post is taken from its readers, and given back. Who may do so is for moderation to say."""

from sqlalchemy import bindparam, select, update

from core.ids import PostId, TopicId
from forum.events import PostHidden, PostUnhidden
from forum.tables import posts, topics
from storage.database import Transaction
from storage.statements import statement

# The topic before the post, always, so that two writers never wait for each other crosswise.
_HOLD = statement(
    select(topics.c.id).where(topics.c.id == bindparam("topic")).with_for_update(key_share=True)
)
_MOVE = statement(
    update(posts)
    .where(
        posts.c.id == bindparam("post"),
        posts.c.topic_id == bindparam("topic"),
        posts.c.state == bindparam("old_state"),
    )
    .values(state=bindparam("new_state"), version=posts.c.version + 1)
)
_COUNT = statement(
    update(topics)
    .where(topics.c.id == bindparam("topic"))
    .values(post_count=topics.c.post_count + bindparam("change"), version=topics.c.version + 1)
)


async def hide_post(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Take a published post's text from everyone but the moderators; False where nothing was published. No rule is
    asked."""
    if not await _move(tx, topic_id, post_id, "published", "hidden"):
        return False
    await tx.run(_COUNT, topic=topic_id, change=-1)
    await tx.record(PostHidden(topic_id=topic_id, post_id=post_id))
    return True


async def unhide_post(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Give a hidden post back as it was; False where nothing was hidden. No rule is asked."""
    if not await _move(tx, topic_id, post_id, "hidden", "published"):
        return False
    await tx.run(_COUNT, topic=topic_id, change=1)
    await tx.record(PostUnhidden(topic_id=topic_id, post_id=post_id))
    return True


async def _move(tx: Transaction, topic_id: TopicId, post_id: PostId, old: str, new: str) -> bool:
    await tx.run(_HOLD, topic=topic_id)
    return await tx.run(_MOVE, topic=topic_id, post=post_id, old_state=old, new_state=new) > 0
