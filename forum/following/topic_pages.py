"""The page of a topic: the topic, one page of its posts, and the state of the topic for the member who reads it."""

from msgspec.structs import replace
from sqlalchemy import BigInteger, and_, bindparam, exists, func, or_, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from forum.following.following import following_of, with_following
from forum.following.shapes_read_state import NO_MEMBER_STATE, TopicWithPosts
from forum.following.unread import member_state_of, new_topics_since, with_unread_counts
from forum.posts.post_pages import PageStart, read_posts
from forum.tables import held_posts, posts, readings
from forum.tables import topics as topic_table
from forum.topics.changes_since import changes_since_of, with_changes_since
from forum.topics.topics import SELECT_TOPICS, topic_of
from forum.visibility import has_begun, seen_by, visible_topics
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import statement
from storage.tables import channels

_seq = select(channels.c.seq).where(channels.c.name == bindparam("channel")).scalar_subquery()

# The stream's position is read in the same statement as the topic, before the posts: an event may be delivered again, but
# none is missed.
_topic = SELECT_TOPICS.add_columns(func.coalesce(_seq, 0).label("seq"), has_begun().label("has_begun")).where(
    topic_table.c.id == bindparam("id"), visible_topics()
)
_SELECT_TOPIC_FOR_VISITOR = statement(_topic)
_reader = bindparam("reader", type_=BigInteger)
_has_held_posts = exists().where(
    held_posts.c.post_id == posts.c.id,
    held_posts.c.outcome.is_(None),
    posts.c.topic_id == topic_table.c.id,
    or_(and_(posts.c.author_id == _reader, posts.c.state == "held"), held_posts.c.edit_by == _reader),
)
_SELECT_TOPIC_FOR_MEMBER = statement(
    with_changes_since(with_following(with_unread_counts(_topic))).add_columns(
        readings.c.read, readings.c.read_at, _has_held_posts.correlate(topic_table).label("holds")
    )
)


async def read_topic_page(
    tx: Reader, actor: Actor, topic_id: TopicId, start: PageStart, epoch: str
) -> TopicWithPosts:
    """Return the topic, one page of its posts and the member's state of it, in two statements; raise NotFound."""
    channel = f"topic:{topic_id}"
    binds = {"id": topic_id, "channel": channel, "since": new_topics_since(), **seen_by(actor)}
    row = await tx.row(_SELECT_TOPIC_FOR_VISITOR if actor.id is None else _SELECT_TOPIC_FOR_MEMBER, **binds)
    if row is None:
        raise NotFound
    stream = Stream(channel, epoch, row["seq"])
    topic = topic_of(row, stream)
    own = NO_MEMBER_STATE
    if actor.id is not None:
        own = replace(
            member_state_of(row),
            following=following_of(row),
            since=changes_since_of(row),
            holds=row["holds"],
        )
    page = await read_posts(tx, actor, topic_id, start, stream)
    return TopicWithPosts(topic, page, own, row["has_begun"])
