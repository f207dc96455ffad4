"""Cursors: the position at which the next page starts, as opaque text that clients send back unchanged."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from core.errors import Malformed
from core.languages.texts import translatable

Shape = TypeVar("Shape")


class BadCursor(Malformed):
    """The cursor was not made by this service."""

    message = translatable("This cursor was not given out by this service.")


def encode_cursor(*position: int | str | bytes | datetime) -> str:
    """Return a position as opaque text."""
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[Shape]) -> Shape:
    """Return the position in a cursor as the given tuple type; raise BadCursor."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = msgspec.json.decode(raw, type=shape)
        _ensure_in_calendar(position)
    except (ValueError, OverflowError, Error, msgspec.MsgspecError) as error:
        raise BadCursor(field="after") from error
    return position


def _ensure_in_calendar(position: object) -> None:
    # Times with an offset on the first or last day of the calendar cannot be converted to UTC.
    for part in position if isinstance(position, tuple) else ():
        if isinstance(part, datetime):
            part.astimezone(UTC)
