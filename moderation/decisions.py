"""Decisions: deciding about a case, once, and taking a decision back."""

from sqlalchemy import DateTime, bindparam, insert, select, update

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId
from core.text import tidy
from forum.events import PostHidden, PostUnhidden
from forum.hiding import hide_post, unhide_post
from forum.policy import NotModerator
from gatherings import notices, questions
from moderation.cases import hold_case, move_case
from moderation.ledger import show_decision
from moderation.policy import (
    CaseFacts,
    CaseMovedOn,
    NothingToHide,
    NothingToReverse,
    ensure_can_decide,
    ensure_has_reason,
    ensure_says_something,
)
from moderation.reading import show_case
from moderation.shapes import Case, Decision, NewDecision, NewReversal, Reason
from moderation.tables import cases, decisions
from storage.database import Transaction
from storage.statements import statement

_DECIDE = statement(
    insert(decisions)
    .values(
        {name: bindparam(name) for name in ("case_id", "action", "rule", "facts", "decided_by", "decided_at")}
    )
    .returning(decisions.c.id)
)
_CASE_OF = statement(
    select(decisions.c.case_id, cases.c.sector_id)
    .join(cases, cases.c.id == decisions.c.case_id)
    .where(decisions.c.id == bindparam("id"))
)
_REVERSE = statement(
    update(decisions)
    .where(decisions.c.id == bindparam("decision"))
    .values(
        reversal_facts=bindparam("why"),
        reversed_by=bindparam("member"),
        reversed_at=bindparam("now", type_=DateTime(timezone=True)),
    )
)


async def decide_case(tx: Transaction, actor: Actor, case_id: int, new: NewDecision) -> Decision:
    """Decide about a case in the version that was looked at. The same decision by the same moderator is the same one;
    whoever else comes second is told what happened."""
    actor.signed_in()
    case = await hold_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    ensure_has_reason(new.action, new.reason)
    reason = _tidied(new.reason)
    if case.state != "open" or case.version != new.version:
        shown = await show_case(tx, actor, case_id)
        if same := _same(shown, actor, new, reason):
            return same
        raise CaseMovedOn(shown)

    if new.action == "hide":
        await _hide(tx, case)
    decision_id = await tx.value(
        _DECIDE,
        case_id=case_id,
        action=new.action,
        rule=reason.rule if reason else None,
        facts=reason.facts if reason else None,
        decided_by=actor.id,
        decided_at=clock.now(),
    )
    await move_case(tx, case)
    return await show_decision(tx, decision_id)


async def reverse_decision(tx: Transaction, actor: Actor, decision_id: int, new: NewReversal) -> Decision:
    """Take a decision back, saying why: what was hidden is there again as it was."""
    actor.signed_in()
    row = await tx.row(_CASE_OF, id=decision_id)
    if row is None:
        raise NotFound
    # All decisions are public, so this one is no secret: who may not judge it is told so.
    if not actor.moderates_in(row["sector_id"]):
        raise NotModerator
    case = await hold_case(tx, actor, row["case_id"])
    ensure_can_decide(actor, case)
    ensure_says_something("facts", new.facts)
    facts = tidy(new.facts)
    decision = await show_decision(tx, decision_id)
    if decision.reversal is not None and decision.reversal.facts == facts:
        return decision
    if decision.action == "no_action" or decision.reversal is not None:
        raise NothingToReverse

    await _unhide(tx, case)
    await tx.run(_REVERSE, decision=decision_id, why=facts, member=actor.id, now=clock.now())
    await move_case(tx, case)
    return await show_decision(tx, decision_id)


async def _hide(tx: Transaction, case: CaseFacts) -> None:
    post_id = PostId(case.object_id)
    if not await hide_post(tx, case.topic_id, post_id):
        raise NothingToHide
    # Not left to the worker: in its room, too, a question or notice is gone with the decision.
    await _tell_room(tx, PostHidden(topic_id=case.topic_id, post_id=post_id))


async def _unhide(tx: Transaction, case: CaseFacts) -> None:
    post_id = PostId(case.object_id)
    if not await unhide_post(tx, case.topic_id, post_id):
        raise NothingToReverse
    await _tell_room(tx, PostUnhidden(topic_id=case.topic_id, post_id=post_id))


async def _tell_room(tx: Transaction, event: PostHidden | PostUnhidden) -> None:
    await questions.follow_post(tx, event)
    await notices.follow_post(tx, event)


def _same(case: Case, actor: Actor, new: NewDecision, reason: Reason | None) -> Decision | None:
    if case.state != "decided" or not case.decisions:
        return None
    last = case.decisions[-1]
    made_by = last.by.id if last.by else None
    is_same = last.action == new.action and last.reason == reason and last.reversal is None
    return last if is_same and made_by == actor.id else None


def _tidied(reason: Reason | None) -> Reason | None:
    return None if reason is None else Reason(rule=tidy(reason.rule), facts=tidy(reason.facts))
