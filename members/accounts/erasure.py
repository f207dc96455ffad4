"""Erasure of an account: it is locked, stripped of everything, and deleted; the former member stands where authors were."""

from datetime import datetime

from asyncpg import Record

from core.ids import MemberId
from members.accounts.sessions import end_all_sessions
from members.accounts.unclaimed import insert_unclaimed
from members.events import ProfileChanged
from members.profiles.pictures import delete_picture
from storage.database import Transaction
from storage.statements import statement

# One member stands for all who have left, so that nobody can tell which posts are of the same person. People cannot choose
# this handle: `deleted` is a reserved word.
FORMER_HANDLE = "deleted-member"
FORMER_NAME = "Former member"

SELECT_FORMER_MEMBER = statement("SELECT id FROM members WHERE handle = :handle")
LOCK_MEMBER_TO_ERASE = statement("""
SELECT id, handle, display_name, email, email_verified_at IS NOT NULL AS is_verified FROM members
WHERE id = :member FOR NO KEY UPDATE
""")
LOCK_MEMBER_ALONE = statement("SELECT FROM members WHERE id = :member FOR UPDATE")
UPDATE_PASSWORD_REMOVED = statement("UPDATE members SET password_hash = NULL WHERE id = :member")
UPDATE_MEMBER_STRIPPED = statement("""
UPDATE members SET handle = :handle, skeleton = :handle, display_name = :name, email = NULL,
    email_verified_at = NULL, failing_address = NULL, failing_since = NULL, password_hash = NULL, secret_salt = NULL,
    sealed_secret = NULL, organisation = '',
    stakeholder_group = NULL, country = NULL, sectors = '{}', stages = '{}', materials = '{}', languages = '{}',
    letters_in = NULL, about = '', public = '{}', picture = NULL, profile_hidden_at = NULL, is_claimed = false,
    silenced_until = NULL, trust = 0, trust_given = NULL, version = version + 1
WHERE id = :member
""")
DELETE_MEMBER = statement("DELETE FROM members WHERE id = :member")


async def find_or_create_former_member(tx: Transaction, now: datetime) -> int:
    """Return the id of the one member who takes the place of all erased authors."""
    while (found := await tx.value(SELECT_FORMER_MEMBER, handle=FORMER_HANDLE)) is None:
        await insert_unclaimed(tx, FORMER_HANDLE, FORMER_NAME, None, now)
    return int(found)


async def lock_member(tx: Transaction, member: MemberId) -> Record | None:
    """Lock a member against other changes of the account and return what they are called; None if erased.

    What refers to the member can still be inserted: who inserts a post has its topic locked already, and would wait for this
    transaction while this transaction waits for the topic.
    """
    return await tx.row(LOCK_MEMBER_TO_ERASE, member=member)


async def lock_member_alone(tx: Transaction, member: MemberId) -> None:
    """Wait for those who insert something in the member's name, and let nobody begin to, until the transaction ends."""
    await tx.run(LOCK_MEMBER_ALONE, member=member)


async def lock_out(tx: Transaction, member: MemberId) -> None:
    """End all sessions and remove the password, so that nobody uses the account while it is erased."""
    await tx.run(UPDATE_PASSWORD_REMOVED, member=member)
    await end_all_sessions(tx, member)


async def strip_member(tx: Transaction, member: MemberId) -> None:
    """Empty the row of a member that open cases still refer to."""
    await delete_picture(tx, member)
    await tx.run(UPDATE_MEMBER_STRIPPED, member=member, name=FORMER_NAME, handle=stripped_handle(member))
    await tx.record(ProfileChanged(member_id=member))


def stripped_handle(member: MemberId) -> str:
    """Return the handle of a member of whom only what open cases need is left; `deleted` is a reserved word."""
    return f"deleted-{member}"


async def delete_member(tx: Transaction, member: MemberId) -> None:
    """Delete the row of a member to whom nothing refers any more; rendered pages with the name become invalid."""
    await tx.run(DELETE_MEMBER, member=member)
    await tx.record(ProfileChanged(member_id=member))
