"""An idle house: 1,000 sockets in rooms where nothing happens, and every statement that the database runs meanwhile."""

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence

from bench.conference import OPEN
from bench.harness.costs import Spent, cpu_of, shares, statements
from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.service import Service, community, service
from bench.people.attendee import AppContext, Attendee, Place
from bench.people.crowd import enrol, make_administrator
from bench.people.script import COLUMNS, MODULES
from bench.people.wire import run

ROOMS = 4
# Long enough for everybody's arrival to have been told and written down.
SETTLES = 20.0
# Which statement belongs to what, by what stands in it.
WHO = {
    "the patrol: heads of all channels": ("FROM channels WHERE name = ANY",),
    "the sweep: is each session still good": ("FROM sessions",),
    "the worker: is there anything to do": ("follow_ups", "jobs", "pg_try_advisory", "outbox", "mails"),
    "the pool": (
        "SELECT 1",
        "pg_advisory",
        "RESET",
        "SET ",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "UNLISTEN",
        "LISTEN",
    ),
}
ROOMS_OWN = "rooms, which should be silent"


def main() -> int:
    """Let them sit and print what was run."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--sockets", type=int, default=1_000)
    options.add_argument("--seconds", type=float, default=30)
    chosen = options.parse_args()
    heading(f"{chosen.sockets:,} idle sockets in {ROOMS} rooms, {chosen.seconds:g} s")
    with server() as postgres, service(postgres, OPEN) as one:
        pids = {"service": one.pid, "PostgreSQL": postgres.pid}
        figures = run(_sit(one, pids, chosen.sockets, chosen.seconds))
    return conclude("idle", figures)


async def _sit(one: Service, pids: dict[str, int], sockets: int, seconds: float) -> list[Figure]:
    house = AppContext([one.port])
    async with community(one) as made:
        people = await enrol(one.database, f"idler{random.randrange(10**6)}x", sockets)
        await make_administrator(one.database, people[0].handle)
        places = [Place(await made.room(people[0], modules=MODULES)) for _ in range(ROOMS)]
        for place in places:
            for title in COLUMNS:
                await made.call("POST", f"/rooms/{place.id}/columns", people[0].token, {"title": title})
            await made.call("POST", f"/rooms/{place.id}/questions", people[0].token, {"body": "Who checks?"})
    clients = [Attendee(person, places[n % ROOMS], house) for n, person in enumerate(people)]
    listening = [asyncio.create_task(client.follow()) for client in clients]
    await asyncio.gather(*(client.is_listening.wait() for client in clients))
    print(f"  {len(clients):,} sockets listen; now nothing happens", flush=True)
    await asyncio.sleep(SETTLES)
    await one.database.reset()
    heard, before = _heard(house), cpu_of(pids)
    await asyncio.sleep(seconds)
    ran, spent = await statements(one.database), shares(before, cpu_of(pids), seconds)
    print(f"  of a core took {spent}; frames heard: {_heard(house) - heard}")
    for client, task in zip(clients, listening, strict=True):
        client.leave()
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return _tell(ran, seconds)


def _heard(house: AppContext) -> int:
    return house.tally.deliveries + sum(house.tally.signals.values())


def _tell(ran: Sequence[Spent], seconds: float) -> list[Figure]:
    calls: dict[str, int] = {}
    for one in ran:
        who = next(
            (name for name, marks in WHO.items() if any(mark in one.text for mark in marks)), ROOMS_OWN
        )
        calls[who] = calls.get(who, 0) + one.calls
        print(f"  {one.calls:6} = {one.calls / seconds:6.2f}/s  {who[:24]:24}  {one.short}")
    for who, times in calls.items():
        print(f"  {times / seconds:8.2f}/s of {who}")
    patrols = calls.get("the patrol: heads of all channels", 0)
    return [
        Figure("statements of rooms other than the patrol's", calls.get(ROOMS_OWN, 0), 0, at_most=True),
        Figure("patrols in five seconds", patrols / seconds * 5, 1.3, at_most=True),
        Figure("statements a second, all told", sum(calls.values()) / seconds, 50, at_most=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
