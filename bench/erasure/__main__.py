"""How long it takes to erase a member from a community of many posts, some of whose texts name the member.

python -m bench.erasure ARCHIVE... --posts 100000
"""

import argparse
import asyncio
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.grown_community import grow, sentences
from bench.harness.service import web
from core import clock
from core.ids import MemberId
from members.accounts.erasure_requests import plan_erasure
from personal_data.erasing import Surroundings, erase_next_member
from personal_data.erasure_list import FILE_NAME, note_erasure
from storage.database import connect

# Others name the member in so many posts.
NAMED_IN = 100


def main() -> int:
    """Grow a community, erase somebody who wrote a lot and somebody who wrote little; print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("archives", nargs="+", type=Path, help="mbox files, plain or gzipped")
    options.add_argument("--posts", type=int, default=100_000)
    chosen = options.parse_args()
    said = sentences(chosen.archives)
    with server({"shared_buffers": "1GB"}) as postgres, postgres.database("tertulia-bench") as database:
        heading(f"Erasing somebody among {chosen.posts:,} posts")
        with web(database, {}):
            pass  # it has made the schema and the sectors; its worker would erase as well
        figures = asyncio.run(_measure(database, said, chosen.posts))
    return conclude("erasure", figures)


async def _measure(database: Database, said: list[str], count: int) -> list[Figure]:
    await grow(database.url, said, count)
    authors = await database.run(
        "SELECT author_id AS id, count(*) AS posts FROM posts WHERE author_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
    )
    figures = []
    for kind, row in (("most", authors[0]), ("fewest", authors[-1])):
        await database.run(
            "UPDATE posts SET body = '@' || (SELECT handle FROM members WHERE id = $1) || ' ' || body WHERE id IN "
            "(SELECT id FROM posts WHERE author_id <> $1 ORDER BY random() LIMIT $2)",
            row["id"],
            NAMED_IN,
        )
        await database.run("VACUUM ANALYZE posts")
        took, pieces = await _erase(database, MemberId(row["id"]))
        print(f"  who wrote {row['posts']:,} posts: {took:.1f} s in {pieces} pieces", flush=True)
        figures.append(Figure(f"erasing who wrote {kind} posts", took, 60, "s", at_most=True))
    return figures


async def _erase(database: Database, member: MemberId) -> tuple[float, int]:
    """Erase a member with all posts; return the seconds and the number of transactions."""
    db, pieces = await connect(database.url, size=2), 0

    with tempfile.TemporaryDirectory() as folder:
        surroundings = Surroundings(partial(note_erasure, Path(folder) / FILE_NAME), lambda words: None)
        try:
            async with db.begin() as tx:
                await plan_erasure(tx, member, ["posts"], clock.now())
            began = perf_counter()
            while await erase_next_member(surroundings, db):
                pieces += 1
            took = perf_counter() - began
        finally:
            await db.close()
    assert not await database.run("SELECT FROM members WHERE id = $1", member), "the member is still there"
    return took, pieces


if __name__ == "__main__":
    sys.exit(main())
