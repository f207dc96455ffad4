"""Peers: the open sockets of this process, and the circles of a channel they stand in."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from core.actor import Actor
from realtime import protocol
from realtime.channels import Audience, ChannelKind, ChannelName
from realtime.protocol import Close

Write = Callable[[bytes], None]

# Where the server puts the connection into the scope of a socket, for delivery to write to.
LINE = "tertulia.line"


class Transport(Protocol):
    """What a peer's bytes go to: the server's connection, not a queue of ours."""

    @property
    def write(self) -> Write:
        """What takes bytes that are whole frames, and never blocks: the transport's own function."""

    def waiting(self) -> int:
        """How many bytes were written that the network has not taken."""

    def shut(self, code: int) -> None:
        """Close with this code after what was written; at once, without waiting for the other side."""

    def attach(self, on_gone: Callable[[], None], on_clog: Callable[[bool], None]) -> None:
        """Tell these when the connection is gone, and when it stops or goes on taking bytes."""

    def detach(self) -> None:
        """Tell nobody any more."""


class Peer:
    """One open socket: who listens on it, and to what."""

    __slots__ = (
        "actor",
        "address",
        "circles",
        "clogged_at",
        "is_open",
        "line",
        "pending",
        "watching",
        "write",
    )

    def __init__(self, line: Transport, actor: Actor, address: str) -> None:
        self.line = line
        self.write = line.write
        self.actor = actor
        self.address = address
        self.circles: dict[str, AudienceGroup] = {}
        self.pending: bytes | None = None
        self.clogged_at: float | None = None
        self.is_open = True
        # The channel of the peer's own member, where a change of access is told.
        self.watching: Channel | None = None

    def tell(self, payload: bytes) -> None:
        """Send one frame to this peer alone."""
        if self.is_open:
            self.write(protocol.text(payload))

    def shut(self, code: Close) -> None:
        """Close the socket; whoever removes it from the hub hears of it through the line."""
        if self.is_open:
            self.is_open = False
            for circle in self.circles.values():
                circle.peers.pop(self, None)
            self.line.shut(code)

    def clogged(self, is_clogged: bool) -> None:
        """The network took less than was written, or has caught up."""
        self.clogged_at = monotonic() if is_clogged else None


class AudienceGroup:
    """The peers of one channel who see alike: what is shown to one is shown to all, the same bytes.

    Each peer with what writes to it: the loop over thousands then touches no peer, only their transports.
    """

    __slots__ = ("audience", "channel", "frames", "peers")

    def __init__(self, channel: "Channel", audience: Audience) -> None:
        self.channel = channel
        self.audience = audience
        self.peers: dict[Peer, Write] = {}
        self.frames: list[bytes] = []


class Channel:
    """A channel that somebody here listens to. All its peers have been told everything up to `delivered`."""

    __slots__ = (
        "circles", "closings", "delivered", "holders", "is_busy", "is_signalling", "kind", "name", "shaken_at", "signal_due",
        "signalled", "signals", "wanted", "watchers",
    )  # fmt: skip

    def __init__(self, name: ChannelName, kind: ChannelKind | None) -> None:
        self.name = name
        self.kind = kind
        self.circles: dict[Audience, AudienceGroup] = {}
        # Peers who must hear of what changes their access, without having joined.
        self.watchers: set[Peer] = set()
        # How many joins are under way; the channel must not be forgotten meanwhile.
        self.holders = 0
        self.delivered = -1
        self.wanted = -1
        self.is_busy = False
        self.signals: dict[str, dict[str, Any]] = {}
        self.signalled = 0
        self.is_signalling = False
        # When the access of this channel's member last changed, in the process's own time.
        self.shaken_at = float("-inf")
        # How often those who listen had to be asked again whether they may.
        self.closings = 0
        self.signal_due = 0.0

    def is_heard(self) -> bool:
        """Whether anybody here still listens, or is about to."""
        return bool(self.circles or self.watchers or self.holders)

    def enter(self, peer: Peer, audience: Audience) -> AudienceGroup:
        """Put a peer into the circle of its audience."""
        circle = self.circles.get(audience)
        if circle is None:
            circle = self.circles[audience] = AudienceGroup(self, audience)
        if peer.is_open:
            circle.peers[peer] = peer.write
        peer.circles[self.name.text] = circle
        return circle

    def leave(self, peer: Peer) -> bool:
        """Take a peer out; whether it was in."""
        circle = peer.circles.pop(self.name.text, None)
        if circle is None:
            return False
        circle.peers.pop(peer, None)
        if not circle.peers and self.circles.get(circle.audience) is circle:
            del self.circles[circle.audience]
        return True
