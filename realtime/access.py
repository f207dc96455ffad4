"""Access of open sockets: when a member loses access, their sockets lose it within seconds, in every process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Denied, Unavailable
from core.ids import SessionId
from realtime.channels import MEMBER, ChannelName
from realtime.hub import Hub
from realtime.peers import Channel, Peer
from realtime.protocol import Close
from realtime.subscriptions import Subscriptions
from storage.database import Database
from storage.statements import statement

CONCURRENT_CHECKS = 4
ATTEMPTS = 3
# A change recorded so shortly before the socket began to watch may have been read too early: access is checked again.
RECENT = timedelta(seconds=10)

SELECT_MEMBER_HEAD = statement("""
SELECT c.seq, l.seq IS NOT NULL AS is_recent
FROM channels c LEFT JOIN log l ON l.channel = c.name AND l.seq = c.seq AND l.at > :since
WHERE c.name = :channel
""")


class Sessions(Struct, frozen=True, kw_only=True):
    """How the socket loads an actor: by the token that a client sends, or later by the session it opened with it."""

    find: Callable[[Database, str], Awaitable[Actor | None]]
    load: Callable[[Database, SessionId], Awaitable[Actor | None]]


class Access:
    """Watches the channel of each member who has an open socket, and checks every session from time to time."""

    def __init__(self, hub: Hub, subscriptions: Subscriptions, sessions: Sessions) -> None:
        self.hub = hub
        self.subscriptions = subscriptions
        self.sessions = sessions
        self._checks = asyncio.Semaphore(CONCURRENT_CHECKS)
        hub.on_access_changed = self.check_soon
        hub.on_audience_changed = self.recheck_channel
        hub.loops.add("access: check sessions", self.check_sessions)

    async def watch(self, peer: Peer) -> None:
        """From now on, check this peer's access when an event in its member's channel says that it changed."""
        member = peer.actor.id
        if member is None:
            return
        channel = self.hub.get_channel(ChannelName(f"{MEMBER}:{member}", MEMBER, int(member)))
        channel.access_watchers.add(peer)
        peer.own_channel = channel
        if channel.delivered >= 0:
            if monotonic() - channel.access_changed_at < RECENT.total_seconds():
                self.check_soon([peer])
            return
        async with self.hub.db.read() as tx:
            head = await tx.row(SELECT_MEMBER_HEAD, channel=channel.name.text, since=clock.now() - RECENT)
        if channel.delivered < 0:
            channel.delivered = head["seq"] if head else 0
            self.hub.on_message(channel.name.text, channel.target)
        if head and head["is_recent"]:
            self.check_soon([peer])

    def check_soon(self, peers: Sequence[Peer]) -> None:
        """Load the actors of these peers again and check what they may join, in the background."""
        for session, group in _by_session(peers).items():
            self.hub.spawn(f"access of session {session}", self._check(session, group, has_changed=True))

    def recheck_channel(self, channel: Channel) -> None:
        """Check all peers of a channel again, visitors too, after a change of who may join it."""
        self.hub.spawn(f"access to {channel.name.text}", self.subscriptions.recheck_all(channel))

    async def check_sessions(self) -> None:
        """Check every session once, evenly spread over the interval: sessions also expire, which is no event."""
        groups = list(_by_session(self.hub.peers).items())
        if not groups:
            await asyncio.sleep(self.hub.limits.session_check_every)
        for session, group in groups:
            await asyncio.sleep(self.hub.limits.session_check_every / len(groups))
            await self._check(session, group, has_changed=False)

    async def _check(self, session: SessionId, peers: Sequence[Peer], has_changed: bool) -> None:
        async with self._checks:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await self._check_once(session, peers, has_changed)
                    return
                except Unavailable:
                    await asyncio.sleep(attempt)
        if has_changed:
            # Access was taken away and what is left cannot be read: the clients reconnect and are checked then.
            _close_all(peers, Close.RESTART)

    async def _check_once(self, session: SessionId, peers: Sequence[Peer], has_changed: bool) -> None:
        try:
            actor = await self.sessions.load(self.hub.db, session)
        except Denied:
            _close_all(peers, Close.FORBIDDEN)
            return
        if actor is None:
            _close_all(peers, Close.SESSION_ENDED)
            return
        actor = without_secret(actor)
        for peer in peers:
            if peer.is_open and (has_changed or peer.actor != actor):
                # A new object for each check: a join under way compares it and notices that it used the old one.
                peer.actor = replace(actor)
                await self.subscriptions.recheck(peer)


def without_secret(actor: Actor) -> Actor:
    """Return the actor without the secret for pseudonyms, which a socket never needs as it only listens."""
    return replace(actor, secret=None)


def _close_all(peers: Sequence[Peer], code: Close) -> None:
    for peer in peers:
        peer.close(code)


def _by_session(peers: Sequence[Peer] | set[Peer]) -> dict[SessionId, list[Peer]]:
    groups: dict[SessionId, list[Peer]] = {}
    for peer in peers:
        if peer.actor.session_id is not None:
            groups.setdefault(peer.actor.session_id, []).append(peer)
    return groups
