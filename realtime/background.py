"""Background loops of a process: named, restarted when they fail, and stopped together."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


def is_cancelled_from_outside() -> bool:
    """Return whether somebody cancelled the running task; a library may raise CancelledError without that."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Backoff:
    """Growing pauses between attempts, with jitter, so that processes do not reconnect at the same moment."""

    def __init__(self, shortest: float = SHORTEST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self.shortest = shortest
        self.longest = longest
        self._next = shortest

    def reset(self) -> None:
        """Begin again with the shortest pause, after an attempt that succeeded."""
        self._next = self.shortest

    async def pause(self) -> None:
        """Wait before the next attempt."""
        wait = self._next
        self._next = min(self._next * 2, self.longest)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))


class Loops:
    """The background loops of one owner."""

    def __init__(self) -> None:
        self._turns: dict[str, Callable[[], Awaitable[None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.restarts = 0

    def add(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        """Call `turn` again and again from `start` on; log a failure, pause, and try again."""
        self._turns[name] = turn
        if self._tasks:
            self._run(name)

    def start(self) -> None:
        """Start all loops, unless they are running."""
        if not self._tasks:
            for name in self._turns:
                self._run(name)

    def are_alive(self) -> bool:
        """Return whether the loops were started and all of them are running."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        """Cancel all loops and wait until they have ended."""
        tasks, self._tasks = self._tasks, []
        while tasks:
            # Once is not always enough: a library may swallow a cancellation that arrives just as its wait ends.
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=1)
            tasks = [task for task in tasks if not task.done()]

    def _run(self, name: str) -> None:
        self._tasks.append(asyncio.create_task(self._repeat(name, self._turns[name]), name=name))

    async def _repeat(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff()
        while True:
            try:
                await turn()
                backoff.reset()
            except (Exception, asyncio.CancelledError):
                if is_cancelled_from_outside():
                    raise
                self.restarts += 1
                log.exception("%s failed and is restarted", name)
                await backoff.pause()
