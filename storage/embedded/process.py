"""What PostgreSQL writes down about its running server, and what to do about one that an earlier run left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from msgspec import Struct

from storage.embedded.install import CannotStart


class Postmaster(Struct, frozen=True):
    """A server as its postmaster.pid describes it."""

    process: int
    sockets: Path
    is_ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The server that keeps this data, or kept it when it was last written down."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5 or not lines[0].strip().isdigit():
        return None
    return Postmaster(int(lines[0]), Path(lines[4]), len(lines) > 7 and lines[7].strip() == "ready")


def is_alive(process: int) -> bool:
    """Whether there is a process of this number, whoever's it is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_leftover(data: Path) -> None:
    """Stop a server that outlived its service, or is still on its way out, and clear away the file of one that is
    long gone. Only for whoever holds the lock of the data folder."""
    left = find_postmaster(data)
    if left is None or not is_alive(left.process):
        return
    if not _is_server(left.process, data):
        # The number now belongs to some other process, which PostgreSQL would take for its predecessor.
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
        asked = subprocess.run(["ps", "-p", str(process), "-o", "command="], capture_output=True, text=True)
        return asked.stdout
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        return ""
