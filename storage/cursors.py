"""Cursors: where the next page starts, as text that clients hand back and need not understand."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from core.errors import Malformed

Shape = TypeVar("Shape")


class BadCursor(Malformed):
    """The cursor is not one that this service gave out."""

    message = "This cursor was not given out by this service."


def encode_cursor(*position: int | str | bytes | datetime) -> str:
    """A position as opaque text."""
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[Shape]) -> Shape:
    """The position again, as the tuple type it was written with; `BadCursor` if it is none."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = msgspec.json.decode(raw, type=shape)
        _ensure_on_calendar(position)
    except (ValueError, OverflowError, Error, msgspec.MsgspecError) as error:
        raise BadCursor(field="after") from error
    return position


def _ensure_on_calendar(position: object) -> None:
    # In UTC, as it is stored, the first and the last day with an offset lie outside the calendar.
    for part in position if isinstance(position, tuple) else ():
        if isinstance(part, datetime):
            part.astimezone(UTC)
