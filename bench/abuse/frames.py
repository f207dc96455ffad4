"""Generated frames on the live socket: each socket may be closed for its own frames, with a code that the protocol names."""

import asyncio
import os
import random
import struct
from collections import Counter
from collections.abc import Sequence

import msgspec

# RFC 6455, and those of docs/protocol.md. None: the connection ended without a close frame, which garbage can cause.
CODES = (1000, 1002, 1003, 1007, 1009, 4400, 4408, 4429)
_HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
_PER_SOCKET = 100
_AT_ONCE = 8


async def send_frames(
    port: int, tokens: Sequence[str], channels: Sequence[str], count: int
) -> Counter[int | None]:
    """Send so many frames over as many sockets as that takes; return how often each code ended a socket."""
    ended: Counter[int | None] = Counter()
    left = iter(range(0, count, _PER_SOCKET))

    async def go_on() -> None:
        for _ in left:
            sent = 0
            while sent < _PER_SOCKET:
                number, code = await _one_socket(port, random.choice(tokens), channels, _PER_SOCKET - sent)
                sent += max(number, 1)
                ended[code] += 1

    await asyncio.gather(*(go_on() for _ in range(_AT_ONCE)))
    return ended


async def _one_socket(port: int, token: str, channels: Sequence[str], count: int) -> tuple[int, int | None]:
    """Send up to so many frames on a new socket; return how many were sent, and the code of its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    more = f"Authorization: Bearer {token}\r\n" if token else ""
    writer.write(_HANDSHAKE.format(more=more).encode())
    sent, code = 0, None
    try:
        await reader.readuntil(b"\r\n\r\n")
        reading = asyncio.create_task(_read_code(reader))
        while sent < count and not reading.done():
            writer.write(_frame(channels))
            sent += 1
            await asyncio.sleep(0)
        # An orderly end, for those who are still listened to.
        writer.write(_written(8, struct.pack("!H", 1000)))
        code = await asyncio.wait_for(reading, 15)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
    return sent, code


async def _read_code(reader: asyncio.StreamReader) -> int | None:
    while True:
        try:
            head = await reader.readexactly(2)
            size = head[1] & 127
            if size >= 126:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            body = await reader.readexactly(size)
        except (OSError, asyncio.IncompleteReadError):
            return None
        if head[0] & 15 == 8:
            return int.from_bytes(body[:2], "big") if size >= 2 else 1005


def _frame(channels: Sequence[str]) -> bytes:
    """Return a frame: mostly one of the protocol, some that are nearly so, few that are none."""
    chance = random.random()
    if chance < 0.005:
        return os.urandom(random.randrange(1, 60))
    if chance < 0.02:
        return _written(random.choice((2, 3, 9, 10)), os.urandom(random.randrange(0, 125)))
    return _written(1, _message(channels))


def _message(channels: Sequence[str]) -> bytes:
    message: dict[str, object] = {
        "type": random.choices(("join", "leave", "ping"), (70, 20, 10))[0],
        "channel": random.choice(channels)
        if random.random() < 0.8
        else f"topic:{random.randrange(-5, 2**64)}",
    }
    if message["type"] == "ping":
        del message["channel"]
    elif message["type"] == "join" and random.random() < 0.3:
        message |= {"epoch": random.choice(("", "x", "0" * 32)), "after": random.randrange(-1, 2**40)}
    body = msgspec.json.encode(message)
    if random.random() < 0.01:
        body = random.choice(
            (
                b"",
                b"[]",
                b"null",
                b'{"type":"shout"}',
                b"[" * 5_000,
                body[:-1],
                b'{"type":"join","channel":"\\ud800"}',
            )
        )
    return body


def _written(opcode: int, payload: bytes) -> bytes:
    size, mask = len(payload), os.urandom(4)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes([128 | opcode]) + length + mask + bytes(b ^ mask[n & 3] for n, b in enumerate(payload))
