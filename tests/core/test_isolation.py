"""Separate processes for foreign input: results, refusals, and what a call may not do."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from core import isolation
from core.errors import Invalid, Refusal
from core.isolated_process import NICENESS
from core.isolation import FunctionFailed, Lane, TooHeavy
from forum.files.uploads import TextEncodingUnclear

pytestmark = pytest.mark.asyncio


class Odd(Invalid):
    """A refusal whose constructor takes something else than its message."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} is odd.", field="size")


@pytest_asyncio.fixture
async def lane() -> AsyncIterator[Lane]:
    """A lane of its own, whose processes end with the test."""
    lane = Lane()
    yield lane
    await lane.close()


def halve(size: int, *, times: int = 1) -> Decimal:
    """Return a half; raise Odd."""
    if size % 2:
        raise Odd(size)
    return Decimal(size) / Decimal(2**times)


def refuse_unclear_text() -> None:
    """Raise a refusal of the product that makes its message of something else."""
    raise TextEncodingUnclear("cp1252")


def take_memory() -> int:
    """Ask for more memory than a call may have."""
    return len(bytearray(3 * isolation.MAX_MEMORY))


def loop_forever() -> None:
    """Never return."""
    while True:
        pass


def own_secrets() -> list[str]:
    """Return the names of the variables of the process."""
    return sorted(os.environ)


def grow_a_file(path: str) -> int:
    """Write to a file."""
    return Path(path).write_text("x")


def print_and_read() -> str:
    """Disturb standard output and input."""
    print("a library says something")
    return sys.stdin.read()


class Call:
    """Data that calls a function when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Return what pickle calls."""
        return os.system, ("true",)


async def test_results_and_arguments_pass(lane: Lane) -> None:
    assert await lane.call(halve, 6) == Decimal(3)
    assert await lane.call(halve, 12, times=2) == Decimal(3)


async def test_refusals_pass_with_their_message_and_field(lane: Lane) -> None:
    with pytest.raises(Odd) as raised:
        await lane.call(halve, 3)
    assert (raised.value.code, raised.value.detail, raised.value.field) == ("odd", "3 is odd.", "size")
    with pytest.raises(TextEncodingUnclear) as unclear:
        await lane.call(refuse_unclear_text)
    assert unclear.value.detail == TextEncodingUnclear("cp1252").detail


async def test_other_errors_bring_their_traceback(lane: Lane) -> None:
    with pytest.raises(FunctionFailed, match="invalid literal for int"):
        await lane.call(int, "x")
    assert not issubclass(FunctionFailed, Refusal)


async def test_too_much_memory_ends_only_that_call(lane: Lane) -> None:
    with pytest.raises(TooHeavy):
        await lane.call(take_memory)
    assert await lane.call(halve, 2) == 1


async def test_too_much_time_ends_only_that_call(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "MAX_CPU_SECONDS", 0)
    with pytest.raises(TooHeavy):
        await lane.call(loop_forever)
    monkeypatch.undo()
    assert await lane.call(halve, 2) == 1


async def test_a_cancelled_call_does_not_give_its_result_to_the_next(lane: Lane) -> None:
    slow = asyncio.create_task(lane.call(time.sleep, 60))
    while not isolation_processes():  # noqa: ASYNC110 - there is no event for the start of a process
        await asyncio.sleep(0.01)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await lane.call(halve, 2) == 1


async def test_a_process_that_was_killed_is_replaced(lane: Lane) -> None:
    os.kill(await lane.call(os.getpid), signal.SIGKILL)
    results = [await _outcome(lane) for _ in range(2)]
    assert results[-1] == 1


async def _outcome(lane: Lane) -> object:
    try:
        return await lane.call(halve, 2)
    except TooHeavy as refusal:
        return refusal


async def test_calls_see_no_secrets_and_write_no_files(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    assert "DATABASE_PASSWORD" not in await lane.call(own_secrets)
    with pytest.raises(FunctionFailed, match="File too large"):
        await lane.call(grow_a_file, str(tmp_path / "file"))


async def test_the_service_goes_first(lane: Lane) -> None:
    assert (
        await lane.call(os.getpriority, os.PRIO_PROCESS, 0) == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    )


async def test_what_a_library_prints_does_not_disturb(lane: Lane) -> None:
    assert await lane.call(print_and_read) == ""
    assert await lane.call(halve, 2) == 1


async def test_a_result_cannot_call_functions_in_the_service(lane: Lane) -> None:
    with pytest.raises(FunctionFailed, match="system is no data"):
        await lane.call(Call)


async def test_as_many_calls_run_at_once_as_there_are_places(lane: Lane) -> None:
    async with asyncio.timeout(30):
        ids = await asyncio.gather(*(lane.call(os.getpid) for _ in range(3 * isolation.PROCESSES)))
    assert 1 <= len(set(ids)) <= isolation.PROCESSES


def isolation_processes() -> list[str]:
    """Return the ids of the separate processes that this process has started."""
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True
    )
    return [line.split()[0] for line in found.stdout.splitlines() if "isolated_process" in line]
