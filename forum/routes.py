"""The HTTP side of written talk."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.actor import Actor, PostOrder
from core.errors import NotFound
from core.http import (
    Cursor,
    IfMatch,
    IfNoneMatch,
    PathId,
    answers,
    json_response,
    matches,
    not_modified,
    version_in,
)
from core.ids import PostId, TopicId
from forum import sectors
from forum.drafts.routes import draft_routes
from forum.exports.routes import taking_routes
from forum.files.routes import file_routes
from forum.following.routes_reading import reading_routes
from forum.following.routes_tags import routes as tag_routes
from forum.following.topic_pages import read_validator
from forum.moves.routes import move_routes
from forum.notifications.routes import inbox_routes
from forum.posts import post_pages
from forum.posts.post_pages import Place
from forum.posts.redirects import find_topic_now
from forum.posts.shapes_held import HeldPost
from forum.search.routes import search_routes
from forum.search.routes_saved import saved_routes
from forum.shapes import (
    NewReply,
    NewTopic,
    Post,
    PostPage,
    ReactionKind,
    Sector,
    SectorList,
    Topic,
    TopicChange,
    TopicOrder,
    TopicPage,
)
from forum.topics import listing, settings, topics
from forum.topics.routes import curating_routes
from forum.trust.routes import trust_routes
from forum.writing import own_posts
from forum.writing.creation import open_topic
from forum.writing.replies import Replies
from forum.writing.routes import writing_routes
from forum.writing.routes_editing import editing_routes
from storage.cache import VersionedCache
from storage.database import Database, Reader, Transaction
from storage.idempotency import IdempotentRequest, encode

Number = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
Tag = Annotated[str | None, QueryParameter(max_length=60)]


@get("/sectors", operation_id="read_sectors")
async def read_sectors(db: NamedDependency[Database]) -> SectorList:
    """All sectors with the life in them."""
    async with db.read() as tx:
        return await sectors.read_sectors(tx, db.epoch)


@get("/sectors/{slug:str}", operation_id="read_sector")
async def read_sector(slug: FromPath[str], db: NamedDependency[Database]) -> Sector:
    """One sector."""
    async with db.read() as tx:
        return await sectors.get_sector(tx, slug)


@get("/sectors/{slug:str}/topics", operation_id="read_topics")
async def read_topics(
    slug: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    order: FromQuery[TopicOrder] = "active",
    after: Cursor = None,
    tag: Tag = None,
) -> TopicPage:
    """One page of a sector's topics, by latest activity, newest or most discussed."""
    async with db.read() as tx:
        sector_id = await sectors.get_sector_id(tx, slug)
        return await listing.read_topics(tx, actor, db.epoch, sector_id, order, after, tag)


@post(
    "/sectors/{slug:str}/topics",
    responses=answers(201, Topic) | answers(202, HeldPost),
    operation_id="start_topic",
)
async def start_topic(
    slug: FromPath[str],
    data: JSONBody[NewTopic],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Start a topic with its first post; 202 if a rule holds it until a moderator has looked at it."""
    answer = await open_topic(db, replies, actor, slug, data, idempotent)
    return json_response(answer.body, answer.status)


@get("/topics/{topic_id:int}", responses=answers(200, Topic), operation_id="read_topic")
async def read_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """A topic, without its posts; what was merged into another leads there (308)."""
    async with db.read() as tx:
        try:
            return json_response(encode(await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)))
        except NotFound:
            return await _lead_on(tx, actor, topic_id, "")


async def _lead_on(tx: Reader, actor: Actor, topic_id: int, rest: str) -> Response[bytes]:
    now_at = await find_topic_now(tx, TopicId(topic_id))
    if now_at is None:
        raise NotFound
    await topics.get_topic(tx, actor, now_at)
    return Response(b"", status_code=308, headers={"Location": f"/api/v1/topics/{now_at}{rest}"})


@patch("/topics/{topic_id:int}", responses=answers(200, Topic), operation_id="change_topic")
async def change_topic(
    topic_id: PathId,
    data: JSONBody[TopicChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change title or tags."""

    async def verb(tx: Transaction) -> Topic:
        await settings.change_topic(tx, actor, TopicId(topic_id), data, version_in(if_match), replies.screen)
        return await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)

    answer = await idempotent.answer(db, verb)
    return json_response(answer.body, answer.status)


@get("/topics/{topic_id:int}/posts", responses=answers(200, PostPage), operation_id="read_posts")
async def read_posts(
    topic_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    order: FromQuery[PostOrder] = "tree",
    after: Cursor = None,
    before: Cursor = None,
    number: Number = None,
    branch: Number = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """One page of a topic's posts, in tree or time order, from a cursor or from a post's number."""
    place = Place(order=order, after=after, before=before, number=number, branch=branch)
    async with db.read() as tx:
        try:
            stream, etag = await read_validator(tx, actor, TopicId(topic_id), db.epoch)
        except NotFound:
            return await _lead_on(tx, actor, topic_id, "/posts")
        if matches(if_none_match, etag):
            return not_modified(etag)
        key = ("posts", topic_id, place)
        body = cache.get(key, etag) if actor.id is None else None
        if body is None:
            body = encode(await post_pages.read_posts(tx, actor, TopicId(topic_id), place, stream))
            if actor.id is None:
                cache.put(key, etag, body)
    return json_response(body, etag=etag)


@post(
    "/topics/{topic_id:int}/posts",
    responses=answers(201, Post) | answers(202, HeldPost),
    operation_id="post_reply",
)
async def post_reply(
    topic_id: PathId,
    data: JSONBody[NewReply],
    actor: NamedDependency[Actor],
    replies: NamedDependency[Replies],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Reply to a topic, or to a post in it."""
    answer = await replies.post_reply(actor, TopicId(topic_id), data, idempotent)
    return json_response(answer.body, answer.status)


@get("/posts/{post_id:int}", operation_id="read_post")
async def read_post(post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Post:
    """One post, with its source for those who can read it."""
    async with db.read() as tx:
        return await own_posts.show_with_source(tx, actor, PostId(post_id))


@delete("/posts/{post_id:int}", status_code=200, operation_id="withdraw_post")
async def withdraw_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Post:
    """Take one's post back; what is left is a tombstone."""
    async with db.begin() as tx:
        return await own_posts.withdraw_post(tx, actor, PostId(post_id))


@delete("/posts/{post_id:int}/withdrawal", status_code=200, operation_id="restore_post")
async def restore_post(
    post_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Post:
    """Bring one's withdrawn post back."""
    async with db.begin() as tx:
        return await own_posts.restore_post(tx, actor, PostId(post_id), replies.changed_in_room)


@put("/posts/{post_id:int}/reactions/{kind:str}", operation_id="set_reaction")
async def set_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Set one of one's reactions."""
    async with db.begin() as tx:
        return await own_posts.set_reaction(tx, actor, PostId(post_id), kind, wanted=True)


@delete("/posts/{post_id:int}/reactions/{kind:str}", status_code=200, operation_id="unset_reaction")
async def unset_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Unset one of one's reactions."""
    async with db.begin() as tx:
        return await own_posts.set_reaction(tx, actor, PostId(post_id), kind, wanted=False)


routes = [
    read_sectors,
    read_sector,
    read_topics,
    start_topic,
    read_topic,
    change_topic,
    read_posts,
    post_reply,
    read_post,
    withdraw_post,
    restore_post,
    set_reaction,
    unset_reaction,
    *inbox_routes,
    *file_routes,
    *move_routes,
    *reading_routes,
    *tag_routes,
    *curating_routes,
    *trust_routes,
    *writing_routes,
    *editing_routes,
    *search_routes,
    *taking_routes,
    *saved_routes,
    *draft_routes,
]
