"""Work that would hold up the event loop, done in threads."""

import asyncio
import contextvars
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

# A computing thread gives way to the event loop after this time instead of Python's 5 ms. A request needs the interpreter
# several times, so that 5 ms for each would add up.
SWITCH_SECONDS = 0.001
# The interpreter runs one thread at a time: more threads would only make the event loop wait longer for its turn.
THREADS = 2

_P = ParamSpec("_P")
_R = TypeVar("_R")

_text_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="text")


async def in_thread(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call a function in a thread and return its result, for work that may take more than 20 ms; refusals pass through."""
    context = contextvars.copy_context()
    call = partial(context.run, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_text_threads, call)


def give_way_often() -> None:
    """Let computing threads give way to the event loop often; called once when a process starts to serve."""
    sys.setswitchinterval(SWITCH_SECONDS)
