"""Atom feeds of the latest posts in a sector, in a topic, with a tag, or matching a search. Without a key a feed shows what
visitors can read; with a member's feed key in the URL, what the member can read."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote, urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from core.actor import VISITOR, Actor
from core.errors import NotFound
from core.http import IfNoneMatch, etag_matches, etag_of
from core.ids import TopicId
from core.languages.languages import languages
from core.languages.texts import speak
from core.threads import in_thread
from forum.exports import feeds
from forum.exports.feeds import Feed
from forum.search.languages import known_languages
from forum.search.routes import Words
from gatherings.programme import calendars
from members.accounts.feed_keys import find_reader
from members.shapes import Taxonomies
from pages.shell.file_names import name_in, respond
from pages.shell.renderer import AnyRequest, Renderer
from storage.database import Database, Reader

Key = Annotated[
    str | None, QueryParameter(max_length=100, description="a member's feed key, from the settings")
]
Read = Callable[[Reader, Actor], Awaitable[Feed]]


@get("/feeds/sectors/{calendar:str}", include_in_schema=False)
async def show_sector_feed(
    calendar: FromPath[str],
    request: AnyRequest,
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    taxonomies: NamedDependency[Taxonomies],
    key: Key = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Return the latest posts of a sector (`.atom`), or its events as a calendar (`.ics`)."""
    if calendar.endswith(".ics"):
        slug = name_in(calendar, "ics")
        async with db.read() as tx:
            body = await calendars.render_sector_calendar(tx, slug, renderer.sector_name(slug), db.site)
        return respond(body, slug, if_none_match)
    slug, known = name_in(calendar, "atom"), known_languages(taxonomies)

    async def read(tx: Reader, reader: Actor) -> Feed:
        return await feeds.read_sector_feed(tx, reader, slug, renderer.sector_name(slug), known, db.site)

    return await _feed_response(
        request, db, renderer, read, f"/feeds/sectors/{slug}.atom", key, if_none_match
    )


@get("/feeds/topics/{topic_feed:str}", include_in_schema=False)
async def show_topic_feed(
    topic_feed: FromPath[str],
    request: AnyRequest,
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    key: Key = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Return the latest posts of a topic; raise NotFound."""
    number = name_in(topic_feed, "atom")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise NotFound

    async def read(tx: Reader, reader: Actor) -> Feed:
        return await feeds.read_topic_feed(tx, reader, TopicId(int(number)), db.site)

    return await _feed_response(
        request, db, renderer, read, f"/feeds/topics/{int(number)}.atom", key, if_none_match
    )


@get("/feeds/tags/{tag_feed:str}", include_in_schema=False)
async def show_tag_feed(
    tag_feed: FromPath[str],
    request: AnyRequest,
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    taxonomies: NamedDependency[Taxonomies],
    key: Key = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Return the latest posts in topics with a tag; raise NotFound."""
    tag, known = name_in(tag_feed, "atom"), known_languages(taxonomies)

    async def read(tx: Reader, reader: Actor) -> Feed:
        return await feeds.read_tag_feed(tx, reader, tag, known, db.site)

    return await _feed_response(
        request, db, renderer, read, f"/feeds/tags/{quote(tag, safe='')}.atom", key, if_none_match
    )


@get("/feeds/search.atom", operation_id="search", include_in_schema=False)
async def show_search_feed(
    request: AnyRequest,
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    taxonomies: NamedDependency[Taxonomies],
    q: Words = "",
    key: Key = None,
    if_none_match: IfNoneMatch = None,
) -> Response[bytes]:
    """Return the latest posts that match a search."""
    asked, known = q.strip(), known_languages(taxonomies)
    query = urlencode({"q": asked})

    async def read(tx: Reader, reader: Actor) -> Feed:
        return await feeds.read_search_feed(tx, reader, asked, known, f"{db.site}/search?{query}")

    return await _feed_response(
        request, db, renderer, read, f"/feeds/search.atom?{query}", key, if_none_match
    )


async def _feed_response(
    request: AnyRequest,
    db: Database,
    renderer: Renderer,
    read: Read,
    address: str,
    key: str | None,
    if_none_match: str | None,
) -> Response[bytes]:
    async with db.read() as tx:
        reader = await find_reader(tx, key) if key is not None else VISITOR
        # Programs that read feeds do not say which language their reader prefers.
        if "lang" not in request.query_params and (language := languages().get(reader.language or "")):
            speak(language)
        feed = await read(tx, reader)
    body = await in_thread(feeds.encode_atom, feed, renderer.community.name, f"{db.site}{address}", db.site)
    etag = await in_thread(etag_of, body)
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache" if key is not None else "no-cache",
        # The titles are in the language of the reader.
        "Vary": "Cookie, Accept-Language",
    }
    if etag_matches(if_none_match, etag):
        return Response(b"", status_code=304, headers=headers, media_type="application/atom+xml")
    return Response(body, headers=headers, media_type="application/atom+xml")


routes = [show_sector_feed, show_topic_feed, show_tag_feed, show_search_feed]
