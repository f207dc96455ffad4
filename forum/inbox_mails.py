"""What of the inbox also goes out by mail: a reaction for each notification by itself, so that one mail that cannot be
sent holds up no other."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from core.actor import Actor
from core.events import Event
from core.ids import MemberId
from forum.inbox import find_notification
from members import mail
from members.events import Notified
from members.mailing import Office, find_holder
from storage.database import Transaction

# What is mailed, by its kind: the subject. Answers have a mail of their own.
ANSWERED = "answered"
SUBJECTS: Mapping[str, str] = {
    "change_requested": "You are asked for a change",
    "entry_due": "Is your entry still so?",
    "entry_still_due": "An entry waits to be verified",
    "entry_outdated": "Your entry is said to be outdated",
}


async def mail_notification(office: Office, tx: Transaction, event: Notified) -> None:
    """Mail what a member was told, if it is still there to be read, was not read meanwhile, and the address is proved."""
    told = await find_notification(tx, Actor(id=MemberId(event.member_id)), event.notification_id)
    if told is None or told.is_read or told.kind not in (ANSWERED, *SUBJECTS):
        return
    holder = await find_holder(tx, event.member_id)
    if holder is None or holder.email is None or not holder.is_verified:
        return
    path = (
        f"/t/{told.topic}/room/{told.number}" if told.number and told.kind == ANSWERED else f"/t/{told.topic}"
    )
    to = (office.sender, holder.email, holder.handle)
    if told.kind == ANSWERED:
        await office.post(mail.question_answered(*to, told.reason, path))
    else:
        await office.post(mail.told(*to, SUBJECTS[told.kind], told.reason, path))


INBOX_MAILS: Mapping[type[Event], Callable[[Office, Transaction, Any], Awaitable[None]]] = {
    Notified: mail_notification,
}
