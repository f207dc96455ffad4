"""HTTP load: requests as bytes, sent over and over by `httpload` from the load's core."""

import json
import subprocess
import tempfile
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from bench.harness.processes import LOAD_CORE, on_core, tool


class Load(Struct, frozen=True):
    """What one run gave; microseconds are CPU time per request."""

    requests: int
    per_s: float
    good: int
    good_ever: int
    unchanged: int
    bad: int
    first_bad: str
    bytes_each: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_us: float
    database_us: float
    generator_us: float
    server_busy: float
    wall: float

    def __str__(self) -> str:
        return (
            f"{self.per_s:8,.0f} req/s  p50 {self.p50_ms:7.2f} ms  p99 {self.p99_ms:7.2f} ms  "
            f"server {self.server_us:6.0f} us  database {self.database_us:6.0f} us  {self.bytes_each:7,.0f} B"
            + (f"  BAD {self.bad}: {self.first_bad}" if self.bad else "")
        )


def request(
    method: str, path: str, *, token: str = "", body: object = None, headers: Sequence[str] = ()
) -> bytes:
    """One HTTP request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def send(
    port: int,
    requests: Sequence[bytes],
    *,
    server: int,
    database: int,
    connections: int = 16,
    seconds: float = 4,
    warm: float = 1,
) -> Load:
    """Send the requests round and round for some seconds; with as many as connections each connection keeps its own."""
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        for item in requests:
            file.write(b"%d\n" % len(item) + item)
        file.flush()
        options = {
            "-p": port,
            "-f": file.name,
            "-c": connections,
            "-d": seconds,
            "-w": warm,
            "-P": server,
            "-Q": database,
        }
        words = [str(word) for option in options.items() for word in option]
        command = on_core(LOAD_CORE, [str(tool("load/httpload.c")), *words])
        output = subprocess.run(command, check=True, capture_output=True).stdout
    load = msgspec.json.decode(output, type=Load)
    if load.good + load.unchanged == 0:
        raise RuntimeError(f"nothing but refusals: {load.first_bad}")
    return load
