"""Similar topics: what was perhaps asked before, for those who are about to start a topic, or who read one."""

import re

import msgspec
from msgspec import Struct
from sqlalchemy import any_, bindparam, select

from core import clock
from core.actor import VISITOR, Actor
from core.ids import TopicId
from forum.search.search import search
from forum.tables import sectors, topics
from forum.topics.topics import show_topic
from forum.visibility import seen_by, visible_topics
from storage.cache import VersionedCache
from storage.database import Reader
from storage.statements import statement

MOST = 5
_WORD = re.compile(r"\w{4,30}")
_WORDS = 8
_SHOWN = statement(
    select(topics.c.id, topics.c.title, sectors.c.slug)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .where(topics.c.id == any_(bindparam("ids")), visible_topics())
)


class SimilarTopic(Struct, frozen=True):
    """A topic in which words of the title stand."""

    id: int
    title: str
    sector: str


class SimilarTopics(Struct, frozen=True):
    """Those that fit best."""

    items: list[SimilarTopic]


def similar_query(title: str) -> str:
    """The query for what resembles a title; empty where it has too few words to compare, as one alone says little."""
    words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(title)))[:_WORDS]
    return " or ".join(words) if len(words) > 1 else ""


async def find_similar_topics(
    tx: Reader, actor: Actor, title: str, languages: tuple[str, ...]
) -> SimilarTopics:
    """The topics that fit a title best, among those that the actor can see."""
    query = similar_query(title)
    if not query:
        return SimilarTopics([])
    found = await search(tx, actor, query, "best", None, languages)
    similar = {hit.topic: SimilarTopic(hit.topic, hit.title, hit.sector) for hit in found.items}
    return SimilarTopics(list(similar.values())[:MOST])


async def find_related_topics(
    tx: Reader, actor: Actor, topic_id: TopicId, languages: tuple[str, ...], cache: VersionedCache
) -> SimilarTopics:
    """The topics that resemble one, of those that everybody can read. Which these are is looked up once a day as long as
    the title stays; whether they can be read still, each time."""
    topic = await show_topic(tx, actor, topic_id, "")
    key, version = ("related", topic_id), f"{clock.now().date()} {topic.title}"
    kept = cache.get(key, version)
    if kept is None:
        found = await find_similar_topics(tx, VISITOR, topic.title, languages)
        kept = msgspec.json.encode([one.id for one in found.items if one.id != topic.id])
        cache.put(key, version, kept)
    ids = msgspec.json.decode(kept, type=list[int])
    shown = {row["id"]: SimilarTopic(*row) for row in await tx.rows(_SHOWN, ids=ids, **seen_by(actor))}
    return SimilarTopics([shown[id] for id in ids if id in shown])
