"""Authors that only an archive knows: unclaimed members, until somebody proves their address."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import Text, bindparam, delete, select

from core.ids import MemberId
from core.text import NAME_LENGTH, tidy
from members.accounts.accounts import ADD
from members.accounts.credentials import normalize_address
from members.handles import skeleton
from members.tables import members
from storage.database import Transaction
from storage.statements import statement

# Archives came before their members: a proved address has its member, an unknown one gets an unclaimed author.
FIND = statement(
    select(members.c.id)
    .where(
        members.c.email == bindparam("address", type_=Text),
        members.c.email_verified_at.is_not(None) | members.c.is_claimed.is_(False),
    )
    .order_by(members.c.is_claimed.desc())
    .limit(1)
)
REMOVE = statement(
    delete(members).where(members.c.id == bindparam("unclaimed"), members.c.is_claimed.is_(False))
)


async def find_or_create_archive_author(
    tx: Transaction, email: str, name: str, wrote_at: datetime
) -> MemberId:
    """The member with this proved address, or the archive's author of this address, made now if there was none."""
    address = normalize_address(email)
    handle = f"archive-{token_hex(5)}"
    while (found := await tx.value(FIND, address=address)) is None:
        await tx.value(
            ADD,
            handle=handle,
            skeleton=skeleton(handle),
            display_name=tidy(name)[:NAME_LENGTH] or handle,
            email=address,
            email_verified_at=None,
            password_hash=None,
            secret_salt=None,
            sealed_secret=None,
            is_claimed=False,
            letters_in=None,
            joined_at=wrote_at,
        )
    return MemberId(found)


async def delete_unclaimed(tx: Transaction, unclaimed: MemberId) -> None:
    """Remove an archive's author whose posts are the member's now; does nothing if it is gone already."""
    await tx.run(REMOVE, unclaimed=unclaimed)
