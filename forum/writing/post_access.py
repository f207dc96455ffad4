"""Access to one post for a change: the post with its topic, as the rules need them, and the locks on both."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from asyncpg import Record
from sqlalchemy import bindparam, func, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum.policy import PostFacts, TopicFacts
from forum.tables import posts
from forum.tables import topics as topic_table
from forum.topics import topics
from forum.visibility import posts_not_held, seen_by, visible_topics
from members.pseudonyms import is_author
from storage.database import Reader
from storage.statements import statement

# The check that gatherings add to changes of posts in a room's topic. It gets the new text, or None when a post is restored,
# and returns whether the room shows the text itself, as it does for questions and notices.
RoomChangeRule = Callable[[Reader, Actor, TopicId, PostId, str | None], Awaitable[bool]]

_SELECT_TOPIC_OF_POST = statement(
    select(posts.c.topic_id)
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), posts_not_held(), visible_topics())
)
_post_facts = select(
    posts.c.id,
    posts.c.topic_id,
    posts.c.number,
    posts.c.author_id,
    posts.c.pseudonym,
    posts.c.state,
    posts.c.version,
    posts.c.markup,
    posts.c.body,
    posts.c.html,
    posts.c.posted_at,
    posts.c.edited_at,
    posts.c.edited_by,
    posts.c.is_shared,
    posts.c.language,
    posts.c.language_by,
    func.coalesce(posts.c.edited_at, posts.c.posted_at).label("written_at"),
).where(posts.c.id == bindparam("id"))
_SELECT_POST_FACTS = statement(_post_facts)
_LOCK_POST_FACTS = statement(_post_facts.with_for_update(key_share=True))


async def get_post(
    tx: Reader, actor: Actor, post_id: PostId, lock: bool = True
) -> tuple[TopicFacts, PostFacts, Record]:
    """Return the topic's facts, the post's facts and the post's row; raise NotFound if the actor cannot see the post.

    With `lock`, the topic and then the post stay locked until the transaction ends.
    """
    # Always lock the topic before the post: two writers that lock in opposite order would deadlock.
    while True:
        topic_id = await tx.value(_SELECT_TOPIC_OF_POST, id=post_id, **seen_by(actor))
        if topic_id is None:
            raise NotFound
        topic = await topics.get_topic(tx, actor, TopicId(topic_id), lock)
        row = await tx.row(_LOCK_POST_FACTS if lock else _SELECT_POST_FACTS, id=post_id)
        if row is None:
            raise NotFound
        if row["topic_id"] == topic_id:
            break  # otherwise the post was moved while this transaction waited for the lock on its topic
    author = None if row["author_id"] is None else MemberId(row["author_id"])
    own = is_author(actor, topic.id, author, row["pseudonym"])
    post = PostFacts(
        number=row["number"], author_id=author, is_own=own, state=row["state"], is_shared=row["is_shared"]
    )
    return topic, post, row


def event_time_of(row: Record) -> datetime:
    """Return the time to log for an event about the post: now, but rounded to the minute for an anonymous post.

    The exact second could reveal the author to people who know who was present.
    """
    now = clock.now()
    return now if row["pseudonym"] is None else clock.coarse(now)
