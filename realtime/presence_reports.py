"""The census: what the rooms of the house are told of who is present, and what they let be told of it.

Nothing of it depends on how many sockets there are: whoever is new since the last time goes into one write, a room whose
people have changed is looked at once in two seconds, and where nobody comes or goes nothing is asked.
"""

import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from core import clock
from realtime.bus import Bus, Payload
from realtime.channels import ChannelKind
from realtime.limits import Limits
from realtime.presence import Attendance
from storage.database import Database
from storage.failures import UNAVAILABLE_ERRORS

log = logging.getLogger(__name__)


class PresenceReports:
    """Tells each kind of channel who has come, and its listeners what it says of those who are here."""

    def __init__(
        self,
        db: Database,
        bus: Bus,
        kinds: Mapping[str, ChannelKind],
        limits: Limits,
        tell: Callable[[str, Payload], None],
        vanished: Callable[[], None],
    ) -> None:
        self.db = db
        self.kinds = kinds
        self.limits = limits
        self.tell = tell
        self.attendance = Attendance(bus, self._changed, limits.presence_forgotten_after, vanished)
        self._beaten_at = monotonic()
        self._day = clock.now().date()
        # Whom each channel's kind was told of today.
        self._noted: dict[str, set[int]] = {}
        # What was last said of the people in a channel, of whom, and when.
        self._said: dict[str, Mapping[str, Any]] = {}
        self._of: dict[str, frozenset[int]] = {}
        self._said_at: dict[str, float] = {}
        self._changed_in: set[str] = set()

    def now(self, channel: str) -> dict[str, Any]:
        """The signal that holds now."""
        return {"type": "presence", "here": self.attendance.here(channel), **self._said.get(channel, {})}

    def call_roll(self, channel: str) -> None:
        """Something has begun there: all who are present count as having come."""
        self._noted.pop(channel, None)
        self.attendance.arrive_again(channel)

    def beat_soon(self) -> None:
        """Announce everything again at the next turn."""
        self._beaten_at = 0.0

    async def turn(self) -> None:
        """One round: settle what has changed, say that everybody is still here, note who has come, look who is here."""
        self.attendance.settle()
        if monotonic() - self._beaten_at >= self.limits.presence_every:
            self._beaten_at = monotonic()
            self.attendance.beat()
            self._turn_page()
        try:
            await self._note()
            await self._describe()
        except UNAVAILABLE_ERRORS as error:
            log.warning("who is present is noted later: %r", error)

    def _changed(self, channel: str, here: int) -> None:
        self.tell(channel, {"type": "presence", "here": here})

    def _turn_page(self) -> None:
        # Whoever is still there on another day has come on that day too.
        if clock.now().date() != self._day:
            self._day = clock.now().date()
            for channel in self.attendance.channels():
                self.call_roll(channel)
            self._noted.clear()

    async def _note(self) -> None:
        come: dict[str, dict[str, set[int]]] = {}
        for channel, members in self.attendance.take_arrivals().items():
            new = members - self._noted.get(channel, set())
            if new and (kind := self._kind(channel)) is not None and kind.attended is not None:
                come.setdefault(channel.partition(":")[0], {})[channel] = new
        for prefix, rooms in come.items():
            attended = self.kinds[prefix].attended
            assert attended is not None
            try:
                await attended(
                    self.db, {_number(channel): sorted(members) for channel, members in rooms.items()}
                )
            except UNAVAILABLE_ERRORS:
                for channel, members in rooms.items():
                    self.attendance.arrive_again(channel, members)
                raise
            for channel, members in rooms.items():
                self._noted.setdefault(channel, set()).update(members)

    async def _describe(self) -> None:
        self._changed_in |= self.attendance.take_changes()
        due = monotonic() - self.limits.census_every
        for channel in [name for name in self._changed_in if self._said_at.get(name, 0.0) <= due]:
            kind, members = self._kind(channel), self.attendance.members(channel)
            if kind is None or kind.present is None or not self.attendance.is_own(channel):
                self._forget(channel)
                continue
            if members != self._of.get(channel):
                async with self.db.read() as tx:
                    said = await kind.present(tx, _number(channel), sorted(members))
                self._of[channel], self._said_at[channel] = members, monotonic()
                if said != self._said.get(channel):
                    self._said[channel] = said
                    self.tell(channel, self.now(channel))
            self._changed_in.discard(channel)

    def _forget(self, channel: str) -> None:
        self._changed_in.discard(channel)
        for kept in (self._said, self._of, self._said_at):
            kept.pop(channel, None)

    def _kind(self, channel: str) -> ChannelKind | None:
        return self.kinds.get(channel.partition(":")[0])


def _number(channel: str) -> int:
    return int(channel.partition(":")[2] or 0)
