"""The worker: runs the handlers of recorded events, the scheduled jobs and the cleanups, in any number of processes."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars

from core import clock
from core.errors import Refusal
from storage.database import Database, Transaction
from storage.failures import DATABASE_ERRORS
from storage.jobs import Cleanup, EventHandlers, JobStatistics, Outcome, ScheduledJob, job_name
from storage.quarantine import put_into_quarantine, release
from storage.statements import statement
from storage.switches import MAINTENANCE, Switches
from tertulia.background import fail_if_cancelled_from_inside
from tertulia.mail.lane import MailLane

log = structlog.get_logger()

# A failed job is tried again after 2 s, 4 s, 8 s ... and given up after about three days.
ATTEMPTS = 18
LONGEST_WAIT = timedelta(hours=12)
# Seconds before the next attempt when the database is away.
DATABASE_RETRY = 2.0
# Seconds between two runs of a scheduled job, and after a failed run.
JOBS_PAUSE = 2.0
FAILED_JOB_PAUSE = 60.0
CLEANUP_EVERY = timedelta(hours=1)
CLEANUPS_NAME = "cleanups"

# The row lock is the lease: it lasts as long as this process works on the job, and ends at once if the process dies.
LOCK_NEXT_FOLLOW_UP = statement("""
SELECT f.id, f.channel, f.seq, f.attempts, l.event
FROM follow_ups f JOIN log l ON l.channel = f.channel AND l.seq = f.seq
WHERE f.dead_at IS NULL AND f.due_at <= :now
ORDER BY f.due_at, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
""")
DELETE_FOLLOW_UP = statement("DELETE FROM follow_ups WHERE id = :id")
UPDATE_FAILED_FOLLOW_UP = statement("""
UPDATE follow_ups SET attempts = attempts + 1, error = :error, due_at = :due,
    dead_at = CASE WHEN attempts + 1 >= :max_attempts THEN CAST(:now AS timestamptz) END
WHERE id = :id
""")


class Worker:
    """Takes one follow-up job after the other and runs its event's handlers in the transaction that deletes the job.

    Beside that run the scheduled jobs and, if it is given, the mail lane. The lines that a job writes to the log name it:
    `job`, and `job_id` for a follow-up job.
    """

    def __init__(
        self,
        db: Database,
        handlers: EventHandlers,
        pause: float = 0.5,
        jobs: Sequence[ScheduledJob] = (),
        cleanups: Sequence[Cleanup] = (),
        mail: MailLane | None = None,
    ) -> None:
        self.db = db
        self.pause = pause
        self.jobs = jobs
        self.cleanups = cleanups
        self.mail = mail
        self.switches = Switches(db)
        self.kinds = {str(kind.__struct_config__.tag): kind for kind in handlers}
        self.handlers = handlers
        self.statistics = JobStatistics()

    async def run(self) -> None:
        """Work until cancelled, and wait while the database is away. Nothing waits for a scheduled job or for mail."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail_if_cancelled_from_inside(self._handle_events()))
            if self.mail is not None:
                tasks.create_task(fail_if_cancelled_from_inside(self.mail.run(self.is_paused)))
            for job in self.jobs:
                tasks.create_task(fail_if_cancelled_from_inside(self._run_forever(job)))

    async def is_paused(self) -> bool:
        """Return whether an operator maintains the database: then the worker changes nothing either."""
        return await self.switches.find(MAINTENANCE) is not None

    async def run_due_jobs(self) -> bool:
        """Run all scheduled jobs until none has work that is due; return whether any had."""
        had_work = False
        for job in self.jobs:
            while await job(self.db):
                had_work = True
        return had_work

    async def _handle_events(self) -> None:
        cleaned_up_at = clock.now()
        while True:
            try:
                while not await self.is_paused() and await self.handle_next():
                    pass
                if not await self.is_paused() and clock.now() - cleaned_up_at > CLEANUP_EVERY:
                    cleaned_up_at = clock.now()
                    await self.clean_up(cleaned_up_at)
            except (Refusal, *DATABASE_ERRORS) as error:
                log.warning("the worker waits for the database", error=str(error))
                await asyncio.sleep(DATABASE_RETRY)
            await asyncio.sleep(self.pause)

    async def _run_forever(self, job: ScheduledJob) -> None:
        name = job_name(job)
        bind_contextvars(job=name)  # in this task, which runs nothing else
        while True:
            pause = JOBS_PAUSE
            began = time.perf_counter()
            try:
                while not await self.is_paused():
                    began = time.perf_counter()
                    had_work = await job(self.db)
                    self.statistics.add("scheduled", name, began, "done" if had_work else "idle")
                    if not had_work:
                        break
            except (Refusal, *DATABASE_ERRORS) as error:
                log.warning("a scheduled job waits for the database", error=str(error))
            except Exception as error:  # a failed job must not end the others
                self.statistics.add("scheduled", name, began, "failed")
                log.error("a scheduled job failed", exc_info=error)
                pause = FAILED_JOB_PAUSE
            await asyncio.sleep(pause)

    async def clean_up(self, now: datetime) -> None:
        """Run each cleanup in a transaction of its own: one that fails leaves the others alone and is in quarantine."""
        for cleanup in self.cleanups:
            name, began = job_name(cleanup), time.perf_counter()
            outcome: Outcome = "failed"
            try:
                with bound_contextvars(job=name):
                    async with self.db.begin() as tx:
                        await cleanup(tx, now)
                        await release(tx, CLEANUPS_NAME, [name])
                outcome = "done"
            except Exception as error:
                await put_into_quarantine(self.db, CLEANUPS_NAME, name, error)
            finally:
                self.statistics.add("cleanup", name, began, outcome)

    async def handle_next(self) -> bool:
        """Run the handlers of one event whose follow-up job is due; return whether there was one."""
        taken: dict[str, Any] = {}
        began = time.perf_counter()
        try:
            async with self.db.begin() as tx:
                row = await tx.row(LOCK_NEXT_FOLLOW_UP, now=clock.now())
                if row is None:
                    return False
                taken = {"id": row["id"], "attempts": row["attempts"], "type": row["event"]["type"]}
                tx.handled_event = f"{row['channel']}/{row['seq']}"
                with bound_contextvars(job=taken["type"], job_id=taken["id"]):
                    await self._handle(tx, row["event"])
                await tx.run(DELETE_FOLLOW_UP, id=row["id"])
        except Exception as error:  # whatever a handler raises is stored where the operator sees it
            if not taken:
                raise
            self.statistics.add("event", taken["type"], began, "failed")
            await self._postpone(taken, error)
        else:
            self.statistics.add("event", taken["type"], began, "done")
        return True

    async def _handle(self, tx: Transaction, stored: dict[str, Any]) -> None:
        event = msgspec.convert(stored, self.kinds[stored["type"]])
        for handler in self.handlers[type(event)]:
            await handler(tx, event)

    async def _postpone(self, taken: dict[str, Any], error: Exception) -> None:
        now = clock.now()
        wait = min(timedelta(seconds=2 ** (taken["attempts"] + 1)), LONGEST_WAIT)
        reason = f"{type(error).__name__}: {error}"[:2_000]
        binds = {"error": reason, "due": now + wait, "now": now, "max_attempts": ATTEMPTS}
        async with self.db.begin() as tx:
            await tx.run(UPDATE_FAILED_FOLLOW_UP, id=taken["id"], **binds)
        is_given_up = taken["attempts"] + 1 >= ATTEMPTS
        log.error(
            "an event handler failed",
            job=taken["type"],
            job_id=taken["id"],
            error=reason,
            given_up=is_given_up,
            exc_info=error,
        )
