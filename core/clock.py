"""The clock of the service, which tests can stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

_stopped: list[datetime] = []


def now() -> datetime:
    """Return the current time in UTC, with its time zone; operations call this and pass the time to rules."""
    return _stopped[-1] if _stopped else datetime.now(UTC)


def coarse(moment: datetime) -> datetime:
    """Return the time without seconds; for anonymous actions nothing more precise is stored."""
    return moment.replace(second=0, microsecond=0)


def is_time_zone(name: str) -> bool:
    """Return whether this is the name of a time zone of the IANA database."""
    return name in _time_zones()


@contextmanager
def stop_at(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process at a time, for tests; calls can be nested."""
    _stopped.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _stopped.pop()


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
