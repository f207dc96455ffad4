"""The process that works for `core/isolation.py`: it reads calls from standard input and writes their results.

A frame is its length in eight bytes and that many bytes.
"""

import os
import pickle
import resource
import signal
import sys
import traceback
from contextlib import suppress
from typing import BinaryIO

from core.errors import Refusal

# If a busy service shares a processor with this process, it gets three quarters of it.
NICENESS = 5


def main() -> None:
    """Serve calls until standard input ends, which also happens when the service is killed.

    The arguments are the seconds of processor time of one call, and the bytes of memory of this process.
    """
    seconds, memory = map(int, sys.argv[1:])
    calls, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the frames.
    with open(os.devnull, "r+b") as nowhere:
        os.dup2(nowhere.fileno(), 0)
        os.dup2(nowhere.fileno(), 1)
    # Ctrl-C reaches every process of a terminal; the service decides what ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The service answers requests first: this process takes the processor time that is left.
    os.nice(NICENESS)
    _limit(resource.RLIMIT_AS, memory, memory)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    while call := _read(calls):
        _limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + seconds + 1, resource.RLIM_INFINITY)
        _write(results, _answer(call))


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)
        return pickle.dumps((None, function(*args, **kwargs), {}))
    except MemoryError:
        # Whatever is left may be in pieces: the next call gets a new process.
        os._exit(1)
    except Refusal as refusal:
        return pickle.dumps((type(refusal), refusal.args, vars(refusal)))
    except Exception as error:
        return pickle.dumps((None, "".join(traceback.format_exception(error)), None))


def _limit(kind: int, now: int, most: int) -> None:
    # Some systems refuse some of these limits; the service also limits the time from outside.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (now, most))


def _read(stream: BinaryIO) -> bytes:
    return stream.read(int.from_bytes(stream.read(8), "big"))


def _write(stream: BinaryIO, frame: bytes) -> None:
    stream.write(len(frame).to_bytes(8, "big"))
    stream.write(frame)
    stream.flush()


if __name__ == "__main__":
    main()
