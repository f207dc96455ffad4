"""E-mails about accounts: the event handlers that queue them, and how each is written when it is sent."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Text, bindparam, func, select

from core.ids import MemberId
from members.emails import emails
from members.emails.emails import OutgoingEmail, Recipient, Sender
from members.emails.mailed_links import (
    RequestedLink,
    activate_link,
    find_open_link,
    find_requested_link,
)
from members.emails.outbox import ACCOUNT, EmailKind, QueuedEmail, queue_email
from members.events import ErasureRequested, LinkRequested, PasswordChanged
from members.tables import mail_wishes, members
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

_ADDRESS_OWNER = select(
    members.c.id,
    members.c.handle,
    members.c.email,
    members.c.email_verified_at.is_not(None).label("is_verified"),
    members.c.failing_address,
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
SELECT_ERASURE_DUE = statement("SELECT due_at FROM erasures WHERE member_id = :member AND begun_at IS NULL")


async def _do_nothing() -> None:
    pass


class Mailer(Struct, frozen=True):
    """The sender of e-mails, the function that sends one, and those that close connections: idle ones, and all."""

    sender: Sender
    send: Callable[[OutgoingEmail], Awaitable[None]]
    rest: Callable[[], Awaitable[None]] = _do_nothing
    close: Callable[[], Awaitable[None]] = _do_nothing


class AddressOwner(Struct, frozen=True):
    """The member with an e-mail address."""

    id: MemberId
    handle: str
    email: str | None
    is_verified: bool
    failing_address: str | None
    letters_in: str | None
    time_zone: str

    def recipient_at(self, address: str) -> Recipient:
        """Return the member as the recipient of an e-mail to one of their addresses."""
        return Recipient(
            email=address, handle=self.handle, letters_in=self.letters_in, time_zone=self.time_zone
        )


async def on_link_requested(tx: Transaction, event: LinkRequested) -> None:
    """Queue the e-mail with the requested link, if it is still wanted and a member has the address."""
    requested = await find_requested_link(tx, event.link_id)
    if requested is None:
        return
    owner = await _find(tx, SELECT_ADDRESS_OWNER, address=requested.address)
    if requested.purpose == "reset":
        if owner is not None:
            await queue_email(tx, NEW_PASSWORD, owner.id, {"link": event.link_id})
    elif requested.member_id is not None:
        await _queue_verification(tx, event.link_id, requested, owner)


async def on_password_changed(tx: Transaction, event: PasswordChanged) -> None:
    """Queue the e-mail to the member about the changed password."""
    await queue_email(tx, PASSWORD_CHANGED, MemberId(event.member_id), {})


async def on_erasure_requested(tx: Transaction, event: ErasureRequested) -> None:
    """Queue the e-mail that says when the account will be deleted."""
    await queue_email(tx, ERASURE_REQUESTED, MemberId(event.member_id), {})


async def find_address_owner(tx: Reader, member: int) -> AddressOwner | None:
    """Return a claimed member with their e-mail address, or None."""
    return await _find(tx, SELECT_MEMBER_ADDRESS, member=member)


async def _queue_verification(
    tx: Transaction, link_id: int, requested: RequestedLink, owner: AddressOwner | None
) -> None:
    """Queue the link, or, if another member has verified the address, tell that member and nobody else."""
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=requested.member_id)
    if member is None or _has_working(member, requested.address):
        return
    link = {"link": link_id}
    if owner is not None and owner.is_verified and owner.id != member.id:
        await queue_email(tx, HAVE_ACCOUNT, owner.id, link)
        return
    await queue_email(tx, CONFIRM_ADDRESS, member.id, link)
    if member.is_verified and member.email is not None and member.email != requested.address:
        await queue_email(tx, ADDRESS_LEAVES, member.id, link)


def _has_working(member: AddressOwner, address: str) -> bool:
    return member.is_verified and address == member.email and address != member.failing_address


async def _confirm_address(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    requested = await find_open_link(tx, email.facts["link"])
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=email.member_id)
    if requested is None or member is None or _has_working(member, requested.address):
        return None
    token = await activate_link(tx, email.facts["link"], requested, member.id)
    return emails.confirm_address(sender, member.recipient_at(requested.address), token)


async def _have_account(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    owner, address = await _owner_of_link(tx, email)
    return None if owner is None else emails.have_account(sender, owner.recipient_at(address))


async def _address_leaves(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    requested = await find_open_link(tx, email.facts["link"])
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=email.member_id)
    # Once the new address is verified, this would go to it, and say that it will be replaced.
    if requested is None or member is None or member.email is None or member.email == requested.address:
        return None
    return emails.address_leaves(sender, member.recipient_at(member.email))


async def _new_password(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    owner, address = await _owner_of_link(tx, email)
    if owner is None:
        return None
    requested = RequestedLink("reset", address, owner.id)
    token = await activate_link(tx, email.facts["link"], requested, owner.id)
    return emails.new_password(sender, owner.recipient_at(address), token)


async def _password_changed(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=email.member_id)
    if member is None or member.email is None:
        return None
    return emails.password_changed(sender, member.recipient_at(member.email))


async def _erasure_requested(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    member = await _find(tx, SELECT_MEMBER_ADDRESS, member=email.member_id)
    due_at = await tx.value(SELECT_ERASURE_DUE, member=email.member_id)
    if member is None or member.email is None or due_at is None:
        return None
    return emails.erasure_requested(sender, member.recipient_at(member.email), due_at)


async def _owner_of_link(tx: Reader, email: QueuedEmail) -> tuple[AddressOwner | None, str]:
    """Return the member of a queued e-mail if the address of its link is still theirs, and the address."""
    requested = await find_open_link(tx, email.facts["link"])
    if requested is None:
        return None, ""
    owner = await _find(tx, SELECT_ADDRESS_OWNER, address=requested.address)
    return (owner if owner is not None and owner.id == email.member_id else None), requested.address


async def _find(tx: Reader, query: Statement, **binds: Any) -> AddressOwner | None:
    row = await tx.row(query, **binds)
    return None if row is None else AddressOwner(**row)


CONFIRM_ADDRESS = EmailKind(
    name="confirm_address", compose=_confirm_address, priority=ACCOUNT, tries_failing=True
)
HAVE_ACCOUNT = EmailKind(name="have_account", compose=_have_account, priority=ACCOUNT)
ADDRESS_LEAVES = EmailKind(name="address_leaves", compose=_address_leaves, priority=ACCOUNT)
NEW_PASSWORD = EmailKind(name="new_password", compose=_new_password, priority=ACCOUNT, tries_failing=True)
PASSWORD_CHANGED = EmailKind(name="password_changed", compose=_password_changed, priority=ACCOUNT)
ERASURE_REQUESTED = EmailKind(name="erasure_requested", compose=_erasure_requested, priority=ACCOUNT)
ACCOUNT_EMAIL_KINDS: Sequence[EmailKind] = (
    CONFIRM_ADDRESS,
    HAVE_ACCOUNT,
    ADDRESS_LEAVES,
    NEW_PASSWORD,
    PASSWORD_CHANGED,
    ERASURE_REQUESTED,
)
