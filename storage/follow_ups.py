"""Follow-up jobs as an operator sees them: what the worker still has to do after events, and what it has given up."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from core import clock
from storage.database import Reader, Transaction
from storage.statements import statement

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
UPDATE_ERRORS_WITHOUT_WORDS = statement("""
UPDATE follow_ups SET error = :deleted
WHERE EXISTS (SELECT FROM unnest(CAST(:words AS text[])) AS u (word) WHERE strpos(error, word) > 0)
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


async def forget_errors(tx: Transaction, words: Sequence[str], deleted: str) -> None:
    """Replace the errors of jobs that contain one of these words."""
    await tx.run(UPDATE_ERRORS_WITHOUT_WORDS, words=list(words), deleted=deleted)
