"""The HTTP side of reading: how far one has come, and what is left."""

from typing import Annotated

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId
from core.ids import TopicId
from forum.following import read_state, unread
from forum.following.routes_following import following_routes
from forum.notifications.routes_email import mail_routes
from forum.topics.shapes_reading import NewReading, Reading, UnreadCounts, UnreadPage
from storage.database import Database

SectorSlug = Annotated[str | None, QueryParameter(max_length=60)]


@get("/topics/{topic_id:int}/reading", operation_id="read_reading")
async def read_reading(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Reading:
    """How far the member has come in a topic. `topic_read` on the member's channel carries the same."""
    async with db.read() as tx:
        return await read_state.show_reading(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/reading", operation_id="set_reading")
async def set_reading(
    topic_id: PathId,
    data: JSONBody[NewReading],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Reading:
    """Note what was read: all up to `number`, and the `posts` with these numbers. What was read once stays read."""
    async with db.begin() as tx:
        return await read_state.read_topic(tx, actor, TopicId(topic_id), data)


@put("/sectors/{slug:str}/reading", operation_id="read_all_in_sector")
async def read_all_in_sector(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> UnreadCounts:
    """Put all of a sector behind: topics that one has opened, and new ones."""
    async with db.begin() as tx:
        return await read_state.read_sector(tx, actor, slug)


@get("/unread", operation_id="read_unread")
async def read_unread(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    sector: FromQuery[SectorSlug] = None,
    after: Cursor = None,
) -> UnreadPage:
    """Topics in which something is left to read, the latest activity first."""
    async with db.read() as tx:
        return await unread.read_unread(tx, actor, sector, after)


@get("/unread/counts", operation_id="count_unread_topics")
async def count_unread_topics(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> UnreadCounts:
    """How many topics of each sector have something left to read; of the others nothing is said."""
    async with db.read() as tx:
        return await unread.count_unread(tx, actor)


reading_routes = [
    read_reading,
    set_reading,
    read_all_in_sector,
    read_unread,
    count_unread_topics,
    *following_routes,
    *mail_routes,
]
