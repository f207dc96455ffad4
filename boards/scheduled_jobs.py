"""The scheduled jobs of boards."""

from boards.evidence.verification import remind_due_entry
from storage.jobs import ScheduledJob

JOBS: tuple[ScheduledJob, ...] = (remind_due_entry,)
