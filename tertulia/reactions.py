"""What follows from what: for each event, what the worker does about it, each in the order given."""

from collections.abc import Mapping
from functools import partial

from core.events import Event
from forum import claims
from forum.events import PostEdited, PostRestored, PostWithdrawn
from forum.inbox_mails import INBOX_MAILS
from gatherings import later_answers, notices, polls, questions
from gatherings.events import QuestionSettled, RoomClosed
from members.events import AddressProved
from members.mail import Sender
from members.mailing import MAILS, Office
from moderation import cases
from tertulia.community import read_community
from tertulia.post_office import PostOffice
from tertulia.settings import Settings
from tertulia.worker import Reaction

REACTIONS: Mapping[type[Event], tuple[Reaction, ...]] = {
    AddressProved: (claims.claim_imported,),
    # A question or notice is a post, and so is what a case is about: the room and the queue hear what happens to it.
    PostEdited: (questions.follow_post, notices.follow_post, cases.follow_post),
    PostWithdrawn: (questions.follow_post, notices.follow_post, cases.follow_post),
    PostRestored: (questions.follow_post, notices.follow_post, cases.follow_post),
    QuestionSettled: (later_answers.tell_answered,),
    RoomClosed: (polls.close_with_room,),
}
# Those that write mail, before they are given an office.
ALL_MAILS = {**MAILS, **INBOX_MAILS}

# Known without any settings: what the log marks for the worker.
REACTING = frozenset(str(kind.__struct_config__.tag) for kind in (*REACTIONS, *ALL_MAILS))


def reactions_of(settings: Settings) -> dict[type[Event], tuple[Reaction, ...]]:
    """All reactions, those that write mail with an office to post it at."""
    community = read_community(settings.community)
    mail = PostOffice(settings.smtp_url, settings.data / "mail", settings.mail_from, community.name)
    office = Office(Sender(community.name, settings.url), mail.post)
    mails = {kind: (partial(verb, office),) for kind, verb in ALL_MAILS.items()}
    return {kind: (*REACTIONS.get(kind, ()), *mails.get(kind, ())) for kind in (*REACTIONS, *mails)}
