"""The Redis that processes of the service ring each other through, on the load's core."""

import subprocess
import tempfile

from bench.harness.processes import LOAD_CORE, free_port, need, on_core, wait_for_port


class Redis:
    """A Redis without persistence that can be taken away and brought back."""

    def __init__(self) -> None:
        need("redis-server")
        self.port = free_port()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        words = [
            "redis-server",
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
