"""Event handlers that send e-mails about accounts; the worker runs them.

An e-mail is sent in the transaction that activates its link, so it is sent at least once: if the commit fails afterwards,
another e-mail with another link follows.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import Text, bindparam, func, select

from core.ids import MemberId
from members.emails import emails
from members.emails.emails import OutgoingEmail, Recipient, Sender
from members.emails.mailed_links import RequestedLink, activate_link, find_requested_link
from members.events import LinkRequested, PasswordChanged
from members.tables import mail_wishes, members
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

_ADDRESS_OWNER = select(
    members.c.id,
    members.c.handle,
    members.c.email,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    members.c.letters_in,
    func.coalesce(mail_wishes.c.time_zone, "UTC").label("time_zone"),
).outerjoin_from(members, mail_wishes, mail_wishes.c.member_id == members.c.id)
SELECT_MEMBER_ADDRESS = statement(
    _ADDRESS_OWNER.where(members.c.id == bindparam("member"), members.c.is_claimed)
)
SELECT_ADDRESS_OWNER = statement(
    _ADDRESS_OWNER.where(members.c.email == bindparam("address", type_=Text), members.c.is_claimed)
    .order_by(members.c.email_verified_at.nulls_last(), members.c.id.desc())
    .limit(1)
)


class Mailer(Struct, frozen=True):
    """The sender of e-mails, and the function that sends one."""

    sender: Sender
    send: Callable[[OutgoingEmail], Awaitable[None]]


class AddressOwner(Struct, frozen=True):
    """The member with an e-mail address."""

    id: MemberId
    handle: str
    email: str | None
    is_verified: bool
    letters_in: str | None
    time_zone: str

    def recipient_at(self, address: str) -> Recipient:
        """Return the member as the recipient of an e-mail to one of their addresses."""
        return Recipient(
            email=address, handle=self.handle, letters_in=self.letters_in, time_zone=self.time_zone
        )


async def on_link_requested(mailer: Mailer, tx: Transaction, event: LinkRequested) -> None:
    """Send the requested link, if it is still wanted and a member has the address."""
    requested = await find_requested_link(tx, event.link_id)
    if requested is None:
        return
    owner = await _find(tx, SELECT_ADDRESS_OWNER, address=requested.address)
    if requested.purpose == "reset":
        if owner is not None:
            token = await activate_link(tx, event.link_id, requested, owner.id)
            await mailer.send(
                emails.new_password(mailer.sender, owner.recipient_at(requested.address), token)
            )
    elif requested.member_id is not None:
        await _send_verification(mailer, tx, event.link_id, requested, owner)


async def on_password_changed(mailer: Mailer, tx: Transaction, event: PasswordChanged) -> None:
    """Send the member an e-mail about the changed password."""
    owner = await _find(tx, SELECT_MEMBER_ADDRESS, member=event.member_id)
    if owner is not None and owner.email is not None:
        await mailer.send(emails.password_changed(mailer.sender, owner.recipient_at(owner.email)))


async def find_address_owner(tx: Reader, member: int) -> AddressOwner | None:
    """Return a claimed member with their e-mail address, or None."""
    return await _find(tx, SELECT_MEMBER_ADDRESS, member=member)


async def _send_verification(
    mailer: Mailer, tx: Transaction, link_id: int, requested: RequestedLink, owner: AddressOwner | None
) -> None:
    """Send the link, or, if another member has verified the address, tell that member and activate no link."""
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=requested.member_id)
    if member is None or (member.is_verified and member.email == requested.address):
        return
    if owner is not None and owner.is_verified and owner.id != member.id:
        await mailer.send(emails.have_account(mailer.sender, owner.recipient_at(requested.address)))
        return
    token = await activate_link(tx, link_id, requested, member.id)
    await mailer.send(emails.confirm_address(mailer.sender, member.recipient_at(requested.address), token))
    if member.is_verified and member.email is not None and member.email != requested.address:
        await mailer.send(emails.address_leaves(mailer.sender, member.recipient_at(member.email)))


async def _find(tx: Reader, query: Statement, **binds: Any) -> AddressOwner | None:
    row = await tx.row(query, **binds)
    return None if row is None else AddressOwner(**row)
