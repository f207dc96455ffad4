"""What a process remembers of the database: rendered pages, each valid for one version, which the caller must know before it
reads the cache; and values that are read again when they are old.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from contextvars import Context
from time import monotonic
from typing import Generic, TypeVar

from core.errors import Unavailable
from storage.database import Database, Reader

Value = TypeVar("Value")

# Every process has noticed a change after this many seconds.
NOTICED_AFTER = 1.5
# A request waits so many seconds for a value. Then it goes on with the one known before, and has time to be refused.
LONGEST_WAIT = 0.5


class VersionedCache:
    """The most recently used pages, up to a total number of bytes."""

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        self.pages: OrderedDict[Hashable, tuple[str, bytes]] = OrderedDict()

    def get(self, key: Hashable, version: str) -> bytes | None:
        """Return the page if it is cached for this version, else None."""
        found = self.pages.get(key)
        if found is None or found[0] != version:
            return None
        self.pages.move_to_end(key)
        return found[1]

    def put(self, key: Hashable, version: str, page: bytes) -> None:
        """Store a page; the least recently used pages are dropped when the cache is full."""
        old = self.pages.pop(key, None)
        if old is not None:
            self.size -= len(old[1])
        self.pages[key] = (version, page)
        self.size += len(page)
        while self.size > self.max_bytes:
            _, (_, dropped) = self.pages.popitem(last=False)
            self.size -= len(dropped)


class Refreshed(Generic[Value]):
    """A value that `read` reads, and that is read again when it is older than `NOTICED_AFTER`; `value` until it is known."""

    def __init__(self, db: Database, read: Callable[[Reader], Awaitable[Value]], value: Value) -> None:
        self.db = db
        self.read = read
        self.value = value
        self.read_at = float("-inf")
        self.reading: asyncio.Task[None] | None = None

    async def get(self) -> Value:
        """Return the value, or the one of the time when the database last answered."""
        if monotonic() - self.read_at >= NOTICED_AFTER:
            if self.reading is None or self.reading.done():
                self.reading = asyncio.create_task(self._read(), name="refresh a value", context=Context())
            await asyncio.wait({self.reading}, timeout=LONGEST_WAIT)
        return self.value

    def forget(self) -> None:
        """Read the value again when it is next asked for."""
        self.read_at = float("-inf")

    async def _read(self) -> None:
        began_at = monotonic()
        # Whatever needs the database says itself that it does not answer.
        with suppress(Unavailable):
            async with self.db.read() as tx:
                self.value = await self.read(tx)
            self.read_at = began_at
