"""A page of 50 anywhere in a topic of 10,000 posts: the database's time for it, from its own counters.

The tree is grown through HTTP: each post answers an earlier one, chosen at random with a leaning towards the latest.
"""

import argparse
import asyncio
import random
import sys

import httpx2

from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.service import API, Person, Service, community, service
from bench.harness.texts import a_reply

AT_ONCE = 32
PLACES = 100


def main() -> int:
    """Grow the tree, read it at many places, print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--posts", type=int, default=10_000)
    chosen = options.parse_args()

    with server() as database, service(database) as ours:
        heading(f"A page of 50 in a topic of {chosen.posts:,} posts")
        topic, small = asyncio.run(_grow(ours, chosen.posts))
        figures = asyncio.run(_measure(ours, topic, small, chosen.posts))
    return conclude("tree", figures)


async def _grow(ours: Service, count: int) -> tuple[int, int]:
    chance = random.Random(7)
    async with community(ours) as made:
        people: list[Person] = await made.people(8)
        topic, small = await made.topics(people, 1, 1), await made.topics(people, 1, 50)
        ids: list[int | None] = [None] * 20
        written = 1
        while written < count:
            wave = min(AT_ONCE, count - written)
            parents = [ids[-1 - int(len(ids) * chance.random() ** 3)] for _ in range(wave)]
            replies = (
                made.reply(people[n % 8], topic[0], a_reply(written + n), parent)
                for n, parent in enumerate(parents)
            )
            ids += await asyncio.gather(*replies)
            written += wave
    await ours.database.run("ANALYZE")
    return topic[0], small[0]


async def _measure(ours: Service, topic: int, small: int, count: int) -> list[Figure]:
    chance = random.Random(11)
    shape = (
        await ours.database.run(
            "SELECT count(*), max(depth), avg(depth) FROM posts WHERE topic_id = $1", topic
        )
    )[0]
    print(f"  {shape[0]:,} posts, deepest {shape[1]}, mean depth {shape[2]:.1f}")
    async with httpx2.AsyncClient(base_url=ours.base, trust_env=False) as http:
        path = f"{API}/topics/{topic}/posts"
        await http.get(path)
        places = [f"{path}?number={chance.randint(1, count)}" for _ in range(PLACES)]
        # The least of three: what the page costs there, and not what else the machine did at that moment.
        times = [min([await _time(ours, http, [place]) for _ in range(3)]) for place in places]
        around = [f"{path}?number={number}" for number in (1, count // 2, count)]
        last = [(await http.get(around[1])).json()["next"]]
        deep = await _time(ours, http, [f"{path}?after={last[0]}"] * 20)
        by_time = await _time(ours, http, [f"{path}?order=time&number={count - 60}"] * 20)
        fifty = await _time(
            ours, http, [f"{API}/topics/{small}/posts?order=tree&number={n}" for n in range(1, 21)]
        )
    print(f"  the first page of a topic of 50 posts: {fifty:.3f} ms")
    return [
        Figure(
            "page of 50 at any place, by the number of a post: median", median(times), 1, "ms", at_most=True
        ),
        Figure("page of 50 at any place: the slowest of 100 places", max(times), 1, "ms", at_most=True),
        Figure("page of 50 after a cursor in the middle", deep, 1, "ms", at_most=True),
        Figure("page of 50 by time, near the end", by_time, 1, "ms", at_most=True),
    ]


async def _time(ours: Service, http: httpx2.AsyncClient, paths: list[str]) -> float:
    """Milliseconds of the database per request, all its statements together."""
    await ours.database.reset()
    for path in paths:
        answer = await http.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path}: {answer.status_code} {answer.text[:200]}")
    return (await ours.database.statements()).ms / len(paths)


if __name__ == "__main__":
    sys.exit(main())
