"""Mailing: the reactions that tell members something by mail, run by the worker.

A mail goes out in the transaction that makes its link good, so it goes at least once: where the commit fails after it,
another mail with another link follows.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Text, bindparam, func, select

from core.events import Event
from core.ids import MemberId
from members.emails import emails
from members.emails.emails import OutgoingEmail, Recipient, Sender
from members.emails.mailed_links import RequestedLink, activate_link, find_requested_link
from members.events import LinkRequested, PasswordChanged
from members.tables import mail_wishes, members
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

_HOLDER = select(
    members.c.id,
    members.c.handle,
    members.c.email,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    members.c.letters_in,
    func.coalesce(mail_wishes.c.time_zone, "UTC").label("time_zone"),
).outerjoin_from(members, mail_wishes, mail_wishes.c.member_id == members.c.id)
BY_ID = statement(_HOLDER.where(members.c.id == bindparam("member"), members.c.is_claimed))
BY_ADDRESS = statement(
    _HOLDER.where(members.c.email == bindparam("address", type_=Text), members.c.is_claimed)
    .order_by(members.c.email_verified_at.nulls_last(), members.c.id.desc())
    .limit(1)
)


class Mailer(Struct, frozen=True):
    """Where letters are written and posted."""

    sender: Sender
    post: Callable[[OutgoingEmail], Awaitable[None]]


class AddressOwner(Struct, frozen=True):
    """The member behind an address."""

    id: MemberId
    handle: str
    email: str | None
    is_verified: bool
    letters_in: str | None
    time_zone: str

    def at(self, address: str) -> Recipient:
        """The member as a letter to one of their addresses knows them."""
        return Recipient(
            email=address, handle=self.handle, letters_in=self.letters_in, time_zone=self.time_zone
        )


async def on_link_requested(office: Mailer, tx: Transaction, event: LinkRequested) -> None:
    """Mail a link that was asked for, if there is somebody whom it is for."""
    asked = await find_requested_link(tx, event.link_id)
    if asked is None:
        return
    holder = await _find(tx, BY_ADDRESS, address=asked.address)
    if asked.purpose == "reset":
        if holder is not None:
            token = await activate_link(tx, event.link_id, asked, holder.id)
            await office.post(emails.new_password(office.sender, holder.at(asked.address), token))
    elif asked.member_id is not None:
        await _mail_verification(office, tx, event.link_id, asked, holder)


async def on_password_changed(office: Mailer, tx: Transaction, event: PasswordChanged) -> None:
    """Tell a member that the password was changed."""
    holder = await _find(tx, BY_ID, member=event.member_id)
    if holder is not None and holder.email is not None:
        await office.post(emails.password_changed(office.sender, holder.at(holder.email)))


async def find_address_owner(tx: Reader, member: int) -> AddressOwner | None:
    """A member with the address that mail goes to."""
    return await _find(tx, BY_ID, member=member)


# What the composition root binds to its office and puts among its reactions.
MAILS: Mapping[type[Event], Callable[[Mailer, Transaction, Any], Awaitable[None]]] = {
    LinkRequested: on_link_requested,
    PasswordChanged: on_password_changed,
}


async def _mail_verification(
    office: Mailer, tx: Transaction, link: int, asked: RequestedLink, holder: AddressOwner | None
) -> None:
    """The link, unless another member has proved the address: then that member hears of it, and nobody gets a link."""
    member = await _find(tx, BY_ID, member=asked.member_id)
    if member is None or (member.is_verified and member.email == asked.address):
        return
    if holder is not None and holder.is_verified and holder.id != member.id:
        await office.post(emails.have_account(office.sender, holder.at(asked.address)))
        return
    token = await activate_link(tx, link, asked, member.id)
    await office.post(emails.confirm_address(office.sender, member.at(asked.address), token))
    if member.is_verified and member.email is not None and member.email != asked.address:
        await office.post(emails.address_leaves(office.sender, member.at(member.email)))


async def _find(tx: Reader, query: Statement, **binds: Any) -> AddressOwner | None:
    row = await tx.row(query, **binds)
    return None if row is None else AddressOwner(**row)
