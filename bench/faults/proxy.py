"""A proxy for TCP connections that can delay, stop or cut what passes, as a bad network does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens on a local port and passes each connection on; `dial` opens the connection to the real server."""

    def __init__(self, dial: Callable[[], Awaitable[Streams]]) -> None:
        self.dial = dial
        self.delay = 0.0  # seconds, for each piece in each direction
        self.passes = asyncio.Event()
        self.passes.set()
        self.refuses = False
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Reset every connection that is open, in the middle of whatever it carries."""
        for writer in list(self._open):
            writer.transport.abort()

    def close(self) -> None:
        """Stop listening, and cut everything."""
        if self._server is not None:
            self._server.close()
        self.refuses = True
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        # uvloop says of a connection that was reset meanwhile that its handler is closed.
        with suppress(OSError, RuntimeError):
            other_reader, other_writer = await self.dial()
            self._open |= {writer, other_writer}
            try:
                await asyncio.gather(self._pass(reader, other_writer), self._pass(other_reader, writer))
            finally:
                self._open -= {writer, other_writer}
                other_writer.transport.abort()
        writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if self.delay:
                await asyncio.sleep(self.delay)
            await self.passes.wait()
            target.write(data)
            await target.drain()
        target.close()
