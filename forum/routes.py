"""The HTTP side of written talk."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.actor import Actor
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
from forum import lists, posts, reading, sectors, topics
from forum.markup import render
from forum.pages import read_validator
from forum.reading import Place
from forum.replies import Replies
from forum.routes_inbox import inbox_routes
from forum.shapes import (
    NewReply,
    NewTopic,
    Post,
    PostChange,
    PostOrder,
    PostPage,
    Preview,
    ReactionKind,
    RevisionList,
    Sector,
    SectorList,
    Sketch,
    Topic,
    TopicChange,
    TopicOrder,
    TopicPage,
)
from storage.cache import VersionedCache
from storage.database import Database, Transaction
from storage.once import Once, encode

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
        return await lists.read_topics(tx, actor, db.epoch, sector_id, order, after, tag)


@post("/sectors/{slug:str}/topics", responses=answers(201, Topic), operation_id="start_topic")
async def start_topic(
    slug: FromPath[str],
    data: JSONBody[NewTopic],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    once: NamedDependency[Once],
) -> Response[bytes]:
    """Start a topic with its first post."""

    async def verb(tx: Transaction) -> Topic:
        topic_id = await topics.start_topic(tx, actor, slug, data)
        return await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)

    answer = await once.answer(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/topics/{topic_id:int}", operation_id="read_topic")
async def read_topic(topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Topic:
    """A topic, without its posts."""
    async with db.read() as tx:
        return await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)


@patch("/topics/{topic_id:int}", responses=answers(200, Topic), operation_id="change_topic")
async def change_topic(
    topic_id: PathId,
    data: JSONBody[TopicChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    once: NamedDependency[Once],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change title or tags."""

    async def verb(tx: Transaction) -> Topic:
        await topics.change_topic(tx, actor, TopicId(topic_id), data, version_in(if_match))
        return await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)

    answer = await once.answer(db, verb)
    return json_response(answer.body, answer.status)


@put("/topics/{topic_id:int}/lock", status_code=204, operation_id="lock_topic")
async def lock_topic(topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Let nobody but moderators reply."""
    async with db.begin() as tx:
        await topics.lock_topic(tx, actor, TopicId(topic_id))


@delete("/topics/{topic_id:int}/lock", operation_id="unlock_topic")
async def unlock_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Let members reply again."""
    async with db.begin() as tx:
        await topics.unlock_topic(tx, actor, TopicId(topic_id))


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
        stream, etag = await read_validator(tx, actor, TopicId(topic_id), db.epoch)
        if matches(if_none_match, etag):
            return not_modified(etag)
        key = ("posts", topic_id, place)
        body = cache.get(key, etag) if actor.id is None else None
        if body is None:
            body = encode(await reading.read_posts(tx, actor, TopicId(topic_id), place, stream))
            if actor.id is None:
                cache.put(key, etag, body)
    return json_response(body, etag=etag)


@post("/topics/{topic_id:int}/posts", responses=answers(201, Post), operation_id="post_reply")
async def post_reply(
    topic_id: PathId,
    data: JSONBody[NewReply],
    actor: NamedDependency[Actor],
    replies: NamedDependency[Replies],
    once: NamedDependency[Once],
) -> Response[bytes]:
    """Reply to a topic, or to a post in it."""
    answer = await replies.post_reply(actor, TopicId(topic_id), data, once)
    return json_response(answer.body, answer.status)


@post("/previews", status_code=200, operation_id="preview")
async def preview(
    data: JSONBody[Sketch], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Preview:
    """How Markdown will look when posted."""
    actor.signed_in()
    return Preview(render(data.body, site=db.site).html)


@get("/posts/{post_id:int}", operation_id="read_post")
async def read_post(post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Post:
    """One post, with its source for those who can read it."""
    async with db.read() as tx:
        return await posts.show_with_source(tx, actor, PostId(post_id))


@patch("/posts/{post_id:int}", operation_id="edit_post")
async def edit_post(
    post_id: PathId,
    data: JSONBody[PostChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Post:
    """Give one's post another text; the same again changes nothing."""
    version, rule = version_in(if_match), replies.changed_in_room
    async with db.begin() as tx:
        return await posts.edit_post(tx, actor, PostId(post_id), data, version, rule)


@delete("/posts/{post_id:int}", status_code=200, operation_id="withdraw_post")
async def withdraw_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Post:
    """Take one's post back; what is left is a tombstone."""
    async with db.begin() as tx:
        return await posts.withdraw_post(tx, actor, PostId(post_id))


@delete("/posts/{post_id:int}/withdrawal", status_code=200, operation_id="restore_post")
async def restore_post(
    post_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Post:
    """Bring one's withdrawn post back."""
    async with db.begin() as tx:
        return await posts.restore_post(tx, actor, PostId(post_id), replies.changed_in_room)


@put("/posts/{post_id:int}/reactions/{kind:str}", operation_id="set_reaction")
async def set_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Set one of one's reactions."""
    async with db.begin() as tx:
        return await posts.set_reaction(tx, actor, PostId(post_id), kind, wanted=True)


@delete("/posts/{post_id:int}/reactions/{kind:str}", status_code=200, operation_id="unset_reaction")
async def unset_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Unset one of one's reactions."""
    async with db.begin() as tx:
        return await posts.set_reaction(tx, actor, PostId(post_id), kind, wanted=False)


@get("/posts/{post_id:int}/revisions", operation_id="read_revisions")
async def read_revisions(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RevisionList:
    """All that a post has said, newest first."""
    async with db.read() as tx:
        return await posts.read_revisions(tx, actor, PostId(post_id))


routes = [
    read_sectors,
    read_sector,
    read_topics,
    start_topic,
    read_topic,
    change_topic,
    lock_topic,
    unlock_topic,
    read_posts,
    post_reply,
    preview,
    read_post,
    edit_post,
    withdraw_post,
    restore_post,
    set_reaction,
    unset_reaction,
    read_revisions,
    *inbox_routes,
]
