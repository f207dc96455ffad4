"""Presence: how many distinct people stand in a channel, over all processes. Never durable."""

from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic

from msgspec import Struct

from core.actor import Actor
from realtime.bus import Bus, Presence

SETTLES_IN = 0.5
HEARTBEAT = 10.0
FORGOTTEN_AFTER = 30.0


class _Own(Struct):
    members: Counter[int]
    visitors: int = 0


class _Other(Struct, frozen=True):
    presence: Presence
    heard_at: float


class Attendance:
    """Who is where: this process's own people, and what the other processes said of theirs."""

    def __init__(
        self,
        bus: Bus,
        changed: Callable[[str, int], None],
        forgotten_after: float = FORGOTTEN_AFTER,
        vanished: Callable[[], None] = lambda: None,
    ) -> None:
        self.bus = bus
        self.changed = changed
        self.forgotten_after = forgotten_after
        # Whom to tell that another process was forgotten, which may have died with something on its lips.
        self.vanished = vanished
        self._own: dict[str, _Own] = {}
        self._others: dict[str, dict[str, _Other]] = {}
        self._told: dict[str, int] = {}
        self._moved: set[str] = set()
        # Of this process, since somebody last asked: who has come, and where anything has changed, also elsewhere.
        self._arrived: dict[str, set[int]] = {}
        self._changes: set[str] = set()

    def enter(self, channel: str, actor: Actor) -> None:
        """Somebody's socket joined here; a member counts once, however many sockets there are."""
        own = self._own.setdefault(channel, _Own(Counter()))
        if actor.id is None:
            own.visitors += 1
        else:
            own.members[int(actor.id)] += 1
            if own.members[int(actor.id)] == 1:
                self._arrived.setdefault(channel, set()).add(int(actor.id))
        self._moved.add(channel)

    def leave(self, channel: str, actor: Actor) -> None:
        """Somebody's socket left here."""
        own = self._own.get(channel)
        if own is None:
            return
        if actor.id is None:
            own.visitors -= 1
        else:
            own.members[int(actor.id)] -= 1
            if own.members[int(actor.id)] <= 0:
                del own.members[int(actor.id)]
        self._moved.add(channel)

    def on_presence(self, process: str, presence: Presence) -> None:
        """Another process says who stands in a channel there; nobody means that it can be forgotten."""
        others = self._others.setdefault(presence.channel, {})
        if presence.members or presence.visitors:
            others[process] = _Other(presence, monotonic())
        else:
            others.pop(process, None)
        self._recount((presence.channel,))

    def here(self, channel: str) -> int:
        """How many distinct people are there: members once, visitors by socket."""
        own = self._own.get(channel)
        others = [other.presence for other in self._others.get(channel, {}).values()]
        members = set(own.members) if own else set()
        members.update(*(other.members for other in others))
        return len(members) + (own.visitors if own else 0) + sum(other.visitors for other in others)

    def members(self, channel: str) -> frozenset[int]:
        """The members who are there, over all processes."""
        own = self._own.get(channel)
        others = (other.presence.members for other in self._others.get(channel, {}).values())
        return frozenset(own.members if own else ()).union(*others)

    def is_own(self, channel: str) -> bool:
        """Whether anybody stands there on this process."""
        return channel in self._own

    def channels(self) -> list[str]:
        """Where somebody stands on this process."""
        return list(self._own)

    def arrive_again(self, channel: str, members: Iterable[int] | None = None) -> None:
        """Have these members count as having just come, or all who stand there on this process."""
        if members is None:
            members = own.members if (own := self._own.get(channel)) is not None else ()
        self._arrived.setdefault(channel, set()).update(members)

    def take_arrivals(self) -> dict[str, set[int]]:
        """The members who have come since this was last asked, by channel."""
        arrived, self._arrived = self._arrived, {}
        return arrived

    def take_changes(self) -> set[str]:
        """The channels where somebody has come or gone, here or elsewhere, since this was last asked."""
        changes, self._changes = self._changes, set()
        return changes

    def settle(self) -> None:
        """Announce what has changed here since the last time."""
        moved, self._moved = self._moved, set()
        self._announce(moved)
        self._recount(moved)

    def beat(self) -> None:
        """Announce everything that is not empty again, and forget the processes that have not done so."""
        self._announce(self._own)
        long_ago, has_vanished = monotonic() - self.forgotten_after, False
        for channel in list(self._others):
            others = self._others[channel]
            for process in [name for name, other in others.items() if other.heard_at < long_ago]:
                del others[process]
                has_vanished = True
            self._recount((channel,))
        if has_vanished:
            self.vanished()

    def _announce(self, channels: Iterable[str]) -> None:
        for channel in list(channels):
            own = self._own.get(channel)
            if own is None:
                continue
            self.bus.publish_presence(Presence(channel, tuple(own.members), own.visitors))
            if not own.members and not own.visitors:
                del self._own[channel]

    def _recount(self, channels: Iterable[str]) -> None:
        for channel in channels:
            self._changes.add(channel)
            here = self.here(channel)
            if here != self._told.get(channel, 0):
                self.changed(channel, here)
            if here:
                self._told[channel] = here
            else:
                self._told.pop(channel, None)
                if not self._others.get(channel):
                    self._others.pop(channel, None)
