"""The time, in one place, so that tests own it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_stopped: list[datetime] = []


def now() -> datetime:
    """The current time, aware, in UTC; verbs ask for it and hand it to rules."""
    return _stopped[-1] if _stopped else datetime.now(UTC)


def coarse(moment: datetime) -> datetime:
    """All that is kept of when somebody did something anonymously: the minute."""
    return moment.replace(second=0, microsecond=0)


@contextmanager
def stop_at(moment: datetime) -> Iterator[None]:
    """Stop the clock for the tests of this process; nests."""
    _stopped.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _stopped.pop()
