"""Functions called in separate processes with limited time and memory: whatever reads what strangers wrote or made.

A thread would not do: Python runs one thread at a time, so that a long call in C holds up the event loop, and a file that
asks for all memory would end the service. The functions are in modules that import little, and take and return data.
"""

import asyncio
import io
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from msgspec import Struct

from core import isolated_process
from core.errors import Invalid, Refusal

MAX_CPU_SECONDS = 20
MAX_MEMORY = 1024 * 1024 * 1024
# Two at a time: one slow file holds up nobody, and all together stay within two processors and 2 GiB.
PROCESSES = 2

_P = ParamSpec("_P")
_R = TypeVar("_R")


class TooHeavy(Invalid):
    """Reading the input took more time or memory than one input may take."""

    message = "Reading this took too much time or memory. Make it smaller or simpler, and try again."


class FunctionFailed(Exception):
    """A function raised an error that is no refusal; the text is the traceback of its process."""


class Lane:
    """Processes for one kind of work. Each kind has its own, so that short work never waits for long work."""

    def __init__(self) -> None:
        # Processes belong to an event loop; a program has one, and tests may have several.
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()

    async def call(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function of a module in a separate process and return its result, which must be data.

        Refusals pass through. Raise TooHeavy if the call exceeds `MAX_CPU_SECONDS` or `MAX_MEMORY` (bytes), and
        FunctionFailed if the function raises anything else.
        """
        pool = self._pools.setdefault(asyncio.get_running_loop(), _Pool())
        refusal, result, attributes = await pool.call(pickle.dumps((function, args, kwargs)))
        if refusal is not None:
            raise _rebuild(refusal, result, attributes)
        if attributes is None:
            raise FunctionFailed(result)
        return cast(_R, result)

    async def close(self) -> None:
        """End the processes of this event loop."""
        if pool := self._pools.pop(asyncio.get_running_loop(), None):
            await pool.close()


TEXTS = Lane()
"""Texts of members: rendering, quotations, differences. Milliseconds each."""
FILES = Lane()
"""Files of foreign formats: pictures, tables, documents. Up to seconds each."""


async def end_processes() -> None:
    """End the processes of this event loop, before it is closed."""
    for lane in (TEXTS, FILES):
        await lane.close()


class _Pool:
    def __init__(self) -> None:
        self.places = asyncio.Semaphore(PROCESSES)
        self.idle: list[asyncio.subprocess.Process] = []

    async def call(self, call: bytes) -> Any:
        async with self.places:
            process = self._take_idle() or await _start()
            try:
                async with asyncio.timeout(2 * MAX_CPU_SECONDS):
                    answer = await _exchange(process, call)
            except (TimeoutError, OSError, EOFError):
                await _end(process)
                raise TooHeavy from None
            except BaseException:
                # The caller has been cancelled: the process is in the middle of a call that nobody waits for.
                await _end(process)
                raise
            self.idle.append(process)
        try:
            return _Data(io.BytesIO(answer)).load()
        except Exception as error:
            raise FunctionFailed(f"The result cannot be read: {error}") from None

    def _take_idle(self) -> asyncio.subprocess.Process | None:
        # The system may have ended one that was idle, to get memory.
        while self.idle:
            process = self.idle.pop()
            if process.returncode is None:
                return process
        return None

    async def close(self) -> None:
        for process in self.idle:
            await _end(process)


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-s", "-P", "-X", "utf8", "-m", isolated_process.__name__),
        *(str(MAX_CPU_SECONDS), str(MAX_MEMORY)),
        # Without the variables of the service, which contain passwords.
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )


async def _exchange(process: asyncio.subprocess.Process, call: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.writelines((len(call).to_bytes(8, "big"), call))
    await process.stdin.drain()
    return await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(8), "big"))


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _rebuild(kind: type[Refusal], args: tuple[Any, ...], attributes: dict[str, Any]) -> Refusal:
    # Without its constructor, which may make the message of something else.
    refusal = kind.__new__(kind, *args)
    vars(refusal).update(attributes)
    return refusal


class _Data(pickle.Unpickler):
    """Reads results. A file that takes over the process that reads it must not be able to call functions in the service."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of data, or the function that makes Structs; raise UnpicklingError for anything else."""
        # Nothing is imported for a result: the service knows all its data.
        found = getattr(sys.modules.get(module), name, None)
        if (module, name) == ("msgspec._core", "rebuild") or (
            isinstance(found, type) and issubclass(found, _DATA)
        ):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


_DATA = (Struct, Refusal, Enum, Decimal, date, datetime, time, timedelta, timezone, frozenset, set, bytearray)
