"""Delivery: reading a channel's log once, showing it once per circle, and what a newcomer has missed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from realtime import protocol
from realtime.channels import Audience
from realtime.counts import Counts
from realtime.peers import AudienceGroup, Channel
from realtime.send_scheduler import SendScheduler
from storage import event_log as stream
from storage.database import Database, Reader
from storage.event_log import LogEntry
from storage.failures import UNAVAILABLE_ERRORS

log = logging.getLogger(__name__)

MOST_MISSED = 300
MOST_MISSED_BYTES = 128 * 1024
TRIES = 8


class Missed(Struct, frozen=True):
    """What a newcomer is told first: event frames after its number, or None where only the snapshot can tell."""

    events: list[bytes] | None
    signals: Sequence[bytes]


class Delivery:
    """Takes channels from the number they have delivered to the number they have reached."""

    def __init__(
        self,
        db: Database,
        scheduler: SendScheduler,
        counts: Counts,
        seen: Callable[[Channel, Sequence[LogEntry]], None],
    ) -> None:
        self.db = db
        self.scheduler = scheduler
        self.counts = counts
        self.seen = seen

    async def open(self, tx: Reader, channel: Channel) -> None:
        """Begin to follow a channel where it stands now."""
        if channel.delivered < 0:
            head = await stream.read_head(tx, channel.name.text)
            if channel.delivered < 0:
                channel.delivered = head

    async def deliver(self, channel: Channel) -> None:
        """Deliver until nothing is left; one at a time for each channel, so that order is the log's order."""
        if channel.is_busy or channel.delivered < 0:
            return
        channel.is_busy = True
        self.scheduler.expected += 1
        try:
            while channel.wanted > channel.delivered and channel.is_heard():
                async with self.db.read() as tx:
                    await self._advance(tx, channel)
        except UNAVAILABLE_ERRORS as error:
            log.warning("%s is delivered later: %r", channel.name.text, error)
        finally:
            channel.is_busy = False
            self.scheduler.expected -= 1

    async def catch_up(self, channel: Channel, after: int) -> bool:
        """Deliver at least up to a number that somebody says to have seen elsewhere; False if it does not exist."""
        async with self.db.read() as tx:
            head = await stream.read_head(tx, channel.name.text)
        if after > head:
            return False
        channel.wanted = max(channel.wanted, head)
        while channel.delivered < after:
            await self.deliver(channel)
            await asyncio.sleep(0.005)
        return True

    async def refresh(self, channel: Channel) -> None:
        """Tell everyone in the channel the signals that hold now; some may have been lost."""
        if channel.kind is None or channel.kind.signals is None:
            return
        for circle in list(channel.circles.values()):
            async with self.db.read() as tx:
                shown = await self._signals(tx, channel, circle.audience)
            channel.signalled += 1
            self.scheduler.push(
                circle, [protocol.text(protocol.signal(channel.name.text, one)) for one in shown]
            )

    def reset(self, channel: Channel, seq: int) -> None:
        """Send everyone in the channel back to the snapshot, and go on from this number."""
        channel.delivered = seq
        for circle in channel.circles.values():
            self.scheduler.push(circle, [self.reset_frame(channel)])
            self.counts.resets += len(circle.peers)

    def reset_frame(self, channel: Channel) -> bytes:
        """The frame that sends a peer back to the snapshot."""
        return protocol.text(protocol.reset(channel.name.text, self.db.epoch, channel.delivered))

    async def _advance(self, tx: Reader, channel: Channel) -> None:
        start = channel.delivered
        entries = await stream.read_after(tx, channel.name.text, start, MOST_MISSED)
        if not entries:
            # The log does not have what was positions: restored, or positions by a stranger. The patrol looks at the head.
            channel.wanted = start
            return
        shown: dict[Audience, list[bytes]] | None = {}
        if not _continues(start, entries):
            shown = None
        while shown is not None and (circle := _unshown(channel, shown)) is not None:
            try:
                shown[circle.audience] = await self._show(tx, channel, circle.audience, entries)
            except UNAVAILABLE_ERRORS:
                raise
            except Exception:
                self.counts.failures += 1
                log.exception(
                    "%s cannot be shown after %d; its peers are sent to the snapshot",
                    channel.name.text,
                    start,
                )
                shown = None
        # No await from here on: a peer that enters is told by somebody else what it missed until now.
        if shown is None:
            self.reset(channel, entries[-1].seq)
        else:
            channel.delivered = entries[-1].seq
            for circle in channel.circles.values():
                self.scheduler.push(circle, [protocol.text(frame) for frame in shown[circle.audience]])
        self.seen(channel, entries)

    async def missed(self, tx: Reader, channel: Channel, audience: Audience, after: int | None) -> Missed:
        """What a newcomer must be told so that it stands where the channel stands.

        Time passes while it is read, and the channel may move meanwhile: then the rest is read, until nothing moved
        between the last look and the return. The caller must not await before the newcomer has entered.
        """
        position = channel.delivered if after is None else after
        events: list[bytes] | None = []
        signals: Sequence[bytes] = ()
        signalled = -1
        for _ in range(TRIES):
            if signalled != channel.signalled:
                signalled = channel.signalled
                signals = await self._signals(tx, channel, audience)
            if after is None:
                position = channel.delivered
            elif events is not None and position < channel.delivered:
                events, position = await self._read_missed(tx, channel, audience, events, position)
            if position == channel.delivered and signalled == channel.signalled:
                break
        if position != channel.delivered:
            return Missed(None, signals)
        return Missed(events, signals)

    async def _read_missed(
        self, tx: Reader, channel: Channel, audience: Audience, events: list[bytes], after: int
    ) -> tuple[list[bytes] | None, int]:
        upto = channel.delivered
        if upto - after + len(events) > MOST_MISSED:
            return None, upto
        entries = await stream.read_after(tx, channel.name.text, after, upto - after)
        if not _continues(after, entries) or entries[-1].seq != upto:
            return None, upto
        try:
            more = events + await self._show(tx, channel, audience, entries)
        except UNAVAILABLE_ERRORS:
            raise
        except Exception:
            self.counts.failures += 1
            log.exception("%s cannot be shown after %d", channel.name.text, after)
            return None, upto
        return (more if sum(map(len, more)) <= MOST_MISSED_BYTES else None), upto

    async def _show(
        self, tx: Reader, channel: Channel, audience: Audience, entries: Sequence[LogEntry]
    ) -> list[bytes]:
        if channel.kind is None:
            return []
        shown = await channel.kind.show(tx, audience, entries)
        name = channel.name.text
        return [
            protocol.event(name, entry.seq, entry.at, seen)
            for entry, seen in zip(entries, shown, strict=True)
        ]

    async def _signals(self, tx: Reader, channel: Channel, audience: Audience) -> Sequence[bytes]:
        if channel.kind is None or channel.kind.signals is None:
            return ()
        return await channel.kind.signals(tx, audience, channel.name.id)


def _continues(after: int, entries: Sequence[LogEntry]) -> bool:
    return bool(entries) and entries[0].seq == after + 1 and entries[-1].seq == after + len(entries)


def _unshown(channel: Channel, shown: dict[Audience, Any]) -> AudienceGroup | None:
    return next((circle for audience, circle in channel.circles.items() if audience not in shown), None)
