"""Write batches: items that arrive for one key while that key is being written go into the next write together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

import asyncpg

from core.errors import Unavailable
from storage.connections import Wait
from storage.failures import RETRY_PAUSES, can_retry, classify, pause_before_retry

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_SIZE = 100
# How many seconds somebody waits at most who is no request and has no limit of their own.
LONGEST_WAIT = 10.0


class WriteBatches(Generic[Key, Item, Result]):
    """Prevents writers of one hot row from waiting for each other: one statement for all that wait, not one each.

    `write(key, items)` returns one result for each item, in order; a result that is an exception is raised to the
    caller who submitted that item. If `write` itself raises for several items, they are tried one by one, so that a
    bad item does not harm the others. `min_interval` is the least number of seconds between the starts of two writes
    for one key: a lone item is written immediately, and in a burst a statement takes everything that came in that
    time.
    """

    def __init__(
        self,
        write: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        max_size: int = MAX_SIZE,
        min_interval: float = 0.0,
    ) -> None:
        self.write = write
        self.max_size = max_size
        self.min_interval = min_interval
        self.waiting: dict[Key, list[tuple[Item, asyncio.Future[Result]]]] = {}
        self.running: set[asyncio.Task[None]] = set()

    async def submit(self, key: Key, item: Item) -> Result:
        """Write the item, alone or together with others, and return its own result.

        The item is written even if the caller is cancelled. Raise Unavailable after LONGEST_WAIT seconds, or earlier if the
        request has waited before; whether the item was written is then unknown.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if key in self.waiting:
            self.waiting[key].append((item, future))
        else:
            self.waiting[key] = [(item, future)]
            # Without the context of the request: it writes for others too, and may take longer than the request may wait.
            task = asyncio.create_task(self._write_all(key), name=f"write batches {key}", context=Context())
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        try:
            # Cancelled with the caller, while the write continues.
            with Wait(LONGEST_WAIT) as seconds:
                async with asyncio.timeout(seconds):
                    return await future
        except TimeoutError as error:
            raise Unavailable from error

    async def _write_all(self, key: Key) -> None:
        # The key is in `waiting` while a task writes for it; no await between the last check and its removal.
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
            # If the task is cancelled, nobody may be left waiting for it.
            for _, future in [*batch, *self.waiting.pop(key)]:
                _resolve(future, Unavailable())

    def _take_refused(self, key: Key, error: Exception) -> list[tuple[Item, asyncio.Future[Result]]]:
        """Return those who wait behind a batch that the database did not answer.

        They would wait as long again, and a request is refused within five seconds.
        """
        refused = self.waiting[key][:] if isinstance(error, Unavailable) else []
        del self.waiting[key][: len(refused)]
        return refused

    async def _write(
        self, key: Key, batch: list[tuple[Item, asyncio.Future[Result]]], attempt: int = 0
    ) -> None:
        try:
            results: Sequence[Result | Exception] = await self.write(key, [item for item, _ in batch])
            resolved = list(zip(batch, results, strict=True))
        except Exception as error:
            # Only a write that the database refused has certainly not happened and may be tried again.
            is_certain = isinstance(error, asyncpg.PostgresError) and classify(error) is None
            if can_retry(error) and attempt < len(RETRY_PAUSES):
                await pause_before_retry(RETRY_PAUSES[attempt])
                await self._write(key, batch, attempt + 1)
                return
            if len(batch) == 1 or not is_certain:
                for _, future in [*batch, *self._take_refused(key, error)]:
                    _resolve(future, error)
                return
            for single in batch:
                await self._write(key, [single])
            return
        for (_, future), result in resolved:
            _resolve(future, result)


def _resolve(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
        future.exception()  # marks it as retrieved: the caller may be gone
    else:
        future.set_result(result)
