"""A topic's page: its posts as a tree or in time, at any place; replying to it, locking it."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter
from msgspec import Struct

from core.actor import Actor
from core.errors import NotFound, Refusal
from core.http import Cursor, PathId, matches, status_of
from core.ids import TopicId
from forum import topics
from forum.markup import render
from forum.pages import read_topic_page, read_validator
from forum.reading import Place, read_posts
from forum.replies import Replies
from forum.shapes import NewReply, Post, PostOrder, PostPage, Topic, TopicWithPosts
from pages.forms import Form, once_of, read_form, text_in, to_shape
from pages.press import AnyRequest, Press, go_to, html_response
from pages.topic_view import Asked, address_of, facts_of, place_of, topic_facts
from storage.cache import VersionedCache
from storage.database import Database, Reader
from storage.log import Stream

Number = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
PathNumber = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]


class Reading(Struct, frozen=True):
    """What every way of opening a topic needs: who reads, through what, with which press."""

    request: AnyRequest
    actor: Actor
    db: Database
    press: Press
    cache: VersionedCache


def provide_reading(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
    cache: NamedDependency[VersionedCache],
) -> Reading:
    """The reading of one request."""
    return Reading(request, actor, db, press, cache)


@get("/t/{topic_id:int}", include_in_schema=False)
async def find_topic(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """A topic's number leads to its address."""
    async with db.read() as tx:
        topic = await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)
    return go_to(address_of(topic))


@get("/t/{topic_id:int}/{slug:str}", include_in_schema=False)
async def show_topic(
    topic_id: PathId,
    slug: FromPath[str],
    reading: NamedDependency[Reading],
    order: FromQuery[PostOrder] = "tree",
    after: Cursor = None,
    before: Cursor = None,
    number: Number = None,
    branch: Number = None,
) -> Response[bytes]:
    """A page of a topic: from a cursor, or from a post on; of one branch, or of all."""
    place = Place(order=order, after=after, before=before, number=number or branch, branch=branch)
    return await _show(reading, TopicId(topic_id), slug, Asked(place=place))


@get("/t/{topic_id:int}/{slug:str}/{number:int}", include_in_schema=False)
async def show_topic_at(
    topic_id: PathId, slug: FromPath[str], number: PathNumber, reading: NamedDependency[Reading]
) -> Response[bytes]:
    """The page of a topic that contains a post."""
    return await _show(reading, TopicId(topic_id), slug, Asked(place=Place(), number=number))


@post("/t/{topic_id:int}/reply", include_in_schema=False)
async def post_reply(
    topic_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    press: NamedDependency[Press],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Reply to the topic, or look at how the reply will read."""
    typed = await read_form(request)
    async with db.read() as tx:
        topic = await topics.show_topic(tx, actor, TopicId(topic_id), db.epoch)
    address = address_of(topic)
    form = Form(action=f"/t/{topic_id}/reply", verb="Reply", draft=f"topic:{topic_id}", typed=typed)
    status = 200
    try:
        reply = to_shape(NewReply, {"body": text_in(typed, "body")})
        if not text_in(typed, "preview"):
            answer = await replies.post_reply(actor, TopicId(topic_id), reply, once_of(request, actor, typed))
            number = msgspec.json.decode(answer.body, type=Post).number
            return go_to(f"{address}/{number}#p{number}")
        form.preview = render(reply.body, topic=topic_id).html
    except Refusal as refusal:
        form, status = form.refuse(refusal), status_of(refusal)
    steps = [(address, topic.title, "")]
    heading = "Reply to the topic"
    return press.page(
        request, actor, "write.html", status, heading=heading, above="", form=form, place="", steps=steps
    )


@post("/t/{topic_id:int}/{slug:str}/lock", include_in_schema=False)
async def lock_topic(
    topic_id: PathId,
    slug: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Response[bytes]:
    """Lock or unlock a topic."""
    wanted = text_in(await read_form(request), "lock") != "0"
    async with db.begin() as tx:
        await (topics.lock_topic if wanted else topics.unlock_topic)(tx, actor, TopicId(topic_id))
    return go_to(f"/t/{topic_id}/{slug}")


async def _show(reading: Reading, topic_id: TopicId, slug: str, asked: Asked) -> Response[bytes]:
    if reading.actor.id is None:
        return await _show_visitor(reading, topic_id, slug, asked)
    async with reading.db.read() as tx:
        found = await read_topic_page(tx, reading.actor, topic_id, asked.place, reading.db.epoch)
        page = await _render(reading, tx, found, slug, asked)
    return page if isinstance(page, Response) else html_response(page)


async def _show_visitor(reading: Reading, topic_id: TopicId, slug: str, asked: Asked) -> Response[bytes]:
    # All visitors see the same: a page is kept as long as the topic's log and the authors' faces say that it is current.
    async with reading.db.read() as tx:
        stream, validator = await read_validator(tx, reading.actor, topic_id, reading.db.epoch)
        etag = f'"{reading.press.statics.version}.{validator[1:]}'
        if matches(reading.request.headers.get("if-none-match"), etag):
            return html_response(b"", 304, {"ETag": etag})
        key = ("page", topic_id, slug, asked)
        page: Response[bytes] | bytes | None = reading.cache.get(key, etag)
        if page is None:
            found = await _find(reading, tx, asked, stream, etag)
            page = await _render(reading, tx, found, slug, asked)
            if isinstance(page, bytes):
                reading.cache.put(key, etag, page)
    return page if isinstance(page, Response) else html_response(page, headers={"ETag": etag})


async def _find(reading: Reading, tx: Reader, asked: Asked, stream: Stream, etag: str) -> TopicWithPosts:
    # The topic is the same on all its pages, and valid as long as they are: only the posts are read for each.
    topic_id = TopicId(int(stream.channel.partition(":")[2]))
    kept = reading.cache.get(("topic", topic_id), etag)
    if kept is None:
        found = await read_topic_page(tx, reading.actor, topic_id, asked.place, reading.db.epoch)
        reading.cache.put(("topic", topic_id), etag, msgspec.json.encode(found.topic))
        return found
    topic = msgspec.json.decode(kept, type=Topic)
    return TopicWithPosts(topic, await read_posts(tx, reading.actor, topic_id, asked.place, stream))


async def _render(
    reading: Reading, tx: Reader, found: TopicWithPosts, slug: str, asked: Asked
) -> Response[bytes] | bytes:
    actor, press, topic = reading.actor, reading.press, found.topic
    address = address_of(topic)
    if slug != address.rpartition("/")[2]:
        rest = f"/{asked.number}" if asked.number else ""
        query = reading.request.url.query
        return go_to(f"{address}{rest}{'?' if query else ''}{query}")
    page = await _page_with(tx, actor, found, asked)
    facts = facts_of(topic, await press.sector_id(tx, topic.sector))
    place = place_of(facts, address, actor, asked, page, press.groups)
    shown = topic_facts(topic, page, asked, place)
    return press.render(reading.request, actor, "topic.html", groups=press.groups_json, **shown)


async def _page_with(tx: Reader, actor: Actor, found: TopicWithPosts, asked: Asked) -> PostPage:
    # A short topic is shown whole, with the post in its place; of a long one the page that begins with it.
    page = found.posts
    if asked.number is None or any(post.number == asked.number for post in page.items):
        return page
    if asked.number > found.topic.last_number:
        raise NotFound
    return await read_posts(tx, actor, TopicId(found.topic.id), Place(number=asked.number), page.stream)


routes = [find_topic, show_topic, show_topic_at, post_reply, lock_topic]
