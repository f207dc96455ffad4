"""Decisions that an administrator makes on the command line: the same case, reasons and audit as on the pages."""

from core import clock
from core.actor import Actor
from core.errors import NotFound
from members.policy import AdministratorsOnly
from members.profiles.profiles import find_member_id
from moderation.cases.cases import lock_case, open_or_join_case
from moderation.decisions.decisions import decide_case
from moderation.flags.flags import lock_flagged
from moderation.shapes import Decision, NewDecision, ObjectReference, Reason
from storage.database import Transaction


async def suspend_member(tx: Transaction, actor: Actor, handle: str, days: int, reason: Reason) -> Decision:
    """Suspend a member everywhere for some days, as the decision of a case about the profile.

    The statement of reasons is sent to the member, who can appeal. Raises AdministratorsOnly, NotFound, TakeDutyFirst and
    the refusals of `decide_case`.
    """
    if not actor.is_administrator:
        raise AdministratorsOnly
    member = await find_member_id(tx, handle)
    if member is None:
        raise NotFound
    subject = ObjectReference("profile", member)
    facts = await lock_flagged(tx, actor, subject)
    opened = await open_or_join_case(tx, subject, facts.sector_id, "other", clock.now())
    await tx.record(opened)
    case = await lock_case(tx, actor, opened.case_id)
    new = NewDecision(action="suspend", days=days, everywhere=True, reason=reason, version=case.version)
    return await decide_case(tx, actor, opened.case_id, new)
