"""How a process hears of what was committed: the part of the bus that the database needs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# The names of channels, each with the number (`seq`) that it has reached.
Positions = Sequence[tuple[str, int]]


class Publisher(Protocol):
    """The part of the bus that the database needs: after a commit it says which channels have new events."""

    def publish(self, positions: Positions) -> None:
        """Tell every process the positions that these channels have reached; never blocks and never fails."""

    def signal(self, channel: str, payload: Mapping[str, Any]) -> None:
        """Send a signal to every process; never blocks and never fails."""


class NullPublisher:
    """The publisher of a process without a bus, such as the command line."""

    def publish(self, positions: Positions) -> None:
        """Do nothing: the web processes find new events by polling, within seconds."""

    def signal(self, channel: str, payload: Mapping[str, Any]) -> None:
        """Do nothing."""
