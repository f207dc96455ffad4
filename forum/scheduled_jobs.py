"""The scheduled jobs and hourly cleanups of the forum."""

from forum.bookmarks.reminders import remind_of_next_bookmark
from forum.drafts.drafts import delete_expired_drafts
from forum.files.files import delete_unused_file
from forum.files.pdf_index import index_next_pdf
from forum.notifications.digests import queue_next_digest
from forum.notifications.notifications import delete_old_notifications
from forum.posts.language_jobs import detect_next_languages
from forum.search.indexing import index_next_posts
from forum.search.people import index_next_people
from forum.search.saved_searches import notify_next_saved_search
from forum.topics.timer_jobs import run_next_timer
from forum.translations.jobs import delete_old_translations
from forum.trust.trust import update_next_trust_level
from storage.jobs import Cleanup, ScheduledJob

JOBS: tuple[ScheduledJob, ...] = (
    run_next_timer,
    remind_of_next_bookmark,
    queue_next_digest,
    delete_unused_file,
    index_next_pdf,
    index_next_people,
    detect_next_languages,
)

# These take the languages in which members write as their first argument.
SEARCH_JOBS = (index_next_posts, notify_next_saved_search)

# These take the rules of trust as their first argument.
TRUST_JOBS = (update_next_trust_level,)

CLEANUPS: tuple[Cleanup, ...] = (delete_old_notifications, delete_expired_drafts, delete_old_translations)
