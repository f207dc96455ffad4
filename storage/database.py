"""The database of a process: its pool, reading, and transactions. Only `Database.begin` and `autocommit` commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from asyncpg import Record
from msgspec import structs

from core import clock
from core.errors import Unavailable
from core.events import Event
from storage import audit as audit_log
from storage import connections, event_log
from storage.connections import Wait
from storage.failures import DATABASE_ERRORS, RETRY_PAUSES, Failure, can_retry, classify, pause_before_retry
from storage.pool import Pool
from storage.publishing import NullPublisher, Publisher
from storage.statements import Statement, statement

Result = TypeVar("Result")

# At the start these are mistakes in the settings and are named: a wrong password, or no such database.
_WRONG_SETTINGS = ("28", "3D")

SELECT_EPOCH = statement("SELECT epoch FROM epochs")


class Reader:
    """A connection on which statements run one after the other."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def rows(self, query: Statement, **binds: Any) -> list[Record]:
        """Return all rows."""
        with Wait() as seconds:
            return await self.connection.fetch(query.text, *query.arguments(binds), timeout=seconds)  # type: ignore[no-any-return]

    async def row(self, query: Statement, **binds: Any) -> Record | None:
        """Return the first row, or None."""
        with Wait() as seconds:
            return await self.connection.fetchrow(query.text, *query.arguments(binds), timeout=seconds)  # type: ignore[no-any-return]

    async def value(self, query: Statement, **binds: Any) -> Any:
        """Return the first column of the first row, or None."""
        with Wait() as seconds:
            return await self.connection.fetchval(query.text, *query.arguments(binds), timeout=seconds)

    async def run(self, query: Statement, **binds: Any) -> int:
        """Run a statement for its effect; return how many rows it changed."""
        with Wait() as seconds:
            status: str = await self.connection.execute(query.text, *query.arguments(binds), timeout=seconds)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class Transaction(Reader):
    """A reader that can also write; its changes are committed together or not at all."""

    def __init__(self, connection: Any, handled_tags: frozenset[str], site: str) -> None:
        super().__init__(connection)
        self.handled_tags = handled_tags
        # The public address of the service, by which links to its own pages are recognised in new texts.
        self.site = site
        # In the worker, the event whose handlers run in this transaction, as CHANNEL/SEQ.
        self.handled_event = ""
        self.positions: list[tuple[str, int]] = []
        self.signals: list[tuple[str, Mapping[str, Any]]] = []
        self.audit_entries: list[audit_log.AuditEntry] = []

    async def record(self, event: Event, at: datetime | None = None) -> int:
        """Append an event to the log of its channel and return its number there; `at` is its time, if it is not now.

        The numbers of a channel are in commit order and without gaps. If the worker has handlers for the event, a
        follow-up job is added.
        """
        tag = str(type(event).__struct_config__.tag)
        binds = {
            "channel": event.channel,
            "event": msgspec.json.encode(event).decode(),
            "at": at or clock.now(),
        }
        query = event_log.APPEND_EVENT_WITH_JOB if tag in self.handled_tags else event_log.APPEND_EVENT
        seq: int = await self.value(query, **binds)
        self.positions.append((event.channel, seq))
        return seq

    async def record_all(self, events: Sequence[Event]) -> None:
        """Append many events in one statement; no follow-up jobs are added, even if the worker has handlers."""
        if not events:
            return
        channels = [event.channel for event in events]
        texts = [msgspec.json.encode(event).decode() for event in events]
        binds = {"channels": channels, "events": texts, "at": clock.now()}
        self.positions += [tuple(row) for row in await self.rows(event_log.APPEND_EVENTS, **binds)]

    def has_handlers(self, kind: type[Event]) -> bool:
        """Return whether the worker has event handlers to run for events of this class."""
        return kind.__struct_config__.tag in self.handled_tags

    def signal(self, channel: str, payload: Mapping[str, Any]) -> None:
        """Send a signal to the peers of a channel after this transaction has committed."""
        self.signals.append((channel, payload))

    def audit(self, kind: str, by: int | None = None, **facts: Any) -> None:
        """Add an entry to the audit log at the end of this transaction; `sector` and `gathering` say who may read it."""
        where = {name: facts.pop(name, None) for name in ("sector", "gathering")}
        self.audit_entries.append(
            audit_log.AuditEntry(at=clock.now(), kind=kind, by=by, about=facts, **where)
        )


# These context managers are classes: written as generators, they would cost each request twice as much.
class _AcquiredConnection:
    """A connection of the pool for the length of a block; errors of a lost or busy database become Unavailable."""

    __slots__ = ("connection", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def __aenter__(self) -> Any:
        self.connection = self.pool.acquire_nowait() or await self._acquire()
        return self.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            self.pool.release(self.connection)
        else:
            self._release_after(error)

    async def _acquire(self) -> Any:
        try:
            return await self.pool.acquire()
        except DATABASE_ERRORS as error:
            if classify(error) is None:
                raise
            raise Unavailable from error

    def _release_after(self, error: BaseException) -> None:
        failure = classify(error, self.connection)
        # A cancelled task may have left a query running.
        self.pool.release(self.connection, failure is not None or not isinstance(error, Exception))
        if failure is not None:
            raise Unavailable from error


class _ReadBlock(_AcquiredConnection):
    """A reader for the length of a block."""

    __slots__ = ()

    async def __aenter__(self) -> Reader:
        self.connection = self.pool.acquire_nowait() or await self._acquire()
        return Reader(self.connection)


class _AutocommitBlock(_AcquiredConnection):
    """A transaction of one statement, which is published when the block ends."""

    __slots__ = ("db", "tx")

    def __init__(self, db: "Database") -> None:
        super().__init__(db.pool)
        self.db = db

    async def __aenter__(self) -> Transaction:
        self.connection = self.pool.acquire_nowait() or await self._acquire()
        self.tx = Transaction(self.connection, self.db.handled_tags, self.db.site)
        return self.tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, at)
        if error is None:
            self.db.publish(self.tx)


class Database:
    """The database connections of one process, and how they are used."""

    def __init__(
        self,
        pool: Pool,
        epoch: str,
        bus: Publisher,
        handled_tags: frozenset[str] = frozenset(),
        site: str = "",
    ) -> None:
        self.pool = pool
        self.epoch = epoch
        self.bus = bus
        self.handled_tags = handled_tags
        self.site = site

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Run a block in one transaction: commit it if the block raises nothing, then publish its events and signals."""
        async with _AcquiredConnection(self.pool) as connection:
            transaction = connection.transaction()
            with Wait() as seconds:
                async with asyncio.timeout(seconds):
                    await transaction.start()
            tx = Transaction(connection, self.handled_tags, self.site)
            try:
                yield tx
                for entry in tx.audit_entries:
                    await tx.run(audit_log.INSERT_AUDIT_ENTRY, **structs.asdict(entry))
            except BaseException as error:
                # After a timeout a rollback would wait for the same server again: the connection is closed instead.
                if isinstance(error, Exception) and classify(error, connection) in (None, Failure.RETRY):
                    await connections.finish(_roll_back(transaction))
                raise
            with Wait(is_commit=True) as seconds:
                async with asyncio.timeout(seconds):
                    await connections.finish(transaction.commit())
        self.publish(tx)

    async def run(self, unit: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Run a unit of work in one transaction and return its result; repeat it up to three times after a deadlock.

        The unit must be harmless to repeat: all that it changes is in the transaction.
        """
        for longest in RETRY_PAUSES:
            try:
                async with self.begin() as tx:
                    return await unit(tx)
            except Unavailable as error:
                if not can_retry(error):
                    raise
            await pause_before_retry(longest)
        async with self.begin() as tx:
            return await unit(tx)

    def autocommit(self) -> AbstractAsyncContextManager[Transaction]:
        """Run exactly one statement, which commits itself, then publish; for hot operations that are one statement."""
        return _AutocommitBlock(self)

    def read(self) -> AbstractAsyncContextManager[Reader]:
        """Run a block that only reads; each statement sees what is committed when it starts."""
        return _ReadBlock(self.pool)

    async def close(self) -> None:
        """Close all connections; those in use are closed when they are released."""
        await self.pool.close()

    def publish(self, tx: Transaction) -> None:
        """Publish the events and signals of a transaction that has committed."""
        if tx.positions:
            self.bus.publish(tx.positions)
        for channel, payload in tx.signals:
            self.bus.signal(channel, payload)


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except DATABASE_ERRORS:
        # The connection is lost and the transaction with it. The pool closes the connection, as it is in a transaction.
        return


async def connect(
    url: str,
    bus: Publisher | None = None,
    handled_tags: frozenset[str] = frozenset(),
    size: int = 20,
    site: str = "",
    patience: float = 1.0,
) -> Database:
    """Connect to a migrated database with at most `size` connections; `site` is the public address of the service.

    `patience` multiplies the time that statements may take, for commands that nobody else waits for.
    """

    async def open_connection() -> Any:
        return await connections.open_connection(url, patience)

    pool = Pool(open_connection, size)
    try:
        async with _AcquiredConnection(pool) as connection:
            epoch = await connection.fetchval(SELECT_EPOCH.text)
    except Unavailable as error:
        if getattr(error.__cause__, "sqlstate", "")[:2] in _WRONG_SETTINGS:
            raise error.__cause__ from None  # type: ignore[misc]  # it has a code, so it is an error
        raise
    return Database(pool, epoch, bus or NullPublisher(), handled_tags, site)
