"""Counters of delivery since the process started, published as metrics with the prefix `live_`."""

from msgspec import Struct


class Counts(Struct):
    """Plain counters that only grow. Their names are part of the names of public metrics and do not change."""

    opened: int = 0
    closed: int = 0
    joins: int = 0
    frames_in: int = 0
    frames: int = 0
    deliveries: int = 0
    writes: int = 0
    # Messages from the bus.
    rings: int = 0
    # Channels with events of which no message arrived, found by polling the heads.
    healed: int = 0
    resets: int = 0
    slow_closes: int = 0
    limit_closes: int = 0
    failures: int = 0
