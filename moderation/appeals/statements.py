"""Statements of reasons: what was decided about a member's content or report, why, and whether it can be appealed."""

from datetime import datetime

from asyncpg import Record
from sqlalchemy import Boolean, and_, bindparam, or_, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.languages.texts import current_language
from forum.tables import posts, sectors
from forum.text.prepared_posts import shown_html
from members.emails.translations import translations_for
from moderation.appeals.shapes import Appeal, StatementOfReasons
from moderation.cases.cases import HAS_FLAGGED, is_involved
from moderation.policy import APPEALABLE, UNDO_WINDOW, can_judge_in
from moderation.reasons.reasons import describe_scope, effect_of
from moderation.reasons.templates import load_templates
from moderation.shapes import ObjectReference, Reason
from moderation.tables import appeals, case_subjects, cases, decisions, reports, sanctions
from storage.database import Reader
from storage.statements import statement

_STANDING_DECISIONS = (
    select(
        *decisions.c[("id", "case_id", "action", "rule", "facts", "automated")],
        *decisions.c[("decided_at", "decided_by", "reversed_at")],
        sanctions.c.until,
        sectors.c.name.label("sector_name"),
        *cases.c[("sector_id", "object_kind", "object_id")],
        *case_subjects.c[("author_id", "pseudonym", "topic_id", "gathering_id")],
        posts.c.html,
        posts.c.number,
        HAS_FLAGGED.label("has_flagged"),
    )
    .join(cases, cases.c.id == decisions.c.case_id)
    .join(case_subjects, case_subjects.c.case_id == cases.c.id)
    .outerjoin(sanctions, sanctions.c.decision_id == decisions.c.id)
    .outerjoin(sectors, sectors.c.id == sanctions.c.sector_id)
    .outerjoin(posts, and_(cases.c.object_kind == "post", posts.c.id == cases.c.object_id))
    .where(decisions.c.undone_at.is_(None), decisions.c.decided_at <= bindparam("decided_before"))
)
SELECT_STANDING_DECISION = statement(_STANDING_DECISIONS.where(decisions.c.id == bindparam("id")))
SELECT_REPORT_DECISION = statement(
    _STANDING_DECISIONS.add_columns(reports.c.id.label("report_id"))
    .join(reports, reports.c.case_id == cases.c.id)
    .where(reports.c.reference == bindparam("reference"))
    .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
    .limit(1)
)
SELECT_DECISION_APPEALS = statement(
    select(*appeals.c[("id", "decision_id", "body", "appealed_at", "outcome", "answer", "answered_at")])
    .where(
        appeals.c.decision_id == bindparam("decision"),
        or_(
            bindparam("all", type_=Boolean),
            appeals.c.member_id == bindparam("member"),
            appeals.c.report_id == bindparam("report"),
        ),
    )
    .order_by(appeals.c.id)
)


async def show_statement(tx: Reader, actor: Actor, decision_id: int) -> StatementOfReasons:
    """Return the statement of reasons of a decision, for the affected member, its reporters and its moderators; raise
    NotFound for everybody else. It is written in the language of the request."""
    row = await get_standing_decision(tx, actor, decision_id)
    can_see_all = can_judge_in(actor, row["sector_id"]) and not is_involved(actor, row)
    binds = {"decision": decision_id, "member": actor.id, "report": None, "all": can_see_all}
    made = [to_appeal(appeal) for appeal in await tx.rows(SELECT_DECISION_APPEALS, **binds)]
    words = translations_for(current_language().tag)
    return StatementOfReasons(
        decision=decision_id,
        language=words.language,
        shown=(await load_templates(tx)).show(row["rule"], row["facts"], row["decided_at"], words),
        object=ObjectReference(row["object_kind"], row["object_id"]),
        action=row["action"],
        reason=Reason(rule=row["rule"], facts=row["facts"]) if row["rule"] else None,
        scope=describe_scope(effect_of(row["action"], row["automated"]), row["sector_name"], words),
        until=row["until"],
        automated=row["automated"],
        at=row["decided_at"],
        reversed_at=row["reversed_at"],
        appealable_until=row["decided_at"] + APPEALABLE,
        may_appeal=not made and can_appeal(actor, row, clock.now()),
        appeals=made,
        html=shown_html(row["number"], row["html"]) if row["html"] and _is_author(actor, row) else None,
    )


async def get_standing_decision(tx: Reader, actor: Actor, decision_id: int) -> Record:
    """Return a decision that can no longer be undone, for the affected member, its reporters and its moderators; raise
    NotFound for everybody else."""
    decided_before = clock.now() - UNDO_WINDOW
    row = await tx.row(
        SELECT_STANDING_DECISION, id=decision_id, viewer=actor.id, decided_before=decided_before
    )
    if row is None or not (is_involved(actor, row) or can_judge_in(actor, row["sector_id"])):
        raise NotFound
    return row


def can_appeal(actor: Actor, row: Record, now: datetime) -> bool:
    """Return whether the actor can appeal this decision now: an author appeals a restriction, and a reporter appeals a
    decision to take no action."""
    if row["action"] in ("approve", "approve_edited") or row["reversed_at"] is not None:
        return False
    is_affected = row["has_flagged"] if row["action"] == "no_action" else _is_author(actor, row)
    return is_affected and now < row["decided_at"] + APPEALABLE


def to_appeal(row: Record) -> Appeal:
    """Convert a row of `appeals` to the struct that goes out."""
    return Appeal(
        id=row["id"],
        decision=row["decision_id"],
        body=row["body"],
        at=row["appealed_at"],
        outcome=row["outcome"],
        answer=row["answer"],
        answered_at=row["answered_at"],
    )


def _is_author(actor: Actor, row: Record) -> bool:
    facts = {"has_flagged": False, **{name: row[name] for name in ("author_id", "pseudonym", "topic_id")}}
    return is_involved(actor, facts)
