"""The parts of the cursors of gatherings: whole numbers within bounds, so that a forged cursor is refused before a query."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
# Microseconds since 1970, up to the year 9999.
Micros = Annotated[int, Meta(ge=0, le=253_402_300_799_999_999)]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(moment: datetime) -> int:
    """Return the time as whole microseconds since 1970, without loss."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """Return the UTC time of a number of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)
