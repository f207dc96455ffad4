"""What follows from what: for each event, what the worker does about it, each in the order given."""

from collections.abc import Mapping
from functools import partial

from core.events import Event
from forum import claims, following, referring, telling
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
from gatherings.events import QuestionSettled, RoomClosed
from gatherings.notices import notices
from gatherings.polls import polls
from gatherings.questions import later_answers, questions
from members.events import AddressProved
from members.mailing import MAILS
from moderation import cases, held
from moderation.appeal_mails import APPEAL_MAILS
from moderation.events import CaseClaimed, CaseMoved, CaseNoted, CaseOpened
from moderation.report_mails import REPORT_MAILS
from tertulia.community import read_community
from tertulia.post_office import office_of
from tertulia.settings import Settings
from tertulia.worker import Reaction

REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    AddressProved: (claims.claim_imported,),
    # A question or notice is a post, and so is what a case is about: the room and the queue hear what happens to it.
    PostEdited: (questions.follow_post, notices.follow_post, cases.follow_post, held.follow_edit),
    PostWithdrawn: (questions.follow_post, notices.follow_post, cases.follow_post, referring.follow_quoted),
    PostRestored: (questions.follow_post, notices.follow_post, cases.follow_post, referring.follow_quoted),
    # After who is named in it was told: nobody hears of one post twice.
    ReplyPosted: (following.follow_written, telling.tell_followers),
    PostHidden: (referring.follow_quoted,),
    PostUnhidden: (referring.follow_quoted,),
    TopicChanged: (referring.follow_title,),
    PostsMovedHere: (cases.follow_topic, referring.follow_quoted_topic),
    ReadersChanged: (cases.follow_topic, referring.follow_quoted_topic),
    CaseOpened: (cases.tell_hosts,),
    CaseMoved: (cases.tell_hosts,),
    CaseClaimed: (cases.tell_hosts,),
    CaseNoted: (cases.tell_hosts,),
    QuestionSettled: (later_answers.tell_answered,),
    RoomClosed: (polls.close_with_room,),
}
# Those that write mail, before they are given an office.
ALL_MAILS = {**MAILS, **REPORT_MAILS, **APPEAL_MAILS}

# Known without any settings: what the log marks for the worker.
REACTING = frozenset(
    str(kind.__struct_config__.tag) for kind in (*REACTIONS, *ALL_MAILS, *referring.REFERRING)
)


def reactions_of(settings: Settings) -> dict[type[Event], tuple[Reaction, ...]]:
    """All reactions: those that write mail with an office to post it at, those that trust bounds with its rules."""
    office = office_of(settings)
    rules = read_community(settings.community).trust_rules()
    mails = {kind: (partial(verb, office),) for kind, verb in ALL_MAILS.items()}
    bound = {kind: (partial(verb, rules),) for kind, verb in referring.REFERRING.items()}
    kinds = (*REACTIONS, *mails, *bound)
    return {kind: (*bound.get(kind, ()), *REACTIONS.get(kind, ()), *mails.get(kind, ())) for kind in kinds}
