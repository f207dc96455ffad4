"""Redirects: where a moved post is now, and into which topic another one was merged."""

from sqlalchemy import BigInteger, bindparam, select, text

from core.actor import Actor
from core.ids import PostId, TopicId
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_topics
from storage.database import Reader
from storage.statements import statement

_SELECT_MERGED_TOPIC = statement("""
WITH RECURSIVE merged AS (
    SELECT id, merged_into FROM topics WHERE id = :topic
    UNION
    SELECT t.id, t.merged_into FROM topics t JOIN merged ON t.id = merged.merged_into
)
SELECT id FROM merged WHERE merged_into IS NULL AND id <> :topic
""")
# The condition that finds the current topic of a reply to `:parent` in topic `:id`: the topic that the parent was moved to,
# or else the topic that `:id` was merged into. It is one statement, so no move can happen between the two parts.
IS_CURRENT_TOPIC = text("""
topics.id = coalesce(
    (SELECT p.topic_id FROM former_places f JOIN posts p ON p.id = f.post_id WHERE f.topic_id = :id AND p.id = :parent),
    (WITH RECURSIVE merged AS (
        SELECT id, merged_into FROM topics WHERE id = :id
        UNION
        SELECT t.id, t.merged_into FROM topics t JOIN merged ON t.id = merged.merged_into
    ) SELECT id FROM merged WHERE merged_into IS NULL))
""")
_SELECT_FORMER_POST = statement(
    "SELECT post_id FROM former_places WHERE topic_id = :topic AND number = :number"
)
_SELECT_VISIBLE_POST = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("post", type_=BigInteger), posts_not_held(), visible_topics())
)


async def find_merge_target(tx: Reader, topic_id: TopicId) -> TopicId | None:
    """Return the topic that this one was merged into, or None; the caller checks whether the actor can see it."""
    found = await tx.value(_SELECT_MERGED_TOPIC, topic=topic_id)
    return None if found is None else TopicId(found)


async def find_moved_post(tx: Reader, actor: Actor, topic_id: TopicId, number: int) -> PostId | None:
    """Return the post that had this number in this topic before it was moved, or None if the actor cannot see it now."""
    post_id = await tx.value(_SELECT_FORMER_POST, topic=topic_id, number=number)
    if post_id is None:
        return None
    found = await tx.value(_SELECT_VISIBLE_POST, post=post_id, **seen_by(actor))
    return None if found is None else PostId(found)
