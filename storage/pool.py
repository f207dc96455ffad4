"""The connection pool of a process, which hands connections on without a round trip, a task or a timer.

asyncpg's own pool costs about as much for each use as a small query, as it wraps, shields and resets connections.
This pool keeps open connections in a list and checks them itself: a connection is reused only if it is open, not in a
transaction and not in the middle of a query; any other connection is closed.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from storage.connections import Wait

# Seconds to wait for a connection when all are in use, with the time it takes to open one.
ACQUIRE_TIMEOUT = 3.0


class Pool:
    """Free connections, the latest used first; new ones are opened on demand, up to `max_size`."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], max_size: int) -> None:
        self.connect = connect
        self.max_size = max_size
        self.size = 0
        self.is_closing = False
        self.free: list[Any] = []
        self.waiting: deque[asyncio.Future[Any]] = deque()

    def acquire_nowait(self) -> Any:
        """Return a free connection, or None: then `acquire` must be awaited."""
        while self.free:
            connection = self.free.pop()
            if not connection.is_closed():
                return connection
            self.size -= 1
        return None

    async def acquire(self) -> Any:
        """Open a connection, or wait until one is released; raise TimeoutError after ACQUIRE_TIMEOUT seconds, or earlier
        if the request has waited before."""
        with Wait(ACQUIRE_TIMEOUT) as seconds:
            async with asyncio.timeout(seconds):
                return await self._acquire()

    async def _acquire(self) -> Any:
        if self.is_closing:
            raise ConnectionError("the database is being closed")
        if self.size < self.max_size:
            self.size += 1
            try:
                return await self.connect()
            except BaseException:
                self._remove_one()
                raise
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        try:
            connection = await future
        except BaseException:
            # A connection may have arrived at the moment the wait ended: then it goes to the next.
            if future.done() and not future.cancelled() and future.result() is not None:
                self.release(future.result())
            raise
        if connection is not None and connection.is_closed():
            # It was closed after it was released.
            self.size -= 1
            connection = None
        return connection if connection is not None else await self._acquire()

    def release(self, connection: Any, is_broken: bool = False) -> None:
        """Take a connection back; close it if it is broken, or still in a transaction."""
        if is_broken or self.is_closing or connection.is_closed() or connection.is_in_transaction():
            if not connection.is_closed():
                connection.terminate()
            self._remove_one()
        elif not self._hand_on(connection):
            self.free.append(connection)

    async def close(self) -> None:
        """Close the free connections; those in use are closed when they are released."""
        self.is_closing = True
        while self.free:
            connection = self.free.pop()
            self.size -= 1
            await connection.close(timeout=2)

    def _remove_one(self) -> None:
        # The one who has waited longest may open another connection in its place.
        self.size -= 1
        self._hand_on(None)

    def _hand_on(self, connection: Any) -> bool:
        while self.waiting:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        return False
