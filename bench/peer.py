"""The peer, running: a database of its own, filled, and one uvicorn process with uvloop and httptools."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from bench.database import Cluster
from bench.processes import free_port, running

DATABASE = "peer"


class Peer(Struct, frozen=True):
    """Where the peer listens, and its process."""

    port: int
    pid: int


@contextmanager
def peer(server: Cluster, *, members: int, topics: int, posts: int) -> Iterator[Peer]:
    """Fill a database and serve it for the length of a block, on the server's core."""
    asyncio.run(server.create(DATABASE))
    env = os.environ | {"PEER_DATABASE_URL": server.url(DATABASE, "postgresql+asyncpg")}
    seed = [sys.executable, "-m", "bench.peers.seed", str(members), str(topics), str(posts)]
    subprocess.run(seed, env=env, check=True)
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", "bench.peers.forum_orm:app", *options]
    with running(command, env=env, port=port) as process:
        yield Peer(port, process.pid)
