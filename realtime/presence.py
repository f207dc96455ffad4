"""Presence: how many different people are in a channel, over all processes. It is never stored."""

from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic

from msgspec import Struct

from core.actor import Actor
from realtime.bus import Bus, Presence

FORGOTTEN_AFTER = 30.0


class _LocalPresence(Struct):
    members: Counter[int]
    visitors: int = 0


class _RemotePresence(Struct, frozen=True):
    presence: Presence
    received_at: float


class PresenceTracker:
    """Who is in which channel: the people of this process, and those that the other processes have reported."""

    def __init__(
        self,
        bus: Bus,
        on_count_changed: Callable[[str, int], None],
        forgotten_after: float = FORGOTTEN_AFTER,
        on_process_vanished: Callable[[], None] = lambda: None,
    ) -> None:
        self.bus = bus
        self.on_count_changed = on_count_changed
        self.forgotten_after = forgotten_after
        # A process that vanished may not have published what it wrote last.
        self.on_process_vanished = on_process_vanished
        self._local: dict[str, _LocalPresence] = {}
        self._remote: dict[str, dict[str, _RemotePresence]] = {}
        self._reported: dict[str, int] = {}
        self._unpublished: set[str] = set()
        # Since they were last taken: members who came in this process, and channels that changed in any process.
        self._arrivals: dict[str, set[int]] = {}
        self._changes: set[str] = set()

    def join(self, channel: str, actor: Actor) -> None:
        """Count a socket that joined here; a member counts once, with any number of sockets."""
        local = self._local.setdefault(channel, _LocalPresence(Counter()))
        if actor.id is None:
            local.visitors += 1
        else:
            local.members[int(actor.id)] += 1
            if local.members[int(actor.id)] == 1:
                self._arrivals.setdefault(channel, set()).add(int(actor.id))
        self._unpublished.add(channel)

    def leave(self, channel: str, actor: Actor) -> None:
        """Count a socket that left here."""
        local = self._local.get(channel)
        if local is None:
            return
        if actor.id is None:
            local.visitors -= 1
        else:
            local.members[int(actor.id)] -= 1
            if local.members[int(actor.id)] <= 0:
                del local.members[int(actor.id)]
        self._unpublished.add(channel)

    def on_presence(self, process: str, presence: Presence) -> None:
        """Store who is in a channel in another process; forget that process if nobody is."""
        remote = self._remote.setdefault(presence.channel, {})
        if presence.members or presence.visitors:
            remote[process] = _RemotePresence(presence, monotonic())
        else:
            remote.pop(process, None)
        self._recount((presence.channel,))

    def count(self, channel: str) -> int:
        """Return how many people are in a channel: members once, visitors by socket."""
        local = self._local.get(channel)
        remote = [other.presence for other in self._remote.get(channel, {}).values()]
        members = set(local.members) if local else set()
        members.update(*(other.members for other in remote))
        return len(members) + (local.visitors if local else 0) + sum(other.visitors for other in remote)

    def members(self, channel: str) -> frozenset[int]:
        """Return the ids of the members in a channel, over all processes."""
        local = self._local.get(channel)
        remote = (other.presence.members for other in self._remote.get(channel, {}).values())
        return frozenset(local.members if local else ()).union(*remote)

    def is_local(self, channel: str) -> bool:
        """Return whether anybody is in the channel in this process."""
        return channel in self._local

    def local_channels(self) -> list[str]:
        """Return the channels in which anybody is in this process."""
        return list(self._local)

    def mark_arrived(self, channel: str, members: Iterable[int] | None = None) -> None:
        """Treat these members, or all of the channel in this process, as if they had just come."""
        if members is None:
            members = local.members if (local := self._local.get(channel)) is not None else ()
        self._arrivals.setdefault(channel, set()).update(members)

    def take_arrivals(self) -> dict[str, set[int]]:
        """Return the members who have come since the last call, by channel."""
        arrivals, self._arrivals = self._arrivals, {}
        return arrivals

    def take_changes(self) -> set[str]:
        """Return the channels that somebody has joined or left, in any process, since the last call."""
        changes, self._changes = self._changes, set()
        return changes

    def publish_changes(self) -> None:
        """Tell the other processes what has changed here since the last call."""
        unpublished, self._unpublished = self._unpublished, set()
        self._publish(unpublished)
        self._recount(unpublished)

    def publish_heartbeat(self) -> None:
        """Publish all presence of this process again, and forget the processes that have not done so in time."""
        self._publish(self._local)
        oldest, has_vanished = monotonic() - self.forgotten_after, False
        for channel in list(self._remote):
            remote = self._remote[channel]
            for process in [name for name, other in remote.items() if other.received_at < oldest]:
                del remote[process]
                has_vanished = True
            self._recount((channel,))
        if has_vanished:
            self.on_process_vanished()

    def _publish(self, channels: Iterable[str]) -> None:
        for channel in list(channels):
            local = self._local.get(channel)
            if local is None:
                continue
            self.bus.publish_presence(Presence(channel, tuple(local.members), local.visitors))
            if not local.members and not local.visitors:
                del self._local[channel]

    def _recount(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self._changes.add(channel)
            count = self.count(channel)
            if count != self._reported.get(channel, 0):
                self.on_count_changed(channel, count)
            if count:
                self._reported[channel] = count
            else:
                self._reported.pop(channel, None)
                if not self._remote.get(channel):
                    self._remote.pop(channel, None)
