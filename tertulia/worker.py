"""The worker: runs what follows from what happened, from the log, as often as it takes, and what falls due by the clock;
on any number of processes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import structlog

from core import clock
from core.errors import Refusal
from core.events import Event
from forum.drafts.drafts import delete_expired_drafts
from forum.notifications.notifications import delete_old_notifications
from members.accounts.sessions import delete_ended_sessions
from members.emails.mailed_links import delete_old_links
from storage.database import Database, Transaction
from storage.failures import LOST_CONNECTION_ERRORS
from storage.idempotency import delete_old_responses
from storage.statements import statement
from tertulia.background import never_cancelled_from_inside
from tertulia.scheduled_jobs import ScheduledJob

log = structlog.get_logger()

Reaction = Callable[[Transaction, Any], Awaitable[None]]

# Tried again after 2 s, 4 s, 8 s ... and given up after about three days.
ATTEMPTS = 18
LONGEST_WAIT = timedelta(hours=12)
# Seconds before the next attempt when the database is away.
AFTER_LOSS = 2.0
# Seconds between two looks at what is due by the clock, and after a look that failed.
JOBS_PAUSE = 2.0
AFTER_FAILURE = 60.0
ANSWERS_KEPT = timedelta(hours=24)
LINKS_KEPT = timedelta(days=30)

# The row lock is the lease: it holds as long as this process works on it, and not a moment longer if it dies.
_TAKE = statement("""
SELECT f.id, f.channel, f.seq, f.attempts, l.event
FROM follow_ups f JOIN log l ON l.channel = f.channel AND l.seq = f.seq
WHERE f.dead_at IS NULL AND f.due_at <= :now
ORDER BY f.due_at, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
""")
_DONE = statement("DELETE FROM follow_ups WHERE id = :id")
_FAILED = statement("""
UPDATE follow_ups SET attempts = attempts + 1, error = :error, due_at = :due,
    dead_at = CASE WHEN attempts + 1 >= :most THEN CAST(:now AS timestamptz) END
WHERE id = :id
""")


class Worker:
    """Takes one follow-up after the other and runs its reactions in the transaction that marks it done."""

    def __init__(
        self,
        db: Database,
        reactions: Mapping[type[Event], tuple[Reaction, ...]],
        pause: float = 0.5,
        jobs: Sequence[ScheduledJob] = (),
    ) -> None:
        self.db = db
        self.pause = pause
        self.jobs = jobs
        self.kinds = {str(kind.__struct_config__.tag): kind for kind in reactions}
        self.reactions = reactions

    async def run(self) -> None:
        """Work until cancelled; a lost database is waited for. No chore waits for another, or for what has happened."""
        async with asyncio.TaskGroup() as together:
            together.create_task(never_cancelled_from_inside(self._react()))
            for job in self.jobs:
                together.create_task(never_cancelled_from_inside(self._run_job_forever(job)))

    async def run_due_jobs(self) -> bool:
        """Do all that is due by the clock; whether anything was."""
        did = False
        for job in self.jobs:
            while await job(self.db):
                did = True
        return did

    async def _react(self) -> None:
        forgotten_at = clock.now()
        while True:
            try:
                while await self.work():
                    pass
                if clock.now() - forgotten_at > timedelta(hours=1):
                    forgotten_at = clock.now()
                    await self.tidy(forgotten_at)
            except (Refusal, asyncpg.PostgresError, *LOST_CONNECTION_ERRORS) as error:
                log.warning("the worker waits for the database", error=str(error))
                await asyncio.sleep(AFTER_LOSS)
            await asyncio.sleep(self.pause)

    async def _run_job_forever(self, job: ScheduledJob) -> None:
        while True:
            wait = JOBS_PAUSE
            try:
                while await job(self.db):
                    pass
            except (Refusal, asyncpg.PostgresError, *LOST_CONNECTION_ERRORS) as error:
                log.warning("a scheduled job waits for the database", error=str(error))
            except Exception as error:  # one that fails must not end the others
                log.error("a scheduled job failed", job=getattr(job, "__name__", str(job)), exc_info=error)
                wait = AFTER_FAILURE
            await asyncio.sleep(wait)

    async def tidy(self, now: datetime) -> None:
        """Forget what has served: answers to retries, ended sessions, links long spent or void, old notifications
        and drafts."""
        async with self.db.begin() as tx:
            await delete_old_responses(tx, now - ANSWERS_KEPT)
            await delete_ended_sessions(tx)
            await delete_old_links(tx, now - LINKS_KEPT)
            await delete_old_notifications(tx, now)
            await delete_expired_drafts(tx, now)

    async def work(self) -> bool:
        """Run one follow-up that is due; whether there was one."""
        taken: dict[str, Any] = {}
        try:
            async with self.db.begin() as tx:
                row = await tx.row(_TAKE, now=clock.now())
                if row is None:
                    return False
                taken = {"id": row["id"], "attempts": row["attempts"]}
                event = msgspec.convert(row["event"], self.kinds[row["event"]["type"]])
                for reaction in self.reactions[type(event)]:
                    await reaction(tx, event)
                await tx.run(_DONE, id=row["id"])
        except (
            Exception
        ) as error:  # whatever a reaction raises is its own, and is kept where the operator sees it
            if not taken:
                raise
            await self._put_off(taken, error)
        return True

    async def _put_off(self, taken: dict[str, Any], error: Exception) -> None:
        now = clock.now()
        wait = min(timedelta(seconds=2 ** (taken["attempts"] + 1)), LONGEST_WAIT)
        reason = f"{type(error).__name__}: {error}"[:2_000]
        async with self.db.begin() as tx:
            await tx.run(_FAILED, id=taken["id"], error=reason, due=now + wait, now=now, most=ATTEMPTS)
        dead = taken["attempts"] + 1 >= ATTEMPTS
        log.error("a reaction failed", follow_up=taken["id"], error=reason, given_up=dead, exc_info=error)
