"""The verdict on a conference: wait until all views stand still, read everything anew, and have the checker compare."""

import asyncio
from collections.abc import Iterator, Sequence
from time import perf_counter

from msgspec import Struct

from bench.harness.database import Database
from bench.harness.figures import Figure, median
from bench.people import checker
from bench.people.attendee import AppContext, Place, Tally, read_fresh

# Longer than a process that was killed counts as present.
PATIENCE = 50.0
# Votes are told once more a second after they have moved.
CONFIRMED = 3.0

_VOTES = """
SELECT count(*) FROM questions q
WHERE q.votes <> (SELECT count(DISTINCT v.member_id) FROM votes v WHERE v.question_id = q.id)
"""


async def settle(places: Sequence[Place]) -> float:
    """Wait until everybody listens, stands where the others stand and knows how many are here; the seconds it took."""
    started = perf_counter()
    while perf_counter() - started < PATIENCE and not all(_is_settled(place) for place in places):  # noqa: ASYNC110
        await asyncio.sleep(0.25)
    took = perf_counter() - started
    await asyncio.sleep(CONFIRMED)
    return took


def _is_settled(place: Place) -> bool:
    return (
        all(client.is_listening.is_set() for client in place.clients)
        and len({client.view.seq for client in place.clients}) == 1
        and all(client.view.here == place.people for client in place.clients)
    )


class _Reading(Struct, frozen=True):
    """A room when all stood still: as hosts and attendees read it, and how many each client was told are there."""

    theirs: checker.Fresh
    fresh: checker.Fresh
    here: Sequence[int]


async def judge(places: Sequence[Place], house: AppContext, port: int, database: Database) -> list[Figure]:
    """Every promise that is about what was heard and counted, with what was found to be wrong."""
    # Comparing takes long and nobody answers the service meanwhile, so everything is read before.
    readings = [await _read_room(place, house, port) for place in places]
    uncounted = (await database.run(_VOTES))[0][0]
    found: dict[str, list[str]] = {}
    for place, reading in zip(places, readings, strict=True):
        for name, complaints in _judge_room(place, reading).items():
            found.setdefault(name, []).extend(f"room {place.id}: {one}" for one in complaints)
    found["questions whose votes are not one a person"] = ["in the database"] * uncounted
    found["requests refused that should not have been"] = house.tally.refused
    for name, complaints in found.items():
        for complaint in complaints[:4]:
            print(f"  {name}: {complaint[:300]}", flush=True)
    return [Figure(name, len(complaints), 0, at_most=True) for name, complaints in found.items()]


async def _read_room(place: Place, house: AppContext, port: int) -> _Reading:
    theirs = await read_fresh(house, port, place.id, place.hosts[0].person)
    fresh = await read_fresh(house, port, place.id, place.attendees[0].person)
    return _Reading(theirs, fresh, [client.view.here for client in place.clients])


def _judge_room(place: Place, reading: _Reading) -> dict[str, list[str]]:
    theirs, hosts = reading.theirs, set(map(id, place.hosts))
    differing = []
    for client in place.clients:
        wrong = checker.compare(client.view, theirs if id(client) in hosts else reading.fresh, place.history)
        if wrong:
            differing.append(f"{client.person.handle} has {len(wrong)}: {'; '.join(wrong[:3])}")
    views = [client.view for client in place.clients]
    heard, ledger = place.history, place.ledger
    return {
        "clients whose view differs from a fresh read": differing,
        "acknowledged and lost": checker.find_missing(ledger.made, theirs),
        "acknowledged once and there twice": checker.find_twins(ledger.made, theirs),
        "events heard twice": heard.doubled + [f"by {view.doubled}" for view in views if view.doubled],
        "gaps in what a client heard": [f"{view.gaps}" for view in views if view.gaps],
        "heard in another order": heard.reordered + checker.find_reordered(ledger.made, heard),
        "counts that are not the acknowledged ones": checker.find_miscounted(ledger, theirs),
        "moves of two hosts that overwrote each other": checker.find_lost_updates(ledger.moves),
        "people counted twice": _misjudged_presence(place, reading.here),
    }


def _misjudged_presence(place: Place, told: Sequence[int]) -> list[str]:
    wrong = [f"{here} here, {place.people} are" for here in told if here != place.people]
    return wrong + ([f"{place.most_here} were told at once"] if place.most_here > place.people else [])


def find_latencies(places: Sequence[Place], spans: Sequence[tuple[float, float]]) -> Iterator[float]:
    """From before a POST to its last receipt, where the first attempt was answered and nothing was broken."""
    for place in places:
        for one in place.ledger.made:
            receipt = place.receipts.get(place.history.first.get(one.thing, 0))
            if receipt is None or not one.at_once:
                continue
            if not any(since <= receipt and one.sent <= until for since, until in spans):
                yield receipt - one.sent


def tell(tally: Tally, places: Sequence[Place]) -> None:
    """What went on, in numbers."""
    given = [value for place in places for value in place.ledger.given.values() if value is not None]
    unsure = sum(len(place.ledger.unsure) for place in places)
    print(
        f"  {sum(len(place.ledger.made) for place in places):,} questions and notices, {len(given):,} votes and ballots "
        f"({unsure} unsure), {sum(len(place.ledger.moves) for place in places)} moves; {tally.deliveries:,} events and "
        f"{sum(tally.signals.values()):,} signals heard: {dict(tally.signals)}"
    )
    print(
        f"  {tally.retried} writes sent again, {tally.reconnected} reconnections, {tally.resumed} resumed with missed "
        f"events, {tally.reset} sent back to the snapshot; late or contested: {dict(tally.conflicts)}"
    )
    for what, times in sorted(tally.answered_in.items()):
        times.sort()
        print(
            f"  {what}: {len(times):,} answered at once, p50 {median(times) * 1000:.1f} ms, "
            f"p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms"
        )
