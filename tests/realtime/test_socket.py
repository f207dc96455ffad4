"""The live socket: a real server, a real database, and clients that follow the protocol or break it."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from core import clock
from core.actor import Actor
from core.ids import MemberId, SessionId
from core.languages.languages import languages
from realtime.bus import InProcessBus
from realtime.tickets import make_ticket, use_ticket
from serving import uvicorn_requests
from storage.statements import statement
from tests.support.delivery import (  # noqa: F401
    ORIGIN,
    QUICK,
    AccessChanged,
    FakeCapability,
    Feed,
    Process,
    a_channel,
    live_url,
    until,
)
from tests.support.people import a_person

OURS = {4400, 4401, 4403, 4408, 4429, 1009, 1012}


@pytest.fixture
def capability() -> FakeCapability:
    return FakeCapability()


@pytest.fixture
async def process(live_url: str, capability: FakeCapability, tmp_path: Path) -> AsyncIterator[Process]:
    async with Process(capability, live_url, InProcessBus(), tmp_path) as running:
        yield running


async def refused_with(process: Process, **how: Any) -> tuple[int, str]:
    """Return the status and code with which a handshake is refused."""
    with pytest.raises(InvalidStatus) as refusal:
        async with process.connect(**how):
            pass
    body = json.loads(refusal.value.response.body)
    return refusal.value.response.status_code, body["code"]


# Joining, receiving, leaving


async def test_visitors_receive_events(process):
    topic = a_channel()
    await process.publish(topic, "before")

    async with process.listening(topic) as feed:
        await process.publish(topic, "now")
        event = await feed.next()

    assert (event["type"], event["channel"], event["seq"]) == ("event", topic, 2)
    assert event["event"]["text"] == "now"
    assert event["at"].endswith("Z")


async def test_a_join_replays_missed_events_and_continues(process):
    topic = a_channel()
    await process.publish(topic, "1", "2", "3")

    async with process.connect() as feed:
        answer = await feed.join(topic, epoch=process.db.epoch, after=1)
        await process.publish(topic, "4")

        assert (answer["type"], answer["seq"], answer["epoch"]) == ("joined", 3, process.db.epoch)
        assert [(event["type"], event["seq"], event["event"]["text"]) for event in answer["missed"]] == [
            ("event", 2, "2"),
            ("event", 3, "3"),
        ]
        assert (await feed.next())["seq"] == 4
        assert (await feed.join(topic, after=4))["missed"] == []


@pytest.mark.parametrize(
    "join", [{"after": 4}, {"after": 0, "epoch": "before the restore"}, {"after": 2**63 - 1}]
)
async def test_an_unknown_position_causes_a_reset(process, join):
    topic = a_channel()
    await process.publish(topic, "1", "2", "3")

    async with process.connect() as feed:
        answer = await feed.join(topic, **join)
        assert (answer["type"], answer["seq"], answer["epoch"]) == ("reset", 3, process.db.epoch)
        assert "missed" not in answer
        await process.publish(topic, "4")
        assert (await feed.next())["seq"] == 4


async def test_hidden_events_are_withheld_and_keep_their_number(process, capability):
    topic = a_channel()
    boss = capability.member(1, is_administrator=True)

    async with process.listening(topic) as visitor, process.listening(topic, token=boss) as moderator:
        await process.publish(topic, "hidden", is_hidden=True)
        await process.publish(topic, "open")
        assert await moderator.texts(2) == ["hidden", "open"]
        first, second = await visitor.next(), await visitor.next()
        assert (first["seq"], first["event"]) == (1, {"type": "withheld"})
        assert second["event"]["text"] == "open"
        replay = await visitor.join(topic, after=0)
        assert replay["missed"][0]["event"] == {"type": "withheld"}


async def test_a_client_that_leaves_receives_nothing_more(process):
    topic, other = a_channel(), a_channel()

    async with process.listening(topic, other) as feed:
        await feed.send({"type": "leave", "channel": topic})
        assert await feed.next() == {"type": "left", "channel": topic, "code": "asked"}
        await feed.send({"type": "leave", "channel": topic})
        assert (await feed.next())["type"] == "left"
        await process.publish(topic, "unheard")
        await process.publish(other, "heard")
        assert (await feed.next())["channel"] == other


async def test_pings_are_answered(process):
    async with process.connect() as feed:
        await feed.send({"type": "ping"})
        assert await feed.next() == {"type": "pong"}


@pytest.mark.parametrize(
    "name", ["topic", "topic:0", "sectors:3", "nothing:1", "topic:99999999999999999999", 'a"b']
)
async def test_invalid_channels_are_not_found(process, name):
    async with process.connect() as feed:
        assert await feed.join(name) == {"type": "refused", "channel": name, "code": "not_found"}


async def test_refusals_of_a_channel_carry_their_code(process, capability):
    topic = a_channel()
    capability.closed.add(topic.partition(":")[2])
    token = capability.member(5)

    async with process.connect(token) as feed:
        assert (await feed.join(topic))["code"] == "not_found"
        assert (await feed.join("member:6"))["code"] == "denied"
        assert (await feed.join("member:5"))["type"] == "joined"
        assert (await feed.join("sectors"))["type"] == "joined"


async def test_a_socket_joins_at_most_a_hundred_channels(process):
    async with process.connect() as feed:
        for _ in range(100):
            assert (await feed.join(topic := a_channel()))["type"] == "joined"
        assert (await feed.join(a_channel()))["code"] == "too_many_channels"
        assert (await feed.join(topic))["type"] == "joined"


async def test_concurrent_joins_of_a_busy_channel_miss_nothing(process):
    topic = a_channel()
    await process.publish(topic, *map(str, range(20)))

    async def listen() -> list[int]:
        async with process.connect() as feed:
            answer = await feed.join(topic, after=5)
            seqs = [event["seq"] for event in answer["missed"]]
            while seqs[-1] < 120:
                seqs.append((await feed.next("event"))["seq"])
            return seqs

    async def write() -> None:
        for number in range(100):
            await process.publish(topic, str(number))

    *heard, _ = await asyncio.gather(*(listen() for _ in range(60)), write())

    assert all(seqs == list(range(6, 121)) for seqs in heard)


# Signals and presence


async def test_signals_are_merged_and_sent_at_intervals(process):
    room = a_channel("room")
    expected = {"0": 45, "1": 46, "2": 47, "3": 48, "4": 49}

    async with process.listening(room) as feed:
        await feed.next("signal")
        started = monotonic()
        for number in range(50):
            process.bus.signal(room, {"type": "votes", "votes": {str(number % 5): number}})
            await asyncio.sleep(0.005)
        votes: dict[str, int] = {}
        count = 0
        while votes != expected:
            signal = (await feed.next("signal"))["signal"]
            if signal["type"] == "votes":
                votes |= signal["votes"]
                count += 1
        took = monotonic() - started

    assert count <= 2 + took / QUICK.signal_every


async def test_a_join_receives_the_current_signals(process, capability):
    room = a_channel("room")
    capability.signals[int(room.partition(":")[2])] = [b'{"type":"votes","votes":{"1":3}}']

    async with process.listening(room) as feed:
        assert (await feed.next())["signal"] == {"type": "votes", "votes": {"1": 3}}
        assert (await feed.next())["signal"] == {"type": "presence", "here": 1}


async def test_presence_counts_people_not_sockets(process, capability):
    room, anna = a_channel("room"), capability.member(7)

    async with process.listening(room) as visitor:
        async with process.listening(room, token=anna), process.listening(room, token=anna):
            while (await visitor.next("signal"))["signal"] != {"type": "presence", "here": 2}:
                pass
            assert process.hub.presence.count(room) == 2
        while (await visitor.next("signal"))["signal"] != {"type": "presence", "here": 1}:
            pass
    await until(lambda: process.hub.presence.count(room) == 0)


# Who may open a socket


async def test_members_connect_with_a_bearer_token(process, capability):
    async with process.listening("member:3", token=capability.member(3)) as feed:
        await process.publish("member:3", "for you")
        assert await feed.texts(1) == ["for you"]


async def test_invalid_tokens_are_refused(process):
    assert await refused_with(process, token="made-up") == (401, "sign_in_first")
    assert await refused_with(process, headers={"Authorization": "Basic YTpi"}) == (401, "sign_in_first")
    assert await refused_with(process, path="/live?ticket=made-up") == (401, "sign_in_first")
    assert await refused_with(process, path="/elsewhere") == (404, "not_found")


async def test_cookies_are_accepted_only_from_own_pages(process, capability):
    cookie = {"Cookie": f"other={{[]}}; bad; session={capability.member(4)}"}

    async with process.connect(headers=cookie, origin=ORIGIN) as feed:
        assert (await feed.join("member:4"))["type"] == "joined"
    for origin in (None, "http://evil.example", "null", ORIGIN + ".evil.example"):
        assert await refused_with(process, headers=cookie, origin=origin) == (403, "denied")
    async with process.connect(headers={"Cookie": "session=over"}, origin=ORIGIN) as feed:
        assert (await feed.join("member:4"))["code"] == "denied"


async def test_a_ticket_is_valid_once_and_for_a_short_time(process, capability):
    actor = await a_stored_session(process)
    capability.people["kept"] = actor
    async with process.db.begin() as tx:
        ticket = (await make_ticket(tx, actor)).ticket
        late = (await make_ticket(tx, actor)).ticket
    path = f"/live?ticket={ticket}"

    async with process.connect(path=path) as feed:
        assert (await feed.join(f"member:{actor.id}"))["type"] == "joined"
    assert await refused_with(process, path=path) == (401, "sign_in_first")
    with clock.stop_at(clock.now() + timedelta(seconds=31)):
        assert await use_ticket(process.db, late) is None


async def a_stored_session(process: Process) -> Actor:
    async with process.db.begin() as tx:
        now = clock.now()
        number = await tx.value(a_member, now=now)
        session = await tx.value(a_session, member=number, hash=str(number).encode(), now=now)
    return Actor(id=MemberId(number), session_id=SessionId(session))


a_member = statement("""
INSERT INTO members (handle, skeleton, display_name, joined_at)
SELECT 'live-' || n, 'live-' || n, 'Live', :now FROM (SELECT count(*) AS n FROM members) AS counted RETURNING id
""")
a_session = statement("""
INSERT INTO sessions (member_id, token_hash, sealed_secret, started_at, seen_at, ends_at)
VALUES (:member, :hash, '', :now, :now, :now) RETURNING id
""")


async def test_members_connect_with_tickets(app):
    anna = await a_person(app)
    async with app.client() as visitor:
        assert (await visitor.post("/api/v1/live/tickets")).status_code == 401
    answer = await anna.post("/live/tickets")
    assert answer.status_code == 201

    url = app.url.replace("http", "ws", 1) + "/live?ticket=" + answer.json()["ticket"]
    async with connect(url, compression=None) as socket:
        feed = Feed(socket)
        assert (await feed.join(f"member:{anna.id}"))["type"] == "joined"
        assert (await anna.delete("/sessions/current")).status_code < 300
        assert await feed.closed(2) == 4401
    with pytest.raises(InvalidStatus, match="401"):
        await connect(url)


# Losing access


async def change(process: Process, member: int) -> None:
    async with process.db.begin() as tx:
        await tx.record(AccessChanged(member_id=member))


async def test_an_ended_session_closes_its_sockets_and_no_others(process, capability):
    anna, also_anna = capability.member(11), capability.member(11)
    topic = a_channel()

    async with (
        process.listening(topic, token=anna) as ended,
        process.listening(topic, token=also_anna) as kept,
    ):
        del capability.people[anna]
        await change(process, 11)
        assert await ended.closed(2) == 4401
        await process.publish(topic, "still here")
        assert await kept.texts(1) == ["still here"]


async def test_lost_access_leaves_the_channel_and_changed_audiences_reset(process, capability):
    token = capability.member(12, is_administrator=True)
    shut, open_ = a_channel(), a_channel()
    capability.closed.add(shut.partition(":")[2])

    async with process.listening(shut, open_, token=token) as feed:
        await process.publish(open_, "hidden", is_hidden=True)
        assert (await feed.next())["event"]["text"] == "hidden"
        capability.people[token] = replace(capability.people[token], is_administrator=False)
        await change(process, 12)
        frames = [await feed.next(within=10), await feed.next(within=10)]
        assert sorted((frame["type"], frame["channel"]) for frame in frames) == [
            ("left", shut),
            ("reset", open_),
        ]
        assert [frame.get("code") for frame in frames if frame["type"] == "left"] == ["no_access"]
        await process.publish(shut, "not for you")
        await process.publish(open_, "hidden", is_hidden=True)
        assert (await feed.next())["event"] == {"type": "withheld"}


async def test_a_change_at_the_moment_of_joining_is_not_lost(process, capability):
    topic = a_channel()
    for _ in range(10):
        token = capability.member(13, is_administrator=True)
        capability.closed.add(topic.partition(":")[2])
        async with process.connect(token) as feed:
            await feed.send({"type": "join", "channel": topic})
            capability.people[token] = replace(capability.people[token], is_administrator=False)
            await change(process, 13)
            last = await feed.next(within=10)
            if last["type"] == "joined":
                last = await feed.next(within=10)
            assert last["type"] in ("left", "refused")
            [peer] = process.hub.peers
            assert not peer.groups
        await until(lambda: not process.hub.peers)


async def test_expired_sessions_are_closed_by_the_periodic_check(live_url, capability, tmp_path):
    async with Process(
        capability, live_url, InProcessBus(), tmp_path, replace(QUICK, session_check_every=0.2)
    ) as process:
        token = capability.member(14)
        async with process.connect(token) as feed:
            await until(lambda: process.hub.peers)
            del capability.people[token]
            assert await feed.closed(2) == 4401


# Limits and ends


async def test_too_many_messages_close_the_socket(process):
    async with process.connect() as feed:
        for _ in range(121):
            await feed.send({"type": "ping"})
        assert await feed.closed() == 4429


async def test_too_many_sockets_of_a_member_are_refused(live_url, capability, tmp_path):
    limits = replace(QUICK, per_member=2)
    async with Process(capability, live_url, InProcessBus(), tmp_path, limits) as process:
        token = capability.member(15)
        async with process.connect(token) as one, process.connect(token), process.connect(token) as third:
            assert await third.closed() == 4429
            assert (await one.join("member:15"))["type"] == "joined"
        await until(lambda: not process.hub.peers)
        async with process.connect(token) as again:
            assert (await again.join("member:15"))["type"] == "joined"


async def test_too_many_sockets_of_visitors_at_one_address_are_refused(app, monkeypatch):
    hub, url = app.contexts[0].hub, app.urls[0]
    monkeypatch.setattr(hub, "limits", replace(hub.limits, per_address=2))
    member = await a_person(app)
    await until(lambda: not hub.peers)

    async with app.listening("sectors", url=url) as one, app.listening("sectors", url=url):
        with pytest.raises(ConnectionClosed) as refused:
            async with app.listening("sectors", url=url):
                pass
        assert refused.value.rcvd.code == 4429
        async with app.listening("sectors", member.token, url=url) as other:
            assert (one.joined["type"], other.joined["type"]) == ("joined", "joined")
    await until(lambda: not hub.peers)
    async with app.listening("sectors", url=url) as again:
        assert again.joined["type"] == "joined"


async def test_frames_over_64_kib_are_refused(process):
    async with process.connect() as feed:
        await feed.socket.send("x" * 65_537)
        assert await feed.closed() == 1009
    async with process.connect() as feed:
        await feed.socket.send(b"binary")
        assert await feed.closed() == 4400


async def test_incomplete_requests_time_out(process, monkeypatch):
    monkeypatch.setattr(uvicorn_requests, "HEAD_TIMEOUT", 0.5)
    for said in (b"", b"GET /live HTTP/1.1\r\nHost: here"):
        reader, writer = await asyncio.open_unix_connection(process.uds)
        writer.write(said)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    async with process.connect() as feed:
        await asyncio.sleep(0.8)
        assert (await feed.join(a_channel()))["type"] == "joined"


async def test_draining_closes_all_sockets_and_refuses_new_ones(process):
    async with process.connect() as one, process.connect() as two:
        await until(lambda: len(process.hub.peers) == 2)
        draining = asyncio.create_task(process.hub.drain(0.2))
        assert [await one.closed(), await two.closed()] == [1012, 1012]
        await draining
    assert await refused_with(process) == (503, "unavailable")
    process.hub.is_draining = False


async def test_a_client_that_stops_reading_is_closed_without_harm_to_others(process):
    topic = a_channel()
    stuck = sockets.socket(sockets.AF_UNIX)
    stuck.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    stuck.connect(process.uds)
    stuck.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(stuck, HANDSHAKE)
    assert b" 101 " in await loop.sock_recv(stuck, 1000)
    join = json.dumps({"type": "join", "channel": topic}).encode()
    await loop.sock_sendall(stuck, Frame(Opcode.TEXT, join).serialize(mask=True))
    await until(lambda: topic in process.hub.channels and process.hub.channels[topic].groups)

    async with process.listening(topic) as feed:
        heard = asyncio.create_task(feed.texts(60, within=10))
        for _ in range(60):
            await process.publish(topic, "x" * 15_000)
        assert len(await heard) == 60
    await until(lambda: process.hub.counts.slow_closes == 1)
    stuck.close()


HANDSHAKE = (
    b"GET /live HTTP/1.1\r\nHost: here.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


# Malformed input

nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
almost = st.fixed_dictionaries(
    {"type": st.sampled_from(["join", "leave", "ping", "", "event"]) | nested},
    optional={
        "channel": st.sampled_from(["topic:1", "room:9", "member:1", "sectors", "topic:" + "9" * 40])
        | nested,
        "after": st.integers(-(2**70), 2**70) | nested,
        "epoch": st.text(max_size=100) | nested,
        "more": nested,
    },
)
as_text = st.one_of(
    nested.map(json.dumps).map(str.encode),
    almost.map(json.dumps).map(str.encode),
    st.binary(max_size=300),
    st.integers(1, 60_000).map(lambda depth: b'{"type":' + b"[" * depth),
    st.integers(1, 9_000).map(lambda depth: b'{"a":' * depth + b"1" + b"}" * depth),
    st.integers(1, 20_000).map(
        lambda digits: b'{"type":"join","channel":"topic:1","after":' + b"9" * digits + b"}"
    ),
    st.sampled_from(
        [b'{"type":"join","channel":"\\ud800"}', b'{"type":"join","channel":"topic:1\\u0000"}', b"\xff\xfe"]
    ),
)
whole = st.tuples(st.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.TEXT, Opcode.BINARY]), as_text).map(
    lambda frame: Frame(*frame).serialize(mask=True)
)
wire = whole | st.binary(min_size=1, max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames=st.lists(wire, min_size=1, max_size=8))
async def test_malformed_input_closes_only_its_own_socket(process, frames):
    code = await say_raw(process, b"".join(frames) + Frame(Opcode.TEXT, b"that is all").serialize(mask=True))

    assert code in OURS
    assert process.hub.counts.failures == 0
    assert not process.task.done()


async def say_raw(process: Process, data: bytes) -> int | None:
    """Send raw bytes; return the code of the server's close frame, or 4400 if the bytes never completed a frame."""
    reader, writer = await asyncio.open_unix_connection(process.uds)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(data)
    code: int | None = None
    try:
        async with asyncio.timeout(1):
            while code is None:
                head = await reader.readexactly(2)
                size = head[1] & 127
                if size >= 126:
                    size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
                body = await reader.readexactly(size)
                if head[0] & 15 == 8:
                    code = int.from_bytes(body[:2], "big")
    except TimeoutError:
        # The bytes end inside a frame: the server correctly waits for the rest.
        code = 4400
    finally:
        writer.close()
    return code


async def test_disconnected_peers_leave_no_state(process, capability):
    room, token = a_channel("room"), capability.member(21)
    for _ in range(5):
        async with process.listening(room, token=token):
            assert process.hub.peers
    await until(lambda: not process.hub.peers)
    await process.hub.poll_heads()

    assert room not in process.hub.channels
    assert "member:21" not in process.hub.channels
    assert not process.hub._members
    assert not process.hub._addresses


async def test_a_refused_handshake_speaks_the_language_of_the_browser(app):
    url = app.url.replace("http", "ws", 1) + "/live?ticket=made-up"
    for asked, expected in (({"Accept-Language": "fr"}, "fr"), ({"Cookie": "language=de"}, "de")):
        with pytest.raises(InvalidStatus) as refusal:
            async with connect(url, additional_headers=asked):
                pass
        body = json.loads(refusal.value.response.body)
        assert (
            body["detail"] == languages()[expected].translations.gettext("Sign in first.") != "Sign in first."
        )
