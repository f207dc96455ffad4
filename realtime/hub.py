"""The hub: the sockets of this process, the channels they have joined, and what arrives from the bus."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec

from core.actor import Actor
from core.errors import Unavailable
from realtime import protocol
from realtime.background import Loops
from realtime.bus import Bus, Payload, Presence, merge
from realtime.channels import MEMBER, Audience, ChannelKind, ChannelName
from realtime.counts import Counts
from realtime.delivery import Delivery
from realtime.limits import Limits
from realtime.peers import Channel, Peer, Transport
from realtime.presence_reports import PresenceReports
from realtime.protocol import Close
from realtime.send_scheduler import SendScheduler
from storage import event_log
from storage.database import Database
from storage.event_log import LogEntry

log = logging.getLogger(__name__)

# Events in `member:<id>` after which the access of that member's sockets is checked again.
ACCESS_EVENTS = frozenset({"access_changed", "session_ended", "sessions_ended"})


class Hub:
    """Delivers events to the sockets of this process."""

    def __init__(
        self,
        db: Database,
        bus: Bus,
        kinds: Mapping[str, ChannelKind],
        limits: Limits | None = None,
        access_events: frozenset[str] = ACCESS_EVENTS,
    ) -> None:
        self.db = db
        self.bus = bus
        self.kinds = kinds
        self.limits = limits or Limits()
        self.access_events = access_events
        self.counts = Counts()
        self.peers: set[Peer] = set()
        self.channels: dict[str, Channel] = {}
        self.is_draining = False
        self.scheduler = SendScheduler(self.counts)
        self.delivery = Delivery(db, self.scheduler, self.counts, self._on_delivered)
        self.presence_reports = PresenceReports(
            db, bus, kinds, self.limits, self.on_signal, self._check_everything
        )
        self.presence = self.presence_reports.presence
        self.loops = Loops()
        # Called with peers whose access may have changed; `realtime.access` sets it.
        self.on_access_changed: Callable[[Sequence[Peer]], None] = _ignore
        # Called with a channel all of whose peers must be checked again; `realtime.access` sets it.
        self.on_audience_changed: Callable[[Channel], None] = _ignore
        self._members: Counter[int] = Counter()
        self._addresses: Counter[str] = Counter()
        self._poll_requested = asyncio.Event()
        self._resend_signals = False
        self.polled_at = monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self.loops.add("hub: poll heads", self._poll_turn)
        self.loops.add("hub: presence", self._presence_turn)

    async def start(self) -> None:
        """Start the loops of the hub. The caller starts the bus, with this hub as its listener."""
        self.polled_at = monotonic()
        self.loops.start()

    def is_healthy(self) -> bool:
        """Return whether all loops run and the heads were polled within three intervals."""
        return self.loops.are_alive() and monotonic() - self.polled_at < 3 * self.limits.poll_every

    async def drain(self, within: float = 3.0) -> None:
        """Close every socket with 1012, a few at a time; clients reconnect to another process or to the next one."""
        self.is_draining = True
        remaining = list(self.peers)
        batch = max(1, len(remaining) // 20)
        while remaining:
            for peer in remaining[:batch]:
                peer.close(Close.RESTART)
            del remaining[:batch]
            if remaining:
                await asyncio.sleep(within / 20)

    async def close(self) -> None:
        """Close all sockets and stop."""
        await self.drain(0)
        await self.loops.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.scheduler.stop()

    # Sockets

    def add_peer(self, transport: Transport, actor: Actor, address: str) -> Peer:
        """Add an open socket and return its peer; close it if its member, or for visitors their address, has too many."""
        peer = Peer(transport, actor, address)
        self.peers.add(peer)
        self.counts.opened += 1
        if actor.id is not None:
            self._members[int(actor.id)] += 1
            is_too_many = self._members[int(actor.id)] > self.limits.per_member
        else:
            # Members behind one address do not take each other's sockets away.
            self._addresses[address] += 1
            is_too_many = bool(address) and self._addresses[address] > self.limits.per_address
        if is_too_many:
            self.counts.limit_closes += 1
            peer.close(Close.LIMIT)
        if self.is_draining:
            peer.close(Close.RESTART)
        return peer

    def remove_peer(self, peer: Peer) -> None:
        """Remove a closed socket from all its channels; do nothing if it was removed before."""
        peer.is_open = False
        if peer not in self.peers:
            return
        self.peers.discard(peer)
        self.scheduler.blocked.discard(peer)
        self.counts.closed += 1
        for name in list(peer.groups):
            self.unsubscribe(peer, name)
        if peer.own_channel is not None:
            peer.own_channel.access_watchers.discard(peer)
        if peer.actor.id is None:
            _decrement(self._addresses, peer.address)
        else:
            _decrement(self._members, int(peer.actor.id))

    def get_channel(self, name: ChannelName) -> Channel:
        """Return the channel of that name; it is followed from the moment somebody opens it."""
        found = self.channels.get(name.text)
        if found is None:
            found = self.channels[name.text] = Channel(name, self.kinds.get(name.kind))
        return found

    def subscribe(self, peer: Peer, channel: Channel, audience: Audience) -> None:
        """Send a peer everything from the channel's current position on; the caller has sent it everything before."""
        channel.add(peer, audience)
        self.counts.joins += 1
        if channel.kind is not None and channel.kind.has_presence:
            name = channel.name.text
            self.presence.join(name, peer.actor)
            peer.send(protocol.signal(name, msgspec.json.encode(self.presence_reports.current(name))))

    def unsubscribe(self, peer: Peer, name: str) -> bool:
        """Send a peer nothing more from a channel; return whether it had joined."""
        channel = self.channels.get(name)
        if channel is None or not channel.remove(peer):
            return False
        if channel.kind is not None and channel.kind.has_presence:
            self.presence.leave(name, peer.actor)
        return True

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background; a failure is logged and counted."""
        task = asyncio.create_task(self._run_logged(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_logged(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            self.counts.failures += 1
            log.exception("%s failed", name)

    # Messages of the bus (realtime.bus.Listener)

    def on_message(self, channel: str, seq: int) -> None:
        """Deliver a channel up to this position, if any peer here has joined it."""
        self.counts.rings += 1
        followed = self.channels.get(channel)
        if followed is None:
            return
        followed.target = max(followed.target, seq)
        is_behind = followed.target > followed.delivered >= 0
        if is_behind and not followed.is_delivering and followed.has_listeners():
            self.spawn(f"deliver {channel}", self.delivery.deliver(followed))

    def on_signal(self, channel: str, payload: Payload) -> None:
        """Send a signal to the peers of a channel, merged with others of the same interval."""
        followed = self.channels.get(channel)
        if followed is None:
            return
        kind = str(payload.get("type"))
        followed.pending_signals[kind] = merge(followed.pending_signals.get(kind), payload)
        followed.signal_count += 1
        if not followed.is_signal_scheduled:
            followed.is_signal_scheduled = True
            wait = followed.next_signal_at - monotonic()
            asyncio.get_running_loop().call_later(max(wait, 0), self._send_signals, followed)

    def on_presence(self, process: str, presence: Presence) -> None:
        """Store who is in a channel in another process."""
        self.presence.on_presence(process, presence)

    def on_messages_lost(self) -> None:
        """Poll the heads now, read the current signals, and report presence again."""
        self.presence_reports.send_heartbeat_soon()
        self._check_everything()

    def on_presence_request(self) -> None:
        """Report presence again, for a process that has just subscribed."""
        self.presence_reports.send_heartbeat_soon()

    def _check_everything(self) -> None:
        # Also called when another process has vanished: it may not have published what it wrote last.
        self._resend_signals = True
        self._poll_requested.set()

    def _send_signals(self, channel: Channel) -> None:
        channel.is_signal_scheduled = False
        channel.next_signal_at = monotonic() + self.limits.signal_every
        signals, channel.pending_signals = channel.pending_signals, {}
        name = channel.name.text
        frames = [
            protocol.text(protocol.signal(name, msgspec.json.encode(signal))) for signal in signals.values()
        ]
        for group in channel.groups.values():
            self.scheduler.enqueue(group, frames)

    def _on_delivered(self, channel: Channel, entries: Sequence[LogEntry]) -> None:
        types = {entry.event.get("type") for entry in entries}
        if channel.kind is not None and types & channel.kind.access_events:
            channel.access_changes += 1
            self.on_audience_changed(channel)
        if channel.kind is not None and types & channel.kind.attendance_events:
            self.presence_reports.record_attendance_again(channel.name.text)
        if channel.name.kind == MEMBER and types & self.access_events:
            channel.access_changed_at = monotonic()
            self.on_access_changed(list(channel.access_watchers))

    # Polling

    async def poll_heads(self) -> None:
        """Read the heads of all channels in one query and deliver those that moved; forget channels without listeners."""
        for name in [name for name, channel in self.channels.items() if not channel.has_listeners()]:
            del self.channels[name]
        before = {
            name: channel.delivered for name, channel in self.channels.items() if channel.delivered >= 0
        }
        async with self.db.read() as tx:
            heads = await event_log.read_heads(tx, list(before))
        self.polled_at = monotonic()
        for name, delivered in before.items():
            channel = self.channels.get(name)
            head = heads.get(name, 0)
            if channel is None:
                continue
            if head < delivered:
                log.warning("%s went back from %d to %d: the database was restored", name, delivered, head)
                channel.target = head
                self.delivery.reset(channel, head)
            elif head > channel.delivered and not channel.is_delivering:
                self.counts.healed += 1
                self.on_message(name, head)

    async def _poll_turn(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.poll_every):
                await self._poll_requested.wait()
        self._poll_requested.clear()
        self.scheduler.close_slow_peers(monotonic())
        try:
            await self.poll_heads()
            if self._resend_signals:
                self._resend_signals = False
                for channel in list(self.channels.values()):
                    await self.delivery.resend_signals(channel)
        except Unavailable as error:
            log.warning("the heads of the channels could not be read: %r", error)

    async def _presence_turn(self) -> None:
        await asyncio.sleep(self.limits.presence_every)
        await self.presence_reports.run_once()


def _decrement(counter: Counter[Any], key: Any) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def _ignore(_: object) -> None:
    """Do nothing: this hub serves no socket endpoint."""
