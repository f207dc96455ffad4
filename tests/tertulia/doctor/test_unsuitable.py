"""Poolers in front of PostgreSQL, Redis Sentinel and Redis Cluster are refused in one sentence before the service starts."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from storage.embedded.postgres import Cluster
from tertulia import serve
from tertulia.cli import cli
from tertulia.doctor.unsuitable import find_unsuitable
from tertulia.settings import BadSettings, Settings, read_settings
from tests.support.programs import Redis, redis_url

_REFUSAL = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: jit\0\0"


class Pooler:
    """A pooler such as PgBouncer in front of a database: it gives clients another key than the server's, or refuses our
    settings when a client connects. Both were seen with PgBouncer 1.18."""

    def __init__(self, cluster: Cluster, refuses_settings: bool) -> None:
        parts = urlsplit(cluster.owner_url)
        query = parse_qs(parts.query)
        self.socket = Path(query["host"][0]) / f".s.PGSQL.{query['port'][0]}"
        self.user, self.database = query["user"][0], parts.path.lstrip("/")
        self.refuses_settings = refuses_settings

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        length = struct.unpack("!I", await reader.readexactly(4))[0]
        startup = await reader.readexactly(length - 4)
        if startup == struct.pack("!I", 80877103):  # a request for TLS
            writer.write(b"N")
            length = struct.unpack("!I", await reader.readexactly(4))[0]
            startup = await reader.readexactly(length - 4)
        if self.refuses_settings:
            writer.write(b"E" + struct.pack("!I", len(_REFUSAL) + 4) + _REFUSAL)
            writer.close()
            return
        below, above = await asyncio.open_unix_connection(str(self.socket))
        above.write(struct.pack("!I", length) + startup)
        tasks = [
            asyncio.create_task(_pass_on(reader.read, above)),
            asyncio.create_task(_pass_on(lambda _: _read_message(below), writer)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        above.close()
        writer.close()


async def _pass_on(read: Callable[[int], Awaitable[bytes]], writer: asyncio.StreamWriter) -> None:
    while data := await read(65_536):
        writer.write(data)


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """Return the next message of the server; the key of the connection names another process."""
    try:
        head = await reader.readexactly(5)
        body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
    except asyncio.IncompleteReadError:
        return b""
    return head + (struct.pack("!I", 4_000_000) + body[4:] if head[:1] == b"K" else body)


@asynccontextmanager
async def a_pooler(cluster: Cluster, refuses_settings: bool = False) -> AsyncIterator[str]:
    """Run a pooler in front of the database; return its address."""
    pooler = Pooler(cluster, refuses_settings)
    server = await asyncio.start_server(pooler, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://{pooler.user}@127.0.0.1:{port}/{pooler.database}"


@pytest.mark.parametrize("refuses_settings", [False, True])
async def test_a_pooler_is_refused(cluster: Cluster, refuses_settings: bool) -> None:
    async with a_pooler(cluster, refuses_settings) as url:
        settings = read_settings({"DATABASE_URL": url})
        assert str(await find_unsuitable(settings)).startswith("DATABASE_URL leads to a connection pooler")
        with pytest.raises(BadSettings, match="DATABASE_URL leads to a connection pooler such as PgBouncer"):
            await serve.prepare(settings)
        owner = read_settings({"DATABASE_URL": cluster.url, "TERTULIA_OWNER_URL": url})
        assert str(await find_unsuitable(owner)).startswith("TERTULIA_OWNER_URL leads to a connection pooler")


async def test_servers_that_fit_or_do_not_answer_are_no_fault(cluster: Cluster, redis: Redis) -> None:
    assert await find_unsuitable(read_settings({})) is None
    direct = {"DATABASE_URL": cluster.url, "TERTULIA_OWNER_URL": cluster.owner_url, "REDIS_URL": redis.url}
    assert await find_unsuitable(read_settings(direct)) is None
    away = {"DATABASE_URL": "postgresql://127.0.0.1:9/x", "REDIS_URL": "redis://127.0.0.1:9"}
    assert await find_unsuitable(read_settings(away)) is None


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis server of this test alone."""
    running = redis_url()
    yield running
    running.close()


@asynccontextmanager
async def a_redis_that_says(fact: str) -> AsyncIterator[Settings]:
    """Answer INFO as a server with this line in it, and everything else with OK; return the settings that lead there."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = f"# Server\r\nredis_version:7.2.4\r\n{fact}\r\n".encode()
        while data := await reader.read(65_536):
            for command in data.split(b"*")[1:]:
                is_info = b"INFO" in command and b"SETINFO" not in command
                writer.write(b"$%d\r\n%s\r\n" % (len(info), info) if is_info else b"+OK\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield read_settings({"REDIS_URL": f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"})


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("redis_mode:standalone", None),
        ("redis_mode:sentinel", "REDIS_URL leads to Redis Sentinel"),
        ("redis_mode:cluster", "REDIS_URL leads to Redis Cluster"),
        ("server_mode:cluster", "REDIS_URL leads to Redis Cluster"),
    ],
)
async def test_sentinel_and_cluster_are_refused(fact: str, said: str | None) -> None:
    async with a_redis_that_says(fact) as settings:
        fault = await find_unsuitable(settings)
        assert fault is None if said is None else str(fault).startswith(said)


@pytest.mark.parametrize("scheme", ["redis+sentinel", "redis+cluster", "sentinel"])
def test_other_kinds_of_addresses_are_refused_in_one_sentence(scheme: str) -> None:
    checked = CliRunner(env={"REDIS_URL": f"{scheme}://127.0.0.1:26379/mymaster"}).invoke(
        cli, ["config", "check"]
    )
    assert checked.exit_code == 1
    assert checked.output.count("\n") == 1
    assert "REDIS_URL does not begin with redis:// or rediss:// or unix://." in checked.output


async def test_config_check_names_a_server_that_does_not_fit(cluster: Cluster) -> None:
    async with a_pooler(cluster, refuses_settings=True) as url:
        runner = CliRunner(env={"DATABASE_URL": url})
        checked = await asyncio.to_thread(runner.invoke, cli, ["config", "check"])
        assert checked.exit_code == 1
        assert (
            "wrong    servers: DATABASE_URL leads to a connection pooler such as PgBouncer" in checked.output
        )
