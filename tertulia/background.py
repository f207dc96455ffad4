"""Background tasks, which run as long as their process: if one ends, the process logs it and ends with an error.

The operator's process manager then starts the process again.
"""

import asyncio
import signal
from collections.abc import Collection, Coroutine
from typing import Any

import structlog

from realtime.background import is_cancelled_from_outside

log = structlog.get_logger()

Task = asyncio.Task[None]


class TaskDied(Exception):
    """A task that the process needs has ended; the log says why."""


async def fail_if_cancelled_from_inside(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine; raise RuntimeError if it is cancelled by nobody, which a TaskGroup would treat as a normal end."""
    try:
        await coroutine
    except asyncio.CancelledError as error:
        if is_cancelled_from_outside():
            raise
        raise RuntimeError("a cancellation that nobody asked for") from error


def listen_to_signals() -> asyncio.Event:
    """Return an event that is set when the process receives SIGINT or SIGTERM."""
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    return stopping


async def wait_for_end(stopping: asyncio.Event, tasks: Collection[Task]) -> bool:
    """Wait until the process must stop or one of its tasks has ended, which is logged; return whether all tasks still
    run."""
    waiting = asyncio.create_task(stopping.wait(), name="wait for stop")
    try:
        await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    ended = [task for task in tasks if task.done()]
    for task in ended:
        log.critical(
            "a background task ended, and the process ends too",
            task=task.get_name(),
            exc_info=_exception_of(task),
        )
    return not ended


async def cancel_all(tasks: Collection[Task]) -> None:
    """Cancel tasks and wait until they have ended; log those that fail while they are cancelled."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
    for task in running:
        if (error := _exception_of(task)) is not None:
            log.error("a background task failed while it was cancelled", task=task.get_name(), exc_info=error)


def _exception_of(task: Task) -> BaseException | None:
    return None if task.cancelled() else task.exception()
