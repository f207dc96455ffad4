"""What falls due by the clock: chores, each of which the worker asks again and again for one piece of work."""

from collections.abc import Awaitable, Callable
from functools import partial

from boards.ageing import remind_of_entry
from boards.evidence import looking
from forum import due, talk_mails, trust
from forum.files import forget_unused_file
from forum.papers import read_next_paper
from forum.search.indexing import index_next
from forum.search.languages import known_languages
from forum.search.saving import tell_next
from moderation import appeal_mails, report_mails, sanctions
from moderation.rules.screening import forget_sketches
from storage.database import Database
from tertulia.community import read_community
from tertulia.post_office import office_of
from tertulia.settings import Settings

# Does one piece of what is due, in a transaction of its own, and says whether there was one. Workers on several processes
# do the same chores: a piece is taken with `FOR UPDATE SKIP LOCKED`, so that each is done once.
Chore = Callable[[Database], Awaitable[bool]]


def chores_of(settings: Settings) -> tuple[Chore, ...]:
    """All chores; those that write mail are given an office to post it at."""
    office = office_of(settings)
    community = read_community(settings.community)
    looking_at_links = (looking(),) if settings.look_at_links else ()
    return (
        partial(report_mails.tell_outcome, office),
        report_mails.tell_flagger,
        partial(appeal_mails.tell_author, office),
        report_mails.forget_reporters,
        sanctions.end_next,
        forget_sketches,
        partial(talk_mails.mail_next, office),
        due.do_next,
        remind_of_entry,
        forget_unused_file,
        read_next_paper,
        partial(index_next, known_languages(community.taxonomies())),
        partial(tell_next, known_languages(community.taxonomies())),
        *looking_at_links,
        partial(trust.review_next, community.trust_rules()),
    )
