"""The bell: how a process tells all processes that channels moved, and what each of them hears.

What is told is told to this process directly and to the others through Redis. Everything is the last value of its
kind, so what could not be sent yet is merged, never queued without bound: rings by channel, signals by channel and
type. A ring may be lost, doubled or late; the patrol of the hub makes up for it.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from storage.database import Positions

Payload = Mapping[str, Any]


class Presence(Struct, frozen=True, array_like=True):
    """Who stands in a channel on one process: members by id, visitors by number."""

    channel: str
    members: tuple[int, ...]
    visitors: int


class Listener(Protocol):
    """Who hears the bell: the hub."""

    def on_message(self, channel: str, seq: int) -> None:
        """A channel has reached a number."""

    def on_signal(self, channel: str, payload: Payload) -> None:
        """A passing fact."""

    def on_presence(self, process: str, presence: Presence) -> None:
        """Who stands in a channel on another process."""

    def on_messages_lost(self) -> None:
        """Something may have been missed: look at everything that is listened to, and announce again."""

    def on_presence_request(self) -> None:
        """Another process has begun to hear, and knows of nobody: announce again."""


class NullListener:
    """The listener of a process that only rings, as the worker."""

    def on_message(self, channel: str, seq: int) -> None:
        """Nobody listens here."""

    def on_signal(self, channel: str, payload: Payload) -> None:
        """Nobody listens here."""

    def on_presence(self, process: str, presence: Presence) -> None:
        """Nobody listens here."""

    def on_messages_lost(self) -> None:
        """Nobody listens here."""

    def on_presence_request(self) -> None:
        """Nobody listens here."""


@runtime_checkable
class Bus(Protocol):
    """The bell as realtime uses it; storage knows only its first two words."""

    process: str

    def publish(self, positions: Positions) -> None:
        """Tell every process that these channels have reached these numbers. Never blocks, never fails."""

    def signal(self, channel: str, payload: Payload) -> None:
        """Tell every process a passing fact. Never blocks, never fails."""

    def publish_presence(self, presence: Presence) -> None:
        """Tell the other processes who stands in a channel here."""

    async def start(self, listener: Listener) -> None:
        """Begin to hear, for this listener."""

    def is_healthy(self) -> bool:
        """Whether what is positions is known to arrive."""

    async def close(self) -> None:
        """Stop hearing and telling."""


class InProcessBus:
    """The bell of an installation of one process: it reaches its own listener and needs nobody else."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.listener: Listener = NullListener()

    def publish(self, positions: Positions) -> None:
        """Tell this process."""
        for channel, seq in positions:
            self.listener.on_message(channel, seq)

    def signal(self, channel: str, payload: Payload) -> None:
        """Tell this process."""
        self.listener.on_signal(channel, payload)

    def publish_presence(self, presence: Presence) -> None:
        """There is no other process."""

    async def start(self, listener: Listener) -> None:
        """Begin to hear."""
        self.listener = listener

    def is_healthy(self) -> bool:
        """It cannot fail."""
        return True

    async def close(self) -> None:
        """Stop hearing."""
        self.listener = NullListener()


class Message(Struct, frozen=True, array_like=True):
    """What goes through Redis: all that one process had to tell at one moment.

    `number` counts a process's messages, so that a frozen connection's late words never undo newer ones; `has_lost`
    says that something before it was not told, `is_asking` that the process has only now begun to hear.
    """

    process: str
    number: int
    has_lost: bool
    is_asking: bool
    positions: Sequence[tuple[str, int]]
    signals: Sequence[tuple[str, dict[str, Any]]]
    presences: Sequence[Presence]


def merge(old: Payload | None, new: Payload) -> dict[str, Any]:
    """A signal after another of its type: newer values replace, maps (as of vote counts) are laid over each other; in one
    that `adds`, what they count is added up."""
    if old is None:
        return dict(new)
    merged = {**old, **new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            adds = new.get("adds") is True
            merged[key] = Counter(before) + Counter(value) if adds else {**before, **value}
    return merged
