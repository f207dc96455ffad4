"""Erasure of appeals, once they are answered; the answers stay."""

from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETED = "(deleted)"

UPDATE_APPEALS_FORGOTTEN = statement("""
UPDATE appeals SET body = :deleted, member_id = NULL WHERE member_id = :member AND outcome IS NOT NULL
""")
UPDATE_APPEALS_OF_REPORTS = statement("""
UPDATE appeals SET body = :deleted WHERE outcome IS NOT NULL AND report_id IN (
    SELECT id FROM reports WHERE member_id = :member OR email = :email)
""")


async def erase_appeals(tx: Transaction, erasure: Erasure) -> None:
    """Empty the member's appeals; call it before the reports are emptied, from which reporters appeal."""
    await tx.run(UPDATE_APPEALS_FORGOTTEN, deleted=DELETED, member=erasure.member)
    await tx.run(UPDATE_APPEALS_OF_REPORTS, deleted=DELETED, member=erasure.member, email=erasure.email)
