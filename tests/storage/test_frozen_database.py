"""A database that accepts everything and answers nothing, as a stopped machine does: refusals within five seconds."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.errors import Unavailable
from storage.database import Database
from storage.embedded.postgres import Cluster
from storage.statements import statement
from tests.support.people import a_person
from tests.support.service import Service

PROMISED = 5.0  # seconds, from docs/reliability.md
# More than the process has connections to the database.
MANY = 25


def _processes(postmaster: int) -> list[int]:
    found = [postmaster]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == postmaster:
            found.append(int(status.parent.name))
    return found


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop all processes of a database server, and let them continue."""
    file = cluster.installation.data / "postmaster.pid"
    processes = _processes(int(file.read_text().partition("\n")[0]))
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(processes):
            os.kill(process, signal.SIGCONT)


@pytest.fixture
def own_cluster(cluster: Cluster) -> Cluster:
    """The server that this test run has started itself."""
    if not isinstance(cluster, Cluster) or not Path("/proc/self/stat").exists():
        pytest.skip("only a server of our own can be frozen, and only on Linux")
    return cluster


async def test_requests_are_refused_within_five_seconds(app: Service, own_cluster: Cluster) -> None:
    person = await a_person(app)
    topic = {"title": "Cobalt tracing", "body": "Which scheme?"}

    async def ask(number: int) -> httpx2.Response:
        async with asyncio.timeout(PROMISED):
            if number % 2:
                return await person.get("/inbox")
            return await person.post("/sectors/mobility/topics", topic)

    assert (await ask(1)).status_code == 200
    with frozen(own_cluster):
        answers = await asyncio.gather(*(ask(number) for number in range(MANY)))
        assert {answer.status_code for answer in answers} == {503}
        assert all(answer.headers["Retry-After"] for answer in answers)
        # The next ones too, which have to open a connection first.
        assert (await ask(1)).status_code == 503
    answers = await asyncio.gather(*(ask(number) for number in range(MANY)))
    assert {answer.status_code for answer in answers} == {200, 201}


async def test_after_a_timeout_the_session_is_ended_without_a_rollback(
    db: Database, own_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    rolled_back: list[bool] = []

    async def roll_back(transaction: object) -> None:
        rolled_back.append(True)

    monkeypatch.setattr("storage.database._roll_back", roll_back)
    used: list[Any] = []

    async def meet_a_timeout() -> None:
        async with db.begin() as tx:
            used.append(tx.connection)
            await tx.value(statement("SELECT 1"))
            with frozen(own_cluster):
                await tx.connection.fetchval("SELECT 1", timeout=0.05)

    with pytest.raises(Unavailable):
        await meet_a_timeout()
    assert used[0].is_closed()
    assert rolled_back == []
