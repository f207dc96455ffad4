"""What stands in the cursors of live talk: whole numbers within bounds, so that a made-up cursor is refused, not run."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
# Microseconds since 1970, up to the year 9999.
Micros = Annotated[int, Meta(ge=0, le=253_402_300_799_999_999)]

_START = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(moment: datetime) -> int:
    """A time as a whole number, exactly."""
    return (moment - _START) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """The time again."""
    return _START + timedelta(microseconds=micros)
