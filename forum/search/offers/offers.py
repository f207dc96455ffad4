"""Offers: what somebody may be looking for, shown while they type: topics, people, tags, and things with names.

Topics are found by marks in the index, in each language of their title. The names of tags, and of other things of which
there are few, are remembered for a minute; what fits is read again through the visibility of the reader.
"""

from collections.abc import Awaitable, Callable, Iterable

import msgspec
from msgspec import Struct
from sqlalchemy import Integer, Text, bindparam, cast, select
from sqlalchemy.dialects.postgresql import TSQUERY

from core import clock
from core.actor import VISITOR, Actor
from core.languages.names import local, shared_name
from core.languages.texts import current_language
from forum.search.offers.beginnings import Beginnings
from forum.search.people import find_people, suggest_members
from forum.search.query_parser import parse_query
from forum.search.tokenizer.names import lexemes_of_name
from forum.tables import posts, sectors, topics
from forum.tables_search import search_posts
from forum.tags.offered_tags import keep_visible_tags, read_names_of_tags
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.shapes import Author
from storage.cache import VersionedCache
from storage.database import Reader
from storage.statements import statement

# So many of each kind are read.
MAX_OFFERS = 8
# Of the topics that fit, those that began last are looked at; of tags, those that are used most.
MAX_TOPICS, MAX_TAGS = 400, 4_000
_found = (
    select(search_posts.c.post_id, search_posts.c.posted_at)
    .where(search_posts.c.vector.op("@@")(cast(bindparam("wanted", type_=Text), TSQUERY)))
    .cte("found")
    # Otherwise the planner may walk through all posts in their order, in the hope that a few fit soon.
    .prefix_with("MATERIALIZED")
)
_newest = select(_found.c.post_id).order_by(_found.c.posted_at.desc()).limit(MAX_TOPICS).subquery("newest")
SELECT_OFFERED_TOPICS = statement(
    select(*topics.c[("id", "title", "titles", "kind")], sectors.c.slug)
    .select_from(_newest)
    .join(posts, posts.c.id == _newest.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .where(posts_not_held(), visible_topics(), visible_text())
    .order_by(topics.c.last_activity_at.desc(), topics.c.id.desc())
    .limit(bindparam("count", type_=Integer))
)

# A key and all names by which it is found.
Names = Iterable[tuple[str, Iterable[str]]]


class OfferedTopic(Struct, frozen=True, kw_only=True):
    """A topic in which each word that was typed begins a word of the title; `sector` is a slug."""

    id: int
    title: str
    kind: str
    sector: str


class _Name(Struct, frozen=True, array_like=True):
    key: str
    lexemes: list[str]


async def offer_topics(
    tx: Reader, actor: Actor, typed: Beginnings, count: int = MAX_OFFERS
) -> list[OfferedTopic]:
    """Return topics that the actor can see and whose title fits what is typed, the most recently active first."""
    if not typed.words:
        return []
    rows = await tx.rows(SELECT_OFFERED_TOPICS, wanted=typed.written(), count=count, **seen_by(actor))
    return [
        OfferedTopic(
            id=row["id"], title=local(row["title"], row["titles"]), kind=row["kind"], sector=row["slug"]
        )
        for row in rows
    ]


async def offer_people(tx: Reader, actor: Actor, typed: str) -> list[Author]:
    """Return members whose name fits what is typed, as they are offered for mentions; to visitors, and to members who are
    suspended, only those whose whole name or handle it is."""
    if actor.id is None or actor.suspended_until:
        return await find_people(tx, VISITOR, parse_query(typed))
    return list((await suggest_members(tx, actor, typed)).items)


async def offer_tags(tx: Reader, actor: Actor, typed: Beginnings, cache: VersionedCache) -> list[str]:
    """Return tags of which a name fits what is typed and that the actor can see, the most used first."""

    async def read() -> Names:
        found = await read_names_of_tags(tx, MAX_TAGS)
        return [(name, (name, shared_name(name), *synonyms)) for name, synonyms in found]

    fitting = await offer_names("tags", typed, cache, read)
    return (await keep_visible_tags(tx, actor, fitting[: 4 * MAX_OFFERS]))[:MAX_OFFERS]


async def offer_names(
    what: str, typed: Beginnings, cache: VersionedCache, read: Callable[[], Awaitable[Names]]
) -> list[str]:
    """Return the keys of the things of one kind of which a name fits what is typed, in the order in which `read` returns
    them. Their names are remembered for a minute."""
    if not typed.words:
        return []
    key, version = ("names to offer", what, current_language().tag), f"{clock.now():%Y-%m-%d %H:%M}"
    remembered = cache.get(key, version)
    if remembered is None:
        names = [_Name(one, sorted(lexemes_of_name(*known))) for one, known in await read()]
        remembered = msgspec.json.encode(names)
        cache.put(key, version, remembered)
    return [one.key for one in msgspec.json.decode(remembered, type=list[_Name]) if typed.fit(one.lexemes)]
