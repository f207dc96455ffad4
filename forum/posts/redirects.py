"""Former places: where a post, or what became of a topic, is now, for those who come by an old address."""

from sqlalchemy import BigInteger, bindparam, select, text

from core.actor import Actor
from core.ids import PostId, TopicId
from forum.tables import posts, topics
from forum.visibility import posts_not_held, seen_by, visible_topics
from storage.database import Reader
from storage.statements import statement

_MERGED_INTO = statement("""
WITH RECURSIVE way AS (
    SELECT id, merged_into FROM topics WHERE id = :topic
    UNION
    SELECT t.id, t.merged_into FROM topics t JOIN way ON t.id = way.merged_into
)
SELECT id FROM way WHERE merged_into IS NULL AND id <> :topic
""")
# In one look, beside which nothing can move: the topic where a post of `:id` is now, or which `:id` is now.
IS_CURRENT_TOPIC = text("""
topics.id = coalesce(
    (SELECT p.topic_id FROM former_places f JOIN posts p ON p.id = f.post_id WHERE f.topic_id = :id AND p.id = :parent),
    (WITH RECURSIVE way AS (
        SELECT id, merged_into FROM topics WHERE id = :id
        UNION
        SELECT t.id, t.merged_into FROM topics t JOIN way ON t.id = way.merged_into
    ) SELECT id FROM way WHERE merged_into IS NULL))
""")
_STOOD_AT = statement("SELECT post_id FROM former_places WHERE topic_id = :topic AND number = :number")
_VISIBLE = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("post", type_=BigInteger), posts_not_held(), visible_topics())
)


async def find_merge_target(tx: Reader, topic_id: TopicId) -> TopicId | None:
    """The topic which a merged one is part of now; whether one may see it is for who asks to find out."""
    found = await tx.value(_MERGED_INTO, topic=topic_id)
    return None if found is None else TopicId(found)


async def find_moved_post(tx: Reader, actor: Actor, topic_id: TopicId, number: int) -> PostId | None:
    """The post that once had this number in this topic, if the actor can see it where it is now."""
    post_id = await tx.value(_STOOD_AT, topic=topic_id, number=number)
    if post_id is None:
        return None
    found = await tx.value(_VISIBLE, post=post_id, **seen_by(actor))
    return None if found is None else PostId(found)
