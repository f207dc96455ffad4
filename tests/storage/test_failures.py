"""Lost connections: recognised by every exception that reports one, removed from the pool, and answered with status 503."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from core.errors import NotFound, Unavailable
from realtime.background import Loops
from storage.database import Database, connect
from storage.embedded.postgres import Cluster
from storage.failures import Failure, can_retry, classify, is_unavailable
from storage.pool import Pool
from storage.statements import statement
from storage.write_batches import WriteBatches
from tertulia.worker import Worker

_ONE = statement("SELECT 1")
_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
# The message of PostgreSQL to an idle connection at shutdown; the connection closes after it.
GOODBYE = b"E" + struct.pack("!i", len(_FIELDS) + 4) + _FIELDS


@pytest_asyncio.fixture
async def own(db: Database, cluster: Cluster) -> AsyncIterator[Database]:
    """A database with a single connection, which only this test uses."""
    alone = await connect(cluster.url, size=1)
    yield alone
    await alone.close()


class _Line:
    """A connection with the attributes that `classify` reads."""

    def __init__(self, closed: bool) -> None:
        self.closed = closed

    def is_closed(self) -> bool:
        return self.closed


LOST, BUSY, RETRY = Failure.LOST, Failure.BUSY, Failure.RETRY


@pytest.mark.parametrize(
    ("error", "closed", "failure"),
    [
        (asyncpg.InternalClientError("got result for unknown protocol state 3"), False, LOST),
        (asyncpg.ProtocolError("cannot switch to state 12"), False, LOST),
        (asyncpg.OutdatedSchemaCacheError("the schema has changed"), False, RETRY),
        (asyncpg.InvalidCachedStatementError("cached plan must not change result type"), False, RETRY),
        (asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"), False, LOST),
        (asyncpg.AdminShutdownError("terminating connection"), False, LOST),
        (asyncpg.CrashShutdownError("terminating connection"), False, LOST),
        (TimeoutError(), False, LOST),
        (asyncpg.InterfaceError("connection is closed"), True, LOST),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), False, LOST),
        (asyncpg.InterfaceError("the server expects 1 argument"), False, None),
        (ConnectionResetError(), True, LOST),
        (FileNotFoundError(), False, None),
        (asyncpg.DataError("an integer is required"), False, None),
        (asyncpg.UniqueViolationError("twice"), False, None),
        (asyncpg.FeatureNotSupportedError("not in this version"), False, None),
        (NotFound(), True, None),
    ],
)
def test_errors_of_the_driver_are_classified(error: Exception, closed: bool, failure: Failure | None) -> None:
    assert classify(error, _Line(closed)) is failure
    assert can_retry(error) is (failure is RETRY)
    assert is_unavailable(error) or failure is None


WAYS: dict[str, Callable[[Database], Any]] = {
    "read": lambda db: db.read(),
    "single": lambda db: db.autocommit(),
    "begin": lambda db: db.begin(),
}


@pytest.mark.parametrize("way", WAYS)
async def test_terminated_connections_leave_the_pool(own: Database, way: str) -> None:
    async with own.read() as tx:
        broken = tx.connection
    broken._protocol.data_received(GOODBYE)
    assert not broken.is_closed()

    with pytest.raises(Unavailable) as refused:
        async with WAYS[way](own) as tx:
            await tx.value(_ONE)

    assert isinstance(refused.value.__cause__, asyncpg.InternalClientError)
    assert broken.is_closed()
    async with WAYS[way](own) as tx:
        assert tx.connection is not broken
        assert await tx.value(_ONE) == 1
    assert own.pool.size == 1


async def test_connections_lost_in_a_transaction_leave_the_pool(own: Database) -> None:
    async def lose() -> Any:
        async with own.begin() as tx:
            await tx.value(_ONE)
            tx.connection._protocol.data_received(GOODBYE)
            await tx.value(_ONE)

    with pytest.raises(Unavailable):
        await lose()
    async with own.begin() as tx:
        assert await tx.value(_ONE) == 1


async def test_closed_connections_are_not_reused() -> None:
    opened: list[Any] = []

    class Transport(_Line):
        def is_in_transaction(self) -> bool:
            return False

    async def open_connection() -> Transport:
        opened.append(Transport(closed=False))
        return opened[-1]  # type: ignore[no-any-return]

    pool = Pool(open_connection, 1)
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    pool.release(first)
    first.closed = True

    assert await waiting is opened[1]
    assert pool.size == 1


LOSSES = [
    asyncpg.InternalClientError("protocol is in an unexpected state"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.AdminShutdownError("terminating connection"),
    ConnectionResetError(),
    TimeoutError(),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
async def test_the_worker_and_its_jobs_continue_after_a_lost_connection(
    db: Database, loss: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tertulia.worker.DATABASE_RETRY", 0.01)
    monkeypatch.setattr("tertulia.worker.JOBS_PAUSE", 0.01)
    handled, jobs_done = asyncio.Event(), asyncio.Event()
    losses = {"handlers": loss, "job": loss}

    class Losing(Worker):
        async def handle_next(self) -> bool:
            if "handlers" in losses:
                raise losses.pop("handlers")
            handled.set()
            return False

    async def job(_: Database) -> bool:
        if "job" in losses:
            raise losses.pop("job")
        jobs_done.set()
        return False

    running = asyncio.create_task(Losing(db, {}, 0.01, jobs=(job,)).run())
    async with asyncio.timeout(5):
        await asyncio.wait(
            {running, asyncio.ensure_future(asyncio.gather(handled.wait(), jobs_done.wait()))},
            return_when=asyncio.FIRST_COMPLETED,
        )
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_worker_ends_when_one_of_its_tasks_fails(db: Database) -> None:
    class Limping(Worker):
        async def handle_next(self) -> bool:
            raise asyncio.CancelledError

    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as ended:
            await Limping(db, {}, jobs=()).run()
    assert "nobody asked" in str(ended.value.exceptions[0])


async def test_loops_survive_unrequested_cancellations() -> None:
    turns: list[int] = []
    again = asyncio.Event()

    async def turn() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise asyncio.CancelledError
        again.set()
        await asyncio.sleep(60)

    loops = Loops()
    loops.add("turn", turn)
    loops.start()
    async with asyncio.timeout(5):
        await again.wait()
    assert loops.are_alive()
    assert loops.restarts == 1
    await loops.stop()


async def test_a_batch_with_unknown_outcome_is_not_retried() -> None:
    calls: list[list[str]] = []

    async def write(key: str, items: Sequence[str]) -> list[str]:
        calls.append(list(items))
        raise asyncpg.AdminShutdownError("terminating connection")

    batches: WriteBatches[str, str, str] = WriteBatches(write)
    results = await asyncio.gather(*(batches.submit("a", item) for item in "xy"), return_exceptions=True)
    assert all(isinstance(result, asyncpg.AdminShutdownError) for result in results)
    assert calls == [["x", "y"]]


async def test_a_failed_batch_releases_its_waiters_and_its_key() -> None:
    breaks: list[Any] = [asyncio.CancelledError(), []]

    async def write(key: str, items: Sequence[str]) -> Sequence[str]:
        if not breaks:
            return items
        how = breaks.pop(0)
        if isinstance(how, BaseException):
            raise how
        return how  # type: ignore[no-any-return]

    batches: WriteBatches[str, str, str] = WriteBatches(write)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable):
            await batches.submit("a", "x")
        with pytest.raises(ValueError, match="zip"):
            await batches.submit("a", "x")
        assert await batches.submit("a", "x") == "x"


async def test_a_batch_that_met_a_deadlock_is_written_again() -> None:
    calls: list[list[str]] = []

    async def write(key: str, items: Sequence[str]) -> Sequence[str]:
        calls.append(list(items))
        if len(calls) < 4 or key == "b":
            raise Unavailable from asyncpg.DeadlockDetectedError("deadlock detected")
        return items

    batches: WriteBatches[str, str, str] = WriteBatches(write)
    assert await asyncio.gather(*(batches.submit("a", item) for item in "xy")) == ["x", "y"]
    assert calls == [["x", "y"]] * 4
    with pytest.raises(Unavailable):
        await batches.submit("b", "z")
    assert len(calls) == 8


async def test_who_waits_behind_a_batch_without_an_answer_is_refused_with_it() -> None:
    """Otherwise they would wait twice as long as a request may."""
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    written: list[Sequence[str]] = []

    async def write(_: str, items: Sequence[str]) -> Sequence[str]:
        written.append(items)
        await answer
        return items

    batches: WriteBatches[str, str, str] = WriteBatches(write)
    first = asyncio.create_task(batches.submit("room", "first"))
    while not written:  # noqa: ASYNC110 (the task has to begin)
        await asyncio.sleep(0)
    second = asyncio.create_task(batches.submit("room", "second"))
    await asyncio.sleep(0)
    answer.set_exception(Unavailable())

    assert [type(one) for one in await asyncio.gather(first, second, return_exceptions=True)] == [
        Unavailable
    ] * 2
    assert written == [["first"]]
