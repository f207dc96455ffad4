"""The database: one pool, one way to read, and the only commit of the house."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol

import asyncpg
import msgspec
from asyncpg import Record
from msgspec import structs

from core import clock
from core.errors import Unavailable
from core.events import Event
from storage import audit as audit_log
from storage import event_log
from storage.connections import Connection, prepare
from storage.failures import BUSY_ERRORS, LOST_CONNECTION_ERRORS, is_connection_lost
from storage.pool import Pool
from storage.statements import Statement, statement

Positions = Sequence[tuple[str, int]]


class Bus(Protocol):
    """What the database needs of realtime: somebody to tell, after the commit, which channels moved."""

    def publish(self, positions: Positions) -> None:
        """Tell every process that these channels have reached these numbers. Never blocks, never fails."""

    def signal(self, channel: str, payload: Mapping[str, Any]) -> None:
        """Tell every process a passing fact. Never blocks, never fails."""


class NullPublisher:
    """The bell of a process that nobody listens to, as of the command line."""

    def publish(self, positions: Positions) -> None:
        """Nobody is told; the patrol of the web processes finds it within seconds."""

    def signal(self, channel: str, payload: Mapping[str, Any]) -> None:
        """Nobody is told."""


class Reader:
    """A connection on which statements are run, one at a time."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def rows(self, query: Statement, **binds: Any) -> list[Record]:
        """All rows."""
        return await self.connection.fetch(query.text, *query.arguments(binds))  # type: ignore[no-any-return]

    async def row(self, query: Statement, **binds: Any) -> Record | None:
        """The first row, or None."""
        return await self.connection.fetchrow(query.text, *query.arguments(binds))  # type: ignore[no-any-return]

    async def value(self, query: Statement, **binds: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(query.text, *query.arguments(binds))

    async def run(self, query: Statement, **binds: Any) -> int:
        """Run it for its effect; how many rows it touched."""
        status: str = await self.connection.execute(query.text, *query.arguments(binds))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class Transaction(Reader):
    """A reader that may also write: what happens in it happens wholly or not at all."""

    def __init__(self, connection: Any, handled_tags: frozenset[str], site: str) -> None:
        super().__init__(connection)
        self.handled_tags = handled_tags
        # Where people reach the service: links there, in what is written now, lead inside.
        self.site = site
        self.positions: list[tuple[str, int]] = []
        self.signals: list[tuple[str, Mapping[str, Any]]] = []
        self.audit_entries: list[audit_log.AuditEntry] = []

    async def record(self, event: Event, at: datetime | None = None) -> int:
        """Append an event to its channel's log; its number there, in commit order and without gaps. `at` is when it is
        said to have happened, if not now."""
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
        """The same for many events at once, in one statement. Nothing follows from them but that they are heard."""
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
        """Send a passing fact to the channel's listeners once this transaction has committed."""
        self.signals.append((channel, payload))

    def audit(self, kind: str, by: int | None = None, **facts: Any) -> None:
        """Add to the audit, as the last thing in this transaction; `sector` and `gathering` say who may read it there."""
        where = {name: facts.pop(name, None) for name in ("sector", "gathering")}
        self.audit_entries.append(
            audit_log.AuditEntry(at=clock.now(), kind=kind, by=by, about=facts, **where)
        )


class _Lent:
    """A connection for as long as a block lasts; what the database does not do now becomes `Unavailable`."""

    __slots__ = ("connection", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def __aenter__(self) -> Any:
        self.connection = self.pool.take() or await self._wait()
        return self.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            self.pool.give(self.connection)
        else:
            self._give_back(error)

    async def _wait(self) -> Any:
        try:
            return await self.pool.wait()
        except (*LOST_CONNECTION_ERRORS, *BUSY_ERRORS) as error:
            raise Unavailable from error

    def _give_back(self, error: BaseException) -> None:
        was_lost = is_connection_lost(error, self.connection)
        # Who was cancelled may have left a query running.
        self.pool.give(self.connection, was_lost or not isinstance(error, Exception))
        if was_lost or isinstance(error, BUSY_ERRORS):
            raise Unavailable from error


# Written out, as generators they would cost each request as much again as what they do.
class _Reading(_Lent):
    """A reader for as long as a block lasts."""

    __slots__ = ()

    async def __aenter__(self) -> Reader:
        self.connection = self.pool.take() or await self._wait()
        return Reader(self.connection)


class _Single(_Lent):
    """A transaction of one statement, told of once it was run."""

    __slots__ = ("db", "tx")

    def __init__(self, db: "Database") -> None:
        super().__init__(db.pool)
        self.db = db

    async def __aenter__(self) -> Transaction:
        self.connection = self.pool.take() or await self._wait()
        self.tx = Transaction(self.connection, self.db.handled_tags, self.db.site)
        return self.tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, at)
        if error is None:
            self.db.tell(self.tx)


class Database:
    """The connections of one process and what is done with them."""

    def __init__(
        self, pool: Pool, epoch: str, bus: Bus, handled_tags: frozenset[str] = frozenset(), site: str = ""
    ) -> None:
        self.pool = pool
        self.epoch = epoch
        self.bus = bus
        self.handled_tags = handled_tags
        self.site = site

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """One transaction: commits when the block ends well, then rings. The only commit of the house."""
        async with _Lent(self.pool) as connection:
            transaction = connection.transaction()
            await transaction.start()
            tx = Transaction(connection, self.handled_tags, self.site)
            try:
                yield tx
                for entry in tx.audit_entries:
                    await tx.run(audit_log.INSERT_AUDIT_ENTRY, **structs.asdict(entry))
            except BaseException:
                await asyncio.shield(_roll_back(transaction))
                raise
            await asyncio.shield(transaction.commit())
        self.tell(tx)

    def autocommit(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction of exactly one statement, which commits itself: for hot verbs written as one statement."""
        return _Single(self)

    def read(self) -> AbstractAsyncContextManager[Reader]:
        """A connection for reading; each statement sees what is committed when it starts."""
        return _Reading(self.pool)

    async def close(self) -> None:
        """Close all connections; those in use are closed as soon as they no longer are."""
        await self.pool.close()

    def tell(self, tx: Transaction) -> None:
        """Ring for what a transaction, now committed, has recorded."""
        if tx.positions:
            self.bus.publish(tx.positions)
        for channel, payload in tx.signals:
            self.bus.signal(channel, payload)


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, *LOST_CONNECTION_ERRORS):
        # The connection is gone, and the transaction with it; it is thrown away as one still in a transaction.
        return


async def connect(
    url: str,
    bus: Bus | None = None,
    handled_tags: frozenset[str] = frozenset(),
    size: int = 20,
    site: str = "",
) -> Database:
    """A migrated database, over `size` connections at most; `site` is the service's public address."""

    async def open_one() -> Any:
        connection = await asyncpg.connect(
            url,
            connection_class=Connection,
            command_timeout=10,
            server_settings={"application_name": "tertulia", "jit": "off"},
        )
        try:
            await prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    pool = Pool(open_one, size)
    async with _Lent(pool) as connection:
        epoch = await connection.fetchval(EPOCH.text)
    return Database(pool, epoch, bus or NullPublisher(), handled_tags, site)


EPOCH = statement("SELECT epoch FROM epochs")
