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

MAILED = frozenset({"answered"})


async def mail_notification(office: Office, tx: Transaction, event: Notified) -> None:
    """Mail what a member was told, if it is still there to be read, was not read meanwhile, and the address is proved."""
    told = await find_notification(tx, Actor(id=MemberId(event.member_id)), event.notification_id)
    if told is None or told.is_read or told.kind not in MAILED:
        return
    holder = await find_holder(tx, event.member_id)
    if holder is None or holder.email is None or not holder.is_verified:
        return
    path = f"/t/{told.topic}/room/{told.number}" if told.number else f"/t/{told.topic}"
    await office.post(mail.question_answered(office.sender, holder.email, holder.handle, told.reason, path))


INBOX_MAILS: Mapping[type[Event], Callable[[Office, Transaction, Any], Awaitable[None]]] = {
    Notified: mail_notification,
}
