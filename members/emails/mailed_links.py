"""Mailed links: they are requested, sent by the worker, and redeemed once."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy import LargeBinary, Text, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import array

from core import clock
from core.errors import Invalid
from core.ids import MemberId
from core.languages.texts import translatable
from members.events import LinkRequested
from members.tables import mailed_links, members
from members.tokens import new_token, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

Purpose = Literal["verify", "reset", "found"]

# A reset link is valid for longer than the ten minutes of ASVS 6.5.5, because e-mail is slow and the link works once.
LIFETIMES: dict[str, timedelta] = {"verify": timedelta(hours=24), "reset": timedelta(hours=1)}
MAX_EMAILS_PER_HOUR = 5

_IS_VALID = (
    or_(
        mailed_links.c.token_hash == bindparam("hash", type_=LargeBinary),
        mailed_links.c.earlier_hashes.op("@>")(array([bindparam("hash", type_=LargeBinary)])),
    ),
    mailed_links.c.purpose == bindparam("wanted", type_=Text),
    mailed_links.c.spent_at.is_(None),
    or_(mailed_links.c.ends_at.is_(None), mailed_links.c.ends_at > bindparam("now")),
)
INSERT_MAILED_LINK = statement(
    insert(mailed_links)
    .values(
        {
            name: bindparam(name)
            for name in ("token_hash", "member_id", "purpose", "address", "onward", "asked_at", "ends_at")
        }
    )
    .returning(mailed_links.c.id)
)
# Whoever has not confirmed an address yet and asks for another link still wants to go there.
SELECT_ONWARD = statement("""
SELECT l.onward FROM mailed_links l JOIN members m ON m.id = l.member_id
WHERE l.member_id = :member AND l.purpose = :purpose AND m.email_verified_at IS NULL ORDER BY l.id DESC LIMIT 1
""")
SELECT_REQUESTED_LINK = statement(
    select(mailed_links.c.purpose, mailed_links.c.address, mailed_links.c.member_id).where(
        mailed_links.c.id == bindparam("link"),
        mailed_links.c.token_hash.is_(None),
        mailed_links.c.spent_at.is_(None),
    )
)
SELECT_OPEN_LINK = statement(
    select(mailed_links.c.purpose, mailed_links.c.address, mailed_links.c.member_id).where(
        mailed_links.c.id == bindparam("link"), mailed_links.c.spent_at.is_(None)
    )
)
UPDATE_LINK_TOKEN = statement("""
UPDATE mailed_links SET earlier_hashes = array_remove(array_append(earlier_hashes, token_hash), NULL), token_hash = :hash,
    member_id = :member, ends_at = :ends
WHERE id = :link
""")
COUNT_RECENT_LINKS = statement(
    select(func.count()).where(
        mailed_links.c.address == bindparam("address"),
        mailed_links.c.asked_at > bindparam("since"),
        mailed_links.c.id < bindparam("link"),
    )
)
SELECT_VALID_LINK = statement(select(mailed_links.c.member_id).where(*_IS_VALID))
SELECT_LINK_ACCOUNT = statement(
    select(mailed_links.c.address, members.c.handle)
    .join(members, members.c.id == mailed_links.c.member_id)
    .where(*_IS_VALID)
)
REDEEM_LINK = statement(
    update(mailed_links)
    .where(*_IS_VALID)
    .values(spent_at=bindparam("now"))
    .returning(mailed_links.c.member_id, mailed_links.c.address, mailed_links.c.onward)
)
REVOKE_LINKS = statement(
    update(mailed_links)
    .where(
        mailed_links.c.member_id == bindparam("member"),
        mailed_links.c.purpose == bindparam("wanted", type_=Text),
        mailed_links.c.address != bindparam("except_for", type_=Text),
        mailed_links.c.spent_at.is_(None),
    )
    .values(spent_at=bindparam("now"))
)
DELETE_FOUNDERS_LINKS = statement(delete(mailed_links).where(mailed_links.c.purpose == "found"))
VOID_ALL_LINKS = statement("UPDATE mailed_links SET spent_at = :now WHERE spent_at IS NULL")
DELETE_LINKS_TO_ADDRESS = statement("DELETE FROM mailed_links WHERE address = :address")
DELETE_OLD_LINKS = statement(
    delete(mailed_links).where(
        mailed_links.c.asked_at < bindparam("before"), mailed_links.c.purpose != "found"
    )
)


class LinkNotGood(Invalid):
    """The link was used, has expired or never existed."""

    message = translatable("This link has been used, or its time is over. Ask for a new one.")


class RequestedLink(Struct, frozen=True):
    """A link that was requested and is not sent yet."""

    purpose: str
    address: str
    member_id: MemberId | None


class RedeemedLink(Struct, frozen=True):
    """The member and address of a redeemed link, and the path of the page to which it leads on, or ""."""

    member_id: MemberId | None
    address: str
    onward: str


async def request_link(
    tx: Transaction, purpose: Purpose, address: str, member: MemberId | None = None, onward: str = ""
) -> None:
    """Request a link, which the worker sends; it leads on to the path `onward`, or to that of the member's earlier link.

    The worker makes the token and finds the recipient, so that neither the response nor its duration reveals whether the
    address belongs to a member.
    """
    now = clock.now()
    if member is not None:
        onward = onward or await tx.value(SELECT_ONWARD, member=member, purpose=purpose) or ""
        await revoke_links(tx, member, purpose, except_for=address)

    link = await tx.value(
        INSERT_MAILED_LINK,
        token_hash=None,
        member_id=member,
        purpose=purpose,
        address=address,
        onward=onward,
        asked_at=now,
        ends_at=None,
    )
    await tx.record(LinkRequested(link_id=link))


async def find_account_of_link(tx: Reader, token: str, purpose: Purpose) -> tuple[str, str] | None:
    """Return the handle and the address of the account that a valid link is for, without redeeming it, or None."""
    row = await tx.row(SELECT_LINK_ACCOUNT, hash=token_hash(token), wanted=purpose, now=clock.now())
    return None if row is None else (row["handle"], row["address"])


async def find_requested_link(tx: Reader, link: int) -> RequestedLink | None:
    """Return a requested link; None if it was sent or revoked, or if the address got five links in the last hour."""
    row = await tx.row(SELECT_REQUESTED_LINK, link=link)
    if row is None:
        return None
    since = clock.now() - timedelta(hours=1)
    if (
        await tx.value(COUNT_RECENT_LINKS, address=row["address"], since=since, link=link)
        >= MAX_EMAILS_PER_HOUR
    ):
        return None
    return RequestedLink(row["purpose"], row["address"], row["member_id"])


async def find_open_link(tx: Reader, link: int) -> RequestedLink | None:
    """Return a link that was requested and neither used nor revoked, also if it was sent already; or None."""
    row = await tx.row(SELECT_OPEN_LINK, link=link)
    return None if row is None else RequestedLink(row["purpose"], row["address"], row["member_id"])


async def activate_link(tx: Transaction, link: int, requested: RequestedLink, member: MemberId) -> str:
    """Give a requested link a token and return the token; the link is valid from now on for its lifetime.

    Each attempt to send the link calls this, because the token is not stored. The tokens of earlier attempts stay valid,
    because nobody knows whether those e-mails have arrived. The link works once all the same.
    """
    token = new_token()
    await tx.run(
        UPDATE_LINK_TOKEN,
        link=link,
        hash=token_hash(token),
        member=member,
        ends=clock.now() + LIFETIMES[requested.purpose],
    )
    return token


async def make_reset_link(tx: Transaction, member: MemberId, address: str) -> str:
    """Return the token of a new link for a password, which an operator gives to the member."""
    await revoke_links(tx, member, "reset")
    token, now = new_token(), clock.now()
    await tx.value(
        INSERT_MAILED_LINK,
        token_hash=token_hash(token),
        member_id=member,
        purpose="reset",
        address=address,
        onward="",
        asked_at=now,
        ends_at=now + LIFETIMES["reset"],
    )
    return token


async def make_founders_link(tx: Transaction) -> str:
    """Return the token of a new link for the first administrator; it is valid until used, and earlier ones are deleted."""
    await tx.run(DELETE_FOUNDERS_LINKS)
    token = new_token()
    hashed = token_hash(token)
    await tx.value(
        INSERT_MAILED_LINK,
        token_hash=hashed,
        member_id=None,
        purpose="found",
        address="",
        onward="",
        asked_at=clock.now(),
        ends_at=None,
    )
    return token


async def ensure_link_valid(tx: Reader, token: str, purpose: Purpose) -> None:
    """Raise LinkNotGood if the link cannot be redeemed, so that no expensive work is done for it."""
    if await tx.row(SELECT_VALID_LINK, hash=token_hash(token), wanted=purpose, now=clock.now()) is None:
        raise LinkNotGood(field="token")


async def redeem_link(tx: Transaction, token: str, purpose: Purpose) -> RedeemedLink:
    """Redeem a link; of concurrent calls only one succeeds, and the others raise LinkNotGood."""
    row = await tx.row(REDEEM_LINK, hash=token_hash(token), wanted=purpose, now=clock.now())
    if row is None:
        raise LinkNotGood(field="token")
    return RedeemedLink(row["member_id"], row["address"], row["onward"])


async def revoke_links(tx: Transaction, member: MemberId, purpose: Purpose, except_for: str = "") -> None:
    """Revoke a member's unused links for a purpose, except those to one address."""
    await tx.run(REVOKE_LINKS, member=member, wanted=purpose, except_for=except_for, now=clock.now())


async def revoke_founders_links(tx: Transaction) -> None:
    """Delete the links for the first administrator, because the community now has one."""
    await tx.run(DELETE_FOUNDERS_LINKS)


async def void_all_links(tx: Transaction) -> int:
    """Void all unused links, after a restore: some of them had been used since the backup."""
    return await tx.run(VOID_ALL_LINKS, now=clock.now())


async def delete_old_links(tx: Transaction, before: datetime) -> int:
    """Delete the links that were requested before a time, except founders' links; return their number."""
    return await tx.run(DELETE_OLD_LINKS, before=before)


async def delete_links_to(tx: Transaction, address: str) -> None:
    """Delete all links that were mailed to an address, also those that somebody requested without signing in."""
    await tx.run(DELETE_LINKS_TO_ADDRESS, address=address)
