"""The event handlers of members: the e-mails that the worker sends after an event."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core.events import Event
from members.emails.email_jobs import Mailer, on_link_requested, on_password_changed
from members.events import LinkRequested, PasswordChanged
from storage.database import Transaction

# The composition root binds the first argument, the mailer.
MAIL_HANDLERS: Mapping[type[Event], Callable[[Mailer, Transaction, Any], Awaitable[None]]] = {
    LinkRequested: on_link_requested,
    PasswordChanged: on_password_changed,
}
