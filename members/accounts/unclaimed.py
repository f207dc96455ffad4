"""Unclaimed members: authors known only from an archive, until a member verifies their address."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import Text, bindparam, delete, select

from core.ids import MemberId
from core.text import NAME_LENGTH, tidy_name
from core.visible import is_visible
from members.accounts.accounts import INSERT_MEMBER
from members.accounts.credentials import normalize_address
from members.handles import skeleton
from members.tables import members
from storage.database import Transaction
from storage.statements import statement

# The member with this verified address, or else the unclaimed member with it.
SELECT_ARCHIVE_AUTHOR = statement(
    select(members.c.id)
    .where(
        members.c.email == bindparam("address", type_=Text),
        members.c.email_verified_at.is_not(None) | members.c.is_claimed.is_(False),
    )
    .order_by(members.c.is_claimed.desc())
    .limit(1)
)
DELETE_UNCLAIMED = statement(
    delete(members).where(members.c.id == bindparam("unclaimed"), members.c.is_claimed.is_(False))
)


async def find_or_create_archive_author(
    tx: Transaction, email: str, name: str, wrote_at: datetime
) -> MemberId:
    """Return the member with this verified address, or the unclaimed member with it, created now if there is none."""
    address = normalize_address(email)
    handle = f"archive-{token_hex(5)}"
    shown = tidy_name(name)[:NAME_LENGTH] if is_visible(name[:NAME_LENGTH]) else handle
    while (found := await tx.value(SELECT_ARCHIVE_AUTHOR, address=address)) is None:
        await insert_unclaimed(tx, handle, shown, address, wrote_at)
    return MemberId(found)


async def insert_unclaimed(
    tx: Transaction, handle: str, name: str, address: str | None, joined_at: datetime
) -> None:
    """Create a member without a password, unless somebody has the handle or the address."""
    await tx.value(
        INSERT_MEMBER,
        handle=handle,
        skeleton=skeleton(handle),
        display_name=name,
        email=address,
        email_verified_at=None,
        password_hash=None,
        secret_salt=None,
        sealed_secret=None,
        is_claimed=False,
        letters_in=None,
        joined_at=joined_at,
    )


async def delete_unclaimed(tx: Transaction, unclaimed: MemberId) -> None:
    """Delete an unclaimed member whose posts were assigned to a member; repeating the call changes nothing."""
    await tx.run(DELETE_UNCLAIMED, unclaimed=unclaimed)
