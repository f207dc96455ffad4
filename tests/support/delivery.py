"""Builders for tests of delivery: a real server, database and bus, with channels of a fake capability."""

import asyncio
import contextlib
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
import uvicorn
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed

from core.actor import Actor
from core.errors import Denied, NotFound
from core.events import Event
from core.ids import MemberId, SessionId
from realtime.access import Sessions
from realtime.bus import Bus
from realtime.channels import ChannelKind
from realtime.hub import Hub
from realtime.limits import Limits
from realtime.socket import LiveSocket
from serving.uvicorn_websocket import OPTIONS
from storage import schema
from storage.database import Database, Reader, connect
from storage.embedded import postgres
from storage.event_log import LogEntry

QUICK = Limits(
    poll_every=0.3,
    session_check_every=5.0,
    signal_every=0.1,
    presence_every=0.05,
    heartbeat_every=0.3,
    process_forgotten_after=1.0,
    per_address=5_000,
)
ORIGIN = "http://here.example"


_numbers = itertools.count(1)


def a_channel(kind: str = "topic") -> str:
    """Return the name of a channel that no other test uses."""
    return f"{kind}:{next(_numbers)}"


class Said(Event, frozen=True, kw_only=True, tag="said"):
    """A text was published in a channel of any kind."""

    to: str
    text: str
    is_hidden: bool = False

    @property
    def channel(self) -> str:
        return self.to


class AccessChanged(Event, frozen=True, kw_only=True, tag="access_changed"):
    """The permissions of a member have changed."""

    member_id: int

    @property
    def channel(self) -> str:
        return f"member:{self.member_id}"


class FakeCapability(Struct):
    """A fake capability: its members by token, the channels that are closed, and the current signals."""

    closed: set[str] = msgspec.field(default_factory=set)
    signals: dict[int, list[bytes]] = msgspec.field(default_factory=dict)
    people: dict[str, Actor] = msgspec.field(default_factory=dict)
    broken: bool = False

    def kinds(self) -> Mapping[str, ChannelKind]:
        """Return three kinds of channels: public topics, rooms with presence and signals, and the channel of each member."""
        return {
            "topic": ChannelKind(join=self.join, show=self.show),
            "room": ChannelKind(join=self.join, show=self.show, signals=self.room_signals, has_presence=True),
            "member": ChannelKind(join=self.join_member, show=self.show),
            "sectors": ChannelKind(join=self.join, show=self.show, has_id=False),
        }

    def sessions(self) -> Sessions:
        """Return the functions that find actors by token and by session."""
        return Sessions(find=self.find, load=self.load)

    def member(self, number: int, **facts: Any) -> str:
        """Add a member with a session; return the token."""
        token = f"token-{number}-{len(self.people)}"
        session = SessionId(1000 + len(self.people))
        self.people[token] = Actor(id=MemberId(number), session_id=session, handle=f"m{number}", **facts)
        return token

    async def find(self, _: Database, token: str) -> Actor | None:
        return self.people.get(token)

    async def load(self, _: Database, session: SessionId) -> Actor | None:
        return next((actor for actor in self.people.values() if actor.session_id == session), None)

    async def join(self, _: Reader, actor: Actor, number: int) -> str:
        if f"{number}" in self.closed and not actor.is_administrator:
            raise NotFound
        return "moderator" if actor.is_administrator else "all"

    async def join_member(self, _: Reader, actor: Actor, number: int) -> str:
        if actor.id != number:
            raise Denied
        return "self"

    async def show(self, _: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
        if self.broken:
            raise ValueError("broken on purpose")
        withheld = b'{"type":"withheld"}'
        return [
            withheld
            if entry.event.get("is_hidden") and audience == "all"
            else msgspec.json.encode(entry.event)
            for entry in entries
        ]

    async def room_signals(self, _: Reader, __: str, number: int) -> list[bytes]:
        return self.signals.get(number, [])


class Process:
    """One web process: its own connection pool, bus, hub and server, on a Unix socket."""

    def __init__(
        self, capability: FakeCapability, url: str, bus: Bus, folder: Path, limits: Limits = QUICK
    ) -> None:
        self.capability, self.url, self.bus, self.limits = capability, url, bus, limits
        self.uds = str(folder / f"{bus.process}.s")

    async def __aenter__(self) -> Self:
        self.db = await connect(self.url, self.bus, size=10)
        self.hub = Hub(self.db, self.bus, self.capability.kinds(), self.limits)
        self.live = LiveSocket(
            self.hub, self.capability.sessions(), cookie="session", origins=frozenset({ORIGIN})
        )
        await self.bus.start(self.hub)
        await self.hub.start()
        config = uvicorn.Config(
            self.live, uds=self.uds, log_config=None, lifespan="off", timeout_graceful_shutdown=2, **OPTIONS
        )
        self.server = uvicorn.Server(config)
        self.task = asyncio.create_task(self._serve())
        await until(lambda: self.server.started)
        return self

    async def _serve(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await self.server._serve()

    async def __aexit__(self, *_: object) -> None:
        await self.hub.drain(0)
        self.server.should_exit = True
        await self.task
        await self.hub.close()
        await self.bus.close()
        await self.db.close()

    @contextlib.asynccontextmanager
    async def listening(self, *channels: str, token: str | None = None, **join: Any) -> AsyncIterator["Feed"]:
        """Connect a client and join these channels."""
        async with self.connect(token) as feed:
            for channel in channels:
                await feed.join(channel, **join)
            yield feed

    @contextlib.asynccontextmanager
    async def connect(
        self, token: str | None = None, path: str = "/live", **more: Any
    ) -> AsyncIterator["Feed"]:
        """Connect a client that has not sent anything yet."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        async with unix_connect(
            self.uds,
            f"ws://here.example{path}",
            additional_headers=headers,
            compression=None,
            max_size=None,
            **more,
        ) as socket:
            yield Feed(socket)

    async def publish(self, channel: str, *texts: str, is_hidden: bool = False) -> None:
        """Publish texts in a channel, each in its own transaction."""
        for text in texts:
            async with self.db.begin() as tx:
                await tx.record(Said(to=channel, text=text, is_hidden=is_hidden))


class Feed:
    """The client side of a web socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, frame: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(frame))

    async def next(self, kind: str | None = None, within: float = 10) -> dict[str, Any]:
        """Return the next frame, or the next frame of a type."""
        async with asyncio.timeout(within):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if kind is None or frame["type"] == kind:
                    return frame

    async def join(self, channel: str, **join: Any) -> dict[str, Any]:
        """Join a channel and return the response frame."""
        await self.send({"type": "join", "channel": channel, **join})
        while (frame := await self.next())["type"] not in ("joined", "reset", "refused") or frame[
            "channel"
        ] != channel:
            pass
        return frame

    async def texts(self, count: int, within: float = 10) -> list[str]:
        """Return the texts of the next events."""
        return [(await self.next("event", within))["event"]["text"] for _ in range(count)]

    async def closed(self, within: float = 10) -> int:
        """Wait until the server closes the socket; return the close code."""
        try:
            async with asyncio.timeout(within):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


@pytest.fixture(scope="module")
def live_url(cluster: postgres.Cluster) -> Iterator[str]:
    """The URL of a migrated database that only tests of delivery use."""
    name = f"live_{next(_numbers)}"
    url = cluster.create_database(name)
    asyncio.run(schema.migrate(url))
    yield url
    cluster.drop_database(name)


async def until(true: Callable[[], object], within: float = 10) -> None:
    """Wait until a condition is true; fail after some seconds."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110  what is waited for happens in other processes, too
            await asyncio.sleep(0.01)


logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
