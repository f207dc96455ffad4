"""A community that has grown: any number of posts made of the sentences of archives, written straight into a database.

The same archives, number and seed give the same community: one topic of 10,000 posts, the others from one post to some
hundred, over ten years, in all sectors.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from forum.archive.archives import read_archives

LONGEST_TOPIC = 10_000
AUTHORS = 3_000
BEGAN = datetime(2016, 1, 1, tzinfo=UTC)
YEARS = 10
BATCH = 20_000
TAGS = ("audit", "cobalt", "copper", "gold", "lithium", "nickel", "recycling", "tin", "tracing", "water")

_SENTENCE = re.compile(r"[^.!?\n]{30,300}[.!?]")
_POSTS = (
    "id", "topic_id", "number", "parent_id", "path", "depth", "children", "author_id", "body", "html", "posted_at",
)  # fmt: skip
_TOPICS = (
    "id", "sector_id", "title", "kind", "tags", "author_id", "opened_at", "last_number", "post_count", "roots",
    "last_activity_at",
)  # fmt: skip


class Grown(Struct, frozen=True):
    """What was made: how many posts, in how many topics, and the topic of 10,000."""

    posts: int
    topics: int
    longest: int


def sentences(archives: Sequence[Path]) -> list[str]:
    """What people wrote in archives of mailing lists, in sentences; nothing that they quoted."""
    with closing(read_archives(archives, datetime.now(UTC))) as archive:
        messages = [archive.text(i) for i in range(len(archive.messages))]
    own = (" ".join(line for line in text.splitlines() if not line.startswith(">")) for text in messages)
    return [" ".join(found.split()) for text in own for found in _SENTENCE.findall(text)]


async def grow(url: str, said: Sequence[str], count: int, seed: int = 1) -> Grown:
    """Write it into a migrated database that has the community's sectors."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        sectors = [row["id"] for row in await connection.fetch("SELECT id FROM sectors ORDER BY place")]
        await _write_authors(connection)
        segments = [
            row[0] for row in await connection.fetch(
                f"SELECT path_segment(n) FROM generate_series(0, {LONGEST_TOPIC}) AS n ORDER BY n"
            )
        ]  # fmt: skip
        chance = random.Random(seed)
        posts: list[tuple[Any, ...]] = []
        topics: list[tuple[Any, ...]] = []
        made = 0
        for topic, size in enumerate(_sizes(chance, count), start=1):
            written = list(_topic(chance, said, topic, size, made + 1, segments))
            made += size
            posts += written
            roots = sum(1 for post in written if post[5] == 0)
            first, last = written[0], written[-1]
            kind = chance.choices(("discussion", "question", "announcement"), (7, 2, 1))[0]
            tags = sorted(set(chance.choices(TAGS, k=chance.randint(0, 3))))
            title = chance.choice(said)[:90].rstrip(".!? ")
            topics.append(
                (
                    topic,
                    chance.choice(sectors),
                    title,
                    kind,
                    tags,
                    first[7],
                    first[10],
                    size,
                    size,
                    roots,
                    last[10],
                )
            )
            if len(posts) >= BATCH:
                await _copy(connection, topics, posts)
                print(f"\r  {made:,} posts", end="", flush=True)
        await _copy(connection, topics, posts)
        print()
        for table in ("topics", "posts", "members"):
            await connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        return Grown(posts=made, topics=topic, longest=1)
    finally:
        await connection.close()


def _sizes(chance: random.Random, count: int) -> Iterator[int]:
    left = count
    size = min(LONGEST_TOPIC, count)
    while left > 0:
        yield size
        left -= size
        size = min(left, int(chance.paretovariate(1.1) * 4) % 400 + 1)


def _topic(
    chance: random.Random, said: Sequence[str], topic: int, size: int, first: int, segments: Sequence[bytes]
) -> Iterator[tuple[Any, ...]]:
    # Among them answers to one of the latest twenty, as in talk, or to the topic.
    parents: list[int | None] = [None] + [
        n - chance.randint(1, min(n, 20)) if chance.random() < 0.7 else None for n in range(1, size)
    ]
    children = [0] * size
    paths: list[bytes] = []
    depths: list[int] = []
    roots = 0
    for parent in parents:
        if parent is not None and depths[parent] < 60:
            paths.append(paths[parent] + segments[children[parent]])
            depths.append(depths[parent] + 1)
            children[parent] += 1
        else:
            paths.append(segments[roots])
            depths.append(0)
            roots += 1
    at = BEGAN + timedelta(days=chance.random() * 365 * YEARS)
    for n, parent in enumerate(parents):
        body = " ".join(chance.choices(said, k=chance.randint(2, 6)))
        at += timedelta(minutes=chance.expovariate(1 / 90))
        answered = None if parent is None or depths[n] == 0 else first + parent
        author = int(chance.paretovariate(0.8)) % AUTHORS + 1
        yield (
            first + n, topic, n + 1, answered, paths[n], depths[n], children[n], author, body,
            f"<p>{escape(body)}</p>", at,
        )  # fmt: skip


async def _write_authors(connection: Any) -> None:
    await connection.execute(f"""
        INSERT INTO members (id, handle, skeleton, display_name, email, email_verified_at, joined_at)
        SELECT n, 'author-' || n, 'author-' || n, 'Author ' || n, 'author-' || n || '@example.org', now(), now()
        FROM generate_series(1, {AUTHORS}) AS n
    """)


async def _copy(connection: Any, topics: list[tuple[Any, ...]], posts: list[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table("topics", records=topics, columns=_TOPICS)
    await connection.copy_records_to_table("posts", records=posts, columns=_POSTS)
    topics.clear()
    posts.clear()
