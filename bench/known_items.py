"""Search for topics that somebody knows: how often the topic is among the first three results.

Archives of mailing lists are imported. For topics chosen by chance, three queries are made of what the topic says: the words
of its title in another order, its rarest words, and a phrase in quotation marks. Each topic with the same title counts.
Words and phrases that many topics say, such as notes and signatures, are no queries: nobody looks for one topic by them.
"""

import argparse
import asyncio
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.million import LANGUAGES
from core.actor import VISITOR
from forum.archive.imports import import_archives
from forum.search.indexing import index_next_posts
from forum.search.search import search
from forum.search.texts import plain_text
from storage import schema
from storage.database import Database, connect
from storage.statements import statement
from tertulia.community import put_community, read_community
from tertulia.settings import Settings

TOPICS = 100
FIRST = 3
MIN_SHARE = 95
# The rarest words of a query are in so many first posts at most.
RARE = 3

_SELECT_TOPICS = statement("""
SELECT t.id, t.title, p.html FROM topics t JOIN posts p ON p.topic_id = t.id AND p.number = 1 ORDER BY t.id
""")
_WORD = re.compile(r"[^\W\d_]{3,}")


class Topic(Struct, frozen=True):
    """A topic with the words of its title and of its first post."""

    id: int
    title: str
    words: list[str]


def main() -> int:
    """Import the archives, ask the queries and print the shares that were found."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("archives", nargs="+", type=Path, help="mbox files, plain or gzipped")
    chosen = options.parse_args()
    with server() as postgres, postgres.database("known_items") as database:
        heading("Known topics among the first three results")
        return conclude("known_items", asyncio.run(_measure(database.url, chosen.archives)))


async def _measure(url: str, archives: Sequence[Path]) -> list[Figure]:
    await schema.migrate(url)
    db = await connect(url, size=4)
    try:
        async with db.begin() as tx:
            await put_community(tx, read_community(Settings().community), datetime.now(UTC))
        report = await import_archives(db, "mobility", archives)
        while await index_next_posts(LANGUAGES, db):
            pass
        topics = await _read_topics(db)
        print(f"  {report.imported:,} messages in {len(topics):,} topics", flush=True)
        return [await _share_of(db, topics, kind) for kind in ("title", "rarest words", "phrase")]
    finally:
        await db.close()


async def _read_topics(db: Database) -> list[Topic]:
    async with db.read() as tx:
        rows = await tx.rows(_SELECT_TOPICS)
    return [Topic(row["id"], row["title"], plain_text(row["html"]).split()) for row in rows]


async def _share_of(db: Database, topics: Sequence[Topic], kind: str) -> Figure:
    by_id = {topic.id: topic.title for topic in topics}
    asked = list(_queries(topics, kind))
    missed = []
    for topic, query in asked:
        async with db.read() as tx:
            found = (await search(tx, VISITOR, query, "best", None, LANGUAGES)).items
        if topic.title not in [by_id[hit.topic] for hit in found[:FIRST]]:
            missed.append(
                f"{query!r} finds {[by_id[hit.topic] for hit in found[:FIRST]]}, not {topic.title!r}"
            )
    print(f"  {kind}: {len(asked)} queries, {len(missed)} missed", *missed[:5], sep="\n    ", flush=True)
    share = 100 * (len(asked) - len(missed)) / len(asked)
    return Figure(f"found by {kind} among the first {FIRST}", share, MIN_SHARE, "%")


def _queries(topics: Sequence[Topic], kind: str) -> Iterator[tuple[Topic, str]]:
    """Yield topics with a query for each, the same in every run."""
    chance = random.Random(kind)
    frequency = Counter(word for topic in topics for word in {one.lower() for one in topic.words})
    candidates = list(topics)
    chance.shuffle(candidates)
    made = 0
    for topic in candidates:
        query = _query(topic, kind, frequency, chance)
        if query:
            yield topic, query
            made += 1
        if made == TOPICS:
            return


def _query(topic: Topic, kind: str, frequency: Counter[str], chance: random.Random) -> str:
    if kind == "title":
        words = list(dict.fromkeys(re.findall(r"\w+", topic.title)))
        # A title of one or two words, such as "Question", names no topic.
        return " ".join(chance.sample(words, len(words))) if len(words) >= 3 else ""
    plain = [word for word in topic.words if _WORD.fullmatch(word)]
    if kind == "rarest words":
        rarest = sorted({word.lower() for word in plain}, key=lambda word: (frequency[word], word))[:3]
        return " ".join(rarest) if len(rarest) == 3 and frequency[rarest[2]] <= RARE else ""
    passages = [(at, topic.words[at : at + 5]) for at in range(len(topic.words) - 5)]
    starts = [
        at
        for at, words in passages
        if all(map(_WORD.fullmatch, words)) and min(frequency[word.lower()] for word in words) <= RARE
    ]
    at = chance.choice(starts) if starts else None
    return "" if at is None else '"' + " ".join(topic.words[at : at + 5]) + '"'


if __name__ == "__main__":
    sys.exit(main())
