"""The event handlers of members: the e-mails that are queued after an event."""

from members.emails.email_jobs import on_erasure_requested, on_link_requested, on_password_changed
from members.events import ErasureRequested, LinkRequested, PasswordChanged
from storage.jobs import EventHandlers

# All that these do is queue e-mails.
MAIL_HANDLERS: EventHandlers = {
    LinkRequested: (on_link_requested,),
    PasswordChanged: (on_password_changed,),
    ErasureRequested: (on_erasure_requested,),
}
