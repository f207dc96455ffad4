"""Programs that tests need besides the database: a Redis server and a browser.

`python -m tests.support.programs` installs missing programs where it can (as root on Debian) and lists those still
missing. With the variable CI set, a missing program makes tests fail instead of skipping them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from bench.harness.redis_server import find_redis_server
from storage.embedded.process import die_with_parent

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The shell has no windows of its own to draw, and takes a quarter of the processor time for each page.
_CHROMIUMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_NO_REDIS = "no redis-server here (Debian: apt-get install redis-server)"
_NO_CHROMIUM = (
    "no Chromium here (Debian: apt-get install chromium-headless-shell; or set CHROMIUM to its path)"
)


class Redis:
    """A Redis server for one test, on a socket in its own folder, with functions that make it fail."""

    def __init__(self, binary: str) -> None:
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="tertulia-redis-"))
        self.socket = self.folder / "s"
        self.server: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The value for REDIS_URL."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server with no data, and wait until its socket exists."""
        self.server = subprocess.Popen(
            [self.binary, "--port", "0", "--unixsocket", self.socket, "--dir", self.folder, "--save", ""],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        until = time.monotonic() + 10
        while not self.socket.is_socket():
            if self.server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self.binary} did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Shut the server down as an operator does; it closes its connections."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server, as a crash would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the server: connections stay open, and it does not respond."""
        assert self.server is not None
        self.server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the server continue after `pause`."""
        assert self.server is not None
        self.server.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill the server and delete its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self.server is None:
            return
        self.server.send_signal(how)
        self.server.send_signal(signal.SIGCONT)
        self.server.wait(10)
        self.server = None
        self.socket.unlink(missing_ok=True)


@contextmanager
def a_data_folder() -> Iterator[Path]:
    """Create an empty folder for a service, readable by the account of its database; pytest's own folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="tertulia-test-"))
    folder.chmod(0o755)
    try:
        yield folder / "data"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def redis_url() -> Redis:
    """Start a Redis server; its `url` is the value for REDIS_URL, and the caller must `close` it. Skips the test if no
    server is installed, or fails it under CI."""
    return Redis(find_redis_server() or _absent(_NO_REDIS))


def chromium_path() -> str:
    """Return the path of the browser for Playwright's `executable_path`; start it with CHROMIUM_FLAGS. Skips the test
    if no browser is installed, or fails it under CI."""
    return _find_chromium() or _absent(_NO_CHROMIUM)


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _find_chromium() -> str | None:
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, _CHROMIUMS)]
    found.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((path for path in found if path and os.access(path, os.X_OK)), None)


def _install(package: str) -> None:
    """Install a Debian package if this is Debian and the user is root."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _read_package_lists()
        _run_quietly("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)


@cache
def _read_package_lists() -> None:
    _run_quietly("apt-get", "update", "-qq")


def _run_quietly(*command: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    """Install missing programs and print which are still missing; return 1 under CI if any is missing."""
    # One after the other: older versions of Debian have no package of the shell, and get all of Chromium.
    packages: dict[str, Callable[[], str | None]] = {
        "redis-server": lambda: shutil.which("redis-server"),
        "chromium-headless-shell": lambda: os.environ.get("CHROMIUM") or shutil.which(_CHROMIUMS[0]),
        "chromium": _find_chromium,
    }
    for package, find in packages.items():
        if not find():
            _install(package)
    wanted = (
        (find_redis_server, _NO_REDIS, "tests with two processes and Redis"),
        (_find_chromium, _NO_CHROMIUM, "tests in a browser"),
    )
    missing = [f"{what} will not run: {why}" for find, why, what in wanted if not find()]
    print("\n".join(missing), file=sys.stderr, end="\n" if missing else "")
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
