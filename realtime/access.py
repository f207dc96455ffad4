"""Access: open sockets lose what their member loses, within seconds, on every process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from core import clock
from core.actor import Actor
from core.errors import Denied
from core.ids import SessionId
from realtime.channels import MEMBER, ChannelName
from realtime.hub import Hub
from realtime.peers import Channel, Peer
from realtime.protocol import Close
from realtime.subscriptions import Joins
from storage.database import Database
from storage.failures import UNAVAILABLE_ERRORS
from storage.statements import statement

AT_ONCE = 4
ATTEMPTS = 3
# A change that was recorded this shortly before the watch began may have been seen too early: it is looked at again.
FRESH = timedelta(seconds=10)

_HEAD = statement("""
SELECT c.seq, coalesce(l.at > :since, false) AS is_fresh
FROM channels c LEFT JOIN log l ON l.channel = c.name AND l.seq = c.seq
WHERE c.name = :channel
""")


class Sessions(Struct, frozen=True, kw_only=True):
    """How the socket learns who somebody is: by the token they hold, or later by the session they opened with it."""

    find: Callable[[Database, str], Awaitable[Actor | None]]
    load: Callable[[Database, SessionId], Awaitable[Actor | None]]


class Access:
    """Watches the channel of each listening member, and sweeps for what was not told."""

    def __init__(self, hub: Hub, joins: Joins, sessions: Sessions) -> None:
        self.hub = hub
        self.joins = joins
        self.sessions = sessions
        self._turns = asyncio.Semaphore(AT_ONCE)
        hub.access_changed = self.changed
        hub.entry_changed = self.closing
        hub.loops.add("access: sweep", self.sweep)

    async def watch(self, peer: Peer) -> None:
        """Hear from now on what is told to this peer's member."""
        member = peer.actor.id
        if member is None:
            return
        channel = self.hub.channel(ChannelName(f"{MEMBER}:{member}", MEMBER, int(member)))
        channel.watchers.add(peer)
        peer.watching = channel
        if channel.delivered >= 0:
            if monotonic() - channel.shaken_at < FRESH.total_seconds():
                self.changed([peer])
            return
        async with self.hub.db.read() as tx:
            head = await tx.row(_HEAD, channel=channel.name.text, since=clock.now() - FRESH)
        if channel.delivered < 0:
            channel.delivered = head["seq"] if head else 0
            self.hub.on_message(channel.name.text, channel.wanted)
        if head and head["is_fresh"]:
            self.changed([peer])

    def changed(self, peers: Sequence[Peer]) -> None:
        """Look again at who these peers are and what they may hear."""
        for session, group in _by_session(peers).items():
            self.hub.spawn(f"access of session {session}", self._look(session, group, is_told=True))

    def closing(self, channel: Channel) -> None:
        """Ask all who listen to a channel again, visitors too: it is for others than before."""
        self.hub.spawn(f"entry of {channel.name.text}", self.joins.ask_all_again(channel))

    async def sweep(self) -> None:
        """Look at every session once in a while, evenly spread: sessions also end by the clock, and tell nobody."""
        groups = list(_by_session(self.hub.peers).items())
        if not groups:
            await asyncio.sleep(self.hub.limits.sweep_every)
        for session, group in groups:
            await asyncio.sleep(self.hub.limits.sweep_every / len(groups))
            await self._look(session, group, is_told=False)

    async def _look(self, session: SessionId, peers: Sequence[Peer], is_told: bool) -> None:
        async with self._turns:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await self._look_once(session, peers, is_told)
                    return
                except UNAVAILABLE_ERRORS:
                    await asyncio.sleep(attempt)
        if is_told:
            # Something was taken away and what it was cannot be read: the sockets come back and are asked again.
            _shut(peers, Close.RESTART)

    async def _look_once(self, session: SessionId, peers: Sequence[Peer], is_told: bool) -> None:
        try:
            actor = await self.sessions.load(self.hub.db, session)
        except Denied:
            _shut(peers, Close.FORBIDDEN)
            return
        if actor is None:
            _shut(peers, Close.SESSION_ENDED)
            return
        actor = without_secret(actor)
        for peer in peers:
            if peer.is_open and (is_told or peer.actor != actor):
                # A new value for each look: a join under way sees that it asked with the old one.
                peer.actor = replace(actor)
                await self.joins.ask_again(peer)


def without_secret(actor: Actor) -> Actor:
    """The actor without what opens pseudonyms: a socket only listens."""
    return replace(actor, secret=None)


def _shut(peers: Sequence[Peer], code: Close) -> None:
    for peer in peers:
        peer.shut(code)


def _by_session(peers: Sequence[Peer] | set[Peer]) -> dict[SessionId, list[Peer]]:
    groups: dict[SessionId, list[Peer]] = {}
    for peer in peers:
        if peer.actor.session_id is not None:
            groups.setdefault(peer.actor.session_id, []).append(peer)
    return groups
