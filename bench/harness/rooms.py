"""One room and its listeners: runs of `wsload`, and what they gave."""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from bench.harness.processes import LOAD_CORE, on_core, tool


class Hearing(Struct, frozen=True):
    """What one run gave; microseconds are CPU time per delivery, connection_us and connection_kib per idle socket."""

    subscribers: int
    connections_per_s: float
    connection_us: float
    connection_kib: float
    messages: int
    deliveries: int
    lost: int
    closed: int
    wall: float
    per_s: float
    bytes_each: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_us: float
    user_us: float
    system_us: float
    database_us: float
    generator_us: float
    server_busy: float
    generator_busy: float

    def __str__(self) -> str:
        return (
            f"{self.per_s:10,.0f}/s  server {self.server_us:6.2f} us ({self.user_us:.2f}+{self.system_us:.2f})  "
            f"database {self.database_us:5.2f}  generator {self.generator_us:5.2f}  p50 {self.p50_ms:6.1f}  "
            f"p99 {self.p99_ms:6.1f} ms  {self.bytes_each:4.0f} B  {self.connection_kib:5.1f} KiB/socket"
            + (f"  LOST {self.lost}, closed {self.closed}" if self.lost or self.closed else "")
        )


class Publisher(Struct, frozen=True):
    """How messages get into the room: by HTTP, one connection for each header line; the body has %M for the marker."""

    path: str
    body: str
    headers: tuple[str, ...]


class Room(Struct, frozen=True):
    """Where to listen: path, an extra header line, the frame to send first; and how to publish, if not by websocket.

    `publish_port` is that of another process, if messages are not given to the one that is listened to.
    """

    port: int
    pid: int
    path: str = "/ws"
    header: str = ""
    join: str = ""
    publisher: Publisher | None = None
    database: int = 0
    publish_port: int = 0


def saturated(room: Room, subscribers: int, in_flight: int, size: int, seconds: float = 4) -> Hearing:
    """As many messages as the room takes, with so many always under way."""
    return _run(room, {"-n": subscribers, "-m": "sat", "-w": in_flight, "-s": size, "-d": seconds})


def steady(room: Room, subscribers: int, rate: float, size: int, seconds: float = 5) -> Hearing:
    """So many messages a second."""
    return _run(room, {"-n": subscribers, "-m": "rate", "-r": rate, "-s": size, "-d": seconds})


def _run(room: Room, options: Mapping[str, object]) -> Hearing:
    words: dict[str, object] = {"-p": room.port, "-u": room.path, "-P": room.pid, **options}
    if room.header:
        words["-H"] = room.header
    if room.join:
        words["-J"] = room.join
    if room.database:
        words["-Q"] = room.database
    if room.publish_port:
        words["-o"] = room.publish_port
    with tempfile.NamedTemporaryFile("w", suffix=".headers") as file:
        if room.publisher:
            file.write("".join(line + "\n" for line in room.publisher.headers))
            file.flush()
            words |= {"-U": room.publisher.path, "-T": room.publisher.body, "-x": file.name}
        command = on_core(LOAD_CORE, [str(tool("live/wsload.c")), *_flat(words)])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"wsload: {done.stderr.strip()}")
    return msgspec.json.decode(done.stdout, type=Hearing)


def join_frame(channel: str) -> str:
    """What a listener of the service sends first."""
    return json.dumps({"type": "join", "channel": channel})


def _flat(words: Mapping[str, object]) -> Sequence[str]:
    return [str(word) for item in words.items() for word in item]
