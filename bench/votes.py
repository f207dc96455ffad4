"""A burst of votes: 10,000 by 500 people on 200 questions in 4 seconds, most of them on few (Zipf).

The tallies must be exact, the database must see one statement for what comes in a tenth of a second, and listeners must be
told how the votes stand, not each vote.
"""

import argparse
import asyncio
import itertools
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from bench.conference import OPEN, Venue, venue
from bench.harness.costs import cpu_of, shares, statements
from bench.harness.database import Database, server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.service import Community, Service, community, service
from bench.people.attendee import AppContext, Attendee, Place, read_fresh
from bench.people.checker import Ledger, find_miscounted
from bench.people.crowd import enrol, make_administrator
from bench.people.wire import run

ASKERS = 5
SETTLES = 3.0
WARM = 50


def main() -> int:
    """Let them vote and print what it showed."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--votes", type=int, default=10_000)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--questions", type=int, default=200)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--processes", type=int, choices=(1, 2), default=2)
    chosen = options.parse_args()
    heading(
        f"{chosen.votes:,} votes by {chosen.people} on {chosen.questions} questions in {chosen.seconds:g} s"
    )
    with _one() if chosen.processes == 1 else venue() as place:
        figures = run(_burst(place, chosen.votes, chosen.people, chosen.questions, chosen.seconds))
    return conclude("votes", figures)


@contextmanager
def _one() -> Iterator[Venue]:
    with server() as postgres, service(postgres, OPEN) as one:
        yield Venue(one.database, [one.port], pids={"first": one.pid, "PostgreSQL": postgres.pid})


async def _burst(venue: Venue, count: int, people: int, questions: int, seconds: float) -> list[Figure]:
    house, pids = AppContext(venue.ports), venue.pids | {"clients": os.getpid()}
    async with community(Service(venue.ports[0], 0, venue.database)) as made:
        place, ids = await _prepare(made, house, people, questions)
    listener = place.devices[0]
    listening = asyncio.create_task(listener.follow())
    await listener.is_listening.wait()
    plan = _plan(place.attendees, ids, count)
    await _vote_all(plan[:WARM], 1)  # statements are prepared
    await asyncio.gather(*(who.enter() for who in place.attendees))
    house.tally.answered_in.clear()
    await venue.database.reset()
    house.tally.signals.clear()
    before, started = cpu_of(pids), perf_counter()
    await _vote_all(plan[WARM:], seconds)
    took = perf_counter() - started
    heard, spent = house.tally.signals["votes"], shares(before, cpu_of(pids), took)
    wrote = await _writes(venue.database)
    await asyncio.sleep(SETTLES)
    figures = await _judge(house, place, listener)
    listener.leave()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    house.http.close()
    return [*figures, *_speed(house, took, seconds, heard, wrote, spent)]


async def _prepare(
    made: Community, house: AppContext, people: int, questions: int
) -> tuple[Place, list[int]]:
    crowd = await enrol(made.service.database, f"voter{random.randrange(10**6)}x", people + ASKERS)
    askers, voters = crowd[:ASKERS], crowd[ASKERS:]
    await make_administrator(made.service.database, askers[0].handle)
    place = Place(await made.room(askers[0]))
    place.attendees = [Attendee(person, place, house) for person in voters]
    place.devices = [Attendee(askers[0], place, house)]
    ids = []
    for n in range(questions):
        question = {"body": f"Question {n}: who checks the scales?"}
        path = f"/rooms/{place.id}/questions"
        ids.append((await made.call("POST", path, askers[n % ASKERS].token, question))["id"])
    return place, ids


def _plan(voters: Sequence[Attendee], ids: Sequence[int], count: int) -> list[tuple[Attendee, int, int]]:
    """Who votes for what, in turns; who comes to a question again changes their mind."""
    heaviness = [1 / (place + 1) for place in range(len(ids))]
    chosen = random.choices(ids, heaviness, k=count + WARM)
    held: Counter[tuple[int, str]] = Counter()
    plan = []
    for who, question in zip(itertools.cycle(voters), chosen, strict=False):
        key = (question, who.person.handle)
        held[key] = 1 - held[key]
        plan.append((who, question, held[key]))
    return plan


async def _vote_all(plan: Sequence[tuple[Attendee, int, int]], seconds: float) -> None:
    """All votes at an even pace; nobody has two of their own under way."""
    turns = {who.person.handle: asyncio.Lock() for who, _, _ in plan}
    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for n, vote in enumerate(plan):
            if (due := started + seconds * n / len(plan) - perf_counter()) > 0.002:
                await asyncio.sleep(due)
            group.create_task(_vote(*vote, turns[vote[0].person.handle]))


async def _vote(who: Attendee, question: int, value: int, turn: asyncio.Lock) -> None:
    async with turn:
        answer = await who.write("vote", "PUT", f"/questions/{question}/vote", {"value": value})
    if answer.facts is None:
        who.refuse("vote", answer, ())
    else:
        who.place.ledger.given[f"question:{question}", who.person.handle] = value or None


async def _writes(database: Database) -> int:
    """How many statements wrote votes, the warm-up not counted; the dearest of all statements are printed."""
    ran = await statements(database)
    for one in ran[:6]:
        print(f"  {one.ms:6.0f} ms of the database in {one.calls:6,} x {one.short}")
    return sum(one.calls for one in ran if "INSERT INTO votes" in one.text)


async def _judge(house: AppContext, place: Place, listener: Attendee) -> list[Figure]:
    fresh = await read_fresh(house, house.ports[0], place.id, listener.person)
    ledger: Ledger = place.ledger
    wrong = find_miscounted(ledger, fresh)
    shown = [
        number
        for number, facts in fresh.things["question"].items()
        if listener.view.votes.get(str(number)) != facts["votes"]
    ]
    for complaint in (*wrong[:3], *house.tally.refused[:3]):
        print(f"  {complaint}")
    return [
        Figure("questions whose tally is not the acknowledged one", len(wrong), 0, at_most=True),
        Figure("questions a listener shows other votes of", len(shown), 0, at_most=True),
        Figure("votes refused", len(house.tally.refused), 0, at_most=True),
    ]


def _speed(
    house: AppContext, took: float, seconds: float, heard: int, wrote: int, spent: str
) -> list[Figure]:
    times = sorted(house.tally.answered_in["vote"])
    half, most = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.99))
    print(
        f"  {len(times):,} votes acknowledged in {took:.2f} s by {wrote} statements, p50 {half:.1f} ms, p99 {most:.1f} ms, "
        f"longest {times[-1] * 1000:.0f} ms; a listener was told {heard} times; of a core took {spent}"
    )
    return [
        Figure("a vote is acknowledged: p99", most, 200, "ms", at_most=True),
        Figure(
            "statements that write votes, a second and process",
            wrote / took / len(house.ports),
            10.5,
            at_most=True,
        ),
        Figure("signals a second to a listener", heard / took, 2.3, at_most=True),
        Figure("seconds until all are acknowledged", took, seconds + 0.5, "s", at_most=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
