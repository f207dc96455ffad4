"""Restarts: processes survive a restart of the database, and a process that ends logs the reason and exits with an
error.

These tests start real processes and restart a real database, which takes more than 20 seconds.
"""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from storage.embedded import install, postgres
from tests.support.programs import a_data_folder

# Seconds within which requests must succeed again after a restart.
PATIENCE = 30.0
STARTS_WITHIN = 150.0  # seconds, on a machine that is busy with other work
RESTARTS = 2
SERVE = ("-m", "tertulia", "serve", "--host", "127.0.0.1", "--port", "0")
WORK = ("-m", "tertulia", "worker")
BROKEN = """
from tertulia.cli import main
from tertulia.worker import Worker

async def handle_next(self):
    raise LookupError("nobody foresaw this")

Worker.handle_next = handle_next
main()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder without a database."""
    with a_data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def outside() -> Iterator[postgres.Cluster]:
    """A database that another process keeps running."""
    with a_data_folder() as folder, postgres.start(folder, settings={"fsync": "off"}) as cluster:
        yield cluster


class Running:
    """A process of the service and its output so far."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said = ""

    async def read(self) -> None:
        """Collect the output of the process until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line.decode()

    async def says(self, pattern: str) -> str:
        """Wait until the output matches a pattern; return the first group."""
        async with asyncio.timeout(STARTS_WITHIN):
            while not (found := re.search(pattern, self.said)):
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)
        return found[1] if found.groups() else found[0]

    async def ends(self) -> int:
        """Wait until the process ends; return its exit status."""
        async with asyncio.timeout(STARTS_WITHIN):
            return await self.process.wait()


@asynccontextmanager
async def running(
    arguments: Sequence[str], data: Path, cluster: postgres.Cluster | None = None, **settings: str
) -> AsyncIterator[Running]:
    """Start a process of the service, with its own database or with the database of a cluster."""
    clean = {
        name: text for name, text in os.environ.items() if not name.startswith(("TERTULIA_", "DATABASE"))
    }
    if cluster is not None:
        settings |= {"DATABASE_URL": cluster.url, "TERTULIA_OWNER_URL": cluster.owner_url}
    environment = clean | {"TERTULIA_DATA": str(data), "TERTULIA_LOG": "json", "TERTULIA_RATE_LIMITS": "off"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment | settings, stdout=PIPE, stderr=STDOUT, limit=2**20
    )
    one = Running(process)
    reading = asyncio.create_task(one.read())
    try:
        yield one
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading


def read_pid(file: Path) -> str:
    """Return the process number in a server's postmaster.pid, or "" while there is none."""
    return file.read_text().partition("\n")[0] if file.exists() else ""


async def restart_embedded(data: Path, how: str) -> None:
    """Shut down the database of a running service in fast mode. The service restarts it; with pg_ctl restart, the
    operator's tool and the service compete, and the second fails."""
    place = install.prepare_installation(data)
    file = place.data / "postmaster.pid"
    async with asyncio.timeout(PATIENCE):
        # Of two servers that competed in the last round, one may only now have gone.
        while not (before := read_pid(file)):  # noqa: ASYNC110 (a file sends no event)
            await asyncio.sleep(0.02)
    if how == "restarted":
        pg_ctl = [
            str(place.binaries / "pg_ctl"),
            "-D",
            str(place.data),
            "-m",
            "fast",
            "-l",
            "/dev/null",
            "restart",
        ]
        tool = await asyncio.create_subprocess_exec(
            *pg_ctl, stdout=DEVNULL, stderr=DEVNULL, **place.account.popen()
        )
        await tool.wait()
    else:
        os.kill(int(before), signal.SIGINT)
    async with asyncio.timeout(PATIENCE):
        while postgres.find_urls(data) is None or read_pid(file) in ("", before):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def ask_until_it_answers(client: httpx2.AsyncClient) -> None:
    """Send requests that need the database until one succeeds; others must be refused with 503."""
    async with asyncio.timeout(PATIENCE):
        while (answer := await client.get("/api/v1/sectors")).status_code != 200:
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.1)
        while (await client.get("/ready")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def ask_on(client: httpx2.AsyncClient, statuses: set[int]) -> None:
    """Send requests without pause, as visitors do while the database restarts."""
    while True:
        statuses.add((await client.get("/api/v1/sectors")).status_code)


@pytest.mark.parametrize("how", ["stopped", "restarted"])
@pytest.mark.timeout(240)
async def test_the_service_survives_fast_restarts_of_its_database(data: Path, how: str) -> None:
    """Slow: the database restarts several times while real processes serve requests."""
    async with running(SERVE, data) as service:
        url = await service.says(r"Tertulia is at (\S+)")
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client, running(WORK, data) as worker:
            await worker.says("the worker is running")
            statuses: set[int] = set()
            asking = [asyncio.create_task(ask_on(client, statuses)) for _ in range(8)]
            for _ in range(RESTARTS):
                await restart_embedded(data, how)
                await ask_until_it_answers(client)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            assert all(task.cancelled() for task in asking)
            assert statuses <= {200, 503}
            assert (service.process.returncode, worker.process.returncode) == (None, None), worker.said
            worker.process.terminate()
            assert await worker.ends() == 0
        service.process.terminate()
        assert await service.ends() == 0, service.said


@pytest.mark.timeout(240)
async def test_processes_survive_fast_restarts_of_an_external_database(
    outside: postgres.Cluster, tmp_path: Path
) -> None:
    """Slow: the database restarts several times while real processes serve requests."""
    async with running(SERVE, tmp_path, outside) as service:
        url = await service.says(r"Tertulia is at (\S+)")
        async with (
            httpx2.AsyncClient(base_url=url, timeout=30) as client,
            running(WORK, tmp_path, outside) as worker,
        ):
            await worker.says("the worker is running")
            for _ in range(RESTARTS):
                os.kill(
                    int((outside.installation.data / "postmaster.pid").read_text().splitlines()[0]),
                    signal.SIGINT,
                )
                while outside.is_alive:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                assert outside.restart_if_dead()
                await ask_until_it_answers(client)
            assert (service.process.returncode, worker.process.returncode) == (None, None), worker.said


async def test_a_process_that_is_told_to_stop_answers_until_running_requests_have_ended(
    outside: postgres.Cluster, tmp_path: Path
) -> None:
    async with running(SERVE, tmp_path, outside) as service:
        url = await service.says(r"Tertulia is at (\S+)")
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
            assert (await client.get("/ready")).status_code == 200
            # A request that runs until the rest of its body comes.
            body = b'{"login": "nobody", "password": "wrong"}'
            head = f"POST /api/v1/sessions HTTP/1.1\r\nhost: {url[7:]}\r\norigin: {url}\r\n"
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(head.encode() + body[:9])
            await writer.drain()
            assert (await client.get("/health")).status_code == 200

            service.process.terminate()
            async with asyncio.timeout(PATIENCE):
                while (answer := await client.get("/api/v1/sectors")).status_code == 200:
                    pass
            assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
            assert answer.headers["retry-after"] == "5"
            writer.write(body[9:])
            first = await reader.readline()
            assert first.split()[1] in (b"401", b"403", b"422"), first
            writer.close()
        assert await service.ends() == 0, service.said


async def test_a_worker_serves_its_metrics_on_its_own_port(outside: postgres.Cluster, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    settings = {"TERTULIA_WORKER_METRICS_PORT": port}
    async with running(WORK, tmp_path, outside, **settings) as worker:
        await worker.says("the worker is running")
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with asyncio.timeout(PATIENCE):
                while "tertulia_job_last_run" not in (text := (await client.get("/metrics")).text):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        assert 'role="worker"' in text
        async with running(WORK, tmp_path, outside, **settings) as second:
            assert await second.ends() == 1
        assert (
            f"TERTULIA_WORKER_METRICS_PORT: the service cannot listen on 127.0.0.1, port {port}"
            in second.said
        )


@pytest.mark.parametrize("arguments", [SERVE, WORK], ids=["serve", "worker"])
async def test_an_unexpected_error_ends_the_process_with_a_message_and_a_status(
    outside: postgres.Cluster, tmp_path: Path, arguments: Sequence[str]
) -> None:
    async with running(("-c", BROKEN, *arguments[2:]), tmp_path, outside) as process:
        status = await process.ends()

    assert status == 1, process.said
    lines = [line for line in process.said.splitlines() if '"level":"critical"' in line]
    assert len(lines) == 1, process.said
    assert "nobody foresaw this" in lines[0] and '"task":"worker"' in lines[0]


async def test_an_occupied_metrics_port_ends_the_process_with_a_message_and_a_status(
    outside: postgres.Cluster, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with running(SERVE, tmp_path, outside, TERTULIA_METRICS_PORT=port) as process:
            assert await process.ends() == 1, process.said

    assert process.said.strip() == (
        f"tertulia: TERTULIA_METRICS_PORT: the service cannot listen on 127.0.0.1, port {port}: another program uses it."
    )


async def test_an_unreachable_database_ends_the_worker_with_a_message_and_a_status(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    async with running(
        WORK, tmp_path, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{port}/nothing"
    ) as process:
        assert await process.ends() == 1, process.said

    assert process.said.startswith("tertulia: ")
    assert "Traceback" not in process.said
