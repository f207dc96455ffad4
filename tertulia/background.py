"""Background tasks: each runs for as long as its process. None ends unseen, and a process that loses one fails, so that
whoever runs it starts it again."""

import asyncio
import signal
from collections.abc import Collection, Coroutine
from typing import Any

import structlog

from realtime.background import is_cancelled_from_outside

log = structlog.get_logger()

Task = asyncio.Task[None]


class TaskDied(Exception):
    """A task without which the process is of no use has ended; the log says why."""


async def fail_if_cancelled_from_inside(work: Coroutine[Any, Any, None]) -> None:
    """Run it; a cancellation that nobody asked for, which a group of tasks takes for an end like any other, is an
    error."""
    try:
        await work
    except asyncio.CancelledError as error:
        if is_cancelled_from_outside():
            raise
        raise RuntimeError("a cancellation that nobody asked for") from error


def listen_to_signals() -> asyncio.Event:
    """An event that is set once the process is told to stop."""
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    return stopping


async def wait_for_end(stopping: asyncio.Event, tasks: Collection[Task]) -> bool:
    """Wait until the process is told to stop, or one of its tasks has ended, and log that; whether all of them lived."""
    waiting = asyncio.create_task(stopping.wait(), name="until told to stop")
    try:
        await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    dead = [task for task in tasks if task.done()]
    for task in dead:
        log.critical(
            "a background task died, and the process ends", task=task.get_name(), exc_info=_error(task)
        )
    return not dead


async def end_all(tasks: Collection[Task]) -> None:
    """Cancel them and wait until they have ended; one that fails at that is logged, unless it had ended before."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        if (error := _error(task)) is not None:
            log.error("a background task failed as it was ended", task=task.get_name(), exc_info=error)


def _error(task: Task) -> BaseException | None:
    return None if task.cancelled() else task.exception()
