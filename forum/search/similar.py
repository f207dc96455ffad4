"""Similar topics, shown before a member starts a topic and below a topic."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct
from sqlalchemy import any_, bindparam, select

from core import clock
from core.actor import VISITOR, Actor
from core.ids import TopicId
from core.languages.names import local
from forum.search.search import search
from forum.search.tokenizer.chunks import take_apart
from forum.search.tokenizer.segmentation import words_in_run
from forum.tables import sectors, topics
from forum.topics.topics import show_topic
from forum.visibility import seen_by, visible_topics
from storage.cache import VersionedCache
from storage.database import Reader
from storage.statements import statement

MAX_TOPICS = 5
# Shorter words are left out, except in scripts without spaces, where a word has two signs.
_MIN_LENGTH, _MIN_RUN = 4, 2
_MAX_WORDS = 8
SELECT_SIMILAR_TOPICS = statement(
    select(topics.c.id, topics.c.title, topics.c.titles, sectors.c.slug)
    .join(sectors, sectors.c.id == topics.c.sector_id)
    .where(topics.c.id == any_(bindparam("ids")), visible_topics())
)


class SimilarTopic(Struct, frozen=True):
    """A topic with words of the title; `sector` is a slug."""

    id: int
    title: str
    sector: str


class SimilarTopics(Struct, frozen=True):
    """The most similar topics, the best first."""

    items: list[SimilarTopic]


def similar_query(title: str) -> str:
    """Return a query for texts similar to a title; empty if the title has fewer than two words that are long enough."""
    words = list(dict.fromkeys(_words(title)))[:_MAX_WORDS]
    return " OR ".join(words) if len(words) > 1 else ""


async def find_similar_topics(
    tx: Reader, actor: Actor, title: str, languages: tuple[str, ...]
) -> SimilarTopics:
    """Return the topics most similar to a title among those that the actor can see."""
    query = similar_query(title)
    if not query:
        return SimilarTopics([])
    found = await search(tx, actor, query, "best", None, languages)
    similar = {hit.topic: SimilarTopic(hit.topic, hit.title, hit.sector) for hit in found.items}
    return SimilarTopics(list(similar.values())[:MAX_TOPICS])


async def find_related_topics(
    tx: Reader, actor: Actor, topic_id: TopicId, languages: tuple[str, ...], cache: VersionedCache
) -> SimilarTopics:
    """Return the topics most similar to this one among those that everybody can read; raise NotFound.

    The list is cached for a day and while the title stays the same; each call checks that the topics are still visible.
    """
    topic = await show_topic(tx, actor, topic_id, "")
    key, version = ("related", topic_id), f"{clock.now().date()} {topic.title}"
    cached = cache.get(key, version)
    if cached is None:
        found = await find_similar_topics(tx, VISITOR, topic.title, languages)
        cached = msgspec.json.encode([one.id for one in found.items if one.id != topic.id])
        cache.put(key, version, cached)
    ids = msgspec.json.decode(cached, type=list[int])
    shown = {
        row["id"]: SimilarTopic(row["id"], local(row["title"], row["titles"]), row["slug"])
        for row in await tx.rows(SELECT_SIMILAR_TOPICS, ids=ids, **seen_by(actor))
    }
    return SimilarTopics([shown[id] for id in ids if id in shown])


def _words(title: str) -> Iterator[str]:
    for part in (part for chunk in title.split() for part in take_apart(chunk).parts):
        if part.is_run:
            yield from (word for word in words_in_run(part.lexemes[0]) if len(word) >= _MIN_RUN)
        elif len(part.lexemes[0]) >= _MIN_LENGTH:
            yield part.lexemes[0]
