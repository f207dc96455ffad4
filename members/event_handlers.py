"""The event handlers of members: the e-mails that the worker sends after an event."""

from members.emails.email_jobs import MAILS

# These take the mailer as their first argument.
MAIL_HANDLERS = MAILS
