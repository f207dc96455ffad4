"""The send scheduler: frames that are ready at about the same time go out together, in one write for each socket.

The first frame after a quiet moment is sent immediately. Later frames wait for the next tick: 5 ms, or a quarter of
the CPU time that the last tick cost. While more events are being read or keep coming, a tick waits up to three times
that cost, at most 50 ms. A write costs the kernel the same whether it carries one frame or ten: this makes large,
busy rooms cheap, and a tick that comes too early costs more than a few milliseconds of waiting.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic, thread_time

from realtime.counts import Counts
from realtime.peers import AudienceGroup, Peer
from realtime.protocol import Close

SHORTEST_TICK = 0.005
LONGEST_TICK = 0.05
# More frames are coming if one came less than GAP ago, or if a channel is being read; then the tick waits at least
# MIN_DELAY.
GAP = 0.002
MIN_DELAY = 0.001
MAX_BUFFERED_BYTES = 256 * 1024
MAX_BLOCKED_SECONDS = 15.0


class SendScheduler:
    """Collects the frames of all audience groups and writes them, joined, once per tick."""

    def __init__(
        self,
        counts: Counts,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        max_blocked_seconds: float = MAX_BLOCKED_SECONDS,
    ) -> None:
        self.counts = counts
        self.max_buffered_bytes = max_buffered_bytes
        self.max_blocked_seconds = max_blocked_seconds
        self.blocked: set[Peer] = set()
        self._waiting_groups: list[AudienceGroup] = []
        self._timer: asyncio.Handle | None = None
        self._next_at = 0.0
        self._latest_at = 0.0
        self._enqueued_at = 0.0
        # How many channels are being read: their frames are about to come.
        self.reading = 0

    def enqueue(self, group: AudienceGroup, frames: Sequence[bytes]) -> None:
        """Write these frames to every peer of the group, in this order, at the next tick."""
        if not group.peers or not frames:
            return
        if not group.frames:
            self._waiting_groups.append(group)
        group.frames.extend(frames)
        self._enqueued_at = monotonic()
        if self._timer is None:
            self._schedule()

    def flush(self, group: AudienceGroup) -> None:
        """Write the waiting frames of this group now, because a peer is about to join that must not receive them."""
        if group.frames:
            self._waiting_groups.remove(group)
            self._write(group)

    def set_blocked(self, peer: Peer, is_blocked: bool) -> None:
        """Record that the network of a peer stops, or resumes, taking what is written."""
        peer.set_blocked(is_blocked)
        if is_blocked:
            self.blocked.add(peer)
        else:
            self.blocked.discard(peer)

    def close_slow_peers(self, now: float) -> None:
        """Close the peers that have too much unread, or have read nothing for too long; their clients can resume."""
        for peer in list(self.blocked):
            blocked_for = now - (peer.blocked_at or now)
            is_full = peer.transport.buffered_bytes() > self.max_buffered_bytes
            if is_full or blocked_for > self.max_blocked_seconds:
                self.blocked.discard(peer)
                self.counts.slow_closes += 1
                peer.close(Close.SLOW)

    def stop(self) -> None:
        """Write nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._next_at - monotonic()
        self._timer = loop.call_later(wait, self._tick) if wait > 0 else loop.call_soon(self._tick)

    def _tick(self) -> None:
        loop, now = asyncio.get_running_loop(), monotonic()
        quiet = now - self._enqueued_at
        if now < self._latest_at and (self.reading or quiet < GAP):
            self._timer = loop.call_later(max(GAP - quiet, MIN_DELAY), self._tick)
            return
        started = thread_time()
        # The writes reach the network when this turn of the event loop ends: only then their cost is known.
        self._timer = loop.call_soon(self._plan_next_tick, started)
        groups, self._waiting_groups = self._waiting_groups, []
        if self.blocked:
            self.close_slow_peers(now)
        if len(groups) == 1:
            self._write(groups[0])
        else:
            self._write_joined(groups)

    def _plan_next_tick(self, started: float) -> None:
        now, spent = monotonic(), thread_time() - started
        self._next_at = now + min(max(spent / 4, SHORTEST_TICK), LONGEST_TICK)
        self._latest_at = now + min(max(spent * 3, SHORTEST_TICK), LONGEST_TICK)
        self._timer = None
        if self._waiting_groups:
            self._schedule()

    def _take_frames(self, group: AudienceGroup) -> bytes:
        frames = group.frames
        group.frames = []
        self.counts.frames += len(frames)
        self.counts.deliveries += len(frames) * len(group.peers)
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _write(self, group: AudienceGroup) -> None:
        data = self._take_frames(group)
        # The hottest loop of the service: it runs thousands of times per tick and contains nothing but the write.
        for write in group.peers.values():
            write(data)
        self.counts.writes += len(group.peers)

    def _write_joined(self, groups: Sequence[AudienceGroup]) -> None:
        # Several groups have frames: a peer that is in more than one of them still gets one write.
        reached: list[Peer] = []
        for group in groups:
            data = self._take_frames(group)
            for peer in group.peers:
                if peer.pending is None:
                    peer.pending = data
                    reached.append(peer)
                else:
                    peer.pending += data
        for peer in reached:
            if peer.pending is not None:
                peer.write(peer.pending)
            peer.pending = None
        self.counts.writes += len(reached)
