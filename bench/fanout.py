"""One room and everyone in it: deliveries per second and CPU per delivery, beside nginx-nchan and the floor.

To the service messages come as real writes: questions asked in a room (or replies in a topic), each a POST of a member,
committed before anybody hears of it; the others are handed a frame of the same size by websocket and store nothing. The
server has the first core to itself; the generator, and the service's database, have the second.

The steady run is made twice: with the writes taken by the process that delivers, and with the writes taken by a second
process on the other core, as in an installation of two: there what delivery costs is seen by itself.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from msgspec.structs import replace

from bench.harness.broadcasters import Broadcaster, floor, nchan
from bench.harness.database import Server, server
from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.processes import LOAD_CORE
from bench.harness.redis_server import Redis
from bench.harness.rooms import Hearing, Publisher, Room, join_frame, saturated, steady
from bench.harness.service import API, Service, community, service, web

SUBSCRIBERS = 2_000
PUBLISHERS = 16
LEVELS = (4, 16)
_OPEN = {"TERTULIA_SOCKETS_PER_MEMBER": "100000", "TERTULIA_SOCKETS_PER_ADDRESS": "100000"}

Results = dict[str, list[Hearing]]


def main() -> int:
    """Run the rounds, each contender started anew, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--in", dest="place", choices=("room", "topic"), default="room")
    options.add_argument("--without", nargs="*", default=[], choices=("floor", "nchan", "ours", "two"))
    chosen = options.parse_args()

    heading(f"One {chosen.place}, {SUBSCRIBERS:,} sockets saturated; 500 sockets x 20 messages/s")
    results: Results = {}
    with server() as database:
        contenders: dict[str, Callable[[], AbstractContextManager[Room]]] = {
            "ours": lambda: _ours(database, chosen.place),
            "two": lambda: _of_two(database, chosen.place),
            "nchan": lambda: _other(nchan),
            "floor": lambda: _other(floor),
        }
        for _ in range(chosen.rounds):
            for name in [name for name in contenders if name not in chosen.without]:
                with contenders[name]() as room:
                    _measure(results, name, room, chosen.seconds)
    return conclude("fanout", _figures(results)) if "ours steady" in results else 0


def _measure(results: Results, name: str, room: Room, seconds: float) -> None:
    # The service goes first: the others are given frames of the size that it sends.
    size = int(results["ours steady"][0].bytes_each) if "ours steady" in results else 600
    runs: dict[str, Callable[[], Hearing]] = {
        f"{level} in flight": partial(saturated, room, SUBSCRIBERS, level, size, seconds) for level in LEVELS
    }
    if room.publish_port:
        # What is asked of two processes is only what delivery costs by itself.
        runs.clear()
    runs["steady"] = partial(steady, room, 500, 20, size, seconds)
    for what, run in runs.items():
        heard = run()
        print(f"  {name:6}{what:13}{heard}", flush=True)
        results.setdefault(f"{name} {what}", []).append(heard)


@contextmanager
def _other(make: Callable[[], AbstractContextManager[Broadcaster]]) -> Iterator[Room]:
    with make() as found:
        yield Room(found.port, found.pid)


@contextmanager
def _ours(database: Server, place: str) -> Iterator[Room]:
    with service(database, settings=_OPEN) as ours:
        yield asyncio.run(_room(ours, database.pid, place))


@contextmanager
def _of_two(database: Server, place: str) -> Iterator[Room]:
    """The process that delivers, and beside the load another over the same database that takes the writes."""
    redis = Redis()
    try:
        settings = _OPEN | {"REDIS_URL": redis.url}
        with (
            database.database("tertulia-bench") as shared,
            web(shared, settings) as delivering,
            web(shared, settings, LOAD_CORE) as writing,
        ):
            room = asyncio.run(_room(delivering, database.pid, place))
            yield replace(room, publish_port=writing.port)
    finally:
        redis.kill()


async def _room(ours: Service, database: int, place: str) -> Room:
    async with community(ours) as made:
        people = await made.people(PUBLISHERS)
        if place == "room":
            where = await made.room(people[0])
            path = f"{API}/rooms/{where}/questions"
        else:
            where = (await made.topics(people, 1, 1))[0]
            path = f"{API}/topics/{where}/posts"
    headers = tuple(f"Authorization: Bearer {person.token}" for person in people)
    publisher = Publisher(
        path, '{"body": "A question from the floor, %M, about where the ore comes from."}', headers
    )
    return Room(ours.port, ours.pid, "/live", headers[0], join_frame(f"{place}:{where}"), publisher, database)


def _figures(results: Results) -> list[Figure]:
    figures = []
    for level in LEVELS if "nchan steady" in results else ():
        mine, theirs = (
            median(run.per_s for run in results[f"{name} {level} in flight"]) for name in ("ours", "nchan")
        )
        title = f"{SUBSCRIBERS:,} sockets, {level} in flight: {mine:,.0f} deliveries/s, times nchan's {theirs:,.0f}"
        figures.append(Figure(title, mine / theirs, 2.5, "x"))
    if "nchan steady" in results:
        figures += _cost(results)
    calm = results["two steady" if "two steady" in results else "ours steady"]
    every = [run for name, runs in results.items() if name.startswith("ours ") for run in runs]
    return [
        *figures,
        Figure(
            "500 sockets x 20/s: p99 from before the POST to receipt",
            median(run.p99_ms for run in calm),
            25,
            "ms",
            at_most=True,
        ),
        Figure(
            "memory of an idle socket",
            # Of the first run in each process: later ones find memory that earlier ones have left.
            median(run.connection_kib for run in results[f"ours {LEVELS[0]} in flight"]),
            24,
            "KiB",
            at_most=True,
        ),
        Figure(
            "deliveries lost, sockets closed", sum(run.lost + run.closed for run in every), 0, at_most=True
        ),
    ]


def _cost(results: Results) -> list[Figure]:
    """CPU per delivery in the steady run. What is promised is delivery by itself; with the writes it is told beside."""
    mine = {
        name: median(run.server_us for run in results[f"{name} steady"])
        for name in ("ours", "two", "nchan")
        if f"{name} steady" in results
    }
    theirs = mine["nchan"]
    print(
        f"\n  With the POSTs in the same process {mine['ours']:.2f} us a delivery, {mine['ours'] / theirs:.2f} x nchan's."
    )
    if "two" not in mine:
        return []
    title = f"500 sockets x 20/s: {mine['two']:.2f} us of CPU a delivery, times nchan's {theirs:.2f}"
    return [Figure(title, mine["two"] / theirs, 1.2, "x", at_most=True)]


if __name__ == "__main__":
    sys.exit(main())
