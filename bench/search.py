"""Search beside one bare statement of PostgreSQL's own full text search: the time of a query, and the size of the index.

The statement is the core of how the service searched before decision 40: PostgreSQL's parser and dictionaries make vectors
and query, in English only, and `ts_headline` marks the excerpts. It checks no permission and counts nothing; the whole
search of the service also resolves the query in seven languages, and finds people, facets and what the reader may see.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter

import asyncpg

from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.grown_community import grow, sentences
from bench.harness.service import service
from bench.million import LANGUAGES
from core.actor import VISITOR
from forum.search.indexing import count_posts_to_index, index_next_posts, reindex_all
from forum.search.search import search
from storage.database import connect

QUERIES = {
    "a common word": "package",
    "a rare word": "segfault",
    "two words": "memory cluster",
    "a phrase": '"shared memory"',
    "either of two words": "oracle or mysql",
}
WARM, ROUNDS = 3, 25
_OWN_INDEX = """
CREATE TABLE own_search AS SELECT p.id, p.posted_at, p.html, to_tsvector('search_en', t.title)
    || to_tsvector('search_en', regexp_replace(p.html, '<[^>]*>', ' ', 'g')) AS vector
FROM posts p JOIN topics t ON t.id = p.topic_id;
CREATE INDEX own_search_vector ON own_search USING gin (vector) WITH (fastupdate = off);
CREATE INDEX own_search_newest ON own_search (posted_at DESC, id DESC);
"""
_OWN_SEARCH = """
SELECT id, ts_headline('search_en', html, websearch_to_tsquery('search_en', $1), 'MaxFragments=2') FROM (
    SELECT id, html, ts_rank_cd(vector, websearch_to_tsquery('search_en', $1), 1) AS rank FROM (
        SELECT * FROM own_search WHERE vector @@ websearch_to_tsquery('search_en', $1)
        ORDER BY posted_at DESC, id DESC LIMIT 1000) newest
    ORDER BY rank DESC LIMIT 20) best
"""
_SIZES = """
SELECT sum(pg_column_size(s.vector)) / sum(pg_column_size(o.vector)) AS vectors,
    pg_relation_size('search_posts_vector')::float / pg_relation_size('own_search_vector') AS index
FROM search_posts s JOIN own_search o ON o.id = s.post_id
"""


def main() -> int:
    """Grow a community, index it both ways, search it both ways; print the ratios."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("archives", nargs="+", type=Path, help="mbox files, plain or gzipped")
    options.add_argument("--posts", type=int, default=30_000)
    chosen = options.parse_args()
    said = sentences(chosen.archives)
    with server() as postgres, service(postgres) as ours:
        heading(f"Search in {chosen.posts:,} posts beside PostgreSQL's own")
        return conclude("search", asyncio.run(_measure(ours.database, said, chosen.posts)))


async def _measure(database: Database, said: Sequence[str], count: int) -> list[Figure]:
    await grow(database.url, said, count)
    own, ours = await _index(database)
    await database.run("VACUUM ANALYZE")
    sizes = (await database.run(_SIZES))[0]
    print(f"  indexed in {ours:.0f} s, by PostgreSQL in {own:.0f} s", flush=True)
    figures = [
        Figure("size of the vectors beside PostgreSQL's", float(sizes["vectors"]), 2, "x", at_most=True),
        Figure("size of the index beside PostgreSQL's", sizes["index"], 2, "x", at_most=True),
    ]
    db, connection = await connect(database.url), await asyncpg.connect(database.url)

    async def by_service(query: str) -> object:
        async with db.read() as tx:
            return await search(tx, VISITOR, query, "best", None, LANGUAGES)

    try:
        for name, query in QUERIES.items():
            mine = await _time(by_service, query)
            bare = await _time(lambda asked: connection.fetch(_OWN_SEARCH, asked), query)
            print(f"  {name:24} {mine:7.1f} ms, PostgreSQL's own {bare:7.1f} ms", flush=True)
            figures.append(
                Figure(f"a whole search of {name} beside the statement", mine / bare, 15, "x", at_most=True)
            )
    finally:
        await db.close()
        await connection.close()
    return figures


async def _index(database: Database) -> tuple[float, float]:
    """Index all posts both ways and return the seconds that each took."""
    before = perf_counter()
    for statement in _OWN_INDEX.split(";\n"):
        await database.run(statement)
    own = perf_counter() - before
    db = await connect(database.url)
    before = perf_counter()
    try:
        await reindex_all(db)
        while await index_next_posts(LANGUAGES, db) or await count_posts_to_index(db):
            pass
    finally:
        await db.close()
    return own, perf_counter() - before


async def _time(ask: Callable[[str], Awaitable[object]], query: str) -> float:
    taken = []
    for turn in range(WARM + ROUNDS):
        before = perf_counter()
        await ask(query)
        if turn >= WARM:
            taken.append((perf_counter() - before) * 1000)
    return median(taken)


if __name__ == "__main__":
    sys.exit(main())
