"""What waits for the worker: in numbers for the doctor and the metrics, and the follow-up jobs for the command line."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from core import clock
from storage.database import Reader, Transaction
from storage.statements import statement

# The tables of notifications and of the search index belong to capabilities above this one.
SELECT_BACKLOG = statement("""
SELECT f.due, f.oldest_due, f.dead, n.mails_due, n.oldest_mail_due, s.to_index
FROM (SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS due,
        min(due_at) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS oldest_due,
        count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead FROM follow_ups) f,
    (SELECT count(*) AS mails_due, min(mail_due_at) AS oldest_mail_due FROM notifications WHERE mail_due_at <= :now) n,
    (SELECT count(*) AS to_index FROM search_queue) s
""")


class Backlog(Struct, frozen=True):
    """How many follow-up jobs are due and since when, how many were given up, how many notifications wait for an e-mail
    and since when, and how many posts wait for the search index."""

    due: int
    oldest_due: datetime | None
    dead: int
    mails_due: int
    oldest_mail_due: datetime | None
    to_index: int


async def read_backlog(tx: Reader) -> Backlog:
    """Return what waits now."""
    row = await tx.row(SELECT_BACKLOG, now=clock.now())
    assert row is not None
    return Backlog(**row)


SELECT_FOLLOW_UPS = statement("""
SELECT f.id, l.event ->> 'type' AS event, f.channel, f.seq, f.attempts, f.due_at, f.dead_at, f.error
FROM follow_ups f LEFT JOIN log l ON l.channel = f.channel AND l.seq = f.seq
WHERE NOT :is_dead OR f.dead_at IS NOT NULL ORDER BY f.dead_at IS NULL, f.due_at, f.id LIMIT :count
""")
RETRY_FOLLOW_UPS = statement("""
UPDATE follow_ups SET dead_at = NULL, attempts = 0, due_at = :now
WHERE CASE WHEN CAST(:ids AS bigint[]) IS NULL THEN dead_at IS NOT NULL ELSE id = ANY(CAST(:ids AS bigint[])) END
""")
DELETE_FOLLOW_UPS = statement("""
DELETE FROM follow_ups
WHERE CASE WHEN CAST(:ids AS bigint[]) IS NULL THEN dead_at IS NOT NULL ELSE id = ANY(CAST(:ids AS bigint[])) END
""")
DISCARD_EVENTS = statement("""
DELETE FROM follow_ups f USING log l
WHERE l.channel = f.channel AND l.seq = f.seq AND l.event ->> 'type' = ANY(CAST(:tags AS text[]))
""")


class FollowUp(Struct, frozen=True, kw_only=True):
    """A follow-up job: the event after which it runs, how often it was tried, and the last error."""

    id: int
    event: str | None
    channel: str
    seq: int
    attempts: int
    due_at: datetime
    dead_at: datetime | None
    error: str | None

    @property
    def line(self) -> str:
        """The job in one line."""
        state = (
            f"given up {self.dead_at:%Y-%m-%d %H:%M}" if self.dead_at else f"due {self.due_at:%Y-%m-%d %H:%M}"
        )
        error = " ".join((self.error or "").split())[:200]
        parts = [f"{self.id:>8}", state, f"{self.event or 'unknown'} {self.channel}/{self.seq}"]
        return "  ".join([*parts, f"{self.attempts} attempts", error]).rstrip()


async def list_follow_ups(tx: Reader, *, is_dead: bool = False, count: int = 100) -> list[FollowUp]:
    """Return follow-up jobs, those that were given up first."""
    return [FollowUp(**row) for row in await tx.rows(SELECT_FOLLOW_UPS, is_dead=is_dead, count=count)]


async def retry_follow_ups(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Let the worker try these jobs again, or all that were given up; return how many there were."""
    return await tx.run(RETRY_FOLLOW_UPS, ids=None if ids is None else list(ids), now=clock.now())


async def delete_follow_ups(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Delete these jobs, or all that were given up; return how many there were."""
    return await tx.run(DELETE_FOLLOW_UPS, ids=None if ids is None else list(ids))


async def discard_events(tx: Transaction, tags: Collection[str]) -> int:
    """Delete the jobs of events with these tags; return how many there were."""
    return await tx.run(DISCARD_EVENTS, tags=list(tags))
