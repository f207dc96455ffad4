"""Hiding and unhiding of the free-text fields and the picture of profiles; the permission checks belong to moderation."""

from core import clock
from core.ids import MemberId
from members.events import ProfileChanged
from storage.database import Transaction
from storage.statements import statement

# All other fields have values from lists.
FREE_TEXT_FIELDS = frozenset({"organisation", "about"})

UPDATE_PROFILE_HIDDEN = statement("""
UPDATE members SET profile_hidden_at = :now, picture = NULL, version = version + 1
WHERE id = :member AND profile_hidden_at IS NULL RETURNING id
""")
UPDATE_PROFILE_UNHIDDEN = statement("""
UPDATE members SET profile_hidden_at = NULL, version = version + 1,
    picture = (SELECT name FROM member_pictures WHERE member_id = :member)
WHERE id = :member AND profile_hidden_at IS NOT NULL RETURNING id
""")


async def hide_profile(tx: Transaction, member_id: MemberId) -> bool:
    """Hide the free-text fields and the picture of a profile; return False if they were. Checks no permission."""
    return await _record_change(tx, await tx.value(UPDATE_PROFILE_HIDDEN, member=member_id, now=clock.now()))


async def unhide_profile(tx: Transaction, member_id: MemberId) -> bool:
    """Unhide the free-text fields and the picture of a profile; return False if they were not hidden. Checks nothing."""
    return await _record_change(tx, await tx.value(UPDATE_PROFILE_UNHIDDEN, member=member_id))


async def _record_change(tx: Transaction, member_id: int | None) -> bool:
    if member_id is None:
        return False
    await tx.record(ProfileChanged(member_id=member_id))
    return True
