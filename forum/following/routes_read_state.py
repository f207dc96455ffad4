"""HTTP routes of the read state: what a member has read, and what is unread."""

from typing import Annotated

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId
from core.ids import TopicId
from forum.following import read_state, unread
from forum.following.shapes_read_state import NewReading, Reading, UnreadCounts, UnreadPage
from storage.database import Database

SectorSlug = Annotated[str | None, QueryParameter(max_length=60)]


@get("/topics/{topic_id:int}/reading", operation_id="read_reading")
async def read_reading(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Reading:
    """Return the member's read state of a topic. The event `topic_read` on the member's channel carries the same data."""
    async with db.read() as tx:
        return await read_state.show_read_state(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/reading", operation_id="set_reading")
async def set_reading(
    topic_id: PathId,
    data: JSONBody[NewReading],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Reading:
    """Mark posts as read: all up to `number`, and those with the numbers in `posts`. Nothing becomes unread again."""
    async with db.begin() as tx:
        return await read_state.mark_topic_read(tx, actor, TopicId(topic_id), data)


@put("/sectors/{slug:str}/reading", operation_id="read_all_in_sector")
async def read_all_in_sector(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> UnreadCounts:
    """Mark all topics of a sector as read: those the member has opened, and new ones."""
    async with db.begin() as tx:
        return await read_state.mark_sector_read(tx, actor, slug)


@get("/unread", operation_id="read_unread")
async def read_unread(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    sector: FromQuery[SectorSlug] = None,
    after: Cursor = None,
) -> UnreadPage:
    """Return topics with unread posts, and new topics, ordered by latest activity."""
    async with db.read() as tx:
        return await unread.read_unread(tx, actor, sector, after)


@get("/unread/counts", operation_id="count_unread_topics")
async def count_unread_topics(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> UnreadCounts:
    """Count the topics with unread posts and the new topics of each sector; sectors without any are left out."""
    async with db.read() as tx:
        return await unread.count_unread(tx, actor)


read_state_routes = [
    read_reading,
    set_reading,
    read_all_in_sector,
    read_unread,
    count_unread_topics,
]
