"""All scheduled jobs and hourly cleanups: those of the capabilities, with what some jobs need from the settings."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial, wraps

import boards.scheduled_jobs
import forum.scheduled_jobs
import members.scheduled_jobs
import moderation.scheduled_jobs
from boards.evidence.link_checks import link_check_job
from core import clock
from forum.search.languages import known_languages
from members.emails.email_jobs import Mailer
from storage import event_log
from storage.database import Database, Transaction
from storage.idempotency import delete_old_responses
from storage.jobs import Cleanup, ScheduledJob
from storage.quarantine import delete_forgotten_items
from storage.switches import MAIL_HELD, read_switches
from tertulia.community import read_community
from tertulia.mail_transport import make_mailer
from tertulia.settings import Settings

MailJob = Callable[[Mailer, Database], Awaitable[bool]]

RESPONSES_KEPT = timedelta(hours=24)
# A client that was away longer reads the snapshot. Other parts of the service read events within minutes.
EVENTS_KEPT = timedelta(days=90)
EVENTS_AT_ONCE = 1_000


async def _delete_old_responses(tx: Transaction, now: datetime) -> None:
    await delete_old_responses(tx, now - RESPONSES_KEPT)


async def delete_old_events(db: Database) -> bool:
    """Scheduled job: delete events that are older than 90 days, at most 1,000 at once; return whether there were any."""
    async with db.begin() as tx:
        return await event_log.delete_old_events(tx, clock.now() - EVENTS_KEPT, EVENTS_AT_ONCE) > 0


def _unless_held(job: MailJob, mailer: Mailer) -> ScheduledJob:
    """Return a job that sends e-mails by this mailer, and does nothing while e-mails are held."""

    @wraps(job)  # logs and tests name the job
    async def send(db: Database) -> bool:
        async with db.read() as tx:
            is_held = MAIL_HELD in await read_switches(tx)
        return not is_held and await job(mailer, db)

    return send


CLEANUPS: tuple[Cleanup, ...] = (
    _delete_old_responses,
    delete_forgotten_items,
    *members.scheduled_jobs.CLEANUPS,
    *forum.scheduled_jobs.CLEANUPS,
    *boards.scheduled_jobs.CLEANUPS,
)


def make_scheduled_jobs(settings: Settings) -> tuple[ScheduledJob, ...]:
    """Return all scheduled jobs, with the mailer, the languages or the rules of trust that some of them need."""
    mailer = make_mailer(settings)
    community = read_community(settings.community)
    languages = known_languages(community.taxonomies())
    link_checks = (link_check_job(),) if settings.look_at_links else ()
    return (
        *(_unless_held(job, mailer) for job in moderation.scheduled_jobs.MAIL_JOBS),
        *moderation.scheduled_jobs.JOBS,
        *(_unless_held(job, mailer) for job in forum.scheduled_jobs.MAIL_JOBS),
        *forum.scheduled_jobs.JOBS,
        *boards.scheduled_jobs.JOBS,
        delete_old_events,
        *(partial(job, languages) for job in forum.scheduled_jobs.SEARCH_JOBS),
        *link_checks,
        *(partial(job, community.trust_rules()) for job in forum.scheduled_jobs.TRUST_JOBS),
    )
