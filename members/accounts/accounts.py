"""Accounts: joining, proving an address, and the founder who is there first."""

import asyncpg
from sqlalchemy import Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.ids import MemberId
from core.text import tidy
from members.accounts import passwords
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
from members.handles import HandleNotAvailable, skeleton, validate_handle
from members.profiles import duties
from members.profiles.profiles import read_member
from members.shapes import Me, NewAccount
from members.tables import members
from storage.database import Transaction
from storage.statements import statement

_NEW = (
    "handle skeleton display_name email email_verified_at password_hash secret_salt sealed_secret is_claimed joined_at "
    "letters_in"
).split()
ADD = statement(
    insert_or_leave(members)
    .values({name: bindparam(name) for name in _NEW})
    .on_conflict_do_nothing()
    .returning(members.c.id)
)
ADDRESS = statement(
    select(members.c.email, members.c.email_verified_at.is_not(None).label("is_verified")).where(
        members.c.id == bindparam("member")
    )
)
SAY_ADDRESS = statement(
    update(members).where(members.c.id == bindparam("member")).values(email=bindparam("address"))
)
PROVE = statement(
    update(members)
    .where(members.c.id == bindparam("member"), members.c.is_claimed)
    .values(email=bindparam("address"), email_verified_at=bindparam("now"))
    .returning(members.c.id)
)
UNCLAIMED = statement(
    select(members.c.id).where(
        members.c.email == bindparam("address", type_=Text), members.c.is_claimed.is_(False)
    )
)


class AddressTaken(Conflict):
    """Another member has proved this address meanwhile."""

    message = "Another account has this address. Sign in there, or ask for a new password."


class AlreadyVerified(Conflict):
    """There is nothing to prove: the address is proved."""

    message = "Your address is confirmed already."


class HasAdministrators(Conflict):
    """The community has administrators; they decide who becomes one."""

    message = "This community has an administrator already."


async def register(tx: Transaction, account: NewAccount, credentials: Credentials | None) -> Me:
    """Make an account. Whether the address is somebody else's already is neither asked nor told here: the mail that
    follows goes to that address and says it there."""
    member = await _add(tx, account, credentials)

    await tx.record(MemberJoined(member_id=member))
    await request_link(tx, "verify", normalize_address(account.email), member)
    return await read_member(tx, member)


async def create_founder(tx: Transaction, token: str, account: NewAccount, credentials: Credentials) -> Me:
    """Make the first administrator, who holds the link that the first start has printed."""
    await redeem_link(tx, token, "found")
    if await duties.count_administrators(tx):
        raise HasAdministrators
    member = await _add(tx, account, credentials)

    await tx.record(MemberJoined(member_id=member))
    await mark_address_verified(tx, member, normalize_address(account.email))
    await duties.insert_duty(tx, member, duties.ADMINISTRATION)
    return await read_member(tx, member)


async def offer_founders_link(tx: Transaction) -> str | None:
    """The token of the founder's link, as long as nobody administers this community."""
    if await duties.count_administrators(tx):
        return None
    return await make_founders_link(tx)


async def request_verification(tx: Transaction, actor: Actor) -> None:
    """Have the link that proves the address mailed again."""
    row = await tx.row(ADDRESS, member=actor.signed_in())
    if row is None or row["is_verified"] or row["email"] is None:
        raise AlreadyVerified
    await request_link(tx, "verify", row["email"], actor.id)


async def change_address(tx: Transaction, actor: Actor, email: str) -> None:
    """Have a link mailed to a new address, which counts once it is proved; until then the proved one stays."""
    member, address = actor.signed_in(), normalize_address(email)
    row = await tx.row(ADDRESS, member=member)
    if row is not None and not row["is_verified"]:
        await tx.run(SAY_ADDRESS, member=member, address=address)
    await request_link(tx, "verify", address, member)


async def verify_address(tx: Transaction, token: str) -> None:
    """Prove an address by the link that was mailed there."""
    spent = await redeem_link(tx, token, "verify")
    if spent.member_id is None:
        raise LinkNotGood(field="token")
    await mark_address_verified(tx, spent.member_id, spent.address)


async def mark_address_verified(tx: Transaction, member: MemberId, address: str) -> None:
    """Take an address as proved. An unclaimed author of an archive with this address is named in the event, so that
    the posts follow."""
    try:
        if not await tx.value(PROVE, member=member, address=address, now=clock.now()):
            raise LinkNotGood(field="token")
    except asyncpg.UniqueViolationError as error:
        raise AddressTaken(field="email") from error

    await revoke_links(tx, member, "reset", except_for=address)
    unclaimed = await tx.value(UNCLAIMED, address=address)
    await tx.record(AddressVerified(member_id=member, unclaimed_id=unclaimed))


def ensure_good_password(account: NewAccount) -> None:
    """The password is not one of the common ones, nor one's own name or address."""
    passwords.ensure_not_common(account.password, account.handle, account.email, account.display_name or "")


async def _add(tx: Transaction, account: NewAccount, credentials: Credentials | None) -> MemberId:
    handle = validate_handle(account.handle)
    member = await tx.value(
        ADD,
        handle=handle,
        skeleton=skeleton(handle),
        display_name=tidy(account.display_name or "") or handle,
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
