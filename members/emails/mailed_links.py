"""Mailed links: asked for, mailed, spent once."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from sqlalchemy import Text, bindparam, delete, func, insert, or_, select, update

from core import clock
from core.errors import Invalid
from core.ids import MemberId
from members.events import LinkRequested
from members.tables import mailed_links
from members.tokens import new_token, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

Purpose = Literal["verify", "reset", "found"]

# A reset link lives longer than the ten minutes of ASVS 6.5.5: mail is slow, and the link is single-use.
LIFE: dict[str, timedelta] = {"verify": timedelta(hours=24), "reset": timedelta(hours=1)}
HOURLY_MAILS = 5

_IS_GOOD = (
    mailed_links.c.token_hash == bindparam("hash"),
    mailed_links.c.purpose == bindparam("wanted", type_=Text),
    mailed_links.c.spent_at.is_(None),
    or_(mailed_links.c.ends_at.is_(None), mailed_links.c.ends_at > bindparam("now")),
)
ASK = statement(
    insert(mailed_links)
    .values(
        {
            name: bindparam(name)
            for name in ("token_hash", "member_id", "purpose", "address", "asked_at", "ends_at")
        }
    )
    .returning(mailed_links.c.id)
)
FIND = statement(
    select(mailed_links.c.purpose, mailed_links.c.address, mailed_links.c.member_id).where(
        mailed_links.c.id == bindparam("link"),
        mailed_links.c.token_hash.is_(None),
        mailed_links.c.spent_at.is_(None),
    )
)
ARM = statement(
    update(mailed_links)
    .where(mailed_links.c.id == bindparam("link"))
    .values(token_hash=bindparam("hash"), member_id=bindparam("member"), ends_at=bindparam("ends"))
)
COUNT = statement(
    select(func.count()).where(
        mailed_links.c.address == bindparam("address"),
        mailed_links.c.asked_at > bindparam("since"),
        mailed_links.c.id < bindparam("link"),
    )
)
LOOK = statement(select(mailed_links.c.member_id).where(*_IS_GOOD))
SPEND = statement(
    update(mailed_links)
    .where(*_IS_GOOD)
    .values(spent_at=bindparam("now"))
    .returning(mailed_links.c.member_id, mailed_links.c.address)
)
REVOKE = statement(
    update(mailed_links)
    .where(
        mailed_links.c.member_id == bindparam("member"),
        mailed_links.c.purpose == bindparam("wanted", type_=Text),
        mailed_links.c.address != bindparam("except_for", type_=Text),
        mailed_links.c.spent_at.is_(None),
    )
    .values(spent_at=bindparam("now"))
)
REVOKE_FOUNDERS = statement(delete(mailed_links).where(mailed_links.c.purpose == "found"))
FORGET = statement(
    delete(mailed_links).where(
        mailed_links.c.asked_at < bindparam("before"), mailed_links.c.purpose != "found"
    )
)


class LinkNotGood(Invalid):
    """The link was used before, its time is over, or it never was one."""

    message = "This link has been used, or its time is over. Ask for a new one."


class RequestedLink(Struct, frozen=True):
    """A link that was asked for and is not mailed yet."""

    purpose: str
    address: str
    member_id: MemberId | None


class RedeemedLink(Struct, frozen=True):
    """What a spent link stood for."""

    member_id: MemberId | None
    address: str


async def request_link(
    tx: Transaction, purpose: Purpose, address: str, member: MemberId | None = None
) -> None:
    """Ask for a link to be mailed. The worker makes its token and finds out who gets it, so that the answer to who
    asks neither says nor shows by its time whether the address is known."""
    now = clock.now()
    if member is not None:
        await revoke_links(tx, member, purpose, except_for=address)

    link = await tx.value(
        ASK, token_hash=None, member_id=member, purpose=purpose, address=address, asked_at=now, ends_at=None
    )
    await tx.record(LinkRequested(link_id=link))


async def find_requested_link(tx: Reader, link: int) -> RequestedLink | None:
    """What was asked for, unless it is mailed or revoked, or the address had enough mail of this kind in the last hour."""
    row = await tx.row(FIND, link=link)
    if row is None:
        return None
    since = clock.now() - timedelta(hours=1)
    if await tx.value(COUNT, address=row["address"], since=since, link=link) >= HOURLY_MAILS:
        return None
    return RequestedLink(row["purpose"], row["address"], row["member_id"])


async def activate_link(tx: Transaction, link: int, asked: RequestedLink, member: MemberId) -> str:
    """Give the link its token: it is good from now on, for its time."""
    token = new_token()
    await tx.run(
        ARM, link=link, hash=token_hash(token), member=member, ends=clock.now() + LIFE[asked.purpose]
    )
    return token


async def make_founders_link(tx: Transaction) -> str:
    """The token of the link that makes the first administrator; it is good until used, and those before it are void."""
    await tx.run(REVOKE_FOUNDERS)
    token = new_token()
    hashed = token_hash(token)
    await tx.value(
        ASK,
        token_hash=hashed,
        member_id=None,
        purpose="found",
        address="",
        asked_at=clock.now(),
        ends_at=None,
    )
    return token


async def ensure_link_valid(tx: Reader, token: str, purpose: Purpose) -> None:
    """Refuse a link that nobody could spend, before costly work is done for it."""
    if await tx.row(LOOK, hash=token_hash(token), wanted=purpose, now=clock.now()) is None:
        raise LinkNotGood(field="token")


async def redeem_link(tx: Transaction, token: str, purpose: Purpose) -> RedeemedLink:
    """Spend the link: of any number who try, one succeeds."""
    row = await tx.row(SPEND, hash=token_hash(token), wanted=purpose, now=clock.now())
    if row is None:
        raise LinkNotGood(field="token")
    return RedeemedLink(row["member_id"], row["address"])


async def revoke_links(tx: Transaction, member: MemberId, purpose: Purpose, except_for: str = "") -> None:
    """Make a member's unspent links for a purpose void, except those to one address."""
    await tx.run(REVOKE, member=member, wanted=purpose, except_for=except_for, now=clock.now())


async def revoke_founders_links(tx: Transaction) -> None:
    """There is an administrator now: nobody else becomes one by a link."""
    await tx.run(REVOKE_FOUNDERS)


async def delete_old_links(tx: Transaction, before: datetime) -> int:
    """Drop the mailed links of long ago; how many."""
    return await tx.run(FORGET, before=before)
