"""Escalation: moderators hand a case to the administrators, who decide it or return it."""

from core import clock
from core.actor import Actor
from moderation.audit.audit_trail import audit_case_action
from moderation.cases.cases import lock_case
from moderation.cases.claims import delete_claim
from moderation.cases.notes import add_note
from moderation.events import CaseChanged, CaseEscalated
from moderation.policy import CaseDecided, CaseFacts, ensure_can_decide, ensure_can_decide_now
from moderation.shapes import NewCaseNote
from storage.database import Transaction
from storage.statements import statement

UPDATE_CASE_ESCALATED = statement("""
UPDATE cases SET escalated_at = :now, version = version + 1 WHERE id = :case AND escalated_at IS NULL RETURNING 1
""")
UPDATE_CASE_RETURNED = statement("""
UPDATE cases SET escalated_at = NULL, version = version + 1 WHERE id = :case AND escalated_at IS NOT NULL RETURNING 1
""")


async def escalate_case(tx: Transaction, actor: Actor, case_id: int, why: NewCaseNote) -> None:
    """Escalate a case to the administrators, who are e-mailed immediately, and keep the reason as a note. Raises
    CaseDecided."""
    case = await _lock_open_case(tx, actor, case_id)
    if await tx.value(UPDATE_CASE_ESCALATED, case=case.id, now=clock.now()) is None:
        return
    await add_note(tx, actor, case_id, why)
    await delete_claim(tx, case.id)
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))
    await tx.record(CaseEscalated(case_id=case.id))
    audit_case_action(tx, "escalated", actor, case)


async def return_case(tx: Transaction, actor: Actor, case_id: int) -> None:
    """Return an escalated case to the moderators of its sector; raise ForAdministrators if the actor is not an
    administrator."""
    case = await _lock_open_case(tx, actor, case_id)
    ensure_can_decide_now(actor, case)
    if await tx.value(UPDATE_CASE_RETURNED, case=case.id) is None:
        return
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))
    audit_case_action(tx, "given_back", actor, case)


async def _lock_open_case(tx: Transaction, actor: Actor, case_id: int) -> CaseFacts:
    actor.signed_in()
    case = await lock_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    if case.state != "open":
        raise CaseDecided
    return case
