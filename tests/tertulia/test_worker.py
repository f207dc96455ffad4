"""The worker: each job runs once, is retried after a failure, and is given up after several failures."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import clock
from core.events import Event
from storage.database import Database
from storage.statements import statement
from tertulia.worker import ATTEMPTS, Worker
from tests.support.service import PATIENCE

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
_ROWS = statement("SELECT attempts, error, due_at, dead_at FROM follow_ups ORDER BY id")
_CLEAR = statement("DELETE FROM follow_ups")


class FirstEvent(Event, frozen=True, kw_only=True, tag="struck"):
    """The first event of the tests."""

    number: int

    @property
    def channel(self) -> str:
        return "test:events"


class SecondEvent(Event, frozen=True, kw_only=True, tag="told"):
    """The event that the handler of the first event records."""

    number: int

    @property
    def channel(self) -> str:
        return "test:told"


def reacting(db: Database) -> Database:
    return Database(db.pool, db.epoch, db.bus, frozenset({"struck"}))


async def strike(db: Database, *numbers: int) -> None:
    async with db.begin() as tx:
        for number in numbers:
            await tx.record(FirstEvent(number=number))


async def tell(tx: Any, event: FirstEvent) -> None:
    await tx.record(SecondEvent(number=event.number))


_TOLD = statement("SELECT event->>'number' FROM log WHERE channel = 'test:told' ORDER BY seq")


async def told(db: Database) -> list[str]:
    async with db.read() as tx:
        return [row[0] for row in await tx.rows(_TOLD)]


async def test_many_workers_run_each_job_once(db: Database) -> None:
    db = reacting(db)
    await strike(db, *range(50))
    workers = [Worker(db, {FirstEvent: (tell,)}) for _ in range(4)]

    async def drain(worker: Worker) -> None:
        while await worker.handle_next():
            pass

    await asyncio.gather(*(drain(worker) for worker in workers))
    assert sorted(map(int, (await told(db))[-50:])) == list(range(50))


async def test_failed_jobs_are_retried_with_growing_delays_and_given_up(db: Database) -> None:
    db = reacting(db)
    before = len(await told(db))

    async def fail(tx: Any, event: FirstEvent) -> None:
        raise RuntimeError("no post today")

    now = NOON
    with clock.stop_at(now):
        await strike(db, 1)
    worker = Worker(db, {FirstEvent: (tell, fail)})
    waits: list[timedelta] = []
    for _ in range(ATTEMPTS):
        with clock.stop_at(now):
            assert await worker.handle_next()
            assert not await worker.handle_next()
        async with db.read() as tx:
            row = await tx.row(_ROWS)
        assert row is not None
        waits.append(row["due_at"] - now)
        now = row["due_at"]
    assert waits[0] == timedelta(seconds=2)
    assert waits[3] == timedelta(seconds=16)
    assert waits == sorted(waits)
    assert row["dead_at"] is not None
    assert row["error"] == "RuntimeError: no post today"
    with clock.stop_at(now + timedelta(days=2)):
        assert not await worker.handle_next()
    assert len(await told(db)) == before
    async with db.begin() as tx:
        await tx.run(_CLEAR)


async def test_a_retry_can_succeed(db: Database) -> None:
    db = reacting(db)
    failures = [1, 1]

    async def stumble(tx: Any, event: FirstEvent) -> None:
        if failures:
            failures.pop()
            raise ConnectionError("later")
        await tell(tx, event)

    worker = Worker(db, {FirstEvent: (stumble,)})
    await strike(db, 99)
    for later in range(3):
        with clock.stop_at(clock.now() + timedelta(minutes=later)):
            await worker.handle_next()
    assert (await told(db))[-1] == "99"
    async with db.read() as tx:
        assert await tx.rows(_ROWS) == []


async def test_a_killed_worker_releases_its_job(db: Database) -> None:
    db = reacting(db)
    started = asyncio.Event()

    async def hang(tx: Any, event: FirstEvent) -> None:
        started.set()
        await asyncio.sleep(60)

    await strike(db, 5)
    dying = asyncio.create_task(Worker(db, {FirstEvent: (hang,)}).handle_next())
    await started.wait()
    assert not await Worker(db, {FirstEvent: (tell,)}).handle_next()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    # The job is free when the database has noticed that the connection is gone.
    async with asyncio.timeout(PATIENCE):
        while not await Worker(db, {FirstEvent: (tell,)}).handle_next():
            pass
    assert (await told(db))[-1] == "5"


@pytest.mark.parametrize("pause", [0.01])
async def test_the_worker_runs_until_it_is_stopped(db: Database, pause: float) -> None:
    db = reacting(db)
    heard = asyncio.Event()

    async def hear(tx: Any, event: FirstEvent) -> None:
        heard.set()

    running = asyncio.create_task(Worker(db, {FirstEvent: (hear,)}, pause).run())
    await strike(db, 6)
    async with asyncio.timeout(5):
        await heard.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_failed_scheduled_job_does_not_block_others(db: Database) -> None:
    rest, done, heard = list(range(50)), asyncio.Event(), asyncio.Event()

    async def hear(tx: Any, event: FirstEvent) -> None:
        heard.set()

    async def stumble(db: Database) -> bool:
        raise ValueError("a chore of no use")

    async def sweep(db: Database) -> bool:
        if not rest:
            done.set()
            return False
        rest.pop()
        return True

    worker = Worker(db, {FirstEvent: (hear,)}, 0, jobs=(stumble, sweep))
    running = asyncio.create_task(worker.run())
    await strike(reacting(db), 7)
    async with asyncio.timeout(5):
        await done.wait()
        await heard.wait()
    assert not running.done()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_run_due_jobs_runs_until_nothing_is_due(db: Database) -> None:
    due = [3, 2, 1]

    async def sweep(db: Database) -> bool:
        return bool(due and due.pop())

    worker = Worker(db, {}, jobs=(sweep,))

    assert await worker.run_due_jobs()
    assert due == []
    assert not await worker.run_due_jobs()
