"""WriteBatches: what arrives for one key while that key's write is under way goes into the next write together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

import asyncpg

from core.errors import Unavailable
from storage.failures import LOST_CONNECTION_ERRORS

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST = 100


class WriteBatches(Generic[Key, Item, Result]):
    """Keeps the writers of one hot row out of each other's way: one statement for all who wait, instead of one each.

    `write(key, items)` returns one result per item, in order; a result that is an exception is raised to whoever gave
    that item. If `write` itself raises for several items they are tried singly, so that one bad item harms no other.
    `min_interval` is how many seconds there are at least between the starts of two writes for one key: a lone item is
    written at once, and in a burst a statement carries what came in that time.
    """

    def __init__(
        self,
        write: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        max_size: int = LARGEST,
        min_interval: float = 0.0,
    ) -> None:
        self.write = write
        self.max_size = max_size
        self.min_interval = min_interval
        self.waiting: dict[Key, list[tuple[Item, asyncio.Future[Result]]]] = {}
        self.running: set[asyncio.Task[None]] = set()

    async def submit(self, key: Key, item: Item) -> Result:
        """Write the item, alone or in company, and return its own result. Survives the caller's cancellation."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if key in self.waiting:
            self.waiting[key].append((item, future))
        else:
            self.waiting[key] = [(item, future)]
            task = asyncio.create_task(self._drain(key), name=f"batches {key}")
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return await future  # cancelled with the caller, while the write goes on

    async def _drain(self, key: Key) -> None:
        # The key stays in `waiting` as long as somebody writes for it; no await between the last look and the removal.
        loop = asyncio.get_running_loop()
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            while batch := self.waiting[key][: self.max_size]:
                del self.waiting[key][: len(batch)]
                next_at = loop.time() + self.min_interval
                await self._write(key, batch)
                if self.min_interval:
                    await asyncio.sleep(next_at - loop.time())
        finally:
            # If this ends before its time nobody is left waiting for it.
            for _, future in [*batch, *self.waiting.pop(key)]:
                _settle(future, Unavailable())

    async def _write(self, key: Key, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results: Sequence[Result | Exception] = await self.write(key, [item for item, _ in batch])
            settled = list(zip(batch, results, strict=True))
        except Exception as error:
            # Only what the database itself refused is certain not to have happened and may be tried again.
            is_certain = isinstance(error, asyncpg.PostgresError) and not isinstance(
                error, LOST_CONNECTION_ERRORS
            )
            if len(batch) == 1 or not is_certain:
                for _, future in batch:
                    _settle(future, error)
                return
            for single in batch:
                await self._write(key, [single])
            return
        for (_, future), result in settled:
            _settle(future, result)


def _settle(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        future.exception()  # the caller may have gone: then nobody is left to be told
    else:
        future.set_result(result)
