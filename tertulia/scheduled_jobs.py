"""All scheduled jobs and hourly cleanups: those of the capabilities, with what some jobs need from the settings."""

from datetime import datetime, timedelta
from functools import partial

import boards.scheduled_jobs
import forum.scheduled_jobs
import members.scheduled_jobs
import moderation.scheduled_jobs
from boards.evidence.link_checks import link_check_job
from core import clock
from forum.search.languages import known_languages
from forum.translations.jobs import translate_next_post
from personal_data.erasing import Surroundings, erase_next_member
from personal_data.erasure_list import FILE_NAME, note_erasure
from storage import event_log
from storage.database import Database, Transaction
from storage.idempotency import delete_old_responses
from storage.jobs import Cleanup, ScheduledJob
from storage.quarantine import delete_forgotten_items
from tertulia.community import read_community
from tertulia.settings import Settings
from tertulia.stored_mails import forget_stored_mails
from tertulia.translators import make_translator

RESPONSES_KEPT = timedelta(hours=24)
EVENTS_AT_ONCE = 1_000


async def _delete_old_responses(tx: Transaction, now: datetime) -> None:
    await delete_old_responses(tx, now - RESPONSES_KEPT)


async def make_log_months(db: Database) -> bool:
    """Scheduled job: make the next months of the event log; return whether one was missing."""
    async with db.begin() as tx:
        return await event_log.make_months(tx, clock.now()) > 0


async def delete_old_events(db: Database) -> bool:
    """Scheduled job: drop a month of events of which all are older than 90 days, or else delete up to 1,000 that are as old
    and belong to no month; return whether there were any."""
    kept_from = event_log.events_kept_from(clock.now())
    async with db.begin() as tx:
        if await event_log.drop_old_month(tx, kept_from):
            return True
    async with db.begin() as tx:
        return await event_log.delete_old_events(tx, kept_from, EVENTS_AT_ONCE) > 0


CLEANUPS: tuple[Cleanup, ...] = (
    _delete_old_responses,
    delete_forgotten_items,
    *members.scheduled_jobs.CLEANUPS,
    *forum.scheduled_jobs.CLEANUPS,
    *boards.scheduled_jobs.CLEANUPS,
)


def erasure_surroundings(settings: Settings) -> Surroundings:
    """Return where erasures are noted for restores, and how stored e-mails are forgotten."""
    note = partial(note_erasure, settings.data / FILE_NAME)
    return Surroundings(note, partial(forget_stored_mails, settings.data / "mail"))


def make_scheduled_jobs(settings: Settings) -> tuple[ScheduledJob, ...]:
    """Return all scheduled jobs, with the languages or the rules of trust that some of them need."""
    community = read_community(settings.community)
    languages = known_languages(community.taxonomies())
    translator = make_translator(settings)
    translating = (partial(translate_next_post, translator),) if translator.is_set else ()
    link_checks = (link_check_job(),) if settings.look_at_links else ()
    return (
        *moderation.scheduled_jobs.JOBS,
        *forum.scheduled_jobs.JOBS,
        *boards.scheduled_jobs.JOBS,
        make_log_months,
        delete_old_events,
        *(partial(job, languages) for job in forum.scheduled_jobs.SEARCH_JOBS),
        *link_checks,
        *translating,
        partial(erase_next_member, erasure_surroundings(settings)),
        *(partial(job, community.trust_rules()) for job in forum.scheduled_jobs.TRUST_JOBS),
    )
