"""The protocol of the live socket: incoming frames as Structs, outgoing frames as bytes that are ready to be sent."""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

LARGEST_FRAME = 64 * 1024

Channel = Annotated[str, Meta(min_length=1, max_length=80)]


class Close(IntEnum):
    """The codes with which the service closes a socket."""

    BAD_FRAME = 4400
    SESSION_ENDED = 4401
    FORBIDDEN = 4403
    SLOW = 4408
    LIMIT = 4429
    TOO_BIG = 1009
    RESTART = 1012


class BadFrame(Exception):
    """The client sent something that is not a frame of this protocol."""


class Join(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="join"):
    """Join a channel and, with `after`, first receive the events after that position."""

    channel: Channel
    epoch: Annotated[str, Meta(max_length=80)] | None = None
    after: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class Leave(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="leave"):
    """Leave a channel."""

    channel: Channel


class Ping(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="ping"):
    """Ask whether the server is there; the answer is a pong frame."""


Incoming = Join | Leave | Ping
_decoder: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)


def read_frame(data: bytes) -> Incoming:
    """Return the frame that a client sent; raise BadFrame."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadFrame from error


def text(payload: bytes) -> bytes:
    """Return the payload as one unmasked websocket text frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def event(channel: str, seq: int, at: datetime, shown: bytes) -> bytes:
    """Return the frame of an event as one audience sees it."""
    return b'{"type":"event","channel":"%b","seq":%d,"at":%b,"event":%b}' % (
        channel.encode(),
        seq,
        msgspec.json.encode(at),
        shown,
    )


def joined(channel: str, epoch: str, seq: int, missed: Sequence[bytes]) -> bytes:
    """Return the reply to a join: the position from which the peer receives events, and whole frames of those it
    missed."""
    return b'{"type":"joined","channel":"%b","epoch":"%b","seq":%d,"missed":[%b]}' % (
        channel.encode(),
        epoch.encode(),
        seq,
        b",".join(missed),
    )


def reset(channel: str, epoch: str, seq: int) -> bytes:
    """Return the frame that says: joined at this position, but read the snapshot again for what happened before."""
    return b'{"type":"reset","channel":"%b","epoch":"%b","seq":%d}' % (channel.encode(), epoch.encode(), seq)


def signal(channel: str, shown: bytes) -> bytes:
    """Return the frame of a signal."""
    return b'{"type":"signal","channel":"%b","signal":%b}' % (channel.encode(), shown)


def left(channel: str, code: str) -> bytes:
    """Return the frame that says that the peer has left: because it `asked` to, or because it has `no_access` any more."""
    return msgspec.json.encode({"type": "left", "channel": channel, "code": code})


def refused(channel: str, code: str) -> bytes:
    """Return the frame that refuses a join, with the code of the refusal."""
    return msgspec.json.encode({"type": "refused", "channel": channel, "code": code})


PONG = text(b'{"type":"pong"}')
