"""The running server as postmaster.pid describes it, and servers that would outlive, or have outlived, their service."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from storage.embedded.install import CannotStart


class Postmaster(Struct, frozen=True):
    """A server as postmaster.pid describes it."""

    process: int
    sockets: Path
    is_ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """Return the server of this data folder that postmaster.pid names, running or not; None if there is no such file."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5 or not lines[0].strip().isdigit():
        return None
    return Postmaster(int(lines[0]), Path(lines[4]), len(lines) > 7 and lines[7].strip() == "ready")


def is_alive(process: int) -> bool:
    """Return whether a process with this id exists, of any account."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def stop_leftover_server(data: Path) -> None:
    """Stop a server that an earlier run left behind, or delete the postmaster.pid of one that has ended.

    Only the process that holds the lock of the data folder may call this. Raise CannotStart if the server does not stop.
    """
    left = find_postmaster(data)
    if left is None or not is_alive(left.process):
        return
    if not _is_server(left.process, data):
        # The id now belongs to another process, which PostgreSQL would mistake for its predecessor.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    os.kill(left.process, signal.SIGINT)
    until = time.monotonic() + 30
    while _is_server(left.process, data):
        if time.monotonic() > until:
            raise CannotStart(f"A server (process {left.process}) still runs on {data} and does not stop.")
        time.sleep(0.01)


def _is_server(process: int, data: Path) -> bool:
    return is_alive(process) and str(data) in _command_of(process)


def _command_of(process: int) -> str:
    if sys.platform != "linux":
        result = subprocess.run(["ps", "-p", str(process), "-o", "command="], capture_output=True, text=True)
        return result.stdout
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return ""


def die_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Return a function that a child process calls before it starts its program, so that Linux signals it when its
    parent ends."""
    if sys.platform != "linux":
        # On other systems a killed service leaves its server running; the next start stops it.
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def request_signal() -> None:
        prctl(1, how)
        if os.getppid() != parent:
            os._exit(1)

    return request_signal
