"""The peer, running: a database of its own, filled, and one uvicorn process with uvloop and httptools."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bench.harness.database import Database, Server
from bench.harness.processes import free_port, running

# As it comes: with its log of requests, which the service writes too.
_OPTIONS = ("--loop", "uvloop", "--http", "httptools")


class Peer(Struct, frozen=True):
    """Where the peer listens, its process, and its database."""

    port: int
    pid: int
    database: Database


def token_of(member: int) -> str:
    """The session token of the n-th member."""
    return f"token-of-member-{member}"


@contextmanager
def peer(server: Server, *, members: int, topics: int, posts: int) -> Iterator[Peer]:
    """Fill a database and serve it for the length of a block, on the server's core."""
    with server.database("peer") as database:
        env = os.environ | {"PEER_DATABASE_URL": database.url.replace("postgresql:", "postgresql+asyncpg:")}
        seed = [sys.executable, "-m", "bench.peers.seed", str(members), str(topics), str(posts)]
        subprocess.run(seed, env=env, check=True)
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench.peers.forum_orm:app",
            "--port",
            str(port),
            *_OPTIONS,
        ]
        with running(command, env=env, port=port, log=Path(os.devnull)) as process:
            yield Peer(port, process.pid, database)
