"""Calls `/health` again and again while something else goes on, from a process of its own, and says how long each took."""

import http.client
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from subprocess import PIPE, Popen

import msgspec
from msgspec import Struct

from bench.harness.processes import LOAD_CORE, on_core

EVERY_SECONDS = 0.005


class Health(Struct):
    """How long the calls took, in milliseconds, in ascending order; `failed` got another answer than 200."""

    milliseconds: list[float] = []
    failed: int = 0

    @property
    def worst(self) -> float:
        """The longest call."""
        return self.milliseconds[-1] if self.milliseconds else 0.0

    def percentile(self, share: float) -> float:
        """The time that this share of the calls did not exceed."""
        return self.milliseconds[int(share * (len(self.milliseconds) - 1))] if self.milliseconds else 0.0


@contextmanager
def watched(port: int) -> Iterator[Health]:
    """Call `/health` every 5 ms for the length of a block; the result is filled in when the block ends."""
    command = on_core(LOAD_CORE, [sys.executable, "-m", "bench.harness.health", str(port)])
    process = Popen(command, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    found = Health()
    try:
        yield found
    finally:
        process.stdin.close()
        seen = msgspec.json.decode(process.stdout.read(), type=Health)
        process.wait()
        found.milliseconds, found.failed = sorted(seen.milliseconds), seen.failed


def main() -> None:
    """Call until the standard input is closed, then print the result."""
    with suppress(PermissionError):
        os.nice(-10)  # the load generator and the database share this core: they shall not be measured
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
    found, ended = Health(), threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    print(flush=True)
    due = time.perf_counter()
    while not ended.is_set():
        began = time.perf_counter()
        connection.request("GET", "/health")
        response = connection.getresponse()
        response.read()
        found.milliseconds.append((time.perf_counter() - began) * 1_000)
        found.failed += response.status != 200
        due = max(due + EVERY_SECONDS, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
