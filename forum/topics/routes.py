"""HTTP routes that read topics and the pages of their posts."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from core.actor import Actor, PostOrder
from core.errors import NotFound
from core.http import (
    Cursor,
    IfNoneMatch,
    PathId,
    documented_response,
    etag_matches,
    json_response,
    not_modified,
)
from core.ids import TopicId
from forum import sectors
from forum.posts.post_pages import PageStart, read_posts
from forum.posts.redirects import find_merge_target
from forum.shapes import PostPage, Topic, TopicOrder, TopicPage
from forum.topics import listing, topics
from forum.topics.page_validator import read_validator
from storage.cache import VersionedCache
from storage.database import Database, Reader
from storage.idempotency import encode

PostNumber = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
QueryTag = Annotated[str | None, QueryParameter(max_length=60)]


@get("/sectors/{slug:str}/topics", operation_id="read_topics")
async def read_topics(
    slug: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
    tag: QueryTag = None,
) -> TopicPage:
    """Return one page of a sector's topics: by latest activity, newest first, most discussed first, or archived ones."""
    async with db.read() as tx:
        sector_id = await sectors.get_sector_id(tx, slug)
        return await listing.read_topics(tx, actor, db.epoch, sector_id, order, after, tag)


@get("/topics/{topic_id:int}", responses=documented_response(200, Topic), operation_id="read_topic")
async def read_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Return a topic without its posts; a merged topic redirects (308) to the topic it was merged into."""
    async with db.read() as tx:
        try:
            return json_response(encode(await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)))
        except NotFound:
            return await _redirect_merged(tx, actor, topic_id, "")


@get("/topics/{topic_id:int}/posts", responses=documented_response(200, PostPage), operation_id="read_posts")
async def read_topic_posts(
    topic_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    order: FromQuery[PostOrder] = "tree",
    after: Cursor = None,
    before: Cursor = None,
    number: PostNumber = None,
    branch: PostNumber = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Return one page of a topic's posts, in tree or time order, starting at a cursor or at a post's number."""
    start = PageStart(order=order, after=after, before=before, number=number, branch=branch)
    async with db.read() as tx:
        try:
            stream, etag = await read_validator(tx, actor, TopicId(topic_id), db.epoch)
        except NotFound:
            return await _redirect_merged(tx, actor, topic_id, "/posts")
        if etag_matches(if_none_match, etag):
            return not_modified(etag)
        key = ("posts", topic_id, start)
        body = cache.get(key, etag) if actor.id is None else None
        if body is None:
            body = encode(await read_posts(tx, actor, TopicId(topic_id), start, stream))
            if actor.id is None:
                cache.put(key, etag, body)
    return json_response(body, etag=etag)


async def _redirect_merged(tx: Reader, actor: Actor, topic_id: int, rest: str) -> Response[bytes]:
    target = await find_merge_target(tx, TopicId(topic_id))
    if target is None:
        raise NotFound
    await topics.get_topic(tx, actor, target)
    return Response(b"", status_code=308, headers={"Location": f"/api/v1/topics/{target}{rest}"})


topic_routes = [read_topics, read_topic, read_topic_posts]
