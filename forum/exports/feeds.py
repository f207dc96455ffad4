"""Atom feeds (RFC 4287) of the newest posts of a sector, topic, tag or search."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct
from sqlalchemy import BigInteger, Integer, any_, bindparam, select

from core.actor import Actor
from core.ids import TopicId
from core.languages.names import local
from core.languages.texts import gettext
from forum.posts.post_pages import read_posts_by_id
from forum.search.candidates import LATEST, find_candidates, sort_candidates
from forum.search.filters import resolve_filters
from forum.search.query_parser import parse_query
from forum.shapes import Post
from forum.tables import posts, topics
from forum.tags.names import tag_url
from forum.topics.topics import show_topic
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from storage.database import Reader
from storage.statements import statement

MAX_ENTRIES = 30
_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
# Characters that XML 1.0 does not allow; archived messages contain some.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SELECT_NEWEST_POSTS_OF_TOPIC = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(
        posts.c.topic_id == bindparam("topic", type_=BigInteger),
        posts_not_held(),
        visible_topics(),
        visible_text(),
    )
    .order_by(posts.c.number.desc())
    .limit(bindparam("count", type_=Integer))
)
SELECT_TOPIC_TITLES = statement(
    select(topics.c.id, topics.c.title, topics.c.titles).where(
        topics.c.id == any_(bindparam("ids")), visible_topics()
    )
)


class Feed(Struct, frozen=True, kw_only=True):
    """A feed: `page` is the URL of the web page with the same content, `entries` are (post, topic title), newest first."""

    title: str
    page: str
    entries: Sequence[tuple[Post, str]]


async def read_sector_feed(
    tx: Reader, actor: Actor, slug: str, name: str, languages: tuple[str, ...], site: str
) -> Feed:
    """Return the feed of the newest posts in a sector, with its name for the reader."""
    entries = await _search_newest(tx, actor, f"in:{slug}", languages)
    return Feed(title=name, page=f"{site}/s/{slug}", entries=entries)


async def read_tag_feed(tx: Reader, actor: Actor, tag: str, languages: tuple[str, ...], site: str) -> Feed:
    """Return the feed of the newest posts in topics with this tag."""
    entries = await _search_newest(tx, actor, f'tag:"{tag}"', languages)
    # NOTE: The title of a feed of the topics with a tag.
    title = gettext("Tagged %(tag)s", tag=tag)
    return Feed(title=title, page=site + tag_url(tag), entries=entries)


async def read_search_feed(
    tx: Reader, actor: Actor, text: str, languages: tuple[str, ...], address: str
) -> Feed:
    """Return the feed of the newest posts that match a query; `address` is the URL of the search page."""
    # NOTE: The title of a feed of what a search finds.
    title = gettext("Search: %(query)s", query=text)
    return Feed(title=title, page=address, entries=await _search_newest(tx, actor, text, languages))


async def read_topic_feed(tx: Reader, actor: Actor, topic_id: TopicId, site: str) -> Feed:
    """Return the feed of the newest posts of a topic; raise NotFound if the actor cannot see it."""
    topic = await show_topic(tx, actor, topic_id, "")
    rows = await tx.rows(SELECT_NEWEST_POSTS_OF_TOPIC, topic=topic_id, count=MAX_ENTRIES, **seen_by(actor))
    entries = await _read_entries(tx, actor, [row["id"] for row in rows])
    return Feed(title=topic.local_title, page=f"{site}/t/{topic_id}", entries=entries)


def encode_atom(feed: Feed, community: str, address: str, site: str) -> bytes:
    """Return a feed as Atom XML in UTF-8. The ids of entries are URLs that stay the same if a post is moved."""
    root = Element("feed", xmlns=_ATOM_NAMESPACE)
    _add_text_element(root, "id", address)
    _add_text_element(root, "title", f"{feed.title} · {community}")
    SubElement(root, "link", rel="self", type="application/atom+xml", href=address)
    SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    changed = [post.edited_at or post.posted_at for post, _ in feed.entries]
    _add_text_element(root, "updated", _format_time(max(changed, default=datetime(2000, 1, 1, tzinfo=UTC))))
    for post, title in feed.entries:
        entry = SubElement(root, "entry")
        _add_text_element(entry, "id", f"{site}/p/{post.id}")
        if post.number > 1:
            # NOTE: A topic and the number of a post in it.
            title = gettext("%(title)s, #%(number)s", title=title, number=post.number)
        _add_text_element(entry, "title", title)
        _add_text_element(entry, "published", _format_time(post.posted_at))
        _add_text_element(entry, "updated", _format_time(post.edited_at or post.posted_at))
        SubElement(entry, "link", rel="alternate", type="text/html", href=f"{site}/p/{post.id}")
        name = post.author.display_name if post.author else gettext("Anonymous")
        _add_text_element(SubElement(entry, "author"), "name", name)
        content = SubElement(entry, "content", type="html")
        content.set("xml:base", f"{site}/")
        content.text = _NOT_IN_XML.sub("", post.html or "")
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


async def _search_newest(
    tx: Reader, actor: Actor, text: str, languages: tuple[str, ...]
) -> Sequence[tuple[Post, str]]:
    query = parse_query(text)
    filters = await resolve_filters(tx, actor, query.filters)
    if query.is_empty or filters.unknown:
        return []
    found = await find_candidates(tx, actor, query, filters, languages, LATEST, MAX_ENTRIES)
    return await _read_entries(
        tx, actor, [one.post for one in sort_candidates(found.found, "newest")[:MAX_ENTRIES]]
    )


async def _read_entries(tx: Reader, actor: Actor, ids: list[int]) -> Sequence[tuple[Post, str]]:
    shown = await read_posts_by_id(tx, actor, ids)
    named = await tx.rows(
        SELECT_TOPIC_TITLES, ids=sorted({post.topic for post in shown.values()}), **seen_by(actor)
    )
    titles = {row["id"]: local(row["title"], row["titles"]) for row in named}
    return [
        (shown[id], titles[shown[id].topic])
        for id in ids
        if id in shown and shown[id].html is not None and shown[id].topic in titles
    ]


def _add_text_element(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_IN_XML.sub("", text)


def _format_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
