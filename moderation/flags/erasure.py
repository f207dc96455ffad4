"""Erasure of flags and reports, once their cases have ended."""

from core import clock
from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETED = "(deleted)"

DELETE_FLAGS_OF_MEMBER = statement("""
DELETE FROM flags WHERE member_id = :member AND report_id IS NULL AND case_id <> ALL(CAST(:held AS bigint[]))
""")
UPDATE_FLAGS_OF_REPORTS = statement("""
UPDATE flags SET member_id = NULL, note = '' WHERE report_id IN (
    SELECT id FROM reports WHERE (member_id = :member OR email = :email) AND case_id <> ALL(CAST(:held AS bigint[])))
""")
UPDATE_REPORTS_FORGOTTEN = statement("""
UPDATE reports SET name = NULL, email = NULL, member_id = NULL, letters_in = NULL, why = :deleted,
    forgotten_at = coalesce(forgotten_at, :now)
WHERE (member_id = :member OR email = :email) AND case_id <> ALL(CAST(:held AS bigint[]))
""")


async def erase_flags(tx: Transaction, erasure: Erasure) -> None:
    """Delete the member's flags, and empty the member's reports; the cases and decisions stay."""
    binds = {"member": erasure.member, "held": erasure.held_cases}
    await tx.run(DELETE_FLAGS_OF_MEMBER, **binds)
    await tx.run(UPDATE_FLAGS_OF_REPORTS, email=erasure.email, **binds)
    await tx.run(UPDATE_REPORTS_FORGOTTEN, email=erasure.email, deleted=DELETED, now=clock.now(), **binds)
