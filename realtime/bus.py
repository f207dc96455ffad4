"""The bus: how a process tells all processes which channels have new events, and what each of them receives.

A message goes to this process directly and to the others through Redis. Only the latest value of each kind matters,
so messages that cannot be sent yet are merged and the queue cannot grow without limit: positions by channel, signals
by channel and type. A message about a position may be lost, doubled or late; the hub polls the heads of all channels
to make up for it.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from storage.publishing import Positions

Payload = Mapping[str, Any]


class Presence(Struct, frozen=True, array_like=True):
    """Who is in a channel in one process: the ids of members, and the number of visitors."""

    channel: str
    members: tuple[int, ...]
    visitors: int


class Listener(Protocol):
    """The receiver of the bus: the hub of a process."""

    def on_message(self, channel: str, seq: int) -> None:
        """A channel has reached this position."""

    def on_signal(self, channel: str, payload: Payload) -> None:
        """A signal was sent to a channel."""

    def on_presence(self, process: str, presence: Presence) -> None:
        """Another process reports who is in a channel there."""

    def on_messages_lost(self) -> None:
        """Messages may have been lost: check every channel, and report presence again."""

    def on_presence_request(self) -> None:
        """Another process has just subscribed and knows of nobody: report presence again."""


class NullListener:
    """The listener of a process that only publishes, such as the worker."""

    def on_message(self, channel: str, seq: int) -> None:
        """Do nothing."""

    def on_signal(self, channel: str, payload: Payload) -> None:
        """Do nothing."""

    def on_presence(self, process: str, presence: Presence) -> None:
        """Do nothing."""

    def on_messages_lost(self) -> None:
        """Do nothing."""

    def on_presence_request(self) -> None:
        """Do nothing."""


@runtime_checkable
class Bus(Protocol):
    """The bus as delivery uses it; `storage.publishing.Publisher` is the part that the database needs."""

    process: str

    def publish(self, positions: Positions) -> None:
        """Tell every process the positions that these channels have reached; never blocks and never fails."""

    def signal(self, channel: str, payload: Payload) -> None:
        """Send a signal to every process; never blocks and never fails."""

    def publish_presence(self, presence: Presence) -> None:
        """Tell the other processes who is in a channel in this one."""

    async def start(self, listener: Listener) -> None:
        """Begin to receive messages for this listener."""

    def is_healthy(self) -> bool:
        """Return whether published messages are known to arrive."""

    async def close(self) -> None:
        """Stop receiving and publishing."""


class InProcessBus:
    """The bus of an installation with one process: it reaches only its own listener."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self.listener: Listener = NullListener()

    def publish(self, positions: Positions) -> None:
        """Tell this process the positions."""
        for channel, seq in positions:
            self.listener.on_message(channel, seq)

    def signal(self, channel: str, payload: Payload) -> None:
        """Send the signal to this process."""
        self.listener.on_signal(channel, payload)

    def publish_presence(self, presence: Presence) -> None:
        """Do nothing, as there is no other process."""

    async def start(self, listener: Listener) -> None:
        """Begin to pass messages to this listener."""
        self.listener = listener

    def is_healthy(self) -> bool:
        """Return True: this bus cannot fail."""
        return True

    async def close(self) -> None:
        """Stop passing messages."""
        self.listener = NullListener()


class Message(Struct, frozen=True, array_like=True):
    """What is published in Redis: everything that one process had to send at one moment.

    `number` counts the messages of a process, so that late messages of a frozen connection never overwrite newer values;
    `has_lost` says that earlier messages could not be sent, `requests_presence` that the process has just subscribed.
    """

    process: str
    number: int
    has_lost: bool
    requests_presence: bool
    positions: Sequence[tuple[str, int]]
    signals: Sequence[tuple[str, dict[str, Any]]]
    presences: Sequence[Presence]


def merge(old: Payload | None, new: Payload) -> dict[str, Any]:
    """Merge a signal into an earlier one of its type: new values replace old ones, and maps (such as vote counts) are
    merged key by key; with `adds: true` the counts of both are added."""
    if old is None:
        return dict(new)
    merged = {**old, **new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            adds = new.get("adds") is True
            merged[key] = Counter(before) + Counter(value) if adds else {**before, **value}
    return merged
