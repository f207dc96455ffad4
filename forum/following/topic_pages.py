"""A topic as it is opened: the topic and one page of its posts, and what tells whether a page is still the same."""

from msgspec.structs import replace
from sqlalchemy import BigInteger, and_, bindparam, exists, func, or_, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from forum.following.following import following_of, with_following
from forum.following.unread import own_of, since, with_left
from forum.posts.post_pages import Place, read_posts
from forum.tables import held_posts, posts, readings
from forum.tables import topics as topic_table
from forum.topics.changes_since import since_of, with_since
from forum.topics.shapes_reading import NOBODYS, TopicWithPosts
from forum.topics.topics import TOPICS, topic_of
from forum.visibility import seen_by, visible_topics
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import statement
from storage.tables import channels

_own = select(channels.c.seq).where(channels.c.name == bindparam("channel")).scalar_subquery()
_faces = select(channels.c.seq).where(channels.c.name == "members").scalar_subquery()

# The position is read by the same statement as the topic: it can only be older than the posts read after it.
_topic = TOPICS.add_columns(func.coalesce(_own, 0).label("seq")).where(
    topic_table.c.id == bindparam("id"), visible_topics()
)
_TOPIC = statement(_topic)
# What a member has read is laid over what everybody sees.
_reader = bindparam("reader", type_=BigInteger)
_holds = exists().where(
    held_posts.c.post_id == posts.c.id,
    held_posts.c.outcome.is_(None),
    posts.c.topic_id == topic_table.c.id,
    or_(and_(posts.c.author_id == _reader, posts.c.state == "held"), held_posts.c.edit_by == _reader),
)
_OWN_TOPIC = statement(
    with_since(with_following(with_left(_topic))).add_columns(
        readings.c.read, readings.c.read_at, _holds.correlate(topic_table).label("holds")
    )
)
_VALIDATOR = statement(
    select(func.coalesce(_own, 0), func.coalesce(_faces, 0), topic_table.c.sector_id).where(
        topic_table.c.id == bindparam("id"), visible_topics()
    )
)


async def read_validator(tx: Reader, actor: Actor, topic_id: TopicId, epoch: str) -> tuple[Stream, str]:
    """The topic's position, and an ETag that changes with whatever a page of it shows: its log, its authors' faces, and
    who is looking."""
    channel = f"topic:{topic_id}"
    row = await tx.row(_VALIDATOR, id=topic_id, channel=channel, **seen_by(actor))
    if row is None:
        raise NotFound
    seq, faces, sector_id = row
    viewer = f"{actor.id or 0}{'m' if actor.moderates_in(sector_id) else ''}"
    return Stream(channel, epoch, seq), f'"{epoch[:8]}.{seq}.{faces}.{viewer}"'


async def read_topic_page(
    tx: Reader, actor: Actor, topic_id: TopicId, place: Place, epoch: str
) -> TopicWithPosts:
    """The topic and one page of its posts, in two statements."""
    channel = f"topic:{topic_id}"
    binds = {"id": topic_id, "channel": channel, "since": since(), **seen_by(actor)}
    row = await tx.row(_TOPIC if actor.id is None else _OWN_TOPIC, **binds)
    if row is None:
        raise NotFound
    stream = Stream(channel, epoch, row["seq"])
    topic = topic_of(row, stream)
    own = NOBODYS
    if actor.id is not None:
        laid_over = {"following": following_of(row), "since": since_of(row), "holds": row["holds"]}
        own = replace(own_of(row), **laid_over)
    return TopicWithPosts(topic, await read_posts(tx, actor, topic_id, place, stream), own)
