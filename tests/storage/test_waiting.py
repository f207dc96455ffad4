"""How long a request waits for the database in all: for a connection, for locks, and behind the writes of others."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from time import monotonic

import pytest
import pytest_asyncio

from core.errors import Unavailable
from storage.connections import Wait, finish, lift_limit, limit_waiting
from storage.database import Database, connect
from storage.embedded.postgres import Cluster
from storage.statements import statement
from storage.write_batches import WriteBatches
from tests.support.people import a_person, a_topic
from tests.support.service import Service

LOCK_TOPIC = statement("SELECT 1 FROM topics WHERE id = :topic FOR UPDATE")
SLEEP = statement("SELECT pg_sleep(:seconds)")
ONE = statement("SELECT 1")


@pytest_asyncio.fixture
async def own(db: Database, cluster: Cluster) -> AsyncIterator[Database]:
    """A database whose pool has a single connection."""
    database = await connect(cluster.url, size=1)
    yield database
    await database.close()


async def test_waits_for_a_connection_and_a_lock_count_together(app: Service, own: Database) -> None:
    topic = (await a_topic(await a_person(app)))["id"]

    async def occupy() -> None:
        async with own.read() as tx:
            await tx.value(SLEEP, seconds=0.6)

    occupied = asyncio.create_task(occupy())
    await asyncio.sleep(0)
    async with app.db.begin() as other:
        await other.value(LOCK_TOPIC, topic=topic)
        budget = limit_waiting(1.2)
        started = monotonic()
        with pytest.raises(Unavailable):
            async with own.begin() as tx:
                await tx.value(LOCK_TOPIC, topic=topic)
        # Each wait alone may take three seconds.
        assert 0.6 <= monotonic() - started < 2.5
    await occupied
    assert budget.left < 0.1
    with pytest.raises(Unavailable):
        await own.run(lambda tx: tx.value(LOCK_TOPIC, topic=topic))
    lift_limit()
    assert await own.run(lambda tx: tx.value(LOCK_TOPIC, topic=topic)) == 1


async def test_short_statements_are_work_and_no_waiting(db: Database) -> None:
    budget = limit_waiting(0.5)
    for _ in range(200):
        async with db.begin() as tx:
            await tx.value(ONE)
    with Wait() as seconds:
        assert seconds == pytest.approx(0.5, abs=0.4)
    assert budget.left > 0


async def test_what_was_written_is_committed_even_if_the_time_is_over(app: Service, own: Database) -> None:
    topic = (await a_topic(await a_person(app)))["id"]
    budget = limit_waiting(2.0)
    async with own.begin() as tx:
        await tx.value(LOCK_TOPIC, topic=topic)
        budget.left = 0.0
    assert own.pool.size == 1


async def test_a_commit_that_was_given_up_and_then_failed_is_not_reported_again() -> None:
    is_lost, reports = asyncio.Event(), list[dict[str, object]]()

    async def commit() -> None:
        await is_lost.wait()
        raise ConnectionError("the connection was closed")

    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, report: reports.append(report))
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await finish(commit())
        is_lost.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert reports == []


async def test_tasks_without_a_limit_wait_as_long_as_the_connection_allows(db: Database) -> None:
    with Wait() as seconds:
        assert seconds is None
    with Wait(3.0) as seconds:
        assert seconds == 3.0


async def test_who_waits_behind_a_slow_write_is_refused_and_the_write_goes_on() -> None:
    written: list[int] = []
    gate = asyncio.Event()

    async def write(key: str, items: Sequence[int]) -> Sequence[int | Exception]:
        with Wait() as seconds:
            assert seconds is None, "a batch must not spend the time of the request that began it"
        await gate.wait()
        written.extend(items)
        return list(items)

    batches: WriteBatches[str, int, int] = WriteBatches(write)

    async def request(item: int) -> int:
        limit_waiting(0.3)
        return await batches.submit("key", item)

    for result in await asyncio.gather(request(1), request(2), return_exceptions=True):
        assert isinstance(result, Unavailable)
    gate.set()
    limit_waiting()
    assert await batches.submit("key", 3) == 3
    assert written == [1, 2, 3]


async def test_a_request_is_refused_within_five_seconds_when_connections_and_locks_are_short(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    pools = [context.db.pool for context in app.contexts]
    async with app.db.begin() as other:
        await other.value(LOCK_TOPIC, topic=topic)
        for pool in pools:
            monkeypatch.setattr(pool, "max_size", 2)
        started = monotonic()
        changes = [amina.patch(f"/topics/{topic}", {"title": f"Title {number}"}) for number in range(6)]
        responses = await asyncio.gather(*changes)
        assert monotonic() - started < 5
    assert {response.status_code for response in responses} == {503}
