"""The live socket `/live`: who may open it, and what it does with the frames that clients send."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import msgspec

from core.actor import VISITOR, Actor
from core.errors import Denied, NotFound, Refusal, SignInFirst, Unavailable
from core.http import status_of
from core.languages.texts import translatable
from realtime import protocol
from realtime.access import Access, Sessions, without_secret
from realtime.hub import Hub
from realtime.limits import Limits
from realtime.peers import TRANSPORT_KEY, Peer, Transport
from realtime.protocol import BadFrame, Close, Join, Leave, read_frame
from realtime.subscriptions import Subscriptions
from realtime.tickets import use_ticket

log = logging.getLogger(__name__)

PATH = "/live"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class LiveSocket:
    """The ASGI application for websockets; the outermost middleware sends all of them here."""

    def __init__(self, hub: Hub, sessions: Sessions, *, cookie: str, origins: frozenset[str]) -> None:
        self.hub = hub
        self.sessions = sessions
        self.cookie = cookie
        self.origins = origins
        self.subscriptions = Subscriptions(hub)
        self.access = Access(hub, self.subscriptions, sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, from its handshake until it is closed."""
        await receive()
        try:
            actor = await self._authenticate(scope)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        await send({"type": "websocket.accept"})
        transport: Transport = scope["extensions"].pop(TRANSPORT_KEY)
        peer = self.hub.add_peer(transport, actor, (scope["client"] or ("",))[0])
        transport.set_callbacks(
            lambda: self.hub.remove_peer(peer),
            lambda is_blocked: self.hub.scheduler.set_blocked(peer, is_blocked),
        )
        try:
            await self.access.watch(peer)
            await self._read_frames(peer, receive)
        except (Unavailable, TimeoutError):
            peer.close(Close.RESTART)
        except Exception:
            self.hub.counts.failures += 1
            log.exception("a socket failed")
            peer.close(Close.RESTART)
        finally:
            self.hub.remove_peer(peer)
            transport.clear_callbacks()

    async def _authenticate(self, scope: Scope) -> Actor:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        # The server's log must not contain the query: a ticket opens a socket for its session.
        scope["query_string"] = b""
        if scope["path"] != PATH:
            raise NotFound
        if self.hub.is_draining:
            raise Unavailable
        try:
            async with asyncio.timeout(self.hub.limits.handshake):
                actor = await self._find_actor(dict(scope["headers"]), query)
        except TimeoutError as error:
            raise Unavailable from error
        return without_secret(actor)

    async def _find_actor(self, headers: dict[bytes, bytes], query: dict[str, list[str]]) -> Actor:
        """Return the actor of the ticket, bearer token or cookie; raise SignInFirst for a ticket or token that is not
        valid.

        An invalid cookie makes a visitor, as on every page.
        """
        if tickets := query.get("ticket"):
            session = await use_ticket(self.hub.db, tickets[0])
            actor = await self.sessions.load(self.hub.db, session) if session is not None else None
            return _require(actor)
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme:
            is_bearer = scheme.lower() == "bearer"
            return _require(await self.sessions.find(self.hub.db, token.strip()) if is_bearer else None)
        if token := self._read_cookie(headers):
            if headers.get(b"origin", b"").decode("latin-1").lower() not in self.origins:
                raise Denied(
                    translatable("Pages of this origin may not use a member's session on the live socket.")
                )
            return await self.sessions.find(self.hub.db, token) or VISITOR
        return VISITOR

    def _read_cookie(self, headers: dict[bytes, bytes]) -> str:
        # Not with http.cookies, which stops at the first cookie it cannot parse, even one of another application.
        for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.cookie:
                return value
        return ""

    async def _read_frames(self, peer: Peer, receive: Receive) -> None:
        """Handle incoming frames until the peer disconnects. Reading never stops for long, as pongs arrive the same
        way."""
        allowance = _Allowance(self.hub.limits)
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if not peer.is_open:
                continue
            self.hub.counts.frames_in += 1
            if not allowance.take():
                self.hub.counts.limit_closes += 1
                peer.close(Close.LIMIT)
            else:
                await self._handle(peer, message)

    async def _handle(self, peer: Peer, message: MutableMapping[str, Any]) -> None:
        data = message.get("data")
        try:
            if data is None:
                raise BadFrame
            frame = read_frame(data)
        except BadFrame:
            peer.close(Close.BAD_FRAME)
            return
        if isinstance(frame, Join):
            await self.subscriptions.join(peer, frame)
        elif isinstance(frame, Leave):
            self.subscriptions.leave(peer, frame.channel)
        elif peer.is_open:
            peer.write(protocol.PONG)


class _Allowance:
    """How many messages one socket may still send: a token bucket that holds a minute's messages and the burst."""

    __slots__ = ("at", "capacity", "left", "rate")

    def __init__(self, limits: Limits) -> None:
        self.capacity = float(limits.messages_per_minute + limits.burst)
        self.rate = limits.messages_per_minute / 60
        self.left = self.capacity
        self.at = monotonic()

    def take(self) -> bool:
        """Take one message from the allowance; return whether there was one."""
        now = monotonic()
        self.left = min(self.capacity, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


def _require(actor: Actor | None) -> Actor:
    if actor is None:
        raise SignInFirst
    return actor


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Answer the handshake with a problem document, so that the socket never opens."""
    status = status_of(refusal)
    body = msgspec.json.encode({"status": status, "code": refusal.code, "detail": refusal.detail})
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"2"))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
