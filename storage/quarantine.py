"""Quarantine: an item that fails in a scheduled job waits alone, longer after each failure, and holds up no other item.

A job takes one item after the other. The statement that takes the next one leaves out those that wait:
`NOT EXISTS (SELECT FROM quarantine w WHERE w.job = ... AND w.item = CAST(... AS text) AND w.due_at > :now)`. What is in
quarantine is in the log, in the metrics, in `/ready` and in `tertulia jobs`.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog
from asyncpg import Record
from msgspec import Struct
from structlog.contextvars import bound_contextvars

from core import clock
from storage.database import Database, Reader, Transaction
from storage.failures import can_retry
from storage.statements import statement

log = structlog.get_logger()

# An item that failed is tried again after 10 s, 20 s, 40 s ... and at last twice a day.
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=12)
_MAX_DOUBLINGS = 13
_ERROR_LENGTH = 300

_UPSERT_FAILED_ITEM = statement("""
INSERT INTO quarantine AS q (job, item, attempts, error, failed_at, due_at)
VALUES (:job, :item, 1, :error, :now, CAST(:now AS timestamptz) + CAST(:first AS interval))
ON CONFLICT (job, item) DO UPDATE SET attempts = q.attempts + 1, error = excluded.error, failed_at = excluded.failed_at,
    due_at = :now + least(CAST(:first AS interval) * pow(2, least(q.attempts, :doublings)), CAST(:longest AS interval))
RETURNING attempts, due_at
""")
_DELETE_ITEMS = statement("DELETE FROM quarantine WHERE job = :job AND item = ANY(CAST(:items AS text[]))")
_SELECT_ITEMS = statement(
    "SELECT job, item, attempts, error, failed_at, due_at FROM quarantine ORDER BY job, failed_at, item"
)
_COUNT_ITEMS = statement("SELECT job, count(*) AS items FROM quarantine GROUP BY job ORDER BY job")
_COUNT_DEAD_JOBS = statement("SELECT count(*) FROM follow_ups WHERE dead_at IS NOT NULL")
_UPDATE_DUE = statement("""
UPDATE quarantine SET due_at = :now WHERE job = :job AND (CAST(:item AS text) IS NULL OR item = :item)
""")
# What has not failed for so long is not there any more: items that could be done are removed at once.
_DELETE_FORGOTTEN = statement("DELETE FROM quarantine WHERE failed_at < :before")
_KEPT = timedelta(days=30)
_UPDATE_ERRORS_WITHOUT = statement("""
UPDATE quarantine SET error = :deleted
WHERE EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS u (word) WHERE strpos(error, word) > 0)
""")


class QuarantinedItem(Struct, frozen=True):
    """An item of a scheduled job that failed: how often, why at last, and when it is tried again."""

    job: str
    item: str
    attempts: int
    error: str
    failed_at: datetime
    due_at: datetime


class ItemJob(Struct, frozen=True):
    """A scheduled job that works on one item after the other, each in a transaction of its own.

    `take` locks the next item with `FOR UPDATE SKIP LOCKED` and returns its row, whose column `item` is its key as text, or
    None. `work` does what is due for it.
    """

    name: str
    take: Callable[[Transaction], Awaitable[Record | None]]
    work: Callable[[Transaction, Record], Awaitable[None]]

    async def run_next(self, db: Database) -> bool:
        """Work on the next item, or put it into quarantine if that fails; return whether there was one."""
        row = None
        try:
            async with db.begin() as tx:
                row = await self.take(tx)
                if row is None:
                    return False
                with bound_contextvars(item=row["item"]):
                    await self.work(tx, row)
                await release(tx, self.name, [row["item"]])
        except Exception as error:
            if row is None or can_retry(error):
                raise
            await put_into_quarantine(db, self.name, row["item"], error)
        return True


class BatchJob(Struct, frozen=True):
    """A scheduled job that works on many items in one transaction, and on each alone after one of them has failed.

    `take` takes up to so many items out of their queue. After a failure in `work` all are in the queue again, except
    those of other origin: `put_back` inserts those.
    """

    name: str
    take: Callable[[Transaction, int], Awaitable[Sequence[int]]]
    work: Callable[[Transaction, Sequence[int]], Awaitable[None]]
    put_back: Callable[[Transaction, int], Awaitable[object]] | None = None

    async def run_next(self, db: Database, size: int) -> bool:
        """Work on up to `size` items; return whether there were any."""
        items: Sequence[int] = ()
        try:
            async with db.begin() as tx:
                items = await self.take(tx, size)
                if items:
                    await self.work(tx, items)
                    await release(tx, self.name, [str(item) for item in items])
        except Exception as error:
            if not items or can_retry(error):
                raise
            if size > 1:
                for _ in items:
                    await self.run_next(db, 1)
                return True
            async with db.begin() as tx:
                if self.put_back is not None:
                    await self.put_back(tx, items[0])
            await put_into_quarantine(db, self.name, str(items[0]), error)
        return bool(items)


async def put_into_quarantine(db: Database, job: str, item: str, error: Exception) -> None:
    """Let an item wait that failed, and log it; raise Unavailable if the database is away, which is no item's fault."""
    reason = f"{type(error).__name__}: {error}".partition("\n")[0][:_ERROR_LENGTH]
    waits = {"first": FIRST_WAIT, "longest": LONGEST_WAIT, "doublings": _MAX_DOUBLINGS}
    async with db.begin() as tx:
        row = await tx.row(_UPSERT_FAILED_ITEM, job=job, item=item, error=reason, now=clock.now(), **waits)
    assert row is not None
    log.error(
        "an item of a scheduled job failed and waits in quarantine",
        job=job,
        item=item,
        attempts=row["attempts"],
        again_at=row["due_at"].isoformat(),
        exc_info=error,
    )


async def release(tx: Transaction, job: str, items: Sequence[str]) -> int:
    """Remove items from quarantine, because they are done or nobody needs them; return how many were in it."""
    return await tx.run(_DELETE_ITEMS, job=job, items=items)


async def read_quarantine(tx: Reader) -> list[QuarantinedItem]:
    """Return all items in quarantine, by job."""
    return [QuarantinedItem(**row) for row in await tx.rows(_SELECT_ITEMS)]


async def count_quarantined(tx: Reader) -> dict[str, int]:
    """Return how many items of each job are in quarantine."""
    return {row["job"]: row["items"] for row in await tx.rows(_COUNT_ITEMS)}


async def count_dead_jobs(tx: Reader) -> int:
    """Return how many handlers of events were given up after many failures."""
    return int(await tx.value(_COUNT_DEAD_JOBS))


async def retry_items(tx: Transaction, job: str, item: str | None) -> int:
    """Let an item of a job, or all of them, be tried again now; return how many."""
    return await tx.run(_UPDATE_DUE, job=job, item=item, now=clock.now())


async def delete_forgotten_items(tx: Transaction, now: datetime) -> int:
    """Delete items that have not failed for 30 days: they were deleted, or done in another way. This is a cleanup."""
    return await tx.run(_DELETE_FORGOTTEN, before=now - _KEPT)


async def forget_item_errors(tx: Transaction, words: Sequence[str], deleted: str) -> None:
    """Replace the errors of items that contain one of these words."""
    await tx.run(_UPDATE_ERRORS_WITHOUT, words=list(words), deleted=deleted)
