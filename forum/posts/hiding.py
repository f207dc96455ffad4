"""Hiding and unhiding of posts, topics and files, and withdrawal on behalf of the author.

These are the effects of moderators' decisions; the moderation capability checks the permissions.
"""

from sqlalchemy import bindparam, select

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
from forum.posts.post_state import set_post_state
from forum.tables import topics
from storage.database import Transaction
from storage.statements import statement

# The topic is always locked before the post: two writers that lock in opposite order would deadlock.
_LOCK_TOPIC_OF_POST = statement(
    select(topics.c.id).where(topics.c.id == bindparam("topic")).with_for_update(key_share=True)
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
_INSERT_SEARCH_QUEUE = statement(
    "INSERT INTO search_queue (post_id) SELECT post_id FROM file_uses WHERE file_id = :file"
)


async def lock_topics(tx: Transaction, *topic_ids: TopicId) -> None:
    """Lock the rows of topics until the transaction ends, in order of their ids to prevent deadlocks."""
    for topic_id in sorted(set(topic_ids)):
        await tx.run(_LOCK_TOPIC_OF_POST, topic=topic_id)


async def hide_topic(tx: Transaction, topic_id: TopicId) -> bool:
    """Hide a topic with all its posts from everyone but moderators; return False if it was not visible before."""
    return await _announce_readers_changed(
        tx, topic_id, await tx.value(_HIDE_TOPIC, topic=topic_id, now=clock.now())
    )


async def unhide_topic(tx: Transaction, topic_id: TopicId) -> bool:
    """Unhide a topic; return False if it was not hidden."""
    return await _announce_readers_changed(tx, topic_id, await tx.value(_UNHIDE_TOPIC, topic=topic_id))


async def hide_file(tx: Transaction, file_id: int) -> bool:
    """Hide a file in all posts that use it; return False if it was hidden before."""
    if await tx.value(_HIDE_FILE, file=file_id, now=clock.now()) is None:
        return False
    # The posts are indexed again, so that search no longer finds the text of the file.
    await tx.run(_INSERT_SEARCH_QUEUE, file=file_id)
    return True


async def unhide_file(tx: Transaction, file_id: int) -> bool:
    """Unhide a file; return False if it was not hidden."""
    if await tx.value(_UNHIDE_FILE, file=file_id) is None:
        return False
    await tx.run(_INSERT_SEARCH_QUEUE, file=file_id)
    return True


async def hide_post(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Hide the text of a published post from everyone but moderators; return False if the post was not published."""
    if not await _change_state(tx, topic_id, post_id, "published", "hidden"):
        return False
    await tx.record(PostHidden(topic_id=topic_id, post_id=post_id))
    return True


async def unhide_post(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Publish a hidden post again; return False if the post was not hidden."""
    if not await _change_state(tx, topic_id, post_id, "hidden", "published"):
        return False
    await tx.record(PostUnhidden(topic_id=topic_id, post_id=post_id))
    return True


async def withdraw_for_author(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Withdraw a published post on behalf of its author; return False if the post was not published."""
    if not await _change_state(tx, topic_id, post_id, "published", "withdrawn"):
        return False
    await tx.record(PostWithdrawn(topic_id=topic_id, post_id=post_id))
    return True


async def restore_for_author(tx: Transaction, topic_id: TopicId, post_id: PostId) -> bool:
    """Restore a withdrawn post on behalf of its author; return False if the post was not withdrawn."""
    if not await _change_state(tx, topic_id, post_id, "withdrawn", "published"):
        return False
    await tx.record(PostRestored(topic_id=topic_id, post_id=post_id))
    return True


async def _change_state(tx: Transaction, topic_id: TopicId, post_id: PostId, old: str, new: str) -> bool:
    await tx.run(_LOCK_TOPIC_OF_POST, topic=topic_id)
    return await set_post_state(tx, topic_id, post_id, new, old)


async def _announce_readers_changed(tx: Transaction, topic_id: TopicId, sector_id: int | None) -> bool:
    if sector_id is None:
        return False
    # Lists drop the topic or show it again, and the access of all its listeners is checked again.
    await tx.record(TopicListingChanged(sector_id=sector_id, topic_id=topic_id))
    await tx.record(ReadersChanged(topic_id=topic_id))
    return True
