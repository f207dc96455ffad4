"""A webinar: everybody listens, asks and votes at once; at the end each client's view is compared with a fresh read.

Alone it starts the service itself; `--processes 2` starts two, with Redis between them, and `--faults` then takes Redis
away for a while and kills one of the processes meanwhile. With `--base` it goes to a service that runs already, whose
data folder or database it must be told, to declare the addresses of its attendees proved.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
from msgspec import Struct

from bench.attendee import Attendee, Tally, read_all
from bench.database import Database, server
from bench.figures import Figure, conclude, heading
from bench.processes import LOAD_CORE, SERVER_CORE
from bench.redis_server import Redis
from bench.service import Service, community, web
from storage import embedded

_OPEN = {"TERTULIA_SOCKETS_PER_ADDRESS": "100000"}
# Longer than the patrol that finds what no ring told of, and the second telling of votes.
SETTLING = 8.0


class Faults(Struct, frozen=True):
    """What can be broken from outside: the Redis that was started, and the process that is killed."""

    redis: Redis | None
    victim: int
    away: float


def main() -> int:
    """Hold the webinar and print what it showed."""
    chosen = _options()
    with ExitStack() as stack:
        if chosen.base:
            url = chosen.database or embedded.find_url(chosen.data) or sys.exit("Say where its database is.")
            services = [Service(httpx2.URL(base).port or 80, 0, Database(url)) for base in chosen.base]
            faults = Faults(None, 0, 0)
        else:
            services, faults = stack.enter_context(_started(chosen.processes, chosen.redis_away))
        heading(f"A webinar of {chosen.attendees} for {chosen.seconds:g} s on {len(services)} process(es)")
        figures = asyncio.run(_hold(services, faults if chosen.faults else None, chosen))
    return conclude("webinar", figures)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--attendees", type=int, default=200)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--asks", type=float, default=5, help="questions a second, all together")
    options.add_argument("--votes", type=float, default=50, help="votes a second, all together")
    options.add_argument("--processes", type=int, default=1)
    options.add_argument(
        "--faults", action="store_true", help="take Redis away and kill a process (with --processes 2)"
    )
    options.add_argument("--redis-away", type=float, default=30)
    options.add_argument("--base", action="append", help="a service that runs already; may be given twice")
    options.add_argument("--data", type=Path, default=Path("data"), help="its data folder")
    options.add_argument("--database", help="its DATABASE_URL, if it has one")
    options.add_argument("--room", type=int, help="a room that is open already")
    options.add_argument(
        "--host", help="token of a host or administrator, when no room is given to a running service"
    )
    return options.parse_args()


@contextmanager
def _started(processes: int, away: float) -> Iterator[tuple[list[Service], Faults]]:
    with server() as postgres, postgres.database("webinar") as database, ExitStack() as stack:
        redis = Redis() if processes > 1 else None
        if redis:
            stack.callback(redis.kill)
        settings = _OPEN | ({"REDIS_URL": redis.url} if redis else {})
        cores = [SERVER_CORE, LOAD_CORE]
        services = [stack.enter_context(web(database, settings, cores[n % 2])) for n in range(processes)]
        yield services, Faults(redis, services[-1].pid, away)


async def _hold(services: list[Service], faults: Faults | None, chosen: argparse.Namespace) -> list[Figure]:
    tally = Tally()
    bases = [service.base for service in services]
    async with community(services[0]) as made, httpx2.AsyncClient(timeout=10, trust_env=False) as http:
        name = f"guest{random.randrange(10**6)}x"
        people = await made.people(chosen.attendees, name)
        room = chosen.room or await made.room(people[0])
        attendees = [
            Attendee(person, room, bases[n % len(bases) :] + bases[: n % len(bases)], http, tally)
            for n, person in enumerate(people)
        ]
        listening = [asyncio.create_task(attendee.listen()) for attendee in attendees]
        await asyncio.gather(*(attendee.is_listening.wait() for attendee in attendees))
        print(f"  all {len(attendees)} listen to room {room}", flush=True)
        breaking = asyncio.create_task(_break(faults)) if faults else None
        await _talk(attendees, chosen.seconds, chosen.asks, chosen.votes)
        if breaking:
            await breaking
        await asyncio.sleep(SETTLING)
        await asyncio.gather(*(attendee.is_listening.wait() for attendee in attendees))
        figures = await _check(attendees, http, _alive(services, faults), room, tally)
        for attendee, task in zip(attendees, listening, strict=True):
            attendee.is_leaving = True
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return figures


def _alive(services: list[Service], faults: Faults | None) -> str:
    return next(service.base for service in services if not faults or service.pid != faults.victim)


async def _talk(attendees: list[Attendee], seconds: float, asks: float, votes: float) -> None:
    """Ask and vote at a steady pace, whoever's turn it is."""
    under_way: set[asyncio.Task[None]] = set()
    started, asked, voted = perf_counter(), 0, 0
    while (now := perf_counter() - started) < seconds:
        while asked < now * asks:
            under_way.add(asyncio.create_task(random.choice(attendees).ask(asked)))
            asked += 1
        while voted < now * votes:
            under_way.add(asyncio.create_task(random.choice(attendees).vote()))
            voted += 1
        under_way -= {task for task in under_way if task.done()}
        await asyncio.sleep(0.01)
    await asyncio.gather(*under_way)


async def _break(faults: Faults) -> None:
    await asyncio.sleep(4)
    if faults.redis:
        faults.redis.kill()
        print(f"  Redis is away for {faults.away:g} s", flush=True)
    await asyncio.sleep(faults.away / 3)
    os.kill(faults.victim, signal.SIGKILL)
    print("  one process is killed", flush=True)
    await asyncio.sleep(faults.away * 2 / 3)
    if faults.redis:
        faults.redis.bring_back()
        print("  Redis is back", flush=True)


async def _check(
    attendees: list[Attendee], http: httpx2.AsyncClient, base: str, room: int, tally: Tally
) -> list[Figure]:
    fresh, stream = await read_all(http, base, room, attendees[0].person.token)
    seen = _shown(fresh)
    differing = [
        attendee
        for attendee in attendees
        if _shown(attendee.questions) != seen or attendee.seq != stream["seq"]
    ]
    for attendee in differing[:3]:
        mine = _shown(attendee.questions)
        wrong = [
            (key, mine.get(key), seen.get(key))
            for key in mine.keys() | seen.keys()
            if mine.get(key) != seen.get(key)
        ]
        print(f"  {attendee.person.handle} at {attendee.seq} of {stream['seq']} differs in {wrong[:3]}")
    bodies = [question["body"] for question in fresh.values()]
    missing = [body for body in tally.asked.values() if body not in bodies]
    counted = {question: 0 for question in fresh}
    for (question, _), value in tally.votes.items():
        counted[question] += value
    miscounted = [question for question, votes in counted.items() if fresh[question]["votes"] != votes]
    _tell(tally, len(fresh))
    return _verdicts(tally, differing, missing, len(bodies) - len(set(bodies)), miscounted)


def _shown(questions: dict[int, dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
    return {
        key: (known["state"], known["votes"], known["version"], known.get("body"))
        for key, known in questions.items()
    }


def _tell(tally: Tally, questions: int) -> None:
    print(
        f"  {questions} questions, {len(tally.votes)} ballots, {len(tally.heard_after):,} receipts; "
        f"{tally.retried} writes sent again, {tally.reconnected} reconnections, {tally.resumed} resumed with missed events, "
        f"{tally.reset} sent back to the snapshot"
    )
    for refusal in tally.refused[:3]:
        print(f"  refused: {refusal}")
    times = sorted(tally.heard_after) or [0.0]
    half, most = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
    print(
        f"  from before the POST to receipt: p50 {half:.1f} ms, p99 {most:.1f} ms, longest {times[-1] * 1000:.0f} ms"
    )


def _verdicts(
    tally: Tally, differing: list[Attendee], missing: list[str], twins: int, miscounted: list[int]
) -> list[Figure]:
    facts = {
        "clients whose view differs from a fresh read": len(differing),
        "questions acknowledged and missing": len(missing),
        "questions doubled": twins,
        "questions whose votes are not the acknowledged ones": len(miscounted),
        "events heard twice": tally.doubled,
        "gaps in what a client heard": tally.gaps,
        "writes refused": len(tally.refused),
    }
    return [Figure(name, count, 0, at_most=True) for name, count in facts.items()]


if __name__ == "__main__":
    sys.exit(main())
