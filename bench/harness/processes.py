"""Processes under measurement: started on a core of their own, waited for, stopped; and the C tools, compiled once."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BENCH = Path(__file__).parents[1]
BUILD = BENCH / "build"

# What is measured has the first core to itself; the generator and the database share the second.
SERVER_CORE = 0
LOAD_CORE = 1

_LIBRARIES = {"wsfloor": ["-lcrypto"], "clock": ["-shared", "-fPIC", "-ldl"]}


def need(*programs: str) -> None:
    """End with a plain sentence when a program is missing that the script cannot do without."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        sys.exit(f"This figure needs {', '.join(missing)}; see bench/README.md.")


def tool(source: str) -> Path:
    """The compiled form of a C file of this folder, built if it is older than its source."""
    need("cc", "taskset")
    path = BENCH / source
    built = BUILD / path.stem
    newest = max(part.stat().st_mtime for part in (path, *BENCH.glob("*/*.h")))
    if not built.exists() or built.stat().st_mtime < newest:
        BUILD.mkdir(exist_ok=True)
        libraries = _LIBRARIES.get(path.stem, [])
        subprocess.run(["cc", "-O2", "-Wall", "-o", str(built), str(path), *libraries], check=True)
    return built


def on_core(core: int, command: Sequence[str]) -> list[str]:
    """The command, bound to one core; the process keeps its id."""
    return ["taskset", "-c", str(core), *command]


@contextmanager
def running(
    command: Sequence[str],
    *,
    core: int = SERVER_CORE,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    log: Path | None = None,
    port: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of a block: started, waited for until its port answers, then asked to end."""
    output = log.open("ab") if log else None
    process = subprocess.Popen(on_core(core, command), env=env, user=user, stdout=output, stderr=output)
    try:
        if port is not None:
            wait_for_port(port, process)
        yield process
    finally:
        stop(process)
        if output:
            output.close()


def stop(process: subprocess.Popen[bytes], patience: float = 20) -> None:
    """Ask a process to end; after some patience make it."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], patience: float = 60) -> None:
    """Wait until something listens on a local port, or say that the process has ended instead."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing answers on port {port}")


def free_port() -> int:
    """A local port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
