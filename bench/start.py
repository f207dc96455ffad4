"""How soon the first page is there: `tertulia serve` with its embedded database, on new data and on data that exists."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep

import httpx2

from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.processes import free_port, stop
from bench.harness.service import command

# Also what would have every module compiled anew at each start.
_NOT_PASSED = ("DATABASE_URL", "REDIS_URL", "PYTHONDONTWRITEBYTECODE")


def main() -> int:
    """Start the service a few times and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()

    heading("From `tertulia serve` to the first page")
    first, later = [], []
    for _ in range(chosen.rounds):
        data = Path(tempfile.mkdtemp(prefix="tertulia-start-"))
        data.chmod(0o711)
        try:
            first.append(_start(data))
            later += [_start(data), _start(data)]
        finally:
            shutil.rmtree(data, ignore_errors=True)
        print(f"  new data {first[-1]:.2f} s, then {later[-2]:.2f} and {later[-1]:.2f} s", flush=True)
    return conclude(
        "start",
        [
            Figure("first start, on new data", median(first), 5, "s", at_most=True),
            Figure("start on data that exists", median(later), 1.5, "s", at_most=True),
        ],
    )


def _start(data: Path) -> float:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED}
    started = perf_counter()
    process = subprocess.Popen(
        command(data, port), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with httpx2.Client(trust_env=False) as http:
            while process.poll() is None and perf_counter() - started < 60:
                try:
                    if http.get(f"http://127.0.0.1:{port}/").status_code == 200:
                        return perf_counter() - started
                except httpx2.TransportError:
                    sleep(0.01)
        sys.exit("the service does not show its first page")
    finally:
        stop(process)


if __name__ == "__main__":
    sys.exit(main())
