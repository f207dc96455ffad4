"""How much processor time a call takes."""

import gc
from collections.abc import Callable
from time import thread_time


def least_seconds(call: Callable[[], object], times: int = 3) -> float:
    """The least processor time in seconds that a call took, of several times.

    Other work on the machine and the collection of what other tests left behind make a call slower, never faster; what is
    slow by itself is slow each time.
    """
    gc.disable()
    try:
        return min(_seconds(call) for _ in range(times))
    finally:
        gc.enable()


def _seconds(call: Callable[[], object]) -> float:
    start = thread_time()
    call()
    return thread_time() - start
