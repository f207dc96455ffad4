"""Counts: what delivery has done since the start, for the metrics page."""

from msgspec import Struct


class Counts(Struct):
    """Plain counters; each only grows."""

    opened: int = 0
    closed: int = 0
    joins: int = 0
    frames_in: int = 0
    frames: int = 0
    deliveries: int = 0
    writes: int = 0
    rings: int = 0
    healed: int = 0
    resets: int = 0
    slow_closes: int = 0
    limit_closes: int = 0
    failures: int = 0
