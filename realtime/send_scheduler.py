"""The pulse: frames of one tick go out together, one write a socket.

The first frame after a quiet moment goes at once. What comes after it waits for the next beat, 5 ms later, or a quarter
of the CPU time that the last beat cost; and as long as more is being read or keeps coming, up to three times that cost,
at most 50 ms. A write costs the kernel the same whether it carries one frame or ten: this is what makes large, busy rooms
cheap, and one beat too early dearer than a few milliseconds of waiting.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic, thread_time

from realtime.counts import Counts
from realtime.peers import AudienceGroup, Peer
from realtime.protocol import Close

SHORTEST = 0.005
LONGEST = 0.05
# More is coming if something came less than this ago, or is being read; then it is looked again this soon.
GAP = 0.002
SOON = 0.001
MOST_WAITING = 256 * 1024
LONGEST_CLOG = 15.0


class SendScheduler:
    """Collects the frames of all circles and writes them, joined, once a tick."""

    def __init__(
        self, counts: Counts, most_waiting: int = MOST_WAITING, longest_clog: float = LONGEST_CLOG
    ) -> None:
        self.counts = counts
        self.most_waiting = most_waiting
        self.longest_clog = longest_clog
        self.clogged: set[Peer] = set()
        self._dirty: list[AudienceGroup] = []
        self._timer: asyncio.Handle | None = None
        self._next_at = 0.0
        self._latest_at = 0.0
        self._pushed_at = 0.0
        # How many channels are being read: more is coming.
        self.expected = 0

    def push(self, circle: AudienceGroup, frames: Sequence[bytes]) -> None:
        """Have these frames written to everyone in the circle, in this order, at the next beat."""
        if not circle.peers or not frames:
            return
        if not circle.frames:
            self._dirty.append(circle)
        circle.frames.extend(frames)
        self._pushed_at = monotonic()
        if self._timer is None:
            self._schedule()

    def flush(self, circle: AudienceGroup) -> None:
        """Write now what waits for this circle: somebody is about to enter who must not be told it."""
        if circle.frames:
            self._dirty.remove(circle)
            self._write(circle)

    def clog(self, peer: Peer, is_clogged: bool) -> None:
        """Note that a peer's network stopped, or goes on, taking what is written."""
        peer.clogged(is_clogged)
        if is_clogged:
            self.clogged.add(peer)
        else:
            self.clogged.discard(peer)

    def shut_slow(self, now: float) -> None:
        """Close the peers that hold too much back, or have taken nothing for too long; they can resume."""
        for peer in list(self.clogged):
            since = now - (peer.clogged_at or now)
            if peer.line.waiting() > self.most_waiting or since > self.longest_clog:
                self.clogged.discard(peer)
                self.counts.slow_closes += 1
                peer.shut(Close.SLOW)

    def stop(self) -> None:
        """Write nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._next_at - monotonic()
        self._timer = loop.call_later(wait, self._beat) if wait > 0 else loop.call_soon(self._beat)

    def _beat(self) -> None:
        loop, now = asyncio.get_running_loop(), monotonic()
        quiet = now - self._pushed_at
        if now < self._latest_at and (self.expected or quiet < GAP):
            self._timer = loop.call_later(max(GAP - quiet, SOON), self._beat)
            return
        started = thread_time()
        # The writes reach the network when this turn of the loop ends: only then is known what they cost.
        self._timer = loop.call_soon(self._settle, started)
        dirty, self._dirty = self._dirty, []
        if self.clogged:
            self.shut_slow(now)
        if len(dirty) == 1:
            self._write(dirty[0])
        else:
            self._write_joined(dirty)

    def _settle(self, started: float) -> None:
        now, spent = monotonic(), thread_time() - started
        self._next_at = now + min(max(spent / 4, SHORTEST), LONGEST)
        self._latest_at = now + min(max(spent * 3, SHORTEST), LONGEST)
        self._timer = None
        if self._dirty:
            self._schedule()

    def _taken(self, circle: AudienceGroup) -> bytes:
        frames = circle.frames
        circle.frames = []
        self.counts.frames += len(frames)
        self.counts.deliveries += len(frames) * len(circle.peers)
        return frames[0] if len(frames) == 1 else b"".join(frames)

    def _write(self, circle: AudienceGroup) -> None:
        data = self._taken(circle)
        # The loop that everything else is for: thousands of times a beat, and nothing in it but the write.
        for write in circle.peers.values():
            write(data)
        self.counts.writes += len(circle.peers)

    def _write_joined(self, circles: Sequence[AudienceGroup]) -> None:
        # Several circles moved: who stands in more than one of them still gets one write.
        reached: list[Peer] = []
        for circle in circles:
            data = self._taken(circle)
            for peer in circle.peers:
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
