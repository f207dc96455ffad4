"""Decisions: deciding a case, reversing a decision, and undoing it."""

from sqlalchemy import DateTime, bindparam, insert, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from core.text import tidy
from moderation.audit.audit_trail import audit_case_action
from moderation.cases.cases import lock_case, mark_decided, reopen_case
from moderation.cases.claims import delete_claim
from moderation.decisions.actions import apply_action, revert_action
from moderation.decisions.relocation import lock_relocation_topics
from moderation.ledger.ledger import show_decision
from moderation.ledger.pseudonyms import assign_pseudonym
from moderation.policy import (
    CaseAction,
    CaseMovedOn,
    NothingToReverse,
    NotYourDecision,
    TooLateToUndo,
    ensure_actions_allowed,
    ensure_actions_combine,
    ensure_can_decide,
    ensure_can_decide_now,
    ensure_can_judge,
    ensure_fits_kind,
    ensure_has_reason,
    ensure_not_blank,
)
from moderation.queue.queue import show_case
from moderation.shapes import NON_RESTRICTIVE, Case, Decision, NewDecision, NewReversal, Reason
from moderation.tables import case_subjects, cases, decisions
from storage.database import Transaction
from storage.statements import statement

INSERT_DECISION = statement(
    insert(decisions)
    .values(
        {
            name: bindparam(name)
            for name in ("case_id", "action", "rule", "facts", "decided_by", "decided_at", "together")
        }
    )
    .returning(decisions.c.id)
)
SELECT_DECISION_CASE = statement(
    select(decisions.c.case_id, cases.c.sector_id, case_subjects.c.gathering_id)
    .join(cases, cases.c.id == decisions.c.case_id)
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .where(decisions.c.id == bindparam("id"))
)
UPDATE_DECISION_REVERSED = statement(
    update(decisions)
    .where(decisions.c.id == bindparam("decision"))
    .values(
        reversal_facts=bindparam("why"),
        reversed_by=bindparam("member"),
        reversed_at=bindparam("now", type_=DateTime(timezone=True)),
    )
)

UPDATE_DECISIONS_UNDONE = statement("""
UPDATE decisions d SET undone_at = :now FROM decisions given
WHERE given.id = :decision AND coalesce(d.together, d.id) = coalesce(given.together, given.id)
RETURNING d.id, d.action, d.reversed_at
""")


async def decide_case(tx: Transaction, actor: Actor, case_id: int, new: NewDecision) -> Decision:
    """Decide a case in the version that the moderator reviewed: apply all actions with one reason, and return the first
    decision.

    If the moderator has already made the same decision, return it; if the case has changed in another way, raise
    CaseMovedOn with the current case. Raises the refusals of `moderation.policy`.
    """
    actor.signed_in()
    case = await lock_case(tx, actor, case_id, None if new.into is None else TopicId(new.into))
    ensure_can_decide_now(actor, case)
    ensure_actions_combine(new)
    ensure_fits_kind(case, new.actions)
    ensure_actions_allowed(actor, case, new.actions)
    ensure_has_reason(new.action, new.reason)
    reason = _tidy_reason(new.reason)
    if case.state != "open" or case.version != new.version:
        shown = await show_case(tx, actor, case_id)
        if same := _find_same_decision(shown, actor, new, reason):
            return same
        raise CaseMovedOn(shown)

    now, first = clock.now(), None
    why = {"rule": reason.rule, "facts": reason.facts} if reason else {"rule": None, "facts": None}
    for action in new.actions:
        facts = {"case_id": case_id, "action": action, "decided_by": actor.id, "decided_at": now}
        decision_id = await tx.value(INSERT_DECISION, together=first, **facts, **why)
        await apply_action(tx, actor, CaseAction(case, decision_id, action), new)
        audit_case_action(tx, "decided", actor, case, decision=decision_id, action=action, **why)
        first = first or decision_id
    await assign_pseudonym(tx, actor.signed_in(), now)
    await delete_claim(tx, case_id)
    await mark_decided(tx, case)
    assert first is not None
    return await show_decision(tx, first)


async def reverse_decision(tx: Transaction, actor: Actor, decision_id: int, new: NewReversal) -> Decision:
    """Reverse a decision with a public reason and revert its action; hidden content is visible again. Repeating the same
    reversal returns it. Raises NothingToReverse and the refusals of `moderation.policy`."""
    actor.signed_in()
    row = await tx.row(SELECT_DECISION_CASE, id=decision_id)
    if row is None:
        raise NotFound
    # All decisions are public, so members who may not judge get a refusal instead of NotFound.
    ensure_can_judge(actor, row["sector_id"], row["gathering_id"])
    await lock_relocation_topics(tx, decision_id)
    case = await lock_case(tx, actor, row["case_id"])
    ensure_can_decide(actor, case)
    ensure_not_blank("facts", new.facts)
    facts = tidy(new.facts)
    decision = await show_decision(tx, decision_id)
    if decision.reversal is not None and decision.reversal.facts == facts:
        return decision
    ensure_actions_allowed(actor, case, [decision.action])
    if decision.action in NON_RESTRICTIVE or decision.reversal is not None:
        raise NothingToReverse

    await revert_action(tx, actor, CaseAction(case, decision_id, decision.action))
    await assign_pseudonym(tx, actor.signed_in(), clock.now())
    await tx.run(UPDATE_DECISION_REVERSED, decision=decision_id, why=facts, member=actor.id, now=clock.now())
    await mark_decided(tx, case)
    audit_case_action(tx, "taken_back", actor, case, decision=decision_id, facts=facts)
    return await show_decision(tx, decision_id)


async def undo_decision(tx: Transaction, actor: Actor, decision_id: int) -> Case:
    """Undo the actor's own decision within its first 12 seconds, with all decisions made together with it, and open the
    case again. Raises NotYourDecision or TooLateToUndo."""
    me = actor.signed_in()
    row = await tx.row(SELECT_DECISION_CASE, id=decision_id)
    if row is None:
        raise NotFound
    ensure_can_judge(actor, row["sector_id"], row["gathering_id"])
    await lock_relocation_topics(tx, decision_id)
    case = await lock_case(tx, actor, row["case_id"])
    decision = await show_decision(tx, decision_id)
    if decision.by is None or decision.by.id != me:
        raise NotYourDecision
    now = clock.now()
    if decision.reversal is not None or now >= decision.undo_until:
        raise TooLateToUndo

    for row in await tx.rows(UPDATE_DECISIONS_UNDONE, decision=decision_id, now=now):
        if row["reversed_at"] is None:
            await revert_action(tx, actor, CaseAction(case, row["id"], row["action"]), undone=True)
        audit_case_action(tx, "undone", actor, case, decision=row["id"])
    await reopen_case(tx, case)
    return await show_case(tx, actor, case.id)


def _find_same_decision(case: Case, actor: Actor, new: NewDecision, reason: Reason | None) -> Decision | None:
    if case.state != "decided" or not case.decisions:
        return None
    made = case.decisions[-len(new.actions) :]
    made_by = {decision.by.id if decision.by else None for decision in made}
    is_same = [decision.action for decision in made] == new.actions and all(
        decision.reason == reason and decision.reversal is None for decision in made
    )
    return made[0] if is_same and made_by == {actor.id} else None


def _tidy_reason(reason: Reason | None) -> Reason | None:
    return None if reason is None else Reason(rule=tidy(reason.rule), facts=tidy(reason.facts))
