"""The types of work that runs in the background: handlers of recorded events, scheduled jobs and hourly cleanups."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

from msgspec import Struct

from core.events import Event
from storage.database import Database, Transaction

# Handles one event, in the transaction that marks its follow-up job done. A failed handler is retried, so it must be
# harmless to run it twice.
EventHandler = Callable[[Transaction, Any], Awaitable[None]]

# All handlers of an event class, in the order in which they run.
EventHandlers = Mapping[type[Event], tuple[EventHandler, ...]]

# Does one piece of the work that is due, in a transaction of its own, and returns whether there was one. Workers in
# several processes run the same jobs: each takes its piece with `FOR UPDATE SKIP LOCKED`, so that it is done once.
ScheduledJob = Callable[[Database], Awaitable[bool]]

# Deletes rows that are no longer needed at a given time.
Cleanup = Callable[[Transaction, datetime], Awaitable[object]]

Kind = Literal["event", "scheduled", "cleanup"]
Outcome = Literal["done", "idle", "failed"]


class JobCounts(Struct):
    """What a process has done of one job since it started: runs that had work, runs that failed, the seconds that both
    took, and when the last run ended, also one that found no work (seconds since 1970)."""

    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    ended_at: float = 0.0


class JobStatistics:
    """The counts of every job of a process, by its kind and name; the metrics show them."""

    def __init__(self) -> None:
        self.counts: dict[tuple[Kind, str], JobCounts] = {}

    def add(self, kind: Kind, name: str, began: float, outcome: Outcome) -> None:
        """Count a run that began at a time of `time.perf_counter`."""
        counts = self.counts.setdefault((kind, name), JobCounts())
        counts.ended_at = time.time()
        if outcome == "idle":
            return
        counts.seconds += time.perf_counter() - began
        counts.done += outcome == "done"
        counts.failed += outcome == "failed"


def job_name(job: Callable[..., Any]) -> str:
    """Return the name of a job in the logs and metrics: that of its function."""
    function = job.func if isinstance(job, partial) else job
    return str(getattr(function, "__name__", type(function).__name__)).strip("_")
