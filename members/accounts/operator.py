"""What operators and administrators do with accounts: find them, verify an address, give a link for a new password."""

from datetime import datetime

from msgspec import Struct

from core import clock
from core.errors import Conflict, NotFound
from core.ids import MemberId
from core.languages.texts import translatable
from members.accounts.accounts import mark_address_verified
from members.emails.mailed_links import make_reset_link, request_link
from members.profiles.profiles import find_member_id
from storage.database import Reader, Transaction
from storage.statements import statement

SELECT_ACCOUNTS = statement("""
SELECT m.id, m.handle, m.display_name, m.email, m.email_verified_at IS NOT NULL AS is_verified, m.is_claimed, m.joined_at,
    ARRAY(SELECT d.duty FROM duties d WHERE d.member_id = m.id ORDER BY d.duty) AS duties,
    (SELECT max(x.until) FROM sanctions x WHERE x.member_id = m.id AND x.action = 'suspend' AND x.ended_at IS NULL
        AND x.until > :now) AS suspended_until,
    (SELECT max(s.seen_at) FROM sessions s WHERE s.member_id = m.id) AS seen_at,
    (SELECT count(*) FROM posts p WHERE p.author_id = m.id AND p.state = 'published') AS posts
FROM members m
WHERE (CAST(:only AS bigint) IS NULL OR m.id = :only)
    AND (CAST(:words AS text) IS NULL OR position(lower(CAST(:words AS text)) IN
        lower(concat_ws(' ', m.handle, m.display_name, m.email))) > 0)
    AND (:with_authors OR m.is_claimed) AND m.id > :after
ORDER BY m.id LIMIT :count
""")
SELECT_ADDRESS = statement("SELECT email FROM members WHERE id = :member AND is_claimed")


class NoAddress(Conflict):
    """The member has no e-mail address: an author of an archive, or an account without one."""

    message = translatable("This member has no e-mail address.")


class NoVerifiedAddress(Conflict):
    """The member has not verified an address, so no link for a password is sent."""

    message = translatable(
        "This member has not confirmed an e-mail address. Confirm it first, if you know whose it is."
    )


class Account(Struct, frozen=True, kw_only=True):
    """An account as its operator sees it."""

    id: int
    handle: str
    display_name: str
    email: str | None
    is_verified: bool
    is_claimed: bool
    joined_at: datetime
    duties: list[str]
    suspended_until: datetime | None
    seen_at: datetime | None
    posts: int


async def list_accounts(
    tx: Reader, words: str | None = None, *, with_authors: bool = False, after: int = 0, count: int = 100
) -> list[Account]:
    """Return accounts by id, those whose handle, name or address contains the words; `with_authors` adds the authors of
    archives who have no account."""
    binds = {"words": words, "with_authors": with_authors, "after": after, "count": count}
    rows = await tx.rows(SELECT_ACCOUNTS, only=None, now=clock.now(), **binds)
    return [Account(**row) for row in rows]


async def get_account(tx: Reader, handle: str) -> Account:
    """Return the account with this handle; raise NotFound."""
    member = await find_account(tx, handle)
    binds = {"words": None, "with_authors": True, "after": 0, "count": 1}
    row = await tx.row(SELECT_ACCOUNTS, only=member, now=clock.now(), **binds)
    if row is None:
        raise NotFound
    return Account(**row)


async def verify_account(tx: Transaction, handle: str) -> MemberId:
    """Mark the address of an account as verified, because the operator knows whose it is, and return the member's id; raise
    NotFound, NoAddress or AddressTaken."""
    member = await find_account(tx, handle)
    await mark_address_verified(tx, member, await _address_of(tx, member))
    return member


async def mail_password_link(tx: Transaction, handle: str) -> MemberId:
    """Send the member a link for a new password, which nobody else sees, and return the member's id; raise NotFound or
    NoVerifiedAddress."""
    account = await get_account(tx, handle)
    if account.email is None or not account.is_verified:
        raise NoVerifiedAddress
    await request_link(tx, "reset", account.email)
    return MemberId(account.id)


async def make_password_link(tx: Transaction, handle: str) -> str:
    """Return the token of a link with which the member sets a new password; raise NotFound or NoAddress."""
    member = await find_account(tx, handle)
    return await make_reset_link(tx, member, await _address_of(tx, member))


async def find_account(tx: Reader, handle: str) -> MemberId:
    """Return the id of the account or author with this handle; raise NotFound."""
    member = await find_member_id(tx, handle)
    if member is None:
        raise NotFound
    return member


async def _address_of(tx: Reader, member: MemberId) -> str:
    address: str | None = await tx.value(SELECT_ADDRESS, member=member)
    if address is None:
        raise NoAddress
    return address
