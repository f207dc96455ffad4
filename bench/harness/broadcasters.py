"""Who is measured at broadcasting besides the service: nginx-nchan, and the floor that only sends."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bench.harness.processes import BENCH, free_port, need, running, tool

_MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules")


class Broadcaster(Struct, frozen=True):
    """A server with one room on /ws that repeats what comes in on /pub."""

    port: int
    pid: int


@contextmanager
def nchan() -> Iterator[Broadcaster]:
    """nginx with the nchan module (Debian: nginx-light and libnginx-mod-nchan), one worker."""
    need("nginx")
    modules = next((place for place in _MODULES if (Path(place) / "ngx_nchan_module.so").exists()), None)
    if modules is None:
        sys.exit("This figure needs the nchan module of nginx; see bench/README.md.")
    folder = Path(tempfile.mkdtemp(prefix="tertulia-nchan-"))
    folder.chmod(0o755)
    port = free_port()
    text = (BENCH / "live" / "nchan.conf").read_text()
    for name, value in {"@MODULES@": modules, "@FOLDER@": str(folder), "@PORT@": str(port)}.items():
        text = text.replace(name, value)
    (folder / "nginx.conf").write_text(text)
    try:
        with running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port=port) as process:
            yield Broadcaster(port, process.pid)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def floor() -> Iterator[Broadcaster]:
    """The least that can be done without joining messages: one send() a subscriber, in C."""
    port = free_port()
    with running([str(tool("live/wsfloor.c")), str(port)], port=port) as process:
        yield Broadcaster(port, process.pid)
