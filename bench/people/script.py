"""The script of a conference: who comes, what goes on at which pace, who drops out, and what breaks meanwhile."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from msgspec import Struct, field

from bench.harness.redis_server import Redis
from bench.harness.service import Community, Person, Web
from bench.people import actions
from bench.people.attendee import AppContext, Attendee, Place
from bench.people.crowd import enrol, make_administrator

MODULES = ("questions", "board", "polls", "reactions")
COLUMNS = ("Offers", "Needs", "Contacts")
HOSTS = 2
DEVICES = 0.1
# Who drops out stays away for so many seconds.
AWAY = (5.0, 60.0)
# After a fault what was told to nobody is found by the patrol, which comes every five seconds.
PATROL = 6.0


class Scale(Struct, frozen=True, kw_only=True):
    """How large, how long, and how lively; rates are for the first room, a second. `away` is the share of the clients
    that is dropped out at any moment."""

    seconds: float
    sizes: Sequence[int]
    asks: float
    votes: float
    moves: float = 0.0
    notices: float = 0.0
    reactions: float = 0.0
    polls: int = 0
    away: float = 0.0

    def share(self, n: int) -> float:
        """How lively the n-th room is, beside the first."""
        return 1.0 if n == 0 else self.sizes[n] / self.sizes[0] / 3


class Faults(Struct):
    """What can be broken, and when it was: spans of time in which latency is not promised."""

    redis: Redis
    victim: Web
    spans: list[tuple[float, float]] = field(default_factory=list)


async def assemble(
    made: Community, house: AppContext, scale: Scale, name: str, room: int | None = None
) -> list[Place]:
    """Rooms with all modules, and everybody who comes; nobody listens yet. Or a room that is there, without hosts."""
    people = await enrol(made.service.database, name, sum(scale.sizes) + HOSTS * len(scale.sizes) + 1)
    founder, waiting = people[0], people[1:]
    if room is None:
        await make_administrator(made.service.database, founder.handle)
    places: list[Place] = []
    for size in scale.sizes:
        hosts, came, waiting = waiting[:HOSTS], waiting[HOSTS:][:size], waiting[HOSTS:][size:]
        place = Place(room or await _furnish(made, founder, hosts))
        place.hosts = [] if room else [Attendee(person, place, house) for person in hosts]
        place.attendees = [Attendee(person, place, house) for person in came]
        place.devices = [Attendee(person, place, house) for person in came[:: int(1 / DEVICES)]]
        places.append(place)
    return places


async def _furnish(made: Community, founder: Person, hosts: Sequence[Person]) -> int:
    room = await made.room(founder, modules=MODULES)
    for title in COLUMNS:
        await made.call("POST", f"/rooms/{room}/columns", founder.token, {"title": title})
    await made.make_hosts(room, [host.handle for host in hosts])
    return room


async def perform(places: Sequence[Place], scale: Scale) -> None:
    """Everything that people do, all at once, for as long as it goes on."""
    until = perf_counter() + scale.seconds
    async with asyncio.TaskGroup() as group:
        for n, place in enumerate(places):
            share = scale.share(n)
            group.create_task(_pace(scale.asks * share, until, _someone(place, actions.ask)))
            group.create_task(_pace(scale.votes * share, until, _someone(place, _vote)))
            group.create_task(_pace(scale.notices * share, until, _someone(place, actions.post_notice)))
            group.create_task(_pace(scale.reactions * share, until, _someone(place, _react)))
            group.create_task(_pace(scale.moves * share, until, _host(place)))
            group.create_task(_wander(place, scale.away, until))
            group.create_task(_poll(place, scale, until))


async def break_things(faults: Faults, seconds: float) -> None:
    """Redis goes and a process is killed, so that neither tells the others; later the process is killed once more."""
    await asyncio.sleep(seconds * 0.3)
    since = perf_counter()
    faults.redis.kill()
    print("  Redis is away", flush=True)
    await asyncio.sleep(2)
    await _kill(faults.victim)
    await asyncio.sleep(3)
    await asyncio.to_thread(faults.redis.bring_back)
    print("  Redis is back", flush=True)
    await _bring_back(faults.victim)
    faults.spans.append((since, perf_counter() + PATROL))
    await asyncio.sleep(max(seconds * 0.6 - (perf_counter() - since), 0))
    since = perf_counter()
    await _kill(faults.victim)
    await asyncio.sleep(2)
    await _bring_back(faults.victim)
    faults.spans.append((since, perf_counter() + PATROL))


async def _kill(victim: Web) -> None:
    await asyncio.to_thread(victim.kill)
    print("  one process is killed", flush=True)


async def _bring_back(victim: Web) -> None:
    await asyncio.to_thread(victim.bring_back)
    print("  it is started again", flush=True)


def _someone(
    place: Place, act: Callable[[Attendee, int], Awaitable[None]]
) -> Callable[[int], Awaitable[None]]:
    async def turn(number: int) -> None:
        for _ in range(5):
            who = random.choice(place.attendees)
            if who.is_listening.is_set():
                await act(who, number + place.id * 1_000_000)
                return

    return turn


def _host(place: Place) -> Callable[[int], Awaitable[None]]:
    async def turn(number: int) -> None:
        await actions.moderate(place.hosts[number % len(place.hosts)])

    return turn


async def _vote(who: Attendee, number: int) -> None:
    await actions.vote(who)


async def _react(who: Attendee, number: int) -> None:
    await actions.react(who)


async def _pace(per_s: float, until: float, turn: Callable[[int], Awaitable[None]]) -> None:
    """So many turns a second, each on its own; all of them have ended when this does."""
    started, taken = perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while per_s and (now := perf_counter()) < until:
            while taken < (now - started) * per_s:
                group.create_task(_run(turn, taken))
                taken += 1
            await asyncio.sleep(0.01)


async def _run(turn: Callable[[int], Awaitable[None]], number: int) -> None:
    await turn(number)


async def _wander(place: Place, away: float, until: float) -> None:
    """Drop clients out at such a pace that this share of them is away."""
    if not away:
        return
    every = sum(AWAY) / 2 / (away * len(place.clients))
    while (left := until - perf_counter()) > every:
        await asyncio.sleep(every)
        who = random.choice(place.clients)
        if who.is_listening.is_set():
            who.drop(min(random.uniform(*AWAY), max(left - every, 1)))


async def _poll(place: Place, scale: Scale, until: float) -> None:
    """One poll after the other; most people answer, and some of them a second time."""
    if not scale.polls:
        return
    lasts = (until - perf_counter()) / scale.polls
    for number in range(scale.polls):
        poll = await actions.hold_poll(place.hosts[0], number)
        if poll is None:
            return
        async with asyncio.TaskGroup() as group:
            for who in place.attendees:
                for _ in range(random.choices((0, 1, 2), (2, 6, 2))[0]):
                    group.create_task(_later(random.random() * lasts * 0.8, who, poll))
            await asyncio.sleep(lasts * 0.85)
        await actions.move_poll(place.hosts[-1], poll, "closed")


async def _later(seconds: float, who: Attendee, poll: dict[str, object]) -> None:
    await asyncio.sleep(seconds)
    async with who.ballot_turn:
        await actions.answer_poll(who, poll)
