"""Presence reports: capabilities learn who has come to their channels, and say what may be shown of those who are
there.

The cost does not depend on the number of sockets: all arrivals since the last turn are one write, a channel whose
people have changed is described at most once in `presence_report_every` seconds, and where nobody comes or goes there
is no query.
"""

import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from core import clock
from core.errors import Unavailable
from realtime.bus import Bus, Payload
from realtime.channels import ChannelKind
from realtime.limits import Limits
from realtime.presence import PresenceTracker
from storage.database import Database

log = logging.getLogger(__name__)


class PresenceReports:
    """Reports arrivals to the kind of each channel, and sends the peers what the kind says of those who are there."""

    def __init__(
        self,
        db: Database,
        bus: Bus,
        kinds: Mapping[str, ChannelKind],
        limits: Limits,
        send_signal: Callable[[str, Payload], None],
        on_process_vanished: Callable[[], None],
    ) -> None:
        self.db = db
        self.kinds = kinds
        self.limits = limits
        self.send_signal = send_signal
        self.presence = PresenceTracker(
            bus, self._send_count, limits.process_forgotten_after, on_process_vanished
        )
        self._heartbeat_at = monotonic()
        self._day = clock.now().date()
        # The members whose attendance was recorded today, by channel.
        self._recorded: dict[str, set[int]] = {}
        # The last description of the people in a channel, the members it is about, and when it was read.
        self._descriptions: dict[str, Mapping[str, Any]] = {}
        self._described_members: dict[str, frozenset[int]] = {}
        self._described_at: dict[str, float] = {}
        self._changed_channels: set[str] = set()

    def current(self, channel: str) -> dict[str, Any]:
        """Return the presence signal that is valid now."""
        description = self._descriptions.get(channel, {})
        return {"type": "presence", "here": self.presence.count(channel), **description}

    def record_attendance_again(self, channel: str) -> None:
        """Record the attendance of all who are in the channel, because something new has begun there."""
        self._recorded.pop(channel, None)
        self.presence.mark_arrived(channel)

    def send_heartbeat_soon(self) -> None:
        """Publish all presence of this process again at the next turn."""
        self._heartbeat_at = 0.0

    async def run_once(self) -> None:
        """Publish changes and, if it is time, the heartbeat; record attendance; describe channels that have changed."""
        self.presence.publish_changes()
        if monotonic() - self._heartbeat_at >= self.limits.heartbeat_every:
            self._heartbeat_at = monotonic()
            self.presence.publish_heartbeat()
            self._begin_new_day()
        try:
            await self._record_attendance()
            await self._describe_changed()
        except Unavailable as error:
            log.warning("presence is recorded later: %r", error)

    def _send_count(self, channel: str, count: int) -> None:
        self.send_signal(channel, {"type": "presence", "here": count})

    def _begin_new_day(self) -> None:
        # Attendance is recorded by day: members who are still there at midnight have also come on the new day.
        if clock.now().date() != self._day:
            self._day = clock.now().date()
            for channel in self.presence.local_channels():
                self.record_attendance_again(channel)
            self._recorded.clear()

    async def _record_attendance(self) -> None:
        arrivals: dict[str, dict[str, set[int]]] = {}
        for channel, members in self.presence.take_arrivals().items():
            new = members - self._recorded.get(channel, set())
            if new and (kind := self._kind(channel)) is not None and kind.record_attendance is not None:
                arrivals.setdefault(channel.partition(":")[0], {})[channel] = new
        for prefix, channels in arrivals.items():
            record = self.kinds[prefix].record_attendance
            assert record is not None
            try:
                await record(
                    self.db, {_id_of(channel): sorted(members) for channel, members in channels.items()}
                )
            except Unavailable:
                for channel, members in channels.items():
                    self.presence.mark_arrived(channel, members)
                raise
            for channel, members in channels.items():
                self._recorded.setdefault(channel, set()).update(members)

    async def _describe_changed(self) -> None:
        self._changed_channels |= self.presence.take_changes()
        due = monotonic() - self.limits.presence_report_every
        for channel in [name for name in self._changed_channels if self._described_at.get(name, 0.0) <= due]:
            kind, members = self._kind(channel), self.presence.members(channel)
            if kind is None or kind.describe_presence is None or not self.presence.is_local(channel):
                self._forget(channel)
                continue
            if members != self._described_members.get(channel):
                async with self.db.read() as tx:
                    description = await kind.describe_presence(tx, _id_of(channel), sorted(members))
                self._described_members[channel], self._described_at[channel] = members, monotonic()
                if description != self._descriptions.get(channel):
                    self._descriptions[channel] = description
                    self.send_signal(channel, self.current(channel))
            self._changed_channels.discard(channel)

    def _forget(self, channel: str) -> None:
        self._changed_channels.discard(channel)
        for stored in (self._descriptions, self._described_members, self._described_at):
            stored.pop(channel, None)

    def _kind(self, channel: str) -> ChannelKind | None:
        return self.kinds.get(channel.partition(":")[0])


def _id_of(channel: str) -> int:
    return int(channel.partition(":")[2] or 0)
