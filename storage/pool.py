"""Lending: the connections of one process, handed from one user to the next without a round trip, a task or a timer.

A pool of the driver's own costs about as much per use as a small query does: it wraps, shields and resets. This one keeps
open connections in a list. What it gives up for that it checks itself: a connection comes back only if it is open, not
in a transaction, and not in the middle of something; any other is thrown away.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

# Seconds to wait for a connection when all are in use.
PATIENCE = 5.0


class Pool:
    """Connections that are free, the latest used first; as many as allowed are opened when they are wanted."""

    def __init__(self, open_one: Callable[[], Awaitable[Any]], most: int) -> None:
        self.open_one = open_one
        self.most = most
        self.size = 0
        self.is_closing = False
        self.free: list[Any] = []
        self.waiting: deque[asyncio.Future[Any]] = deque()

    def take(self) -> Any:
        """A free connection at once, or None: then `wait` for one."""
        while self.free:
            connection = self.free.pop()
            if not connection.is_closed():
                return connection
            self.size -= 1
        return None

    async def wait(self) -> Any:
        """Open a connection, or wait until one is given back; `TimeoutError` after `PATIENCE`."""
        if self.is_closing:
            raise ConnectionError("the database is being closed")
        if self.size < self.most:
            self.size += 1
            try:
                return await self.open_one()
            except BaseException:
                self._lose_one()
                raise
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        try:
            async with asyncio.timeout(PATIENCE):
                given = await future
        except BaseException:
            # It may have been given at the very moment the waiting ended: then it goes to the next.
            if future.done() and not future.cancelled() and future.result() is not None:
                self.give(future.result())
            raise
        if given is not None and given.is_closed():
            # It was closed between the two of them.
            self.size -= 1
            given = None
        return given if given is not None else await self.wait()

    def give(self, connection: Any, is_broken: bool = False) -> None:
        """Take a connection back; one that is broken, or not as it was lent, is thrown away."""
        if is_broken or self.is_closing or connection.is_closed() or connection.is_in_transaction():
            if not connection.is_closed():
                connection.terminate()
            self._lose_one()
        elif not self._hand_on(connection):
            self.free.append(connection)

    async def close(self) -> None:
        """Close what is free; what is in use is closed when it is given back."""
        self.is_closing = True
        while self.free:
            connection = self.free.pop()
            self.size -= 1
            await connection.close(timeout=2)

    def _lose_one(self) -> None:
        # Whoever waits longest may open another in its place.
        self.size -= 1
        self._hand_on(None)

    def _hand_on(self, connection: Any) -> bool:
        while self.waiting:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        return False
