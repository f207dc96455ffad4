"""Every code by which PostgreSQL says that it cannot do something now: 503 and another connection, never a 500.

The codes are those of the PostgreSQL documentation, appendix A; a trigger raises them in a real database.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from core.errors import Unavailable
from storage.connections import open_connection
from storage.database import Database, Transaction, connect
from storage.embedded.postgres import Cluster
from storage.failures import SQLSTATES, Failure
from storage.statements import statement
from tests.support.people import a_person
from tests.support.service import Service

# Codes whose classes are in the table as a whole.
_MEMBERS = {
    "08": ("08000", "08003", "08006", "08001", "08004", "08P01"),
    "28": ("28000", "28P01"),
    "3D": ("3D000",),
    "40": ("40000", "40001", "40002", "40P01"),
    "53": ("53000", "53100", "53200", "53300", "53400"),
    "57": ("57000", "57014"),
    "58": ("58000", "58030", "58P01", "58P02"),
    "F0": ("F0000", "F0001"),
    "XX": ("XX000", "XX001", "XX002"),
}
CODES = [(code, failure) for key, failure in SQLSTATES.items() for code in (_MEMBERS.get(key) or (key,))]
OURS = ("22012", "23505", "25P02", "42601", "54000")

_RAISING = """
CREATE SEQUENCE raised;
CREATE FUNCTION raise_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    PERFORM nextval('raised');
    RAISE EXCEPTION 'as asked' USING ERRCODE = substring(NEW.title FROM 'code (.....)');
END $$;
CREATE TRIGGER raise_code BEFORE INSERT ON topics FOR EACH ROW WHEN (NEW.title LIKE 'code %') EXECUTE FUNCTION raise_code();
"""
_NOT_RAISING = "DROP FUNCTION raise_code() CASCADE; DROP SEQUENCE raised"


@pytest_asyncio.fixture
async def owner(service: Service, cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    """The owner of the tables; while the test runs, a topic whose title names a code meets that error."""
    connection = await asyncpg.connect(cluster.owner_url)
    await connection.execute(_RAISING)
    yield connection
    await connection.execute(_NOT_RAISING)
    await connection.close()


@pytest_asyncio.fixture
async def own(db: Database, cluster: Cluster) -> AsyncIterator[Database]:
    """A database with a single connection, which only this test uses."""
    alone = await connect(cluster.url, size=1)
    yield alone
    await alone.close()


@pytest.mark.parametrize(("code", "failure"), CODES)
async def test_the_code_is_answered_with_503(
    app: Service, owner: asyncpg.Connection, code: str, failure: Failure
) -> None:
    person = await a_person(app)
    topic = {"title": f"code {code} of the database", "body": "Which scheme?"}
    refused = await person.post("/sectors/mobility/topics", topic)
    assert refused.status_code == 503, refused.text
    assert refused.json()["code"] == "unavailable"
    assert refused.headers["Retry-After"] == "5"
    attempts = await owner.fetchval("SELECT last_value FROM raised")
    assert attempts == (4 if failure is Failure.RETRY else 1)
    topic["title"] = "Cobalt tracing"
    assert (await person.post("/sectors/mobility/topics", topic)).status_code == 201


@pytest.mark.parametrize("code", OURS)
async def test_a_mistake_of_ours_is_a_500(app: Service, owner: asyncpg.Connection, code: str) -> None:
    person = await a_person(app)
    topic = {"title": f"code {code} of the database", "body": "Which scheme?"}
    assert (await person.post("/sectors/mobility/topics", topic)).status_code == 500


async def _run_in(block: Callable[[], AbstractAsyncContextManager[Any]], *queries: str) -> Any:
    """Run statements on one connection, which are refused; return the connection and the reason."""
    connection = None
    try:
        async with block() as tx:
            connection = tx.connection
            for query in queries:
                await connection.execute(query)
    except Unavailable as refused:
        return connection, refused.__cause__
    pytest.fail("nothing was refused")


@pytest.mark.parametrize(("code", "failure"), CODES)
async def test_the_connection_is_discarded(own: Database, code: str, failure: Failure) -> None:
    used: list[object] = []
    for block in (own.begin, own.autocommit, own.read):
        connection, cause = await _run_in(
            block, f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"
        )
        assert isinstance(cause, asyncpg.PostgresError)
        used.append(connection)
    assert len({id(connection) for connection in used}) == 3
    async with own.read() as tx:
        assert await tx.value(statement("SELECT 1")) == 1
    assert own.pool.size == 1


async def test_a_unit_of_work_that_met_a_real_deadlock_is_repeated(app: Service, db: Database) -> None:
    people = [await a_person(app), await a_person(app)]
    rename = statement("UPDATE members SET display_name = display_name || '!' WHERE id = :member")
    both = asyncio.Barrier(2)
    runs: list[int] = []

    async def unit(tx: Transaction, first: int, second: int) -> None:
        runs.append(first)
        await tx.run(rename, member=first)
        if len(runs) <= 2:
            await both.wait()
        await tx.run(rename, member=second)

    one, other = (person.id for person in people)
    await asyncio.gather(db.run(lambda tx: unit(tx, one, other)), db.run(lambda tx: unit(tx, other, one)))
    assert len(runs) == 3
    async with db.read() as tx:
        names = await tx.rows(statement("SELECT display_name FROM members ORDER BY id"))
    assert all(row[0].endswith("!!") for row in names)


async def test_statements_and_locks_end_on_the_server_too(cluster: Cluster, service: Service) -> None:
    connection = await open_connection(cluster.url)
    shown = [await connection.fetchval(f"SHOW {name}") for name in ("statement_timeout", "lock_timeout")]
    await connection.close()
    assert shown == ["3800ms", "3s"]


async def test_a_lock_that_is_not_released_gives_unavailable(
    app: Service, own: Database, db: Database
) -> None:
    person = await a_person(app)
    lock = f"SELECT id FROM members WHERE id = {person.id} FOR UPDATE"
    async with db.begin() as holder:
        await holder.connection.execute(lock)
        _, cause = await _run_in(own.begin, "SET LOCAL lock_timeout = '50ms'", lock)
    assert isinstance(cause, asyncpg.LockNotAvailableError)


async def test_a_database_that_became_read_only_gives_unavailable(app: Service, own: Database) -> None:
    used, cause = await _run_in(own.begin, "SET TRANSACTION READ ONLY", "DELETE FROM follow_ups")
    assert isinstance(cause, asyncpg.ReadOnlySQLTransactionError)
    assert used.is_closed()
