"""The event handlers of moderation: what the worker does after an event."""

from forum.events import PostEdited, PostRestored, PostsMovedHere, PostWithdrawn, ReadersChanged
from moderation.appeals.appeal_emails import APPEAL_EMAIL_HANDLERS
from moderation.cases import cases
from moderation.decisions import author_edits
from moderation.events import CaseChanged, CaseClaimed, CaseNoted, CaseOpened
from moderation.flags.report_emails import REPORT_EMAIL_HANDLERS
from moderation.rules import published_texts
from storage.jobs import EventHandlers

HANDLERS: EventHandlers = {
    PostEdited: (cases.on_post_changed, author_edits.on_post_edited),
    PostWithdrawn: (cases.on_post_changed,),
    PostRestored: (cases.on_post_changed,),
    PostsMovedHere: (cases.on_topic_sector_changed,),
    ReadersChanged: (cases.on_topic_sector_changed,),
    CaseOpened: (cases.on_case_changed,),
    CaseChanged: (cases.on_case_changed,),
    CaseClaimed: (cases.on_case_changed,),
    CaseNoted: (cases.on_case_changed,),
    **published_texts.HANDLERS,
}

# All that these do is queue e-mails and notify.
MAIL_HANDLERS: EventHandlers = {**REPORT_EMAIL_HANDLERS, **APPEAL_EMAIL_HANDLERS}
