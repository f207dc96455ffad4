"""A virtual conference: an hour of a plenary and three parallel rooms in ten minutes; then a check of every client.

Everybody joins at once; people ask, vote, answer polls, put up notices and applaud; hosts shortlist, stage, answer and
dismiss; clients drop out and resume; Redis is restarted and one of the two web processes is killed, twice.
"""

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import perf_counter

from msgspec import Struct

from bench.harness.costs import cpu_of, shares, statements
from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.processes import LOAD_CORE, SERVER_CORE
from bench.harness.redis_server import Redis
from bench.harness.service import Service, Web, community
from bench.people.attendee import AppContext, Place
from bench.people.script import Faults, Scale, assemble, break_things, perform
from bench.people.verdict import find_latencies, judge, settle, tell
from bench.people.wire import run

OPEN = {"TERTULIA_SOCKETS_PER_ADDRESS": "100000", "TERTULIA_SOCKETS_PER_MEMBER": "100"}

# So many of the dearest are shown.
STATEMENTS = 6


class Venue(Struct):
    """Where it is held: the processes over one database, and what of it can be broken."""

    database: Database
    ports: Sequence[int]
    faults: Faults | None = None
    pids: dict[str, int] = {}


def main() -> int:
    """Hold the conference and print what it showed."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--scale", type=float, default=1, help="of everything: people and what they do")
    options.add_argument("--calm", action="store_true", help="nothing breaks and nobody drops out")
    chosen = options.parse_args()
    scale = _scale(chosen.minutes, chosen.scale, chosen.calm)
    heading(f"A conference of {sum(scale.sizes)} in {len(scale.sizes)} rooms, {chosen.minutes:g} minutes")
    with venue() as place:
        place.faults = None if chosen.calm else place.faults
        figures = run(hold(place, scale))
    return conclude("conference", figures)


def _scale(minutes: float, size: float, is_calm: bool) -> Scale:
    return Scale(
        seconds=minutes * 60,
        sizes=[max(int(people * size), 5) for people in (500, 150, 150, 150)],
        asks=10 * size,
        votes=200 * size,
        moves=2 * size,
        notices=0.5 * size,
        reactions=10 * size,
        polls=max(int(minutes), 2),
        away=0.0 if is_calm else 0.05,
    )


@contextmanager
def venue() -> Iterator[Venue]:
    """Two processes of the service, each on a core that others use too, with Redis between them."""
    with server() as postgres, postgres.database("conference") as database, ExitStack() as stack:
        redis = Redis()
        stack.callback(redis.kill)
        settings = OPEN | {"REDIS_URL": redis.url}
        webs = []
        for core in (SERVER_CORE, LOAD_CORE):
            webs.append(Web(database, settings, core))
            stack.callback(webs[-1].stop)
        pids = {"first": webs[0].pid, "second": webs[1].pid, "PostgreSQL": postgres.pid}
        yield Venue(database, [web.port for web in webs], Faults(redis, webs[-1]), pids)


async def hold(venue: Venue, scale: Scale, room: int | None = None) -> list[Figure]:
    """Hold a conference, and say what came of it; in a room that is open already if one is given."""
    house = AppContext(venue.ports)
    async with community(Service(venue.ports[0], 0, venue.database)) as made:
        name = f"guest{random.randrange(10**6)}x"
        places = await assemble(made, house, scale, name, room)
    clients = [client for place in places for client in place.clients]
    started = perf_counter()
    listening = [asyncio.create_task(client.follow()) for client in clients]
    await asyncio.gather(*(client.is_listening.wait() for client in clients))
    print(f"  {len(clients)} sockets joined in {perf_counter() - started:.1f} s", flush=True)
    per_s = await _run(house, places, scale, venue)
    print(f"  all views stood still after {await settle(places):.1f} s", flush=True)
    figures = await judge(places, house, venue.ports[0], venue.database)
    tell(house.tally, places)
    for one in (await statements(venue.database))[:STATEMENTS]:
        print(f"  {one.ms / 1000:6.1f} s of the database in {one.calls:7,} x {one.short}")
    for client, task in zip(clients, listening, strict=True):
        client.leave()
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    house.http.close()
    return [*figures, *_speed(places, venue.faults.spans if venue.faults else [], scale, per_s)]


async def _run(house: AppContext, places: Sequence[Place], scale: Scale, venue: Venue) -> float:
    """Perform the script; deliveries a second meanwhile."""
    before, started = _delivered(house), perf_counter()
    pids = venue.pids | {"clients": os.getpid()}
    spent = cpu_of(pids)
    async with asyncio.TaskGroup() as group:
        group.create_task(perform(places, scale))
        if venue.faults is not None:
            group.create_task(break_things(venue.faults, scale.seconds))
    lasted = perf_counter() - started
    per_s = (_delivered(house) - before) / lasted
    print(f"  {per_s:,.0f} deliveries/s; of a core took {shares(spent, cpu_of(pids), lasted)}")
    return per_s


def _delivered(house: AppContext) -> int:
    return house.tally.deliveries + sum(house.tally.signals.values())


def _speed(
    places: Sequence[Place], spans: Sequence[tuple[float, float]], scale: Scale, per_s: float
) -> list[Figure]:
    every = sorted(find_latencies(places, []))
    calm = sorted(find_latencies(places, spans))
    if not calm:
        return []
    for name, times in (("while nothing was broken", calm), ("all told", every)):
        half, most = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
        print(
            f"  from before the POST to the last receipt, {name}: {len(times)} questions and notices, "
            f"p50 {half:.1f} ms, p99 {most:.1f} ms, longest {times[-1] * 1000:.0f} ms"
        )
    p99 = calm[int(len(calm) * 0.99)] * 1000
    figures = [Figure("p99 from before the POST to the last receipt, calm", p99, 250, "ms", at_most=True)]
    if sum(scale.sizes) >= 950:
        figures.append(Figure("deliveries a second meanwhile", per_s, 10_000))
    return figures


if __name__ == "__main__":
    sys.exit(main())
