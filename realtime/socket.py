"""The socket `/live`: who may open it, and the reading of what it says."""

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
from realtime import protocol
from realtime.access import Access, Sessions, without_secret
from realtime.hub import Hub
from realtime.limits import Limits
from realtime.peers import LINE, Peer, Transport
from realtime.protocol import BadFrame, Close, Join, Leave, read_frame
from realtime.subscriptions import Joins
from realtime.tickets import spend_ticket
from storage.failures import UNAVAILABLE_ERRORS

log = logging.getLogger(__name__)

PATH = "/live"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class LiveSocket:
    """The ASGI application for websockets; the composition root puts it in front of everything else."""

    def __init__(self, hub: Hub, sessions: Sessions, *, cookie: str, origins: frozenset[str]) -> None:
        self.hub = hub
        self.sessions = sessions
        self.cookie = cookie
        self.origins = origins
        self.joins = Joins(hub)
        self.access = Access(hub, self.joins, sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from its handshake to its end."""
        await receive()
        try:
            actor = await self._admit(scope)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        await send({"type": "websocket.accept"})
        line: Transport = scope["extensions"].pop(LINE)
        peer = self.hub.admit(line, actor, (scope["client"] or ("",))[0])
        line.attach(lambda: self.hub.gone(peer), lambda is_clogged: self.hub.scheduler.clog(peer, is_clogged))
        try:
            await self.access.watch(peer)
            await self._listen(peer, receive)
        except UNAVAILABLE_ERRORS:
            peer.shut(Close.RESTART)
        except Exception:
            self.hub.counts.failures += 1
            log.exception("a socket failed")
            peer.shut(Close.RESTART)
        finally:
            self.hub.gone(peer)
            line.detach()

    async def _admit(self, scope: Scope) -> Actor:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        # Not for the server's log: who has a ticket has a session.
        scope["query_string"] = b""
        if scope["path"] != PATH:
            raise NotFound
        if self.hub.is_draining:
            raise Unavailable
        try:
            async with asyncio.timeout(self.hub.limits.handshake):
                actor = await self._find_actor(dict(scope["headers"]), query)
        except UNAVAILABLE_ERRORS as error:
            raise Unavailable from error
        return without_secret(actor)

    async def _find_actor(self, headers: dict[bytes, bytes], query: dict[str, list[str]]) -> Actor:
        """A ticket or a bearer token must be good; a cookie that is not makes a visitor, as on every page."""
        if tickets := query.get("ticket"):
            session = await spend_ticket(self.hub.db, tickets[0])
            actor = await self.sessions.load(self.hub.db, session) if session is not None else None
            return _present(actor)
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme:
            is_bearer = scheme.lower() == "bearer"
            return _present(await self.sessions.find(self.hub.db, token.strip()) if is_bearer else None)
        if token := self._read_cookie(headers):
            if headers.get(b"origin", b"").decode("latin-1").lower() not in self.origins:
                raise Denied("Pages of this origin may not listen with a member's session.")
            return await self.sessions.find(self.hub.db, token) or VISITOR
        return VISITOR

    def _read_cookie(self, headers: dict[bytes, bytes]) -> str:
        # By hand: the standard library stops reading at the first cookie it does not like, whoever set it.
        for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.cookie:
                return value
        return ""

    async def _listen(self, peer: Peer, receive: Receive) -> None:
        """Read what the peer says until it is gone. Reading never stops for long, or its pongs would not be heard."""
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
                peer.shut(Close.LIMIT)
            else:
                await self._answer(peer, message)

    async def _answer(self, peer: Peer, message: MutableMapping[str, Any]) -> None:
        data = message.get("data")
        try:
            if data is None:
                raise BadFrame
            frame = read_frame(data)
        except BadFrame:
            peer.shut(Close.BAD_FRAME)
            return
        if isinstance(frame, Join):
            await self.joins.join(peer, frame)
        elif isinstance(frame, Leave):
            self.joins.leave(peer, frame.channel)
        elif peer.is_open:
            peer.write(protocol.PONG)


class _Allowance:
    """How much one socket may still say: a minute's messages and the burst at once, refilled evenly."""

    __slots__ = ("at", "left", "most", "rate")

    def __init__(self, limits: Limits) -> None:
        self.most = float(limits.messages_per_minute + limits.burst)
        self.rate = limits.messages_per_minute / 60
        self.left = self.most
        self.at = monotonic()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = monotonic()
        self.left = min(self.most, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


def _present(actor: Actor | None) -> Actor:
    if actor is None:
        raise SignInFirst
    return actor


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Answer the handshake with a problem document; the socket never opens."""
    status = status_of(refusal)
    body = msgspec.json.encode({"status": status, "code": refusal.code, "detail": refusal.detail})
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    if status == 503:
        headers.append((b"retry-after", b"2"))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
