"""A topic page of 50 posts: as JSON from PostgreSQL, unchanged, and as HTML, beside the peer's JSON.

Both processes run all the time on the same core and take turns, round after round; the medians are compared.
"""

import argparse
import asyncio
import sys
from itertools import product

import httpx2
from msgspec import Struct

from bench.harness.database import Server, server
from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.load import Load, request, send
from bench.harness.peer import Peer, peer
from bench.harness.service import API, Service, community, service

MEMBERS = 40
TOPICS = 64
POSTS = 100
# Every topic from each of its first posts on: more different pages than are kept rendered, so each is read again.
PLACES = range(1, POSTS - 50 + 2)
COUNTED = 200


class Case(Struct, frozen=True):
    """One way of asking for a page: of whom, and with what requests."""

    port: int
    pid: int
    requests: list[bytes]


def main() -> int:
    """Run the rounds and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=3)
    chosen = options.parse_args()

    with server() as database, service(database) as ours:
        heading(f"A page of 50 posts, {TOPICS} topics of {POSTS}, 16 connections")
        topics = asyncio.run(_fill(ours))
        with peer(database, members=MEMBERS, topics=TOPICS, posts=POSTS) as other:
            _check(ours, other, topics)
            cases = _cases(ours, other, topics)
            results = _alternate(database, cases, chosen.rounds, chosen.seconds)
        counts = {name: asyncio.run(_count(ours, paths)) for name, paths in _paths(ours, topics).items()}
    return conclude("pages", _figures(results, counts))


async def _fill(ours: Service) -> list[int]:
    async with community(ours) as made:
        people = await made.people(MEMBERS)
        topics = await made.topics(people, TOPICS, POSTS)
    await ours.database.run("ANALYZE")
    return topics


def _check(ours: Service, other: Peer, topics: list[int]) -> None:
    """Both must answer with fifty posts, or the comparison is void."""
    mine = _get(f"{ours.base}{API}/topics/{topics[0]}/posts?order=time&number=3").json()
    theirs = _get(f"http://127.0.0.1:{other.port}/topics/1/posts?after=2").json()
    page = httpx2.get(f"{ours.base}/t/{topics[0]}", trust_env=False, follow_redirects=True).text
    if page.count("<article") < 50:
        sys.exit("not a page of fifty posts as HTML")
    if not len(mine["items"]) == len(theirs["items"]) == 50:
        sys.exit(f"not pages of fifty: {len(mine['items'])} and {len(theirs['items'])}")


def _paths(ours: Service, topics: list[int]) -> dict[str, list[str]]:
    places = list(product(PLACES, topics))
    # A topic's page has its title in its address; its number alone leads there.
    pages = {topic: _get(f"{ours.base}/t/{topic}").headers["location"] for topic in topics}
    return {
        "json": [f"{API}/topics/{topic}/posts?order=time&number={place}" for place, topic in places],
        "unchanged": [f"{API}/topics/{topic}/posts?order=time" for topic in topics],
        "html": [f"{pages[topic]}?order=time&number={place}" for place, topic in places],
        "html unchanged": list(pages.values()),
    }


def _cases(ours: Service, other: Peer, topics: list[int]) -> dict[str, Case]:
    usual = [
        f"/topics/{topic}/posts?after={place - 1}" for place, topic in product(PLACES, range(1, TOPICS + 1))
    ]
    cases = {"peer": Case(other.port, other.pid, [request("GET", path) for path in usual])}
    for name, paths in _paths(ours, topics).items():
        cases[name] = Case(ours.port, ours.pid, [request("GET", path) for path in paths])
    known = [(path, _get(ours.base + path).headers["etag"]) for path in _paths(ours, topics)["unchanged"]]
    asked = [request("GET", path, headers=[f"If-None-Match: {tag}"]) for path, tag in known]
    cases["not modified"] = Case(ours.port, ours.pid, asked)
    return cases


def _get(url: str) -> httpx2.Response:
    return httpx2.get(url, trust_env=False)


def _alternate(
    database: Server, cases: dict[str, Case], rounds: int, seconds: float
) -> dict[str, list[Load]]:
    results: dict[str, list[Load]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            load = send(case.port, case.requests, server=case.pid, database=database.pid, seconds=seconds)
            print(f"  {name:15}{load}", flush=True)
            results[name].append(load)
    return results


async def _count(ours: Service, paths: list[str]) -> float:
    """Statements per request, for requests one after the other."""
    async with httpx2.AsyncClient(base_url=ours.base, trust_env=False) as http:
        await http.get(paths[0])
        await ours.database.reset()
        for path in (paths * COUNTED)[:COUNTED]:
            await http.get(path)
    return (await ours.database.statements()).calls / COUNTED


def _figures(results: dict[str, list[Load]], counts: dict[str, float]) -> list[Figure]:
    per_s = {name: median(load.per_s for load in loads) for name, loads in results.items()}
    wanted = {"json": 5, "unchanged": 12, "not modified": 12, "html": 2, "html unchanged": 2}
    times = [
        Figure(
            f"page of 50 posts, {name}: times the peer's {per_s['peer']:,.0f} req/s",
            per_s[name] / per_s["peer"],
            least,
            "x",
        )
        for name, least in wanted.items()
    ]
    # The background tasks of the service ask something now and then; a tenth is left to them.
    statements = [
        Figure(f"page of 50 posts, {name}: statements", count, 3.1, at_most=True)
        for name, count in counts.items()
    ]
    return times + statements


if __name__ == "__main__":
    sys.exit(main())
