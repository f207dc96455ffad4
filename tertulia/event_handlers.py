"""What follows from what: for each event, what the worker does about it, each in the order given."""

from collections.abc import Mapping
from functools import partial

from core.events import Event
from forum.archive import author_claims
from forum.events import (
    PostEdited,
    PostHidden,
    PostRestored,
    PostsMovedHere,
    PostUnhidden,
    PostWithdrawn,
    ReadersChanged,
    ReplyPosted,
    TopicChanged,
)
from forum.following import following
from forum.notifications import watchers
from forum.writing import references
from gatherings.events import QuestionSettled, RoomClosed
from gatherings.notices import notices
from gatherings.polls import polls
from gatherings.questions import late_answers, questions
from members.emails.email_jobs import MAILS
from members.events import AddressVerified
from moderation.appeals.appeal_emails import APPEAL_EMAIL_HANDLERS
from moderation.cases import cases
from moderation.decisions import author_edits
from moderation.events import CaseChanged, CaseClaimed, CaseNoted, CaseOpened
from moderation.flags.report_emails import REPORT_EMAIL_HANDLERS
from tertulia.community import read_community
from tertulia.mail_transport import make_mailer
from tertulia.settings import Settings
from tertulia.worker import Reaction

REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    AddressVerified: (author_claims.claim_imported,),
    # A question or notice is a post, and so is what a case is about: the room and the queue hear what happens to it.
    PostEdited: (
        questions.follow_post,
        notices.follow_post,
        cases.on_post_changed,
        author_edits.on_post_edited,
    ),
    PostWithdrawn: (
        questions.follow_post,
        notices.follow_post,
        cases.on_post_changed,
        references.on_post_visibility_changed,
    ),
    PostRestored: (
        questions.follow_post,
        notices.follow_post,
        cases.on_post_changed,
        references.on_post_visibility_changed,
    ),
    # After who is named in it was told: nobody hears of one post twice.
    ReplyPosted: (following.on_reply_posted, watchers.on_reply_posted),
    PostHidden: (references.on_post_visibility_changed,),
    PostUnhidden: (references.on_post_visibility_changed,),
    TopicChanged: (references.on_topic_changed,),
    PostsMovedHere: (cases.on_topic_sector_changed, references.on_topic_access_changed),
    ReadersChanged: (cases.on_topic_sector_changed, references.on_topic_access_changed),
    CaseOpened: (cases.on_case_changed,),
    CaseChanged: (cases.on_case_changed,),
    CaseClaimed: (cases.on_case_changed,),
    CaseNoted: (cases.on_case_changed,),
    QuestionSettled: (late_answers.tell_answered,),
    RoomClosed: (polls.close_with_room,),
}
# Those that write mail, before they are given an office.
ALL_MAILS = {**MAILS, **REPORT_EMAIL_HANDLERS, **APPEAL_EMAIL_HANDLERS}

# Known without any settings: what the log marks for the worker.
HANDLED_TAGS = frozenset(
    str(kind.__struct_config__.tag) for kind in (*REACTIONS, *ALL_MAILS, *references.REFERENCE_HANDLERS)
)


def make_event_handlers(settings: Settings) -> dict[type[Event], tuple[Reaction, ...]]:
    """All reactions: those that write mail with an office to post it at, those that trust bounds with its rules."""
    office = make_mailer(settings)
    rules = read_community(settings.community).trust_rules()
    mails = {kind: (partial(verb, office),) for kind, verb in ALL_MAILS.items()}
    bound = {kind: (partial(verb, rules),) for kind, verb in references.REFERENCE_HANDLERS.items()}
    kinds = (*REACTIONS, *mails, *bound)
    return {kind: (*bound.get(kind, ()), *REACTIONS.get(kind, ()), *mails.get(kind, ())) for kind in kinds}
