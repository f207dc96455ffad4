"""The types of work that runs in the background: handlers of recorded events, scheduled jobs and hourly cleanups."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

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
