"""Functions called in separate processes with limited time and memory: whatever reads what strangers wrote or made.

A thread would not do: Python runs one thread at a time, so that a long call in C holds up the event loop, and a file that
asks for all memory would end the service. The functions are in modules that import little, and take and return data.
"""

import asyncio
import io
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from msgspec import Struct

from core import isolated_process
from core.errors import Invalid, Refusal
from core.languages.texts import translatable

MAX_CPU_SECONDS = 20
MAX_MEMORY = 1024 * 1024 * 1024
# Two at a time: one slow file holds up nobody, and all together stay within two processors and 2 GiB.
PROCESSES = 2

_P = ParamSpec("_P")
_R = TypeVar("_R")


class TooHeavy(Invalid):
    """Reading the input took more time or memory than one input may take."""

    message = translatable(
        "Reading this took too much time or memory. Make it smaller or simpler, and try again."
    )


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
        self.idle: list[_Process] = []

    async def call(self, call: bytes) -> Any:
        async with self.places:
            process = self._take_idle() or await _start()
            try:
                async with asyncio.timeout(2 * MAX_CPU_SECONDS):
                    answer = await process.exchange(call)
            except (TimeoutError, OSError, EOFError):
                await process.end()
                raise TooHeavy from None
            except BaseException:
                # The caller has been cancelled: the process is in the middle of a call that nobody waits for.
                await process.end()
                raise
            self.idle.append(process)
        try:
            return _Data(io.BytesIO(answer)).load()
        except Exception as error:
            raise FunctionFailed(f"The result cannot be read: {error}") from None

    def _take_idle(self) -> "_Process | None":
        # The system may have ended one that was idle, to get memory.
        while self.idle:
            process = self.idle.pop()
            if process.program.poll() is None:
                return process
            process.writer.close()
        return None

    async def close(self) -> None:
        for process in self.idle:
            await process.end()


class _Process:
    """A process and the socket that is its standard input and output."""

    def __init__(
        self, program: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.program = program
        self.reader = reader
        self.writer = writer

    async def exchange(self, call: bytes) -> bytes:
        """Send a call and return the answer."""
        self.writer.writelines((len(call).to_bytes(8, "big"), call))
        await self.writer.drain()
        return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(8), "big"))

    async def end(self) -> None:
        """Kill the process, and wait until the system has taken back its memory."""
        self.writer.close()
        self.program.kill()
        await asyncio.to_thread(self.program.wait)


async def _start() -> _Process:
    command = (sys.executable, "-s", "-P", "-X", "utf8", "-m", isolated_process.__name__)
    limits = (str(MAX_CPU_SECONDS), str(MAX_MEMORY))
    # Without the variables of the service, which contain passwords.
    env = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def start(stream: socket.socket) -> subprocess.Popen[bytes]:
        # Popen and not asyncio, whose loop would copy the memory map of the service for each new process: with Popen the
        # event loop stands still for a few milliseconds, with asyncio for up to a tenth of a second.
        return subprocess.Popen((*command, *limits), env=env, stdin=stream.fileno(), stdout=stream.fileno())

    ours, theirs = socket.socketpair()
    with theirs:
        try:
            program = await asyncio.to_thread(start, theirs)
            reader, writer = await asyncio.open_connection(sock=ours, limit=2**20)
        except BaseException:
            # The process ends when its standard input does.
            ours.close()
            raise
    return _Process(program, reader, writer)


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
