"""The scheduled jobs of moderation."""

from moderation.appeals import appeal_emails
from moderation.flags import report_emails
from moderation.rules.engine import delete_old_sketches
from moderation.sanctions.sanctions import end_next_sanction
from storage.jobs import ScheduledJob

JOBS: tuple[ScheduledJob, ...] = (
    report_emails.notify_next_reporter,
    appeal_emails.notify_next_author,
    report_emails.notify_next_flagger,
    report_emails.erase_next_reporter,
    end_next_sanction,
    delete_old_sketches,
)
