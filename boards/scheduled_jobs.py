"""The scheduled jobs and hourly cleanups of boards."""

from boards.evidence.verification import remind_due_entry
from boards.imports.stored_imports import delete_unapplied_imports
from storage.jobs import Cleanup, ScheduledJob

CLEANUPS: tuple[Cleanup, ...] = (delete_unapplied_imports,)
JOBS: tuple[ScheduledJob, ...] = (remind_due_entry,)
