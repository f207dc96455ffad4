"""The hub: the sockets of this process, the channels they listen to, and what the bell says of them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec

from core.actor import Actor
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
from storage import event_log as stream
from storage.database import Database
from storage.event_log import LogEntry
from storage.failures import UNAVAILABLE_ERRORS

log = logging.getLogger(__name__)

# Events on member:<id> after which the access of that member's sockets is looked at again.
ACCESS_EVENTS = frozenset({"access_changed", "session_ended", "sessions_ended"})


class Hub:
    """Delivers what happens to the sockets of this process."""

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
        self.delivery = Delivery(db, self.scheduler, self.counts, self._seen)
        self.presence_reports = PresenceReports(db, bus, kinds, self.limits, self.on_signal, self._look_again)
        self.attendance = self.presence_reports.attendance
        self.loops = Loops()
        # Whom to tell that these peers' access may have changed; the socket endpoint takes this place.
        self.access_changed: Callable[[Sequence[Peer]], None] = _nobody
        # Whom to tell that all who listen to this channel must be asked again.
        self.entry_changed: Callable[[Channel], None] = _nobody
        self._members: Counter[int] = Counter()
        self._addresses: Counter[str] = Counter()
        self._called = asyncio.Event()
        self._refresh_due = False
        self._patrolled_at = monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self.loops.add("hub: patrol", self._patrol_turn)
        self.loops.add("hub: presence", self._presence_turn)

    async def start(self) -> None:
        """Begin to patrol; the bell is started by whoever made it, with this hub as its listener."""
        self._patrolled_at = monotonic()
        self.loops.start()

    def is_healthy(self) -> bool:
        """Whether all loops live and a patrol came through within three turns."""
        return self.loops.are_alive() and monotonic() - self._patrolled_at < 3 * self.limits.patrol_every

    async def drain(self, within: float = 3.0) -> None:
        """Send every socket away with 1012, a few at a time; they come back to another process, or to the next one."""
        self.is_draining = True
        waiting = list(self.peers)
        batch = max(1, len(waiting) // 20)
        while waiting:
            for peer in waiting[:batch]:
                peer.shut(Close.RESTART)
            del waiting[:batch]
            if waiting:
                await asyncio.sleep(within / 20)

    async def close(self) -> None:
        """Shut what is still open and stop."""
        await self.drain(0)
        await self.loops.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.scheduler.stop()

    # Sockets

    def admit(self, line: Transport, actor: Actor, address: str) -> Peer:
        """Take in an open socket; one too many of its member or address is shut at once."""
        peer = Peer(line, actor, address)
        self.peers.add(peer)
        self.counts.opened += 1
        self._addresses[address] += 1
        is_too_many = bool(address) and self._addresses[address] > self.limits.per_address
        if actor.id is not None:
            self._members[int(actor.id)] += 1
            is_too_many |= self._members[int(actor.id)] > self.limits.per_member
        if is_too_many:
            self.counts.limit_closes += 1
            peer.shut(Close.LIMIT)
        if self.is_draining:
            peer.shut(Close.RESTART)
        return peer

    def gone(self, peer: Peer) -> None:
        """Forget a socket, wherever it stands."""
        peer.is_open = False
        if peer not in self.peers:
            return
        self.peers.discard(peer)
        self.scheduler.clogged.discard(peer)
        self.counts.closed += 1
        for name in list(peer.circles):
            self.leave(peer, name)
        if peer.watching is not None:
            peer.watching.watchers.discard(peer)
        _lower(self._addresses, peer.address)
        if peer.actor.id is not None:
            _lower(self._members, int(peer.actor.id))

    def channel(self, name: ChannelName) -> Channel:
        """The channel of that name, followed from the moment somebody opens it."""
        found = self.channels.get(name.text)
        if found is None:
            found = self.channels[name.text] = Channel(name, self.kinds.get(name.kind))
        return found

    def enter(self, peer: Peer, channel: Channel, audience: Audience) -> None:
        """Let a peer hear a channel from where it stands now. The caller has told it everything before."""
        channel.enter(peer, audience)
        self.counts.joins += 1
        if channel.kind is not None and channel.kind.has_presence:
            name = channel.name.text
            self.attendance.enter(name, peer.actor)
            peer.tell(protocol.signal(name, msgspec.json.encode(self.presence_reports.now(name))))

    def leave(self, peer: Peer, name: str) -> bool:
        """Let a peer hear a channel no more; whether it did."""
        channel = self.channels.get(name)
        if channel is None or not channel.leave(peer):
            return False
        if channel.kind is not None and channel.kind.has_presence:
            self.attendance.leave(name, peer.actor)
        return True

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run something to its end beside everything else; a failure is logged and counted."""
        task = asyncio.create_task(self._watched(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            self.counts.failures += 1
            log.exception("%s failed", name)

    # The bell

    def on_message(self, channel: str, seq: int) -> None:
        """Deliver a channel up to this number, if anybody listens to it here."""
        self.counts.rings += 1
        followed = self.channels.get(channel)
        if followed is None:
            return
        followed.wanted = max(followed.wanted, seq)
        if followed.wanted > followed.delivered >= 0 and not followed.is_busy and followed.is_heard():
            self.spawn(f"deliver {channel}", self.delivery.deliver(followed))

    def on_signal(self, channel: str, payload: Payload) -> None:
        """Show a passing fact to a channel, with others of the same half second."""
        followed = self.channels.get(channel)
        if followed is None:
            return
        kind = str(payload.get("type"))
        followed.signals[kind] = merge(followed.signals.get(kind), payload)
        followed.signalled += 1
        if not followed.is_signalling:
            followed.is_signalling = True
            wait = followed.signal_due - monotonic()
            asyncio.get_running_loop().call_later(max(wait, 0), self._signal, followed)

    def on_presence(self, process: str, presence: Presence) -> None:
        """Another process says who stands in a channel there."""
        self.attendance.on_presence(process, presence)

    def on_messages_lost(self) -> None:
        """Something may have been missed: patrol now, and ask for the current signals."""
        self.presence_reports.beat_soon()
        self._look_again()

    def _look_again(self) -> None:
        # Also where a process has vanished: what it wrote last it may not have told the others any more.
        self._refresh_due = True
        self._called.set()

    def on_presence_request(self) -> None:
        """Another process has begun to hear: announce again who stands in which channel here."""
        self.presence_reports.beat_soon()

    def _signal(self, channel: Channel) -> None:
        channel.is_signalling = False
        channel.signal_due = monotonic() + self.limits.signal_every
        signals, channel.signals = channel.signals, {}
        name = channel.name.text
        frames = [
            protocol.text(protocol.signal(name, msgspec.json.encode(signal))) for signal in signals.values()
        ]
        for circle in channel.circles.values():
            self.scheduler.push(circle, frames)

    def _seen(self, channel: Channel, entries: Sequence[LogEntry]) -> None:
        types = {entry.event.get("type") for entry in entries}
        if channel.kind is not None and types & channel.kind.closing:
            channel.closings += 1
            self.entry_changed(channel)
        if channel.kind is not None and types & channel.kind.roll_calls:
            self.presence_reports.call_roll(channel.name.text)
        is_own = channel.name.kind == MEMBER
        if is_own and types & self.access_events:
            channel.shaken_at = monotonic()
            self.access_changed(list(channel.watchers))

    # The patrol

    async def patrol(self) -> None:
        """Compare what was delivered here with the heads of all channels, in one query, and deliver what moved."""
        for name in [name for name, channel in self.channels.items() if not channel.is_heard()]:
            del self.channels[name]
        before = {
            name: channel.delivered for name, channel in self.channels.items() if channel.delivered >= 0
        }
        async with self.db.read() as tx:
            heads = await stream.read_heads(tx, list(before))
        self._patrolled_at = monotonic()
        for name, delivered in before.items():
            channel = self.channels.get(name)
            head = heads.get(name, 0)
            if channel is None:
                continue
            if head < delivered:
                log.warning(
                    "%s stood at %d and is at %d now: the database was restored", name, delivered, head
                )
                channel.wanted = head
                self.delivery.reset(channel, head)
            elif head > channel.delivered and not channel.is_busy:
                self.counts.healed += 1
                self.on_message(name, head)

    async def _patrol_turn(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.patrol_every):
                await self._called.wait()
        self._called.clear()
        self.scheduler.shut_slow(monotonic())
        try:
            await self.patrol()
            if self._refresh_due:
                self._refresh_due = False
                for channel in list(self.channels.values()):
                    await self.delivery.refresh(channel)
        except UNAVAILABLE_ERRORS as error:
            log.warning("the patrol could not look at the heads: %r", error)

    async def _presence_turn(self) -> None:
        await asyncio.sleep(self.limits.presence_settles_in)
        await self.presence_reports.turn()


def _lower(counter: Counter[Any], key: Any) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def _nobody(_: object) -> None:
    """No access to look at."""
