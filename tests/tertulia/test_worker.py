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

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
_ROWS = statement("SELECT attempts, error, due_at, dead_at FROM follow_ups ORDER BY id")
_CLEAR = statement("DELETE FROM follow_ups")


class Struck(Event, frozen=True, kw_only=True, tag="struck"):
    """The first event of the tests."""

    number: int

    @property
    def channel(self) -> str:
        return "test:bell"


class Told(Event, frozen=True, kw_only=True, tag="told"):
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
            await tx.record(Struck(number=number))


async def tell(tx: Any, event: Struck) -> None:
    await tx.record(Told(number=event.number))


_TOLD = statement("SELECT event->>'number' FROM log WHERE channel = 'test:told' ORDER BY seq")


async def told(db: Database) -> list[str]:
    async with db.read() as tx:
        return [row[0] for row in await tx.rows(_TOLD)]


async def test_many_workers_run_each_follow_up_once(db: Database) -> None:
    db = reacting(db)
    await strike(db, *range(50))
    workers = [Worker(db, {Struck: (tell,)}) for _ in range(4)]

    async def drain(worker: Worker) -> None:
        while await worker.handle_next():
            pass

    await asyncio.gather(*(drain(worker) for worker in workers))
    assert sorted(map(int, (await told(db))[-50:])) == list(range(50))


async def test_what_fails_is_undone_put_off_longer_each_time_and_in_the_end_given_up(db: Database) -> None:
    db = reacting(db)
    before = len(await told(db))

    async def fail(tx: Any, event: Struck) -> None:
        raise RuntimeError("no post today")

    now = NOON
    with clock.stop_at(now):
        await strike(db, 1)
    worker = Worker(db, {Struck: (tell, fail)})
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


async def test_a_failure_that_passes_is_made_good(db: Database) -> None:
    db = reacting(db)
    failures = [1, 1]

    async def stumble(tx: Any, event: Struck) -> None:
        if failures:
            failures.pop()
            raise ConnectionError("later")
        await tell(tx, event)

    worker = Worker(db, {Struck: (stumble,)})
    await strike(db, 99)
    for later in range(3):
        with clock.stop_at(clock.now() + timedelta(minutes=later)):
            await worker.handle_next()
    assert (await told(db))[-1] == "99"
    async with db.read() as tx:
        assert await tx.rows(_ROWS) == []


async def test_a_worker_that_dies_holds_nothing(db: Database) -> None:
    db = reacting(db)
    started = asyncio.Event()

    async def hang(tx: Any, event: Struck) -> None:
        started.set()
        await asyncio.sleep(60)

    await strike(db, 5)
    dying = asyncio.create_task(Worker(db, {Struck: (hang,)}).handle_next())
    await started.wait()
    assert not await Worker(db, {Struck: (tell,)}).handle_next()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await Worker(db, {Struck: (tell,)}).handle_next()
    assert (await told(db))[-1] == "5"


@pytest.mark.parametrize("pause", [0.01])
async def test_it_runs_until_it_is_told_to_stop(db: Database, pause: float) -> None:
    db = reacting(db)
    heard = asyncio.Event()

    async def hear(tx: Any, event: Struck) -> None:
        heard.set()

    running = asyncio.create_task(Worker(db, {Struck: (hear,)}, pause).run())
    await strike(db, 6)
    async with asyncio.timeout(5):
        await heard.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_chore_that_fails_keeps_no_other_and_no_reaction_from_its_work(db: Database) -> None:
    rest, done, heard = list(range(50)), asyncio.Event(), asyncio.Event()

    async def hear(tx: Any, event: Struck) -> None:
        heard.set()

    async def stumble(db: Database) -> bool:
        raise ValueError("a chore of no use")

    async def sweep(db: Database) -> bool:
        if not rest:
            done.set()
            return False
        rest.pop()
        return True

    worker = Worker(db, {Struck: (hear,)}, 0, jobs=(stumble, sweep))
    running = asyncio.create_task(worker.run())
    await strike(reacting(db), 7)
    async with asyncio.timeout(5):
        await done.wait()
        await heard.wait()
    assert not running.done()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_what_is_due_is_done_when_asked_for_until_nothing_is(db: Database) -> None:
    due = [3, 2, 1]

    async def sweep(db: Database) -> bool:
        return bool(due and due.pop())

    worker = Worker(db, {}, jobs=(sweep,))

    assert await worker.run_due_jobs()
    assert due == []
    assert not await worker.run_due_jobs()
