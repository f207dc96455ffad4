"""The socket's language: frames that come in as Structs, frames that go out as bytes ready for the wire."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

LARGEST_FRAME = 64 * 1024

Channel = Annotated[str, Meta(min_length=1, max_length=80)]


class Close(IntEnum):
    """Why the service ends a socket."""

    BAD_FRAME = 4400
    SESSION_ENDED = 4401
    FORBIDDEN = 4403
    SLOW = 4408
    LIMIT = 4429
    TOO_BIG = 1009
    RESTART = 1012


class BadFrame(Exception):
    """What came in is not a frame of this protocol."""


class Join(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="join"):
    """Listen to a channel, and hear first what came after a number."""

    channel: Channel
    epoch: Annotated[str, Meta(max_length=80)] | None = None
    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class Leave(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="leave"):
    """Stop listening to a channel."""

    channel: Channel


class Ping(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="ping"):
    """Ask whether the other side is there."""


Incoming = Join | Leave | Ping
_incoming: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)


def read_frame(data: bytes) -> Incoming:
    """The frame a client sent, or `BadFrame`."""
    try:
        return _incoming.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFrame from error


def text(payload: bytes) -> bytes:
    """A payload as one unmasked websocket text frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def event(channel: str, seq: int, at: datetime, shown: bytes) -> bytes:
    """What happened, as one class of viewers sees it."""
    return b'{"type":"event","channel":"%b","seq":%d,"at":%b,"event":%b}' % (
        channel.encode(),
        seq,
        msgspec.json.encode(at),
        shown,
    )


def joined(channel: str, epoch: str, seq: int, missed: Sequence[bytes]) -> bytes:
    """The answer to a join: listening from here, and this is what came before; `missed` holds whole event frames."""
    return b'{"type":"joined","channel":"%b","epoch":"%b","seq":%d,"missed":[%b]}' % (
        channel.encode(),
        epoch.encode(),
        seq,
        b",".join(missed),
    )


def reset(channel: str, epoch: str, seq: int) -> bytes:
    """Listening from here, but what came before cannot be told: read the snapshot again."""
    return b'{"type":"reset","channel":"%b","epoch":"%b","seq":%d}' % (channel.encode(), epoch.encode(), seq)


def signal(channel: str, shown: bytes) -> bytes:
    """A passing fact."""
    return b'{"type":"signal","channel":"%b","signal":%b}' % (channel.encode(), shown)


def left(channel: str, code: str) -> bytes:
    """No longer listening: `asked` for, or `no_access` any more."""
    return msgspec.json.encode({"type": "left", "channel": channel, "code": code})


def refused(channel: str, code: str) -> bytes:
    """Not listening to this channel, and why."""
    return msgspec.json.encode({"type": "refused", "channel": channel, "code": code})


PONG = text(b'{"type":"pong"}')
