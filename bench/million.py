"""A million posts: every page of a forum that has grown, the search of common words, a long topic at its middle."""

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import httpx2

from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.grown_community import Grown, grow, sentences
from bench.harness.service import Service, community, service
from core.actor import VISITOR
from forum.search.indexing import count_posts_to_index, index_next_posts, reindex_all
from forum.search.search import search
from storage.database import connect

_PERSONAL = {
    "the inbox": "/inbox",
    "all tags": "/tags",
    "a tag": "/tags/cobalt",
    "a new topic": "/s/mobility/new",
    "what is left to read": "/unread",
    "what one follows": "/following",
    "bookmarks": "/bookmarks",
    "drafts": "/drafts",
    "a reply": "/p/500000/reply",
    "the history of a post": "/p/500000/history",
    "trust": "/settings/trust",
}
LANGUAGES = ("ar", "de", "en", "es", "fr", "pt", "zh")
WARM, ROUNDS = 3, 15
SEARCHES = 300


def main() -> int:
    """Grow a community, index it, look at it; print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("archives", nargs="+", type=Path, help="mbox files, plain or gzipped")
    options.add_argument("--posts", type=int, default=1_000_000)
    chosen = options.parse_args()
    said = sentences(chosen.archives)
    # As docs/operations.md says for so many posts: the index of the search fits in.
    with server({"shared_buffers": "1GB"}) as database, service(database) as ours:
        heading(f"A community of {chosen.posts:,} posts")
        figures = asyncio.run(_measure(ours, said, chosen.posts))
    return conclude("million", figures)


async def _measure(ours: Service, said: Sequence[str], count: int) -> list[Figure]:
    grown = await grow(ours.database.url, said, count)
    print(f"  {grown.posts:,} posts in {grown.topics:,} topics", flush=True)
    await _index(ours.database)
    await ours.database.run("VACUUM ANALYZE")
    figures = await _search(ours.database)
    async with community(ours) as made, httpx2.AsyncClient(base_url=ours.base, timeout=60) as http:
        reader = (await made.people(1, "reader"))[0]
        for name, path in _pages(grown).items():
            figures.append(Figure(f"{name}, median", await _time(http, path, ""), 100, "ms", at_most=True))
        for name, path in (_pages(grown) | _PERSONAL).items():
            took = await _time(http, path, reader.token)
            figures.append(Figure(f"{name}, signed in, median", took, 100, "ms", at_most=True))
        start = await _time(http, f"/t/{grown.longest}/x", reader.token)
        middle = await _time(http, f"/t/{grown.longest}/x/5000", reader.token)
    figures.append(Figure("its middle beside its start", middle / start, 1.25, "", at_most=True))
    return figures


def _pages(grown: Grown) -> dict[str, str]:
    return {
        "home": "/",
        "a sector": "/s/mobility",
        "a sector, newest first": "/s/mobility?order=new",
        "a sector, most discussed": "/s/mobility?order=discussed",
        "a sector's tag": "/s/mobility?tag=cobalt",
        "a topic of 10,000": f"/t/{grown.longest}/x",
        "a topic of 10,000, its middle": f"/t/{grown.longest}/x/5000",
        "a topic of 10,000 by time, its middle": f"/t/{grown.longest}/x/5000?order=time",
        "a topic": "/t/1000/x",
        "who wrote a lot": "/m/author-2",
        "search": "/search?q=database",
        "search with filters": "/search?q=database+table+in:mobility+after:2020",
        "search of a mistyped word": "/search?q=databsae",
        "all sectors": "/s",
        "what cites a post": "/p/500000/citations",
        "how to cite a topic": "/cite/topics/1000",
        "the feed of a sector": "/feeds/sectors/mobility.atom",
        "the feed of a tag": "/feeds/tags/cobalt.atom",
        "the feed of a topic": "/feeds/topics/1000.atom",
        "the feed of a search": "/feeds/search.atom?q=database",
    }


async def _index(database: Database) -> None:
    db = await connect(database.url)
    before = perf_counter()
    # Written anew at the end, in a tenth of the time.
    await database.run("DROP INDEX search_posts_vector")
    try:
        await reindex_all(db)
        while await count_posts_to_index(db):
            if not await index_next_posts(LANGUAGES, db):
                await asyncio.sleep(1)
    finally:
        await db.close()
    await database.run(
        "CREATE INDEX search_posts_vector ON search_posts USING gin (vector) WITH (fastupdate = off)"
    )
    print(f"  indexed within {perf_counter() - before:.0f} s", flush=True)


async def _search(database: Database) -> list[Figure]:
    """The whole of a search, as often as the words are common."""
    words = [
        row["word"]
        for row in await database.run(
            "SELECT word FROM ts_stat('SELECT vector FROM search_posts LIMIT 20000') "
            "WHERE word ~ '^[a-z]{4,}$' ORDER BY ndoc DESC LIMIT 60"
        )
    ]
    chance = random.Random(1)
    taken: dict[str, list[float]] = {"a common word": [], "two common words": []}
    spent: dict[str, list[float]] = {name: [] for name in taken}
    db = await connect(database.url)
    try:
        for turn in range(SEARCHES + WARM):
            for name, asked in (("a common word", 1), ("two common words", 2)):
                query = " ".join(chance.choices(words, k=asked))
                await database.reset()
                before = perf_counter()
                async with db.read() as tx:
                    await search(tx, VISITOR, query, "best", None, LANGUAGES)
                whole = (perf_counter() - before) * 1000
                if turn >= WARM:
                    taken[name].append(whole)
                    spent[name].append((await database.statements()).ms)
    finally:
        await db.close()
    figures = []
    for name, times in taken.items():
        within = _p99(spent[name])
        figures += [
            Figure(f"search of {name}, median", sorted(times)[len(times) // 2], 50, "ms", at_most=True),
            Figure(f"search of {name}, p99 of it in the database", within, 50, "ms", at_most=True),
            Figure(f"search of {name}, p99", _p99(times), 100, "ms", at_most=True),
        ]
    return figures


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


async def _time(http: httpx2.AsyncClient, path: str, token: str) -> float:
    headers = {"Cookie": f"tertulia={token}"} if token else {}
    taken = []
    for turn in range(WARM + ROUNDS):
        before = perf_counter()
        answer = await http.get(path, headers=headers, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code)
        if turn >= WARM:
            taken.append((perf_counter() - before) * 1000)
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    sys.exit(main())
