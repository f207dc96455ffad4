"""Delivery: reads the log of a channel once, shows the events once per audience, and catches up peers that join."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from core.errors import Unavailable
from realtime import protocol
from realtime.channels import Audience
from realtime.counts import Counts
from realtime.peers import AudienceGroup, Channel
from realtime.send_scheduler import SendScheduler
from storage import event_log
from storage.database import Database, Reader
from storage.event_log import LogEntry
from storage.failures import is_unavailable

log = logging.getLogger(__name__)

MAX_MISSED_EVENTS = 300
MAX_MISSED_BYTES = 128 * 1024
CATCH_UP_ATTEMPTS = 8


class MissedFrames(Struct, frozen=True):
    """What a peer that joins is sent first: the event frames after its position, or None if it must read the snapshot."""

    events: list[bytes] | None
    signals: Sequence[bytes]


class Delivery:
    """Takes channels from the position that was delivered to the position that they have reached."""

    def __init__(
        self,
        db: Database,
        scheduler: SendScheduler,
        counts: Counts,
        on_delivered: Callable[[Channel, Sequence[LogEntry]], None],
    ) -> None:
        self.db = db
        self.scheduler = scheduler
        self.counts = counts
        self.on_delivered = on_delivered

    async def open(self, tx: Reader, channel: Channel) -> None:
        """Begin to follow a channel at its current head."""
        if channel.delivered < 0:
            head = await event_log.read_head(tx, channel.name.text)
            if channel.delivered < 0:
                channel.delivered = head

    async def deliver(self, channel: Channel) -> None:
        """Deliver until nothing is left; one run at a time for each channel, so that events keep the order of the log."""
        if channel.is_delivering or channel.delivered < 0:
            return
        channel.is_delivering = True
        self.scheduler.reading += 1
        try:
            while channel.target > channel.delivered and channel.has_listeners():
                async with self.db.read() as tx:
                    await self._advance(tx, channel)
        except Unavailable as error:
            log.warning("events of %s are delivered later: %r", channel.name.text, error)
        finally:
            channel.is_delivering = False
            self.scheduler.reading -= 1

    async def catch_up(self, channel: Channel, after: int) -> bool:
        """Deliver at least up to a position that a client has seen in another process; return False if it does not
        exist."""
        async with self.db.read() as tx:
            head = await event_log.read_head(tx, channel.name.text)
        if after > head:
            return False
        channel.target = max(channel.target, head)
        while channel.delivered < after:
            await self.deliver(channel)
            await asyncio.sleep(0.005)
        return True

    async def resend_signals(self, channel: Channel) -> None:
        """Send every peer of the channel the signals that are valid now, as some may have been lost."""
        if channel.kind is None or channel.kind.signals is None:
            return
        for group in list(channel.groups.values()):
            async with self.db.read() as tx:
                shown = await self._read_signals(tx, channel, group.audience)
            channel.signal_count += 1
            self.scheduler.enqueue(
                group, [protocol.text(protocol.signal(channel.name.text, signal)) for signal in shown]
            )

    def reset(self, channel: Channel, seq: int) -> None:
        """Tell every peer of the channel to read the snapshot again, and continue from this position."""
        channel.delivered = seq
        for group in channel.groups.values():
            self.scheduler.enqueue(group, [self.reset_frame(channel)])
            self.counts.resets += len(group.peers)

    def reset_frame(self, channel: Channel) -> bytes:
        """Return the frame that tells a peer to read the snapshot again."""
        return protocol.text(protocol.reset(channel.name.text, self.db.epoch, channel.delivered))

    async def _advance(self, tx: Reader, channel: Channel) -> None:
        start = channel.delivered
        entries = await event_log.read_after(tx, channel.name.text, start, MAX_MISSED_EVENTS)
        if not entries:
            await self._go_on_without_events(tx, channel)
            return
        shown: dict[Audience, list[bytes]] | None = {}
        if not _is_contiguous(start, entries):
            shown = None
        while shown is not None and (group := _next_unshown(channel, shown)) is not None:
            try:
                shown[group.audience] = await self._show(tx, channel, group.audience, entries)
            except Exception as error:
                if is_unavailable(error):
                    raise
                self.counts.failures += 1
                log.exception(
                    "events of %s after %d cannot be shown; its peers read the snapshot again",
                    channel.name.text,
                    start,
                )
                shown = None
        # No await from here on: a peer that joins now is caught up to the position before these entries.
        if shown is None:
            self.reset(channel, entries[-1].seq)
        else:
            channel.delivered = entries[-1].seq
            for group in channel.groups.values():
                self.scheduler.enqueue(group, [protocol.text(frame) for frame in shown[group.audience]])
        self.on_delivered(channel, entries)

    async def _go_on_without_events(self, tx: Reader, channel: Channel) -> None:
        head = await event_log.read_head(tx, channel.name.text)
        if head > channel.delivered:
            # The events were deleted from the log, as nobody listened while they were kept.
            self.reset(channel, head)
        else:
            # The log does not have the position of the message: the database was restored, or another installation
            # published on our Redis channel. Polling the heads finds out.
            channel.target = channel.delivered

    async def read_missed(
        self, tx: Reader, channel: Channel, audience: Audience, after: int | None
    ) -> MissedFrames:
        """Return what a peer must be sent so that it stands at the channel's position.

        The channel may move while this reads: then it reads the rest, until nothing has moved between the last check and
        the return. The caller must not await before the peer has joined.
        """
        position = channel.delivered if after is None else after
        events: list[bytes] | None = []
        signals: Sequence[bytes] = ()
        signal_count = -1
        for _ in range(CATCH_UP_ATTEMPTS):
            if signal_count != channel.signal_count:
                signal_count = channel.signal_count
                signals = await self._read_signals(tx, channel, audience)
            if after is None:
                position = channel.delivered
            elif events is not None and position < channel.delivered:
                events, position = await self._read_more(tx, channel, audience, events, position)
            if position == channel.delivered and signal_count == channel.signal_count:
                break
        if position != channel.delivered:
            return MissedFrames(None, signals)
        return MissedFrames(events, signals)

    async def _read_more(
        self, tx: Reader, channel: Channel, audience: Audience, events: list[bytes], after: int
    ) -> tuple[list[bytes] | None, int]:
        upto = channel.delivered
        if upto - after + len(events) > MAX_MISSED_EVENTS:
            return None, upto
        entries = await event_log.read_after(tx, channel.name.text, after, upto - after)
        if not _is_contiguous(after, entries) or entries[-1].seq != upto:
            return None, upto
        try:
            more = events + await self._show(tx, channel, audience, entries)
        except Exception as error:
            if is_unavailable(error):
                raise
            self.counts.failures += 1
            log.exception("events of %s after %d cannot be shown", channel.name.text, after)
            return None, upto
        return (more if sum(map(len, more)) <= MAX_MISSED_BYTES else None), upto

    async def _show(
        self, tx: Reader, channel: Channel, audience: Audience, entries: Sequence[LogEntry]
    ) -> list[bytes]:
        if channel.kind is None:
            return []
        shown = await channel.kind.show(tx, audience, entries)
        name = channel.name.text
        return [
            protocol.event(name, entry.seq, entry.at, event)
            for entry, event in zip(entries, shown, strict=True)
        ]

    async def _read_signals(self, tx: Reader, channel: Channel, audience: Audience) -> Sequence[bytes]:
        if channel.kind is None or channel.kind.signals is None:
            return ()
        return await channel.kind.signals(tx, audience, channel.name.id)


def _is_contiguous(after: int, entries: Sequence[LogEntry]) -> bool:
    return bool(entries) and entries[0].seq == after + 1 and entries[-1].seq == after + len(entries)


def _next_unshown(channel: Channel, shown: dict[Audience, Any]) -> AudienceGroup | None:
    return next((group for audience, group in channel.groups.items() if audience not in shown), None)
