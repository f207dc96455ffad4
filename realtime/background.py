"""Loops that go on for as long as the process does, and never die in silence."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 10.0


def was_told_to_stop() -> bool:
    """Whether somebody cancelled the running task; a library may raise the same error on its own account."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Backoff:
    """Growing pauses between attempts, with jitter, so that processes do not come back in step."""

    def __init__(self, shortest: float = SHORTEST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self.shortest = shortest
        self.longest = longest
        self._next = shortest

    def reset(self) -> None:
        """It worked: begin again with the shortest pause."""
        self._next = self.shortest

    async def pause(self) -> None:
        """Wait before the next attempt."""
        wait = self._next
        self._next = min(self._next * 2, self.longest)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))


class Loops:
    """The background tasks of one owner: named, restarted when they fail, ended together."""

    def __init__(self) -> None:
        self._turns: dict[str, Callable[[], Awaitable[None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.restarts = 0

    def add(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        """Have `turn` run over and over from `start` on; a failure is logged, paused for, and tried again."""
        self._turns[name] = turn
        if self._tasks:
            self._run(name)

    def start(self) -> None:
        """Start what was added, unless it runs."""
        if not self._tasks:
            for name in self._turns:
                self._run(name)

    def are_alive(self) -> bool:
        """Whether each of them still runs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        """End them all and wait until they have ended."""
        tasks, self._tasks = self._tasks, []
        while tasks:
            # Once is not always enough: a library may swallow a cancellation that comes just as its wait is over.
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=1)
            tasks = [task for task in tasks if not task.done()]

    def _run(self, name: str) -> None:
        self._tasks.append(asyncio.create_task(self._keep(name, self._turns[name]), name=name))

    async def _keep(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff()
        while True:
            try:
                await turn()
                backoff.reset()
            except (Exception, asyncio.CancelledError):
                if was_told_to_stop():
                    raise
                self.restarts += 1
                log.exception("%s failed and is started again", name)
                await backoff.pause()
