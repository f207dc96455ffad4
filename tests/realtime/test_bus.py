"""Tests of the bus: the same guarantees in one process and over Redis, and what happens when Redis is away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import redis.asyncio

from realtime.bus import InProcessBus, Payload, Presence
from realtime.redis_bus import MAX_PENDING, RedisBus
from tests.support.delivery import until
from tests.support.programs import Redis, redis_url

PROBE = 0.2


class RecordingListener:
    """A listener that records what it receives."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, int]] = []
        self.signals: list[tuple[str, Payload]] = []
        self.presences: list[tuple[str, Presence]] = []
        self.losses = self.requests = 0

    def on_message(self, channel: str, seq: int) -> None:
        self.messages.append((channel, seq))

    def on_signal(self, channel: str, payload: Payload) -> None:
        self.signals.append((channel, payload))

    def on_presence(self, process: str, presence: Presence) -> None:
        self.presences.append((process, presence))

    def on_messages_lost(self) -> None:
        self.losses += 1

    def on_presence_request(self) -> None:
        self.requests += 1


@pytest.fixture
def server() -> Iterator[Redis]:
    server = redis_url()
    yield server
    server.close()


@pytest.fixture
async def pair(
    server: Redis,
) -> AsyncIterator[tuple[RedisBus, RedisBus, RecordingListener, RecordingListener]]:
    """The buses of two processes, subscribed."""
    here, there, ear, other = (
        *(RedisBus(server.url, probe_every=PROBE) for _ in range(2)),
        RecordingListener(),
        RecordingListener(),
    )
    for bus in (here, there):
        # Retry sooner than in production, because the tests interrupt Redis.
        bus._publish_backoff.longest = bus._receive_backoff.longest = 0.2
        bus._publish_backoff.shortest = bus._receive_backoff.shortest = 0.05
        bus._publish_backoff.reset()
        bus._receive_backoff.reset()
    await here.start(ear)
    await there.start(other)
    await until(lambda: ear.losses and other.losses)
    yield here, there, ear, other
    await here.close()
    await there.close()


async def test_a_process_receives_its_own_messages():
    bus, ear = InProcessBus(), RecordingListener()
    await bus.start(ear)

    bus.publish([("topic:1", 1), ("topic:2", 9)])
    bus.signal("room:1", {"type": "votes", "votes": {"1": 2}})

    assert ear.messages == [("topic:1", 1), ("topic:2", 9)]
    assert ear.signals == [("room:1", {"type": "votes", "votes": {"1": 2}})]
    assert bus.is_healthy()


async def test_messages_are_immediate_locally_and_reach_others_through_redis(pair):
    here, there, ear, other = pair

    here.publish([("topic:1", 1), ("topic:2", 9)])
    here.publish([("topic:1", 2)])
    here.signal("room:1", {"type": "votes", "votes": {"1": 1, "2": 1}})
    here.signal("room:1", {"type": "votes", "votes": {"2": 2}})
    here.publish_presence(Presence("room:1", (1, 2), 3))
    assert ear.messages == [("topic:1", 1), ("topic:2", 9), ("topic:1", 2)]
    await until(lambda: other.presences)

    assert dict(other.messages) == {"topic:1": 2, "topic:2": 9}
    assert other.signals == [("room:1", {"type": "votes", "votes": {"1": 1, "2": 2}})]
    assert other.presences == [(here.process, Presence("room:1", (1, 2), 3))]
    assert len(ear.messages) == 3
    assert ear.presences == []
    assert here.is_healthy()
    assert there.is_healthy()


async def test_many_positions_need_few_messages(pair, server):
    here, _, _, other = pair
    before = here._number

    for seq in range(1, 2_001):
        here.publish([("topic:1", seq), (f"topic:{seq + 10}", 1)])
        if seq % 100 == 0:
            await asyncio.sleep(0)
    await until(lambda: ("topic:1", 2_000) in other.messages)

    assert here._number - before < 60
    assert len({channel for channel, _ in other.messages}) == 2_001


async def test_the_bus_recovers_when_redis_is_killed_and_restarted(pair, server, caplog):
    here, there, _, other = pair
    caplog.set_level(logging.WARNING)
    returns = other.losses

    server.kill()
    for seq in range(50):
        here.publish([("topic:1", seq)])
        await asyncio.sleep(0.02)
    await until(lambda: not here.is_healthy() and not there.is_healthy())
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) <= 2
    server.start()
    await until(lambda: here.is_healthy() and there.is_healthy() and other.losses > returns)
    here.publish([("topic:1", 99)])

    await until(lambda: ("topic:1", 99) in other.messages)


async def test_the_bus_recovers_when_redis_freezes_and_resumes(pair, server):
    here, there, _, other = pair
    returns = other.losses

    server.pause()
    for seq in range(40):
        here.publish([("topic:1", seq)])
        await asyncio.sleep(0.03)
    await until(lambda: not here.is_healthy())
    server.resume()
    await until(lambda: here.is_healthy() and there.is_healthy() and other.losses > returns)
    here.publish([("topic:1", 99)])

    await until(lambda: ("topic:1", 99) in other.messages)


async def test_a_silent_subscription_is_rebuilt(pair, server):
    here, _, _, other = pair
    there = pair[1]
    returns = other.losses
    starved = there.subscription
    assert starved is not None

    await starved.unsubscribe()
    here.publish([("topic:1", 1)])
    await until(lambda: other.losses > returns)
    here.publish([("topic:1", 2)])

    await until(lambda: ("topic:1", 2) in other.messages)
    assert there.subscription is not starved


async def test_disconnected_subscribers_reconnect(pair, server):
    here, _, _, other = pair
    returns = other.losses

    async with redis.asyncio.Redis.from_url(server.url) as operator:
        await operator.client_kill_filter(_type="pubsub")
    await until(lambda: other.losses > returns)
    here.publish([("topic:1", 2)])

    await until(lambda: ("topic:1", 2) in other.messages)


async def test_the_queue_for_redis_is_bounded_and_losses_are_announced(pair, server):
    here, _, _, other = pair

    server.kill()
    await until(lambda: not here.is_reachable)
    for number in range(MAX_PENDING + 2_000):
        here.publish([(f"topic:{number}", 1)])
    assert here._pending.size() < MAX_PENDING
    assert here.lost == 1
    returns = other.losses
    server.start()

    # Messages before the other process has resubscribed may be lost; a new subscriber polls all channels.
    await until(lambda: here.is_healthy() and other.losses > returns)


async def test_a_one_sided_loss_is_announced_to_the_other_process(pair):
    here, _, _, other = pair
    returns = other.losses
    here.publish([("topic:1", 4)])
    await until(lambda: ("topic:1", 4) in other.messages)

    here._publisher.connection._writer.transport.abort()
    here.publish([("topic:1", 5)])
    await until(lambda: other.losses > returns)
    here.publish([("topic:1", 6)])

    await until(lambda: ("topic:1", 6) in other.messages)


async def test_late_messages_do_not_overwrite_newer_ones(pair):
    here, there, _, other = pair
    here.signal("room:1", {"type": "votes", "votes": {"1": 2}})
    await until(lambda: other.signals)

    old = (
        b'["%b",1,false,false,[["topic:1",3]],[["room:1",{"type":"votes","votes":{"1":1}}]],[]]'
        % here.process.encode()
    )
    there._receive(old)
    there._receive(b"what is this")

    assert len(other.signals) == 1
    assert other.messages[-1] == ("topic:1", 3)


async def test_a_bus_starts_without_redis_and_connects_later(server):
    server.stop()
    bus, ear = RedisBus(server.url, probe_every=PROBE), RecordingListener()
    await bus.start(ear)

    bus.publish([("topic:1", 1)])
    await until(lambda: ear.messages == [("topic:1", 1)])
    assert ear.losses == 0
    server.start()

    await until(lambda: ear.losses and bus.is_reachable)
    await bus.close()


async def test_a_new_subscriber_requests_presence(pair, server):
    _, _, ear, other = pair
    asks = ear.requests, other.requests

    late = RedisBus(server.url, probe_every=PROBE)
    await late.start(RecordingListener())

    await until(lambda: ear.requests > asks[0] and other.requests > asks[1])
    await late.close()


async def test_a_process_can_publish_without_subscribing(pair, server):
    _, _, ear, other = pair

    worker = RedisBus(server.url, probe_every=PROBE)
    worker.publish([("topic:1", 3)])
    await worker.close()

    await until(lambda: ("topic:1", 3) in ear.messages and ("topic:1", 3) in other.messages)


async def test_a_stopping_process_publishes_its_last_messages(pair, server):
    here, _, _, other = pair

    here.publish([("topic:1", 7)])
    await here.close()

    await until(lambda: ("topic:1", 7) in other.messages)
