"""The storage: a log without gaps, atomic writes, idempotency keys, batches and the connection pool."""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from core.events import Event
from storage import event_log, schema
from storage.cache import VersionedCache
from storage.cursors import BadCursor, decode_cursor, encode_cursor
from storage.database import Database, connect
from storage.embedded.postgres import Cluster
from storage.idempotency import IdempotencyKeyReused, IdempotentRequest, StoredResponse, fingerprint
from storage.pool import Pool
from storage.statements import Statement, statement
from storage.tables import metadata
from storage.write_batches import WriteBatches
from tests.support.rooms.open_room import statements_of
from tests.support.service import Service
from tests.support.source_code import import_all_modules


class Happened(Event, frozen=True, kw_only=True, tag="happened"):
    """An event for tests."""

    where: int

    @property
    def channel(self) -> str:
        return f"test:{self.where}"


class _Broken(Exception):
    pass


async def test_the_log_has_no_gaps_despite_failures(db: Database) -> None:
    committed: list[int] = []

    async def write(number: int) -> None:
        try:
            async with db.begin() as tx:
                seq = await tx.record(Happened(where=7))
                if number % 3 == 0:
                    raise _Broken
        except _Broken:
            return
        committed.append(seq)

    await asyncio.gather(*(write(number) for number in range(60)))
    async with db.read() as tx:
        entries = await event_log.read_after(tx, "test:7", 0)
        head = await event_log.read_head(tx, "test:7")
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert sorted(committed) == list(range(1, 41))
    assert head == 40
    assert entries[0].event == {"type": "happened", "where": 7}


async def test_failed_transactions_store_and_publish_nothing(db: Database) -> None:
    positions: list[Any] = []
    quiet = Database(db.pool, db.epoch, _Bus(positions))

    async def break_off() -> None:
        async with quiet.begin() as tx:
            await tx.record(Happened(where=8))
            raise _Broken

    with pytest.raises(_Broken):
        await break_off()
    async with quiet.read() as tx:
        assert await event_log.read_head(tx, "test:8") == 0
    assert positions == []

    async with quiet.begin() as tx:
        await tx.record(Happened(where=8))
        assert positions == []
    assert positions == [("test:8", 1)]


class _Bus:
    def __init__(self, positions: list[Any]) -> None:
        self.heard = positions

    def publish(self, positions: Sequence[tuple[str, int]]) -> None:
        self.heard += positions

    def signal(self, channel: str, payload: Any) -> None:
        self.heard.append((channel, payload))


async def test_a_cancelled_request_returns_its_connection_and_its_locks(
    db: Database, service: Service
) -> None:
    # A separate pool, because background tasks also use the pool of the service.
    own = await connect(service.contexts[0].settings.database_url, size=3)

    async def hang() -> None:
        async with own.begin() as tx:
            await tx.record(Happened(where=9))
            await asyncio.sleep(60)

    try:
        for _ in range(30):
            task = asyncio.create_task(hang())
            await asyncio.sleep(0.002)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        async with own.begin() as tx:
            assert await tx.record(Happened(where=9)) == 1
        assert own.pool.size == len(own.pool.free)
    finally:
        await own.close()


async def test_a_repeated_key_returns_the_stored_response_only_for_the_same_request(db: Database) -> None:
    runs: list[int] = []

    async def verb(tx: Any) -> dict[str, int]:
        runs.append(1)
        return {"run": len(runs)}

    def idempotent(body: bytes) -> IdempotentRequest:
        return IdempotentRequest(scope="member:1", key="k", fingerprint=fingerprint("POST /x", body))

    answers = await asyncio.gather(*(idempotent(b"a").respond(db, verb, 201) for _ in range(20)))
    assert set(answers) == {StoredResponse(201, b'{"run":1}')}
    assert len(runs) == 1
    with pytest.raises(IdempotencyKeyReused):
        await idempotent(b"b").respond(db, verb)
    other = IdempotentRequest(scope="member:2", key="k", fingerprint=fingerprint("POST /x", b"a"))
    assert (await other.respond(db, verb)).body == b'{"run":2}'


async def test_a_refused_write_releases_its_key(db: Database) -> None:
    idempotent = IdempotentRequest(scope="member:1", key="again", fingerprint=b"f")

    async def refuse(tx: Any) -> None:
        raise _Broken

    async def work(tx: Any) -> str:
        return "done"

    with pytest.raises(_Broken):
        await idempotent.respond(db, refuse)
    assert (await idempotent.respond(db, work)).body == b'"done"'


async def test_waiting_writes_for_a_key_are_batched() -> None:
    written: list[list[int]] = []
    gate = asyncio.Event()

    async def write(key: str, items: Sequence[int]) -> list[int]:
        written.append(list(items))
        await gate.wait()
        return [item * 2 for item in items]

    batches: WriteBatches[str, int, int] = WriteBatches(write)
    puts = [asyncio.create_task(batches.submit("a", 0))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    puts += [asyncio.create_task(batches.submit("a", number)) for number in range(1, 150)]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(*puts) == [number * 2 for number in range(150)]
    assert [len(batch) for batch in written] == [1, 100, 49]
    assert not batches.waiting


async def test_batches_for_a_key_keep_an_interval_and_a_single_write_is_immediate() -> None:
    written: list[tuple[float, int]] = []
    loop = asyncio.get_running_loop()

    async def write(key: str, items: Sequence[int]) -> Sequence[int]:
        written.append((loop.time(), len(items)))
        return items

    batches: WriteBatches[str, int, int] = WriteBatches(write, max_size=1_000, min_interval=0.5)
    before = loop.time()
    await batches.submit("a", 0)
    assert loop.time() - before < 0.5
    await asyncio.gather(*(batches.submit("a", number) for number in range(500)))
    (first, alone), (second, together) = written
    assert (alone, together) == (1, 500)
    assert second - first >= 0.499
    while batches.waiting:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_one_failed_item_does_not_affect_others_and_lost_connections_are_not_retried() -> None:
    calls: list[list[str]] = []

    async def write(key: str, items: Sequence[str]) -> list[str]:
        calls.append(list(items))
        if "lost" in items:
            raise ConnectionResetError
        if "bad" in items:
            raise asyncpg.CheckViolationError("bad")
        return list(items)

    batches: WriteBatches[str, str, str] = WriteBatches(write)
    results = await asyncio.gather(
        *(batches.submit("a", item) for item in ("x", "bad", "y")), return_exceptions=True
    )
    assert [str(result) for result in results] == ["x", "bad", "y"]
    calls.clear()
    results = await asyncio.gather(
        *(batches.submit("a", item) for item in ("x", "lost")), return_exceptions=True
    )
    assert all(isinstance(result, ConnectionResetError) for result in results)
    assert sum("x" in call for call in calls) == 1


def test_the_cache_checks_versions_and_limits_its_size() -> None:
    cache = VersionedCache(max_bytes=10)
    cache.put("a", "1", b"12345")
    assert cache.get("a", "1") == b"12345"
    assert cache.get("a", "2") is None
    cache.put("b", "1", b"12345")
    cache.get("a", "1")
    cache.put("c", "1", b"123")
    assert (cache.get("a", "1"), cache.get("b", "1"), cache.get("c", "1")) == (b"12345", None, b"123")
    assert cache.size == 8


@pytest.mark.parametrize(
    "bad", ["", "x", "!!!", "WzFd" * 50, encode_cursor("text"), encode_cursor(1, 2), "\u00e9"]
)
def test_forged_cursors_are_refused(bad: str) -> None:
    assert decode_cursor(encode_cursor(7), tuple[int]) == (7,)
    with pytest.raises(BadCursor):
        decode_cursor(bad, tuple[int])


def test_statements_list_their_parameters_in_order() -> None:
    query = statement("SELECT :b, :a, :b")
    assert query.text.count("$1") == 2
    assert query.arguments({"a": 1, "b": 2, "unused": 3}) == [2, 1]
    with pytest.raises(KeyError):
        query.arguments({"a": 1})


async def test_tables_in_code_equal_the_migrated_database(service: Service) -> None:
    import_all_modules()
    url = make_url(service.contexts[0].settings.database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(_compare)
    await engine.dispose()
    assert differences == [], "`tables.py` and the migrations differ"
    before, after = await schema.migrate(service.contexts[0].settings.database_url)
    assert before == after == schema.newest()


def _compare(connection: Connection) -> list[Any]:
    partitions = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))

    def told(obj: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        # Indexes and defaults are only in the migrations; tables and columns are in the code too, and are compared.
        # Partitions have the columns of their table.
        return kind not in ("index", "unique_constraint") and name not in partitions

    context = MigrationContext.configure(connection, opts={"include_object": told, "compare_type": True})
    return compare_metadata(context, metadata)


def test_every_statement_compiles() -> None:
    import_all_modules()
    found = [thing for thing in gc.get_objects() if type(thing) is Statement]
    assert len(found) > 100
    for query in found:
        assert query.text.strip()


class _Line:
    """A connection with the methods that the pool uses."""

    def __init__(self) -> None:
        self.closed = False
        self.busy = False

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return self.busy

    def terminate(self) -> None:
        self.closed = True

    async def close(self, timeout: float) -> None:
        self.closed = True


async def _open_line() -> _Line:
    await asyncio.sleep(0)
    return _Line()


async def test_the_pool_has_a_limit_and_serves_waiters_in_order() -> None:
    pool, held, order = Pool(_open_line, 3), 0, []

    async def use(number: int) -> None:
        nonlocal held
        connection = pool.acquire_nowait() or await pool.acquire()
        held += 1
        assert held <= 3
        order.append(number)
        await asyncio.sleep(0.001)
        held -= 1
        pool.release(connection, is_broken=number % 7 == 0)

    await asyncio.gather(*(use(number) for number in range(40)))
    assert sorted(order) == list(range(40))
    assert pool.size == len(pool.free) <= 3


@pytest.mark.parametrize("how", ["broken", "closed", "in a transaction"])
async def test_damaged_connections_are_discarded(how: str) -> None:
    pool = Pool(_open_line, 1)
    first = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    first.closed, first.busy = how == "closed", how == "in a transaction"
    pool.release(first, is_broken=how == "broken")
    second = await waiting
    assert first.closed
    assert second is not first
    pool.release(second)
    assert pool.acquire_nowait() is second


async def test_cancelled_waiters_lose_no_connection() -> None:
    pool = Pool(_open_line, 1)
    only = await pool.acquire()
    for when in ("before it is given", "as it is given"):
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        if when == "as it is given":
            pool.release(only)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if when == "before it is given":
            pool.release(only)
        assert pool.acquire_nowait() is only
    assert pool.size == 1


async def test_a_failed_connection_frees_its_slot() -> None:
    failures = [ConnectionRefusedError()]

    async def open_connection() -> _Line:
        if failures:
            raise failures.pop()
        return _Line()

    pool = Pool(open_connection, 1)
    with pytest.raises(ConnectionRefusedError):
        await pool.acquire()
    assert await pool.acquire()
    await pool.close()
    with pytest.raises(ConnectionError):
        await pool.acquire()


async def test_types_are_loaded_once_per_process(db: Database, cluster: Cluster) -> None:
    arrays = statement("SELECT CAST(:ids AS bigint[])")

    async def ask(over: Database) -> list[str]:
        async with over.read() as tx, statements_of(tx) as sent:
            assert await tx.value(arrays, ids=[1, 2]) == [1, 2]
        return sent

    await ask(db)
    another = await connect(cluster.url, size=1)
    try:
        assert await ask(another) == [arrays.text]
    finally:
        await another.close()
