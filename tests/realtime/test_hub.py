"""Tests of the hub's parts: frames, ticks, presence, and delivery once and in order with an unreliable bus."""

import asyncio
import json
import random
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from core.actor import VISITOR, Actor
from core.ids import MemberId
from realtime import protocol, send_scheduler
from realtime.background import Loops
from realtime.bus import InProcessBus, Presence, merge
from realtime.channels import ChannelName, parse_name
from realtime.counts import Counts
from realtime.hub import Hub
from realtime.peers import Channel, Peer
from realtime.presence import PresenceTracker
from realtime.protocol import BadFrame, Close, Join, Leave, Ping, read_frame
from realtime.send_scheduler import SendScheduler
from realtime.subscriptions import Subscriptions
from storage.database import connect
from storage.statements import statement
from tests.support.delivery import QUICK, FakeCapability, Said, a_channel, live_url, until  # noqa: F401

head_of = statement("SELECT coalesce((SELECT seq FROM channels WHERE name = :channel), 0)")
forget_first = statement("DELETE FROM log WHERE channel = :channel AND seq = 1")
forget_all = statement("DELETE FROM log WHERE channel = :channel")
forget_last = statement("DELETE FROM log WHERE channel = :channel AND seq = 2")
go_back = statement("UPDATE channels SET seq = 1 WHERE name = :channel")


class Wire:
    """A transport that records what is written and can be blocked."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.unread = 0
        self.code: int | None = None

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def buffered_bytes(self) -> int:
        return self.unread

    def close_with(self, code: int) -> None:
        self.code = code

    def frames(self) -> list[dict[str, Any]]:
        """Return the frames written so far, parsed as a client parses them."""
        data, frames = b"".join(self.writes), []
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10], "big"), 10
            frames.append(json.loads(data[start : start + size]))
            data = data[start + size :]
        return frames


# Frames


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (b'{"type":"ping"}', Ping()),
        (b'{"type":"leave","channel":"topic:1"}', Leave("topic:1")),
        (b'{"type":"join","channel":"topic:1"}', Join("topic:1")),
        (b'{"channel":"topic:1","after":0,"epoch":"e","type":"join"}', Join("topic:1", "e", 0)),
        (b'{"type":"join","channel":"topic:1","epoch":null,"after":null}', Join("topic:1")),
    ],
)
def test_frames_are_parsed(data, frame):
    assert read_frame(data) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"[]",
        b'"join"',
        b"{}",
        b'{"type":["join"]}',
        b'{"type":"shout"}',
        b'{"type":"ping","more":1}',
        b'{"type":"join"}',
        b'{"type":"join","channel":7}',
        b'{"type":"join","channel":""}',
        b'{"type":"join","channel":"topic:1","after":-1}',
        b'{"type":"join","channel":"topic:1","after":9223372036854775808}',
        b'{"type":"join","channel":"topic:1","after":1.5}',
        b'{"type":"join","channel":"topic:1","after":"1"}',
        b'{"type":"join","channel":"' + b"x" * 81 + b'"}',
        b'{"type":"join","channel":"\xff"}',
        b'{"type":"ping","x":' + b"[" * 60_000,
        b'{"type":"ping"' + b',"a":{' * 9_000,
    ],
)
def test_malformed_frames_are_refused(data):
    with pytest.raises(BadFrame):
        read_frame(data)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_text_frames_follow_the_standard(size):
    payload = b"x" * size

    assert protocol.text(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_channel_names_are_parsed():
    kinds = FakeCapability().kinds()

    assert parse_name("topic:7", kinds) == ChannelName("topic:7", "topic", 7)
    assert parse_name("sectors", kinds) == ChannelName("sectors", "sectors", 0)
    for text in (
        "topic",
        "topic:0",
        "topic:07",
        "topic:-1",
        "topic:1 ",
        "sectors:1",
        "other:1",
        "TOPIC:1",
        "topic:٣",
    ):
        assert parse_name(text, kinds) is None
    assert parse_name(f"topic:{2**63 - 1}", kinds)
    assert parse_name(f"topic:{2**63}", kinds) is None


def test_signals_of_a_type_replace_each_other_and_merge_their_maps():
    assert merge({"type": "typing", "who": [1]}, {"type": "typing", "who": [2]}) == {
        "type": "typing",
        "who": [2],
    }
    old, new = {"type": "votes", "votes": {"1": 5, "2": 1}}, {"type": "votes", "votes": {"2": 3}}
    assert merge(old, new) == {"type": "votes", "votes": {"1": 5, "2": 3}}


# Ticks


def a_group(*wires: Wire, number: int = 1) -> tuple[Channel, list[Peer]]:
    channel = Channel(ChannelName(f"topic:{number}", "topic", number), None)
    peers = [Peer(wire, VISITOR, "") for wire in wires]
    for peer in peers:
        channel.add(peer, "all")
    return channel, peers


async def test_the_first_frame_is_sent_immediately_and_the_frames_of_a_tick_together(monkeypatch):
    wires = [Wire(), Wire()]
    channel, _ = a_group(*wires)
    scheduler = SendScheduler(Counts())
    clock = [100.0]
    monkeypatch.setattr(send_scheduler, "monotonic", lambda: clock[0])

    scheduler.enqueue(channel.groups["all"], [b"1"])
    await until(lambda: [wire.writes for wire in wires] == [[b"1"], [b"1"]])
    for frame in (b"2", b"3", b"4"):
        scheduler.enqueue(channel.groups["all"], [frame])
        await asyncio.sleep(0)
    clock[0] += send_scheduler.LONGEST_TICK
    await until(lambda: len(wires[0].writes) == 2)

    assert [wire.writes for wire in wires] == [[b"1", b"234"], [b"1", b"234"]]
    assert wires[0].writes[1] is wires[1].writes[1]
    assert (scheduler.counts.frames, scheduler.counts.deliveries, scheduler.counts.writes) == (4, 8, 4)


async def test_a_tick_waits_for_reads_up_to_a_limit(monkeypatch):
    wire = Wire()
    channel, _ = a_group(wire)
    group, scheduler = channel.groups["all"], SendScheduler(Counts())
    # A fake clock, and a first tick with a high cost.
    clock, spent = [100.0], iter((0.0, 0.015))
    monkeypatch.setattr(send_scheduler, "monotonic", lambda: clock[0])
    monkeypatch.setattr(send_scheduler, "thread_time", lambda: next(spent, 0.0))
    scheduler.enqueue(group, [b"1"])
    await until(lambda: wire.writes == [b"1"])

    scheduler.reading += 1
    scheduler.enqueue(group, [b"2"])
    clock[0] += 0.03
    await asyncio.sleep(0.03)
    assert wire.writes == [b"1"]
    scheduler.enqueue(group, [b"3"])
    scheduler.reading -= 1
    clock[0] += 2 * send_scheduler.GAP
    await until(lambda: len(wire.writes) == 2)
    assert wire.writes == [b"1", b"23"]

    scheduler.reading += 1
    scheduler.enqueue(group, [b"4"])
    clock[0] += send_scheduler.LONGEST_TICK
    await until(lambda: len(wire.writes) == 3)
    assert wire.writes == [b"1", b"23", b"4"]


async def test_closed_peers_receive_nothing_more():
    wires = [Wire(), Wire()]
    channel, peers = a_group(*wires)
    scheduler = SendScheduler(Counts())

    scheduler.enqueue(channel.groups["all"], [b"late"])
    peers[0].close(Close.LIMIT)
    channel.add(peers[0], "all")
    await until(lambda: wires[1].writes)

    assert [wire.writes for wire in wires] == [[], [b"late"]]
    assert scheduler.counts.deliveries == 1


async def test_a_peer_in_two_groups_gets_one_write_per_tick():
    wire = Wire()
    channel, [peer] = a_group(wire)
    other, _ = a_group(number=2)
    other.add(peer, "all")
    scheduler = SendScheduler(Counts())

    scheduler.enqueue(channel.groups["all"], [b"a"])
    scheduler.enqueue(other.groups["all"], [b"b"])
    await until(lambda: wire.writes)

    assert wire.writes == [b"ab"]


async def test_waiting_frames_are_sent_before_a_peer_joins():
    early, late = Wire(), Wire()
    channel, _ = a_group(early)
    scheduler = SendScheduler(Counts())
    scheduler.enqueue(channel.groups["all"], [b"old"])

    scheduler.flush(channel.groups["all"])
    channel.add(Peer(late, VISITOR, ""), "all")
    scheduler.enqueue(channel.groups["all"], [b"new"])
    await until(lambda: late.writes)

    assert early.writes == [b"old", b"new"]
    assert late.writes == [b"new"]


async def test_slow_peers_are_closed():
    full, stuck, fine = Wire(), Wire(), Wire()
    channel, peers = a_group(full, stuck, fine)
    scheduler = SendScheduler(Counts(), max_blocked_seconds=1)
    full.unread = send_scheduler.MAX_BUFFERED_BYTES + 1
    for peer in peers:
        scheduler.set_blocked(peer, True)
    scheduler.set_blocked(peers[2], False)
    peers[1].blocked_at -= 2

    scheduler.enqueue(channel.groups["all"], [b"x"])
    await until(lambda: fine.writes)

    assert (full.code, stuck.code, fine.code) == (4408, 4408, None)
    assert (full.writes, stuck.writes, fine.writes) == ([], [], [b"x"])
    assert scheduler.counts.slow_closes == 2


# Presence


class RecordingBus(InProcessBus):
    """A bus that records published presence."""

    def __init__(self) -> None:
        super().__init__()
        self.announced: list[Presence] = []

    def publish_presence(self, presence: Presence) -> None:
        self.announced.append(presence)


def test_presence_counts_each_person_once():
    told: list[tuple[str, int]] = []
    bus = RecordingBus()
    presence = PresenceTracker(bus, lambda channel, here: told.append((channel, here)))
    anna, ben = Actor(id=MemberId(1)), Actor(id=MemberId(2))

    for actor in (anna, anna, ben, VISITOR, VISITOR):
        presence.join("room:1", actor)
    presence.publish_changes()
    assert bus.announced == [Presence("room:1", (1, 2), 2)]
    presence.on_presence("other", Presence("room:1", (2, 3), 1))
    assert told == [("room:1", 4), ("room:1", 6)]

    presence.leave("room:1", anna)
    presence.publish_changes()
    assert presence.count("room:1") == 6
    for actor in (anna, ben, VISITOR, VISITOR):
        presence.leave("room:1", actor)
    presence.publish_changes()
    assert bus.announced[-1] == Presence("room:1", (), 0)
    assert told[-1] == ("room:1", 3)


def test_presence_of_a_silent_process_is_forgotten():
    told: list[tuple[str, int]] = []
    vanished: list[int] = []
    presence = PresenceTracker(
        RecordingBus(),
        lambda channel, here: told.append((channel, here)),
        forgotten_after=0,
        on_process_vanished=lambda: vanished.append(1),
    )
    presence.on_presence("other", Presence("room:1", (2, 3), 1))

    presence.publish_heartbeat()
    presence.publish_heartbeat()

    assert vanished == [1]  # its last signals may be lost, so they are requested again
    assert told == [("room:1", 3), ("room:1", 0)]
    assert presence._remote == presence._reported == {}


# Delivery


class LossyBus(InProcessBus):
    """A bus that loses, repeats, delays and reorders messages at random, with a fixed seed."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance

    def publish(self, positions: Any) -> None:
        for channel, seq in positions:
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                delay = self.chance.choice((0, 0, 0.002, 0.02))
                asyncio.get_running_loop().call_later(delay, self.listener.on_message, channel, seq)


@pytest.mark.parametrize("seed", range(6))
async def test_every_peer_receives_later_events_once_and_in_order(live_url, seed):
    chance = random.Random(seed)
    bus = LossyBus(chance)
    db = await connect(live_url, bus, size=8)
    hub = Hub(db, bus, FakeCapability().kinds(), QUICK)
    subscriptions = Subscriptions(hub)
    await bus.start(hub)
    await hub.start()
    channels = [a_channel() for _ in range(3)]
    heard: list[tuple[str, int, Wire, Peer]] = []

    async def write(channel: str) -> None:
        for number in range(60):
            async with db.begin() as tx:
                await tx.record(Said(to=channel, text=str(number)))
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.01)))

    async def listen() -> None:
        await asyncio.sleep(chance.uniform(0, 0.5))
        wire, channel = Wire(), chance.choice(channels)
        peer = hub.add_peer(wire, VISITOR, "")
        async with db.read() as tx:
            head = await tx.value(head_of, channel=channel)
        after = chance.choice((0, head, chance.randint(0, head)))
        await subscriptions.join(peer, Join(channel, None, after))
        heard.append((channel, after, wire, peer))

    await asyncio.gather(*map(write, channels), *(listen() for _ in range(60)))
    await hub.poll_heads()
    await until(
        lambda: all(hub.channels[channel].delivered == 60 for channel in channels if channel in hub.channels)
    )

    def has_all(wire: Wire, after: int) -> bool:
        answer, *live = wire.frames()
        return len(answer["missed"]) + len(live) >= 60 - after

    await until(lambda: all(has_all(wire, after) for _, after, wire, _ in heard))

    assert len(heard) == 60
    for channel, after, wire, _ in heard:
        answer, *live = wire.frames()
        assert answer["type"] == "joined"
        events = [*answer["missed"], *live]
        assert [event["seq"] for event in events] == list(range(after + 1, 61))
        assert [event["event"]["text"] for event in events] == [str(seq) for seq in range(after, 60)]
        assert {event["channel"] for event in events} <= {channel}
    for *_, peer in heard:
        hub.remove_peer(peer)
    assert not hub.peers
    await hub.poll_heads()
    assert not hub.channels
    await hub.close()
    await db.close()


async def a_hub(url: str, capability: FakeCapability) -> tuple[Hub, Subscriptions]:
    bus = InProcessBus()
    db = await connect(url, bus, size=8)
    hub = Hub(db, bus, capability.kinds(), QUICK)
    await bus.start(hub)
    return hub, Subscriptions(hub)


async def publish(hub: Hub, channel: str, *texts: str) -> None:
    for text in texts:
        async with hub.db.begin() as tx:
            await tx.record(Said(to=channel, text=text))


async def test_a_rendering_error_resets_listeners_and_delivery_continues(live_url, caplog):
    capability = FakeCapability()
    hub, subscriptions = await a_hub(live_url, capability)
    channel, wire = a_channel(), Wire()
    await subscriptions.join(hub.add_peer(wire, VISITOR, ""), Join(channel))

    capability.broken = True
    await publish(hub, channel, "first")
    await until(lambda: hub.channels[channel].delivered == 1)
    capability.broken = False
    await publish(hub, channel, "second")
    await until(lambda: len(wire.frames()) == 3)

    assert [(frame["type"], frame["seq"]) for frame in wire.frames()] == [
        ("joined", 0),
        ("reset", 1),
        ("event", 2),
    ]
    assert hub.counts.failures == 1
    assert "cannot be shown" in caplog.text
    await hub.close()
    await hub.db.close()


async def test_a_restored_database_resets_all_listeners(live_url):
    hub, subscriptions = await a_hub(live_url, FakeCapability())
    channel, wire = a_channel(), Wire()
    await publish(hub, channel, "first", "second")
    await subscriptions.join(hub.add_peer(wire, VISITOR, ""), Join(channel))

    async with hub.db.begin() as tx:
        await tx.run(forget_last, channel=channel)
        await tx.run(go_back, channel=channel)
    await hub.poll_heads()
    await publish(hub, channel, "other second")
    await until(lambda: len(wire.frames()) == 3)

    assert [(frame["type"], frame["seq"]) for frame in wire.frames()] == [
        ("joined", 2),
        ("reset", 1),
        ("event", 2),
    ]
    await hub.close()
    await hub.db.close()


async def test_replays_that_are_too_long_or_incomplete_become_resets(live_url):
    hub, subscriptions = await a_hub(live_url, FakeCapability())

    async def answer(channel: str, after: int) -> str:
        wire = Wire()
        await subscriptions.join(hub.add_peer(wire, VISITOR, ""), Join(channel, None, after))
        return wire.frames()[0]["type"]

    long, big, holed = a_channel(), a_channel(), a_channel()
    await publish(hub, long, *("x" * 301))
    assert [await answer(long, 0), await answer(long, 1)] == ["reset", "joined"]
    await publish(hub, big, *("x" * 50_000 for _ in range(3)))
    assert [await answer(big, 0), await answer(big, 1)] == ["reset", "joined"]
    await publish(hub, holed, "a", "b", "c")
    async with hub.db.begin() as tx:
        await tx.run(forget_first, channel=holed)
    assert [await answer(holed, 0), await answer(holed, 1), await answer(holed, 4)] == [
        "reset",
        "joined",
        "reset",
    ]
    await hub.close()
    await hub.db.close()


async def test_a_channel_whose_log_was_deleted_can_be_joined_and_goes_on(live_url):
    hub, subscriptions = await a_hub(live_url, FakeCapability())
    other, _ = await a_hub(live_url, FakeCapability())
    channel, first, second = a_channel(), Wire(), Wire()
    await publish(hub, channel, "first")
    peer = hub.add_peer(first, VISITOR, "")
    await subscriptions.join(peer, Join(channel))
    subscriptions.leave(peer, channel)
    await publish(other, channel, "second", "third")
    async with hub.db.begin() as tx:
        await tx.run(forget_all, channel=channel)

    async with asyncio.timeout(2):
        await subscriptions.join(hub.add_peer(second, VISITOR, ""), Join(channel, hub.db.epoch, 3))
    await publish(hub, channel, "fourth")
    await until(lambda: len(second.frames()) == 2)

    assert [(frame["type"], frame["seq"]) for frame in second.frames()] == [("joined", 3), ("event", 4)]
    for one in (hub, other):
        await one.close()
        await one.db.close()


async def test_failed_loops_are_restarted(caplog):
    turns = 0

    async def turn() -> None:
        nonlocal turns
        turns += 1
        await asyncio.sleep(0.01)
        if turns == 2:
            raise ValueError("on purpose")

    loops = Loops()
    loops.add("a loop", turn)
    assert not loops.are_alive()
    loops.start()
    await until(lambda: turns > 4)

    assert loops.are_alive()
    assert loops.restarts == 1
    assert "a loop failed" in caplog.text
    await loops.stop()
    assert not loops.are_alive()
