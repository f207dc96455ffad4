"""Peers, the open sockets of this process; the channels they have joined; and the groups of peers who see the same."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from core.actor import Actor
from realtime import protocol
from realtime.channels import Audience, ChannelKind, ChannelName
from realtime.protocol import Close

Write = Callable[[bytes], None]

# Where the server puts the connection into the extensions of the ASGI scope.
TRANSPORT_KEY = "tertulia.transport"


class Transport(Protocol):
    """The server's connection, to which the frames of a peer are written directly, without a queue of ours."""

    @property
    def write(self) -> Write:
        """The connection's own function, which takes bytes that are whole frames and never blocks."""

    def buffered_bytes(self) -> int:
        """Return how many bytes were written that the network has not taken."""

    def close_with(self, code: int) -> None:
        """Close with this code after what was written, without waiting for the other side."""

    def set_callbacks(self, on_closed: Callable[[], None], on_blocked: Callable[[bool], None]) -> None:
        """Call these when the connection is closed, and when it stops or resumes taking bytes."""

    def clear_callbacks(self) -> None:
        """Call nothing any more."""


class Peer:
    """One open socket: its actor, and the channels it has joined."""

    __slots__ = (
        "actor",
        "address",
        "blocked_at",
        "groups",
        "is_open",
        "own_channel",
        "pending",
        "transport",
        "write",
    )

    def __init__(self, transport: Transport, actor: Actor, address: str) -> None:
        self.transport = transport
        self.write = transport.write
        self.actor = actor
        self.address = address
        self.groups: dict[str, AudienceGroup] = {}
        self.pending: bytes | None = None
        self.blocked_at: float | None = None
        self.is_open = True
        # The channel of the peer's own member, in which a change of access is recorded.
        self.own_channel: Channel | None = None

    def send(self, payload: bytes) -> None:
        """Send one frame to this peer alone."""
        if self.is_open:
            self.write(protocol.text(payload))

    def close(self, code: Close) -> None:
        """Close the socket; the hub removes the peer when the transport reports that it is closed."""
        if self.is_open:
            self.is_open = False
            for group in self.groups.values():
                group.peers.pop(self, None)
            self.transport.close_with(code)

    def set_blocked(self, is_blocked: bool) -> None:
        """Record that the network takes less than is written, or has caught up."""
        self.blocked_at = monotonic() if is_blocked else None


class AudienceGroup:
    """The peers of one channel who see the same: all of them are sent the same bytes.

    `peers` maps each peer to its write function, so that the loop over thousands of peers touches only their transports.
    """

    __slots__ = ("audience", "channel", "frames", "peers")

    def __init__(self, channel: "Channel", audience: Audience) -> None:
        self.channel = channel
        self.audience = audience
        self.peers: dict[Peer, Write] = {}
        self.frames: list[bytes] = []


class Channel:
    """A channel that a peer of this process has joined or is joining. All its peers were sent everything up to
    `delivered`."""

    __slots__ = (
        "access_changed_at", "access_changes", "access_watchers", "delivered", "groups", "is_delivering",
        "is_signal_scheduled", "joins_under_way", "kind", "name", "next_signal_at", "pending_signals", "signal_count",
        "target",
    )  # fmt: skip

    def __init__(self, name: ChannelName, kind: ChannelKind | None) -> None:
        self.name = name
        self.kind = kind
        self.groups: dict[Audience, AudienceGroup] = {}
        # Peers whose access depends on events in this channel, without having joined it.
        self.access_watchers: set[Peer] = set()
        # The hub must not forget the channel while there are any.
        self.joins_under_way = 0
        self.delivered = -1
        self.target = -1
        self.is_delivering = False
        self.pending_signals: dict[str, dict[str, Any]] = {}
        self.signal_count = 0
        self.is_signal_scheduled = False
        self.next_signal_at = 0.0
        # When the access of this channel's member last changed, by the monotonic clock.
        self.access_changed_at = float("-inf")
        # How often all peers had to be checked again.
        self.access_changes = 0

    def has_listeners(self) -> bool:
        """Return whether any peer of this process needs the channel, or is about to."""
        return bool(self.groups or self.access_watchers or self.joins_under_way)

    def add(self, peer: Peer, audience: Audience) -> AudienceGroup:
        """Add a peer to the group of its audience, and return the group."""
        group = self.groups.get(audience)
        if group is None:
            group = self.groups[audience] = AudienceGroup(self, audience)
        if peer.is_open:
            group.peers[peer] = peer.write
        peer.groups[self.name.text] = group
        return group

    def remove(self, peer: Peer) -> bool:
        """Remove a peer; return whether it had joined."""
        group = peer.groups.pop(self.name.text, None)
        if group is None:
            return False
        group.peers.pop(peer, None)
        if not group.peers and self.groups.get(group.audience) is group:
            del self.groups[group.audience]
        return True
