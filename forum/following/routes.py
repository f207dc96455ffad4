"""HTTP routes for following topics, sectors and tags."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import Cursor, PathId
from core.ids import TopicId
from forum.following import following
from forum.following.shapes import Following, FollowingList, NewLevel, NewTopicLevel
from forum.tags.routes import PathTag
from storage.database import Database


@get("/following", operation_id="read_following")
async def read_following(
    actor: NamedDependency[Actor], db: NamedDependency[Database], after: Cursor = None
) -> FollowingList:
    """Return everything the member follows or has muted. The event `following_changed` announces changes."""
    async with db.read() as tx:
        return await following.read_following(tx, actor, after)


@get("/topics/{topic_id:int}/following", operation_id="read_topic_following")
async def read_topic_following(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Return how closely the member follows a topic, and why."""
    async with db.read() as tx:
        return await following.show_topic_following(tx, actor, TopicId(topic_id))


@put("/topics/{topic_id:int}/following", operation_id="follow_topic")
async def follow_topic(
    topic_id: PathId,
    data: JSONBody[NewTopicLevel],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Following:
    """Choose how closely to follow a topic. Only another choice by the member changes it."""
    async with db.begin() as tx:
        return await following.follow_topic(tx, actor, TopicId(topic_id), data.level, data.mail)


@delete("/topics/{topic_id:int}/following", operation_id="follow_topic_as_it_comes", status_code=200)
async def follow_topic_as_it_comes(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Remove the choice: the automatic level and the levels of the sector and the tags apply again."""
    async with db.begin() as tx:
        return await following.follow_topic(tx, actor, TopicId(topic_id), None)


@get("/sectors/{slug:str}/following", operation_id="read_sector_following")
async def read_sector_following(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Return how closely the member follows a sector."""
    async with db.read() as tx:
        return await following.show_sector_following(tx, actor, slug)


@put("/sectors/{slug:str}/following", operation_id="follow_sector")
async def follow_sector(
    slug: FromPath[str],
    data: JSONBody[NewLevel],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Following:
    """Choose how closely to follow all topics of a sector."""
    async with db.begin() as tx:
        return await following.follow_sector(tx, actor, slug, data.level, data.mail)


@delete("/sectors/{slug:str}/following", operation_id="unfollow_sector", status_code=200)
async def unfollow_sector(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Remove the choice for a sector."""
    async with db.begin() as tx:
        return await following.follow_sector(tx, actor, slug, None)


@get("/tags/{tag:str}/following", operation_id="read_tag_following")
async def read_tag_following(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Return how closely the member follows a tag."""
    async with db.read() as tx:
        return await following.show_tag_following(tx, actor, tag)


@put("/tags/{tag:str}/following", operation_id="follow_tag")
async def follow_tag(
    tag: FromPath[PathTag],
    data: JSONBody[NewLevel],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Following:
    """Choose how closely to follow all topics with a tag, in every sector."""
    async with db.begin() as tx:
        return await following.follow_tag(tx, actor, tag, data.level, data.mail)


@delete("/tags/{tag:str}/following", operation_id="unfollow_tag", status_code=200)
async def unfollow_tag(
    tag: FromPath[PathTag], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Following:
    """Remove the choice for a tag."""
    async with db.begin() as tx:
        return await following.follow_tag(tx, actor, tag, None)


following_routes = [
    read_following,
    read_topic_following,
    follow_topic,
    follow_topic_as_it_comes,
    read_sector_following,
    follow_sector,
    unfollow_sector,
    read_tag_following,
    follow_tag,
    unfollow_tag,
]
