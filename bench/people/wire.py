"""Clients that cost little: HTTP/1.1 on kept connections and websockets, straight on asyncio, no more than is needed.

A thousand listeners and those who write share two cores with what they measure, so what they cost comes off its figure.
"""

import asyncio
import os
import struct
from collections import defaultdict
from collections.abc import Callable, Coroutine
from functools import lru_cache
from time import perf_counter
from typing import Any, TypeVar, cast

import msgspec
import uvloop

KEPT_FOR = 3.0  # the service closes idle connections after five seconds
ANSWERED_WITHIN = 10.0
AT_ONCE = 1_000

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run clients on the loop that costs least."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


class Http:
    """Requests to any of several processes; connections are kept and used again."""

    def __init__(self) -> None:
        self.idle: defaultdict[int, list[Line]] = defaultdict(list)
        self.turns = asyncio.Semaphore(AT_ONCE)

    async def call(
        self, port: int, method: str, path: str, token: str, body: object = None, key: str = ""
    ) -> tuple[int, bytes]:
        """Status and body of the answer; `OSError` or `TimeoutError` when there is none."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        async with self.turns:
            line = self._kept(port) or await _dial(port)
            answer = await line.ask(head.encode() + b"\r\n" + content)
        self.idle[port].append(line)
        return answer

    def close(self) -> None:
        """Close what is kept."""
        for kept in self.idle.values():
            for line in kept:
                line.hang_up()
        self.idle.clear()

    def _kept(self, port: int) -> "Line | None":
        while self.idle[port]:
            line = self.idle[port].pop()
            if line.is_open and perf_counter() - line.used_at < KEPT_FOR:
                return line
            line.hang_up()
        return None


class Line(asyncio.Protocol):
    """One connection for requests, one after the other."""

    def __init__(self) -> None:
        self.is_open = False
        self.used_at = 0.0
        self.transport: asyncio.Transport | None = None
        self.waiting = b""
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and wait for its answer; what is not answered in time is given up with the connection."""
        loop = asyncio.get_running_loop()
        self.answer = loop.create_future()
        limit = loop.call_later(ANSWERED_WITHIN, self.hang_up)
        if self.transport is not None:
            self.transport.write(request)
        try:
            return await self.answer
        finally:
            limit.cancel()
            self.used_at = perf_counter()

    def hang_up(self) -> None:
        """Close it at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready for requests."""
        self.transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits is told."""
        self.is_open = False
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionResetError("the connection ended before the answer"))

    def data_received(self, data: bytes) -> None:
        """Hand over the answer when it is all there."""
        data = self.waiting + data if self.waiting else data
        end = data.find(b"\r\n\r\n")
        head = data[:end].lower()
        _, found, rest = head.partition(b"content-length: ")
        length = int(rest.partition(b"\r\n")[0]) if found else 0
        if end < 0 or len(data) < end + 4 + length:
            self.waiting = data
            return
        self.waiting = b""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result((int(head[9:12]), data[end + 4 :]))


async def _dial(port: int) -> Line:
    return (await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port))[1]


class Socket(asyncio.Protocol):
    """A websocket that hands on each text frame with the moment it was read, and says when it is over."""

    def __init__(self, token: str, heard: Callable[[bytes, float], None]) -> None:
        self.token = token
        self.heard = heard
        self.is_open = asyncio.Event()
        self.is_over = asyncio.Event()
        self.code = 0
        self.is_dropped = False
        self.transport: asyncio.Transport | None = None
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(
            b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            b"Authorization: Bearer " + self.token.encode() + b"\r\n\r\n"
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, however it came."""
        self.is_over.set()

    def data_received(self, data: bytes) -> None:
        """Hand on the whole frames that are there."""
        data = self.waiting + data if self.waiting else data
        if not self.is_open.is_set():
            head, ended, data = data.partition(b"\r\n\r\n")
            if not ended:
                self.waiting = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.drop()
                return
            self.is_open.set()
        now = perf_counter()
        frames, self.waiting = split_frames(data)
        for opcode, payload in frames:
            if self.is_dropped:
                return
            if opcode == 1:
                self.heard(payload, now)
            elif opcode == 8:
                self.code = int.from_bytes(payload[:2], "big")
                self.drop()
            elif opcode == 9:
                self._write(10, payload)

    def send(self, frame: Any) -> None:
        """Send one frame of the protocol."""
        self._write(1, msgspec.json.encode(frame))

    def drop(self) -> None:
        """Lose the connection, without a word to the other side; what came with the last frame is not heard any more."""
        self.is_dropped = True
        if self.transport is not None:
            self.transport.abort()

    def _write(self, opcode: int, payload: bytes) -> None:
        if self.transport is None:
            return
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[n & 3] for n, byte in enumerate(payload))
        self.transport.write(bytes([128 | opcode]) + length + mask + masked)


@lru_cache(1000)
def split_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames of what was read, and the rest. Everybody in a room reads the same, so it is split once."""
    frames, at = [], 0
    while (frame := _frame(data, at)) is not None:
        opcode, start, at = frame
        frames.append((opcode, data[start:at]))
    return frames, data[at:]


def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the frame at a place, or None if it is not all there."""
    if len(data) < at + 2:
        return None
    size, start = data[at + 1] & 127, at + 2
    if size == 126:
        size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif size == 127:
        size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    return (data[at] & 15, start, start + size) if len(data) >= start + size else None


async def open_socket(port: int, token: str, heard: Callable[[bytes, float], None]) -> Socket:
    """An open websocket; `OSError` or `TimeoutError` if it cannot be had."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(token, heard), "127.0.0.1", port)
    opening = asyncio.create_task(socket.is_open.wait())
    ending = asyncio.create_task(socket.is_over.wait())
    await asyncio.wait({opening, ending}, timeout=ANSWERED_WITHIN, return_when=asyncio.FIRST_COMPLETED)
    for task in (opening, ending):
        task.cancel()
    if not socket.is_open.is_set():
        socket.drop()
        raise ConnectionRefusedError("the websocket was not opened")
    return socket
