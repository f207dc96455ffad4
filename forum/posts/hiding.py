"""Hiding: a post's text, a topic or a file is taken from its readers, and given back. Who may do so is for moderation to
say."""

from sqlalchemy import bindparam, select, update

from core import clock
from core.ids import PostId, TopicId
from forum.events import (
    PostHidden,
    PostRestored,
    PostUnhidden,
    PostWithdrawn,
    ReadersChanged,
    TopicListingChanged,
)
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
_HIDE_TOPIC = statement("""
UPDATE topics SET hidden_at = :now, version = version + 1
WHERE id = :topic AND hidden_at IS NULL AND withdrawn_at IS NULL AND merged_into IS NULL RETURNING sector_id
""")
_UNHIDE_TOPIC = statement("""
UPDATE topics SET hidden_at = NULL, version = version + 1 WHERE id = :topic AND hidden_at IS NOT NULL RETURNING sector_id
""")
_HIDE_FILE = statement("UPDATE files SET hidden_at = :now WHERE id = :file AND hidden_at IS NULL RETURNING 1")
_UNHIDE_FILE = statement(
    "UPDATE files SET hidden_at = NULL WHERE id = :file AND hidden_at IS NOT NULL RETURNING 1"
)
_FIND_ANEW = statement(
    "INSERT INTO search_queue (post_id) SELECT post_id FROM file_uses WHERE file_id = :file"
)


async def lock_topics(tx: Transaction, *topic_ids: TopicId) -> None:
    """Have topics, whoever can see them, stay as they are until the transaction ends."""
    # In order of their ids, as everywhere, so that nobody waits crosswise.
    for topic_id in sorted(set(topic_ids)):
        await tx.run(_HOLD, topic=topic_id)


async def hide_topic(tx: Transaction, topic_id: TopicId) -> bool:
    """Take a topic with all that is in it from everyone but the moderators; False where it was not there. No rule is
    asked."""
    return await _tell_topic(tx, topic_id, await tx.value(_HIDE_TOPIC, topic=topic_id, now=clock.now()))


async def unhide_topic(tx: Transaction, topic_id: TopicId) -> bool:
    """Give a hidden topic back as it was; False where it was not hidden. No rule is asked."""
    return await _tell_topic(tx, topic_id, await tx.value(_UNHIDE_TOPIC, topic=topic_id))


async def hide_file(tx: Transaction, file_id: int) -> bool:
    """Leave of a file nothing but its place, wherever it is used; False where it was hidden before. No rule is asked."""
    if await tx.value(_HIDE_FILE, file=file_id, now=clock.now()) is None:
        return False
    # What it says is not found any more.
    await tx.run(_FIND_ANEW, file=file_id)
    return True


async def unhide_file(tx: Transaction, file_id: int) -> bool:
    """Give a hidden file back; False where it was not hidden. No rule is asked."""
    if await tx.value(_UNHIDE_FILE, file=file_id) is None:
        return False
    await tx.run(_FIND_ANEW, file=file_id)
    return True


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


async def withdraw_for_author(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Withdraw a published post for its author; False where nothing was published. No rule is asked."""
    if not await _move(tx, topic_id, post_id, "published", "withdrawn"):
        return False
    await tx.run(_COUNT, topic=topic_id, change=-1)
    await tx.record(PostWithdrawn(topic_id=topic_id, post_id=post_id))
    return True


async def restore_for_author(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Bring a withdrawn post back; False where it was not withdrawn. No rule is asked."""
    if not await _move(tx, topic_id, post_id, "withdrawn", "published"):
        return False
    await tx.run(_COUNT, topic=topic_id, change=1)
    await tx.record(PostRestored(topic_id=topic_id, post_id=post_id))
    return True


async def _move(tx: Transaction, topic_id: TopicId, post_id: PostId, old: str, new: str) -> bool:
    await tx.run(_HOLD, topic=topic_id)
    return await tx.run(_MOVE, topic=topic_id, post=post_id, old_state=old, new_state=new) > 0


async def _tell_topic(tx: Transaction, topic_id: TopicId, sector_id: int | None) -> bool:
    if sector_id is None:
        return False
    # Lists leave it out or take it in again; whoever listens is asked again whether they may.
    await tx.record(TopicListingChanged(sector_id=sector_id, topic_id=topic_id))
    await tx.record(ReadersChanged(topic_id=topic_id))
    return True
