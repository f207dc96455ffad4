"""Appeals: an affected member or a reporter asks for another moderator, who answers in writing."""

from asyncpg import Record
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Conflict, Denied, NotFound
from core.languages.texts import translatable
from core.text import tidy
from forum.authors import author_of
from forum.tables import sectors
from forum.visibility import seen_by
from members.tables import members
from moderation.appeals.shapes import Appeal, AppealPage, NewAnswer, NewAppeal, WaitingAppeal
from moderation.appeals.statements import (
    SELECT_DECISION_APPEALS,
    SELECT_REPORT_DECISION,
    can_appeal,
    get_standing_decision,
    to_appeal,
)
from moderation.audit.audit_trail import audit_appeal, audit_case_action
from moderation.cases.cases import HAS_FLAGGED, UPDATE_FLAGS_CASE, get_case, is_involved, open_or_join_case
from moderation.decisions.decisions import reverse_decision
from moderation.events import AppealAnswered, CaseChanged
from moderation.policy import (
    UNDO_WINDOW,
    can_appeal_report,
    ensure_can_decide,
    ensure_can_read_queue,
    ensure_not_blank,
)
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.shapes import NewReversal, ObjectReference
from moderation.tables import appeals, case_subjects, cases, decisions
from storage.database import Reader, Transaction
from storage.statements import statement

_viewer = bindparam("viewer", type_=BigInteger)
_moderated = bindparam("moderated", type_=ARRAY(BigInteger))
_same_case = decisions.alias("same_case")
_answered = appeals.alias("answered")


def _has_judged() -> ColumnElement[bool]:
    """Return the predicate that the viewer decided anything in the case, or reversed it other than by answering an
    appeal."""
    reversed_by_appeal = exists().where(
        _answered.c.decision_id == _same_case.c.id, _answered.c.answered_by == _viewer
    )
    return exists().where(
        _same_case.c.case_id == decisions.c.case_id,
        _same_case.c.undone_at.is_(None),
        or_(
            _same_case.c.decided_by == _viewer,
            and_(_same_case.c.reversed_by == _viewer, ~reversed_by_appeal),
        ),
    )


_COLUMNS = appeals.c[("id", "decision_id", "body", "appealed_at", "outcome", "answer", "answered_at")]
INSERT_APPEAL = statement("""
INSERT INTO appeals (decision_id, member_id, report_id, body, appealed_at)
VALUES (:decision, :member, :report, :body, :now) ON CONFLICT DO NOTHING RETURNING id
""")
LOCK_APPEAL = statement(
    select(
        *_COLUMNS,
        appeals.c.answered_by,
        *decisions.c[("case_id", "action", "reversed_at")],
        _has_judged().label("has_judged"),
    )
    .join(decisions, decisions.c.id == appeals.c.decision_id)
    .where(appeals.c.id == bindparam("id"))
    .with_for_update(of=appeals)
)
UPDATE_APPEAL_ANSWERED = statement("""
UPDATE appeals SET outcome = :outcome, answer = :answer, answered_by = :member, answered_at = :now WHERE id = :id
""")
SELECT_WAITING_APPEALS = statement(
    select(
        *_COLUMNS,
        *decisions.c[("case_id", "action", "rule", "facts", "decided_at", "decided_by")],
        sectors.c.slug,
        *members.c[("handle", "display_name", "picture")],
        *case_subjects.c[("author_id", "pseudonym", "topic_id")],
        _has_judged().label("has_judged"),
        func.coalesce(appeals.c.member_id == case_subjects.c.author_id, false()).label("by_author"),
        HAS_FLAGGED.label("has_flagged"),
    )
    .join(decisions, decisions.c.id == appeals.c.decision_id)
    .join(cases, cases.c.id == decisions.c.case_id)
    .outerjoin(sectors, sectors.c.id == cases.c.sector_id)
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .outerjoin(members, members.c.id == decisions.c.decided_by)
    .where(
        appeals.c.outcome.is_(None),
        or_(
            bindparam("administers", type_=Boolean),
            cases.c.sector_id == any_(_moderated),
            and_(cases.c.sector_id.is_(None), func.cardinality(_moderated) > 0),
        ),
    )
    .order_by(appeals.c.appealed_at, appeals.c.id)
    .limit(50)
)
UPDATE_REPORTS_REOPENED = statement(
    "UPDATE reports SET case_id = :newer, told_at = NULL WHERE case_id = :case"
)
SELECT_CASE_OBJECT = statement("SELECT object_kind, object_id, sector_id FROM cases WHERE id = :case")


class NothingToAppeal(Conflict):
    """The decision does not affect the actor, no longer stands, or is too old."""

    message = translatable("This decision cannot be appealed, or can no longer be appealed.")


class AppealedBefore(Conflict):
    """Each decision can be appealed once by each member or reporter."""

    message = translatable("You have already appealed this decision.")


class OwnDecision(Denied):
    """Nobody answers an appeal in a case in which they decided anything."""

    message = translatable("You decided in this case, so another moderator must answer.")


class AnsweredBefore(Conflict):
    """Another moderator answered first; `current` is the appeal as it is now."""

    message = translatable("Another moderator has already answered this appeal.")

    def __init__(self, current: Appeal) -> None:
        self.current = current
        super().__init__()


async def make_appeal(tx: Transaction, actor: Actor, decision_id: int, new: NewAppeal) -> Appeal:
    """Appeal a decision as the author of the restricted content, or as the member who flagged content that was left.
    Raises NotFound, NothingToAppeal, AppealedBefore or ReasonMissing."""
    actor.signed_in()
    row = await get_standing_decision(tx, actor, decision_id)
    if not can_appeal(actor, row, clock.now()):
        raise NothingToAppeal
    return await _insert_appeal(tx, row, new, member=actor.id, report=None)


async def appeal_report(tx: Transaction, reference: str, new: NewAppeal) -> Appeal:
    """Appeal the decision about a report as the holder of its reference, if no action was taken. Raises NotFound,
    NothingToAppeal, AppealedBefore or ReasonMissing."""
    decided_before = clock.now() - UNDO_WINDOW
    row = await tx.row(
        SELECT_REPORT_DECISION, reference=reference, viewer=None, decided_before=decided_before
    )
    if row is None:
        raise NotFound
    if not can_appeal_report(row, clock.now()):
        raise NothingToAppeal
    return await _insert_appeal(tx, row, new, member=None, report=row["report_id"])


async def read_appeals(tx: Reader, actor: Actor) -> AppealPage:
    """Return the unanswered appeals of the sectors that the actor moderates, oldest first. Raises NotModerator."""
    ensure_can_read_queue(actor)
    seen = seen_by(actor)
    binds = {"viewer": actor.id, "administers": seen["administers"], "moderated": seen["moderated"]}
    rows, templates = await tx.rows(SELECT_WAITING_APPEALS, **binds), await load_templates(tx)
    return AppealPage([_waiting_appeal(actor, row, templates) for row in rows])


async def answer_appeal(tx: Transaction, actor: Actor, appeal_id: int, new: NewAnswer) -> Appeal:
    """Answer an appeal in writing. If the outcome is "reversed", the restriction is reverted, or the case that was left
    without action is opened again. Raises NotFound, NotModerator, Involved, OwnDecision or AnsweredBefore."""
    me = actor.signed_in()
    row = await tx.row(LOCK_APPEAL, id=appeal_id, viewer=me)
    if row is None:
        raise NotFound
    case = await get_case(tx, actor, row["case_id"])
    ensure_can_decide(actor, case)
    if row["has_judged"]:
        raise OwnDecision
    ensure_not_blank("answer", new.answer)
    answer = tidy(new.answer)
    if row["outcome"] is not None:
        if (row["outcome"], row["answer"], row["answered_by"]) == (new.outcome, answer, me):
            return to_appeal(row)
        raise AnsweredBefore(to_appeal(row))

    if new.outcome == "reversed" and row["reversed_at"] is None:
        await _reverse(tx, actor, row, answer)
    await tx.run(
        UPDATE_APPEAL_ANSWERED, id=appeal_id, outcome=new.outcome, answer=answer, member=me, now=clock.now()
    )
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))
    await tx.record(AppealAnswered(appeal_id=appeal_id))
    audit_case_action(tx, "appeal_answered", actor, case, appeal=appeal_id, outcome=new.outcome, facts=answer)
    answered = await tx.row(LOCK_APPEAL, id=appeal_id, viewer=me)
    assert answered is not None
    return to_appeal(answered)


async def _reverse(tx: Transaction, actor: Actor, row: Record, answer: str) -> None:
    if row["action"] != "no_action":
        await reverse_decision(tx, actor, row["decision_id"], NewReversal(facts=answer))
        return
    case = await tx.row(SELECT_CASE_OBJECT, case=row["case_id"])
    assert case is not None
    subject = ObjectReference(case["object_kind"], case["object_id"])
    opened = await open_or_join_case(tx, subject, case["sector_id"], "other", clock.now())
    await tx.run(UPDATE_FLAGS_CASE, newer=opened.case_id, case=row["case_id"])
    await tx.run(UPDATE_REPORTS_REOPENED, newer=opened.case_id, case=row["case_id"])
    await tx.record(opened)


async def _insert_appeal(
    tx: Transaction, row: Record, new: NewAppeal, *, member: int | None, report: int | None
) -> Appeal:
    ensure_not_blank("body", new.body)
    binds = {"decision": row["id"], "member": member, "report": report}
    made = await tx.value(INSERT_APPEAL, body=tidy(new.body), now=clock.now(), **binds)
    if made is None:
        raise AppealedBefore
    await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["case_id"]))
    audit_appeal(tx, row, made)
    [appeal] = await tx.rows(SELECT_DECISION_APPEALS, all=False, **binds)
    return to_appeal(appeal)


def _waiting_appeal(actor: Actor, row: Record, templates: Templates) -> WaitingAppeal:
    return WaitingAppeal(
        appeal=to_appeal(row),
        case=row["case_id"],
        sector=row["slug"],
        action=row["action"],
        reason=templates.for_reader(row["rule"], row["facts"], row["decided_at"]),
        decided_by=author_of(row["decided_by"], row["handle"], row["display_name"], None, row["picture"]),
        by_author=row["by_author"],
        may_answer=not row["has_judged"] and not is_involved(actor, row),
    )
