"""Two web processes with one Redis server that fails under load: no event is lost or delivered twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from realtime.bus import InProcessBus
from realtime.redis_bus import RedisBus
from tests.support.delivery import (  # noqa: F401
    QUICK,
    AccessChanged,
    FakeCapability,
    Feed,
    Process,
    a_channel,
    live_url,
    until,
)
from tests.support.programs import Redis, redis_url

PROBE = 0.2


@pytest.fixture
def server() -> Iterator[Redis]:
    server = redis_url()
    yield server
    server.close()


@pytest.fixture
def capability() -> FakeCapability:
    return FakeCapability()


def a_bus(server: Redis) -> RedisBus:
    bus = RedisBus(server.url, probe_every=PROBE)
    for backoff in (bus._publish_backoff, bus._receive_backoff):
        backoff.shortest, backoff.longest = 0.05, 0.3
        backoff.reset()
    return bus


@pytest.fixture
async def pair(
    live_url: str, capability: FakeCapability, server: Redis, tmp_path: Path
) -> AsyncIterator[tuple[Process, Process]]:
    async with (
        Process(capability, live_url, a_bus(server), tmp_path) as one,
        Process(capability, live_url, a_bus(server), tmp_path) as two,
    ):
        await until(lambda: one.bus.is_healthy() and two.bus.is_healthy())
        yield one, two


async def hear(feed: Feed, count: int) -> list[int]:
    """Return the numbers of the next events, until a given number arrives."""
    seqs: list[int] = []
    while not seqs or seqs[-1] < count:
        seqs.append((await feed.next("event", within=10))["seq"])
    return seqs


async def talk(topic: str, pair: tuple[Process, Process], count: int) -> None:
    """Publish texts from both processes in turn."""
    for number in range(count):
        await pair[number % 2].publish(topic, str(number))
        await asyncio.sleep(0.01)


async def test_events_of_one_process_reach_the_other_without_polling(live_url, capability, server, tmp_path):
    never = replace(QUICK, poll_every=600.0)
    async with (
        Process(capability, live_url, a_bus(server), tmp_path, never) as one,
        Process(capability, live_url, a_bus(server), tmp_path, never) as two,
    ):
        topic = a_channel()
        await until(lambda: one.bus.is_healthy() and two.bus.is_healthy())
        async with one.listening(topic) as here, two.listening(topic) as there:
            for number in range(1, 21):
                await one.publish(topic, str(number))
                assert (await there.next())["seq"] == number
            assert await hear(here, 20) == list(range(1, 21))


async def test_positions_are_valid_on_a_process_that_is_behind(pair):
    one, two = pair
    topic = a_channel()
    two.bus.listener = InProcessBus().listener

    async with two.listening(topic) as behind:
        await one.publish(topic, "1", "2", "3")
        async with two.connect() as moved:
            answer = await moved.join(topic, after=2)
            assert (answer["type"], [event["seq"] for event in answer["missed"]]) == ("joined", [3])
        async with two.connect() as moved:
            assert (await moved.join(topic, after=4))["type"] == "reset"
        assert await hear(behind, 3) == [1, 2, 3]


async def test_redis_killed_under_load_and_started_again_loses_nothing(pair, server):
    one, two = pair
    topic = a_channel()

    async with one.listening(topic) as here, two.listening(topic) as there:
        talking = asyncio.create_task(talk(topic, pair, 150))
        heard = asyncio.gather(hear(here, 150), hear(there, 150))
        await asyncio.sleep(0.5)
        server.kill()
        await until(lambda: not one.bus.is_healthy())
        server.start()
        await talking
        assert await heard == [list(range(1, 151))] * 2
    await until(lambda: one.bus.is_healthy() and two.bus.is_healthy())
    assert one.hub.is_healthy()


async def test_redis_frozen_under_load_loses_nothing(pair, server):
    one, two = pair
    topic = a_channel()

    async with one.listening(topic) as here, two.listening(topic) as there:
        talking = asyncio.create_task(talk(topic, pair, 150))
        heard = asyncio.gather(hear(here, 150), hear(there, 150))
        await asyncio.sleep(0.3)
        server.pause()
        await asyncio.sleep(12 * PROBE / 5 + 0.5)
        server.resume()
        await talking
        assert await heard == [list(range(1, 151))] * 2
    await until(lambda: one.bus.is_healthy() and two.bus.is_healthy())


async def test_polling_delivers_without_redis(pair, server):
    one, two = pair
    topic = a_channel()
    server.kill()

    async with two.listening(topic) as there:
        await one.publish(topic, "1", "2")
        assert await hear(there, 2) == [1, 2]
    assert two.hub.counts.healed >= 1


async def test_nothing_arrives_without_polling_and_redis(live_url, capability, server, tmp_path):
    """The opposite of the previous test: it shows that polling delivers the events."""
    never = replace(QUICK, poll_every=60.0)
    async with (
        Process(capability, live_url, a_bus(server), tmp_path) as one,
        Process(capability, live_url, a_bus(server), tmp_path, never) as two,
    ):
        topic = a_channel()
        await until(lambda: one.bus.is_healthy() and two.bus.is_healthy())
        await asyncio.sleep(0.1)
        async with two.listening(topic) as there:
            server.kill()
            await one.publish(topic, "1")
            with pytest.raises(TimeoutError):
                await there.next("event", within=1)
            server.start()
            assert await hear(there, 1) == [1]


async def test_signals_are_requested_again_after_an_outage(pair, capability, server):
    _, two = pair
    room = a_channel("room")

    async with two.listening(room) as there:
        await until(lambda: two.bus.is_healthy())
        server.kill()
        await until(lambda: not two.bus.is_healthy())
        capability.signals[int(room.partition(":")[2])] = [b'{"type":"votes","votes":{"1":3}}']
        server.start()
        while (await there.next("signal", within=5))["signal"] != {"type": "votes", "votes": {"1": 3}}:
            pass


async def test_presence_and_signals_reach_other_processes(pair, capability):
    one, two = pair
    room, token = a_channel("room"), capability.member(31)

    async with one.listening(room, token=token) as here:
        async with two.listening(room, token=token), two.listening(room) as there:
            await wait_for_signal(here, {"type": "presence", "here": 2})
            assert two.hub.presence.count(room) == 2
            one.bus.signal(room, {"type": "votes", "votes": {"1": 1}})
            await wait_for_signal(there, {"type": "votes", "votes": {"1": 1}})
        await wait_for_signal(here, {"type": "presence", "here": 1})


async def test_presence_of_a_killed_process_is_forgotten(pair):
    one, two = pair
    room = a_channel("room")

    async with one.listening(room) as here, two.listening(room):
        await wait_for_signal(here, {"type": "presence", "here": 2})
        # A killed process sends nothing more, not even that its people left.
        await two.hub.loops.stop()
        await wait_for_signal(here, {"type": "presence", "here": 1})


async def test_lost_access_closes_sockets_on_every_process(pair, capability):
    one, two = pair
    token = capability.member(32)

    async with two.listening("member:32", token=token) as there:
        del capability.people[token]
        async with one.db.begin() as tx:
            await tx.record(AccessChanged(member_id=32))
        assert await there.closed() == 4401


async def wait_for_signal(feed: Feed, signal: dict[str, object]) -> None:
    """Wait until a signal arrives."""
    async with asyncio.timeout(5):
        while (await feed.next("signal", within=5))["signal"] != signal:
            pass


async def test_a_new_process_learns_the_presence(pair, live_url, capability, server, tmp_path):
    one, _ = pair
    room = a_channel("room")

    async with one.listening(room) as here:
        await wait_for_signal(here, {"type": "presence", "here": 1})
        async with Process(capability, live_url, a_bus(server), tmp_path) as late:
            await until(lambda: late.hub.presence.count(room) == 1)
