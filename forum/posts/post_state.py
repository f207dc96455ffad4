"""The state of a post, and with it the number of published posts in its topic."""

from sqlalchemy import Text, bindparam, or_, update

from core.ids import PostId, TopicId
from forum.tables import posts, topics
from storage.database import Transaction
from storage.statements import statement

_old_state = bindparam("old_state", type_=Text)
UPDATE_POST_STATE = statement(
    update(posts)
    .where(
        posts.c.id == bindparam("post"),
        posts.c.topic_id == bindparam("topic"),
        or_(_old_state.is_(None), posts.c.state == _old_state),
    )
    .values(state=bindparam("new_state"), version=posts.c.version + 1)
)
UPDATE_POST_COUNT = statement(
    update(topics)
    .where(topics.c.id == bindparam("topic"))
    .values(post_count=topics.c.post_count + bindparam("change"), version=topics.c.version + 1)
)


async def set_post_state(
    tx: Transaction, topic_id: TopicId, post_id: PostId, new: str, old: str | None = None
) -> bool:
    """Set the state of a post and count it in or out of its topic; return False if the post was not in the state `old`.

    Without `old` the post is known to change between published and another state. Checks no permission and records no
    event; the caller has locked the topic.
    """
    if not await tx.run(UPDATE_POST_STATE, topic=topic_id, post=post_id, old_state=old, new_state=new):
        return False
    await tx.run(UPDATE_POST_COUNT, topic=topic_id, change=1 if new == "published" else -1)
    return True
