"""Accounts: registration, verification of addresses, and the account of the first administrator."""

import asyncpg
from sqlalchemy import Text, bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from core import clock
from core.actor import Actor
from core.errors import Conflict, every_refusal
from core.ids import MemberId
from core.languages.texts import translatable
from core.text import tidy_name
from members.accounts import passwords
from members.accounts.consents import ensure_accepted, record_consents
from members.accounts.credentials import normalize_address
from members.accounts.passwords import Credentials
from members.emails.mailed_links import (
    LinkNotGood,
    make_founders_link,
    redeem_link,
    request_link,
    revoke_links,
)
from members.events import AddressVerified, MemberJoined
from members.handles import HandleNotAvailable, handle_hash, normalize_handle, skeleton, validate_handle
from members.profiles import duties
from members.profiles.display_names import ensure_name_available
from members.profiles.profiles import read_member
from members.shapes import Me, NewAccount
from members.tables import members
from storage.database import Transaction
from storage.statements import statement

_NEW_MEMBER_COLUMNS = (
    "handle skeleton display_name email email_verified_at password_hash secret_salt sealed_secret is_claimed joined_at "
    "letters_in"
).split()
INSERT_MEMBER = statement(
    postgresql_insert(members)
    .values({name: bindparam(name) for name in _NEW_MEMBER_COLUMNS})
    .on_conflict_do_nothing()
    .returning(members.c.id)
)
SELECT_MEMBER_ADDRESS_STATE = statement(
    select(
        members.c.email,
        members.c.email_verified_at.is_not(None).label("is_verified"),
        (members.c.failing_address == members.c.email).label("is_failing"),
    ).where(members.c.id == bindparam("member"))
)
UPDATE_ADDRESS = statement(
    update(members)
    .where(members.c.id == bindparam("member"))
    .values(email=bindparam("address"), failing_address=null(), failing_since=null())
)
UPDATE_VERIFIED_ADDRESS = statement(
    update(members)
    .where(members.c.id == bindparam("member"), members.c.is_claimed)
    .values(
        email=bindparam("address"),
        email_verified_at=bindparam("now"),
        failing_address=null(),
        failing_since=null(),
    )
    .returning(members.c.id)
)
SELECT_UNCLAIMED_BY_ADDRESS = statement(
    select(members.c.id).where(
        members.c.email == bindparam("address", type_=Text), members.c.is_claimed.is_(False)
    )
)
SELECT_IS_FORMER_HANDLE = statement("SELECT EXISTS (SELECT FROM erasures WHERE handle_hash = :hash)")


class AddressTaken(Conflict):
    """Another member has verified this address."""

    message = translatable("Another account has this address. Sign in there, or ask for a new password.")


class AlreadyVerified(Conflict):
    """The member's address is verified already."""

    message = translatable("Your address is confirmed already.")


class HasAdministrators(Conflict):
    """The community has an administrator, so the link for the first one is void."""

    message = translatable("This community has an administrator already.")


async def register(
    tx: Transaction, account: NewAccount, credentials: Credentials | None, onward: str = ""
) -> Me:
    """Create an account, request a verification link and return the new member; raise HandleNotAvailable or
    DisplayNameNotAvailable. The link leads on to the path `onward`.

    It neither checks nor reveals whether the address belongs to another member: the e-mail to that address says so.
    """
    member = await _insert_member(tx, account, credentials)

    await tx.record(MemberJoined(member_id=member))
    await request_link(tx, "verify", normalize_address(account.email), member, onward)
    return await read_member(tx, member)


async def join(tx: Transaction, account: NewAccount, credentials: Credentials | None, onward: str = "") -> Me:
    """Register somebody who has accepted the rules of the community, and record that; raise RulesNotAccepted and the
    refusals of `register`."""
    with every_refusal() as each:
        with each.check():
            await ensure_accepted(tx, account.accepted)
        me = await register(tx, account, credentials, onward)
    await record_consents(tx, MemberId(me.id))
    return me


async def create_founder(tx: Transaction, token: str, account: NewAccount, credentials: Credentials) -> Me:
    """Create the account of the first administrator with the token of the link that the first start printed.

    Raises LinkNotGood, HasAdministrators, HandleNotAvailable or AddressTaken.
    """
    await redeem_link(tx, token, "found")
    if await duties.count_administrators(tx):
        raise HasAdministrators
    member = await _insert_member(tx, account, credentials, is_founder=True)

    await tx.record(MemberJoined(member_id=member))
    await mark_address_verified(tx, member, normalize_address(account.email))
    await duties.insert_duty(tx, member, duties.ADMINISTRATOR)
    return await read_member(tx, member)


async def offer_founders_link(tx: Transaction) -> str | None:
    """Return the token of a new founder's link, or None if the community has an administrator."""
    if await duties.count_administrators(tx):
        return None
    return await make_founders_link(tx)


async def request_verification(tx: Transaction, actor: Actor) -> None:
    """Request another verification link for the actor's address; raise AlreadyVerified, unless the address is failing."""
    row = await tx.row(SELECT_MEMBER_ADDRESS_STATE, member=actor.signed_in())
    if row is None or row["email"] is None or (row["is_verified"] and not row["is_failing"]):
        raise AlreadyVerified
    await request_link(tx, "verify", row["email"], actor.id)


async def change_address(tx: Transaction, actor: Actor, email: str) -> None:
    """Request a verification link for a new address; a verified address stays until the new one is verified."""
    member, address = actor.signed_in(), normalize_address(email)
    row = await tx.row(SELECT_MEMBER_ADDRESS_STATE, member=member)
    if row is not None and not row["is_verified"]:
        await tx.run(UPDATE_ADDRESS, member=member, address=address)
    await request_link(tx, "verify", address, member)


async def verify_address(tx: Transaction, token: str) -> str:
    """Redeem a verification link and return the path to which it leads on, or ""; raise LinkNotGood or AddressTaken."""
    redeemed = await redeem_link(tx, token, "verify")
    if redeemed.member_id is None:
        raise LinkNotGood(field="token")
    await mark_address_verified(tx, redeemed.member_id, redeemed.address)
    return redeemed.onward


async def mark_address_verified(tx: Transaction, member: MemberId, address: str) -> None:
    """Mark an address of a member as verified; raise LinkNotGood or AddressTaken.

    The event names the unclaimed author with the same address, if any, so that a handler assigns the author's posts.
    """
    try:
        if not await tx.value(UPDATE_VERIFIED_ADDRESS, member=member, address=address, now=clock.now()):
            raise LinkNotGood(field="token")
    except asyncpg.UniqueViolationError as error:
        raise AddressTaken(field="email") from error

    await revoke_links(tx, member, "reset", except_for=address)
    unclaimed = await tx.value(SELECT_UNCLAIMED_BY_ADDRESS, address=address)
    await tx.record(AddressVerified(member_id=member, unclaimed_id=unclaimed))


def ensure_good_password(account: NewAccount) -> None:
    """Raise PasswordTooCommon for a common password, or one that contains only the member's names or address."""
    passwords.ensure_not_common(account.password, account.handle, account.email, account.display_name or "")


async def _insert_member(
    tx: Transaction, account: NewAccount, credentials: Credentials | None, *, is_founder: bool = False
) -> MemberId:
    name = tidy_name(account.display_name or "")
    with every_refusal() as each:
        with each.check():
            handle = validate_handle(account.handle)
            if await tx.value(SELECT_IS_FORMER_HANDLE, hash=handle_hash(handle)):
                raise HandleNotAvailable(field="handle")
        if name and skeleton(name) != skeleton(normalize_handle(account.handle)):
            await ensure_name_available(tx, name, None, has_role=is_founder)
    member = await tx.value(
        INSERT_MEMBER,
        handle=handle,
        skeleton=skeleton(handle),
        display_name=name or handle,
        email=normalize_address(account.email),
        email_verified_at=None,
        password_hash=credentials.password_hash if credentials else None,
        secret_salt=credentials.secret_salt if credentials else None,
        sealed_secret=credentials.sealed_secret if credentials else None,
        is_claimed=True,
        letters_in=account.letters_in,
        joined_at=clock.now(),
    )
    if member is None:
        raise HandleNotAvailable(field="handle")
    return MemberId(member)
