"""Hiding: what a member says of themselves in words of their own is taken from others, and given back. Who may do so is for
moderation to say."""

from core import clock
from core.ids import MemberId
from members.events import ProfileChanged
from storage.database import Transaction
from storage.statements import statement

# Everything else is chosen from lists.
FREE_TEXT_FIELDS = frozenset({"organisation", "about"})

_HIDE = statement("""
UPDATE members SET profile_hidden_at = :now, version = version + 1 WHERE id = :member AND profile_hidden_at IS NULL
RETURNING id
""")
_UNHIDE = statement("""
UPDATE members SET profile_hidden_at = NULL, version = version + 1
WHERE id = :member AND profile_hidden_at IS NOT NULL RETURNING id
""")


async def hide_profile(tx: Transaction, member_id: MemberId) -> bool:
    """Show nobody but the member what the profile says in words; False where it was so before. No rule is asked."""
    return await _tell(tx, await tx.value(_HIDE, member=member_id, now=clock.now()))


async def unhide_profile(tx: Transaction, member_id: MemberId) -> bool:
    """Show it again as it is; False where it was not hidden. No rule is asked."""
    return await _tell(tx, await tx.value(_UNHIDE, member=member_id))


async def _tell(tx: Transaction, member_id: int | None) -> bool:
    if member_id is None:
        return False
    await tx.record(ProfileChanged(member_id=member_id))
    return True
