"""What falls due by the clock: chores, each of which the worker asks again and again for one piece of work."""

from collections.abc import Awaitable, Callable
from functools import partial

from boards.evidence.link_checks import link_check_job
from boards.evidence.verification import remind_due_entry
from forum.files.files import delete_unused_file
from forum.files.pdf_index import index_next_pdf
from forum.notifications import digests
from forum.search.indexing import index_next
from forum.search.languages import known_languages
from forum.search.saved_searches import tell_next
from forum.topics import timer_jobs
from forum.trust import trust
from moderation.appeals import appeal_emails
from moderation.flags import report_emails
from moderation.rules.engine import delete_old_sketches
from moderation.sanctions import sanctions
from storage.database import Database
from tertulia.community import read_community
from tertulia.mail_transport import make_mailer
from tertulia.settings import Settings

# Does one piece of what is due, in a transaction of its own, and says whether there was one. Workers on several processes
# do the same chores: a piece is taken with `FOR UPDATE SKIP LOCKED`, so that each is done once.
ScheduledJob = Callable[[Database], Awaitable[bool]]


def make_scheduled_jobs(settings: Settings) -> tuple[ScheduledJob, ...]:
    """All chores; those that write mail are given an office to post it at."""
    office = make_mailer(settings)
    community = read_community(settings.community)
    looking_at_links = (link_check_job(),) if settings.look_at_links else ()
    return (
        partial(report_emails.notify_next_reporter, office),
        report_emails.notify_next_flagger,
        partial(appeal_emails.notify_next_author, office),
        report_emails.erase_reporters,
        sanctions.end_next_sanction,
        delete_old_sketches,
        partial(digests.send_next_digest, office),
        timer_jobs.run_next_timer,
        remind_due_entry,
        delete_unused_file,
        index_next_pdf,
        partial(index_next, known_languages(community.taxonomies())),
        partial(tell_next, known_languages(community.taxonomies())),
        *looking_at_links,
        partial(trust.review_next, community.trust_rules()),
    )
