"""Appeals: whoever is hit by a decision, or reported in vain, asks for another moderator, who documented_response in writing."""

from datetime import datetime, timedelta

from asyncpg import Record

from core import clock
from core.actor import Actor
from core.errors import Conflict, Denied, NotFound
from core.text import tidy
from forum.authors import author_of
from forum.visibility import seen_by
from members.emails.translations import DEFAULT, translations_for
from members.profiles.profiles import find_email_language
from moderation.appeals.shapes import Appeal, AppealPage, NewAnswer, NewAppeal, Statement, WaitingAppeal
from moderation.audit.audit_trail import audit_appeal, audit_case_action
from moderation.cases.cases import get_case, is_involved, open_or_join_case
from moderation.decisions.decisions import reverse_decision
from moderation.events import AppealAnswered, CaseChanged
from moderation.policy import (
    UNDO_WINDOW,
    can_judge_in,
    ensure_can_decide,
    ensure_can_read_queue,
    ensure_not_blank,
)
from moderation.reasons.reasons import describe_scope, effect_of
from moderation.reasons.templates import load_templates
from moderation.shapes import NewReversal, ObjectName, Reason
from storage.database import Reader, Transaction
from storage.statements import statement

# Six months, whichever.
APPEALABLE = timedelta(days=184)

_DECISION = """
SELECT d.id, d.case_id, d.action, d.rule, d.facts, d.automated, d.decided_at, d.decided_by, d.reversed_at,
    x.until, s.name AS sector_name, c.sector_id, c.object_kind, c.object_id, o.author_id, o.pseudonym, o.topic_id,
    o.gathering_id, (SELECT html FROM posts p WHERE c.object_kind = 'post' AND p.id = c.object_id),
    EXISTS (SELECT FROM flags f WHERE f.object_kind = c.object_kind AND f.object_id = c.object_id
        AND f.member_id = :viewer) AS has_flagged
FROM decisions d JOIN cases c ON c.id = d.case_id JOIN case_subjects o ON o.case_id = c.id
    LEFT JOIN sanctions x ON x.decision_id = d.id LEFT JOIN sectors s ON s.id = x.sector_id
WHERE d.undone_at IS NULL AND d.decided_at <= :settled"""
_ONE = statement(_DECISION + " AND d.id = :id")
_OF_REPORT = statement(
    "SELECT r.id AS report_id, one.* FROM ("
    + _DECISION
    + """) one JOIN reports r ON r.case_id = one.case_id
WHERE r.reference = :reference ORDER BY one.decided_at DESC, one.id DESC LIMIT 1
"""
)
_APPEAL = statement("""
INSERT INTO appeals (decision_id, member_id, report_id, body, appealed_at)
VALUES (:decision, :member, :report, :body, :now) ON CONFLICT DO NOTHING RETURNING id
""")
_COLUMNS = "a.id, a.decision_id, a.body, a.appealed_at, a.outcome, a.answer, a.answered_at"
_OF_DECISION = statement(f"""
SELECT {_COLUMNS} FROM appeals a WHERE a.decision_id = :decision
    AND (:all OR a.member_id = :member OR a.report_id = :report) ORDER BY a.id
""")
# Whoever decided anything in the case, or took it back unasked, has judged it before.
_HAS_JUDGED = """EXISTS (SELECT FROM decisions b WHERE b.case_id = d.case_id AND b.undone_at IS NULL
    AND (b.decided_by = :viewer OR b.reversed_by = :viewer
        AND NOT EXISTS (SELECT FROM appeals q WHERE q.decision_id = b.id AND q.answered_by = :viewer))) AS has_judged"""
_HOLD = statement(f"""
SELECT {_COLUMNS}, a.answered_by, d.case_id, d.action, d.reversed_at, {_HAS_JUDGED}
FROM appeals a JOIN decisions d ON d.id = a.decision_id WHERE a.id = :id FOR UPDATE OF a
""")
_ANSWER = statement("""
UPDATE appeals SET outcome = :outcome, answer = :answer, answered_by = :member, answered_at = :now WHERE id = :id
""")
_WAITING = statement(f"""
SELECT {_COLUMNS}, d.case_id, d.action, d.rule, d.facts, d.decided_by, s.slug, m.handle, m.display_name,
    o.author_id, o.pseudonym, o.topic_id, {_HAS_JUDGED},
    a.member_id IS NOT NULL AND a.member_id = o.author_id AS by_author,
    EXISTS (SELECT FROM flags f WHERE f.object_kind = c.object_kind AND f.object_id = c.object_id
        AND f.member_id = :viewer) AS has_flagged
FROM appeals a JOIN decisions d ON d.id = a.decision_id JOIN cases c ON c.id = d.case_id
    LEFT JOIN sectors s ON s.id = c.sector_id JOIN case_subjects o ON o.case_id = c.id
    LEFT JOIN members m ON m.id = d.decided_by
WHERE a.outcome IS NULL AND (:administers OR c.sector_id = ANY(CAST(:moderated AS bigint[]))
    OR c.sector_id IS NULL AND cardinality(CAST(:moderated AS bigint[])) > 0)
ORDER BY a.appealed_at, a.id LIMIT 50
""")
_MOVE_FLAGS = statement("UPDATE flags SET case_id = :newer WHERE case_id = :case")
_MOVE_REPORTS = statement("UPDATE reports SET case_id = :newer, told_at = NULL WHERE case_id = :case")
_ABOUT = statement("SELECT object_kind, object_id, sector_id FROM cases WHERE id = :case")


class NothingToAppeal(Conflict):
    """The decision takes nothing from who appeals, does not stand any more, or is too old."""

    message = "This decision cannot be appealed, or not any more."


class AppealedBefore(Conflict):
    """One appeals a decision once."""

    message = "You have appealed this decision already."


class OwnDecision(Denied):
    """Nobody documented_response an appeal in a case in which they decided anything."""

    message = "You have decided in this case, so another moderator documented_response."


class AnsweredBefore(Conflict):
    """Somebody else was first; `current` is the appeal as it stands."""

    message = "Another moderator has answered this appeal."

    def __init__(self, current: Appeal) -> None:
        self.current = current
        super().__init__()


async def show_statement(tx: Reader, actor: Actor, decision_id: int, language: str = DEFAULT) -> Statement:
    """Why something was decided, for whoever it hits, who reported it, and the moderators; to others there is none. In the
    language that one has chosen for letters, or else in this one."""
    row = await _get_decision(tx, actor, decision_id)
    is_moderator = can_judge_in(actor, row["sector_id"])
    whose = {"member": actor.id, "report": None, "all": is_moderator and not is_involved(actor, row)}
    appeals = [_appeal(one) for one in await tx.rows(_OF_DECISION, decision=decision_id, **whose)]
    words = translations_for(await find_email_language(tx, actor) or language)
    return Statement(
        decision=decision_id,
        language=words.language,
        shown=(await load_templates(tx)).show(row["rule"], row["facts"], row["decided_at"], words),
        object=ObjectName(row["object_kind"], row["object_id"]),
        action=row["action"],
        reason=Reason(rule=row["rule"], facts=row["facts"]) if row["rule"] else None,
        scope=describe_scope(effect_of(row["action"], row["automated"]), row["sector_name"], words),
        until=row["until"],
        automated=row["automated"],
        at=row["decided_at"],
        reversed_at=row["reversed_at"],
        appealable_until=row["decided_at"] + APPEALABLE,
        may_appeal=not appeals and _may_appeal(actor, row, clock.now()),
        appeals=appeals,
        html=row["html"] if _is_author(actor, row) else None,
    )


async def make_appeal(tx: Transaction, actor: Actor, decision_id: int, new: NewAppeal) -> Appeal:
    """Ask for another moderator: by whoever wrote what was restricted, or reported what was left."""
    actor.signed_in()
    row = await _get_decision(tx, actor, decision_id)
    if not _may_appeal(actor, row, clock.now()):
        raise NothingToAppeal
    return await _make(tx, row, new, member=actor.id, report=None)


async def appeal_report(tx: Transaction, reference: str, new: NewAppeal) -> Appeal:
    """The same by whoever reported from outside and has the reference."""
    settled = clock.now() - UNDO_WINDOW
    row = await tx.row(_OF_REPORT, reference=reference, viewer=None, settled=settled)
    if row is None:
        raise NotFound
    if row["action"] != "no_action" or clock.now() >= row["decided_at"] + APPEALABLE:
        raise NothingToAppeal
    return await _make(tx, row, new, member=None, report=row["report_id"])


async def read_appeals(tx: Reader, actor: Actor) -> AppealPage:
    """The appeals that wait in the sectors that the actor moderates."""
    ensure_can_read_queue(actor)
    seen = seen_by(actor)
    binds = {"viewer": actor.id, "administers": seen["administers"], "moderated": seen["moderated"]}
    return AppealPage([_waiting(actor, row) for row in await tx.rows(_WAITING, **binds)])


async def answer_appeal(tx: Transaction, actor: Actor, appeal_id: int, new: NewAnswer) -> Appeal:
    """Answer an appeal in writing. A decision that does not stand is taken back: what was hidden is there again, and what
    was left waits for a decision again."""
    me = actor.signed_in()
    row = await tx.row(_HOLD, id=appeal_id, viewer=me)
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
            return _appeal(row)
        raise AnsweredBefore(_appeal(row))

    if new.outcome == "reversed" and row["reversed_at"] is None:
        await _take_back(tx, actor, row, answer)
    await tx.run(_ANSWER, id=appeal_id, outcome=new.outcome, answer=answer, member=me, now=clock.now())
    await tx.record(CaseChanged(sector_id=case.sector_id, case_id=case.id))
    await tx.record(AppealAnswered(appeal_id=appeal_id))
    audit_case_action(tx, "appeal_answered", actor, case, appeal=appeal_id, outcome=new.outcome, facts=answer)
    answered = await tx.row(_HOLD, id=appeal_id, viewer=me)
    assert answered is not None
    return _appeal(answered)


async def _take_back(tx: Transaction, actor: Actor, row: Record, answer: str) -> None:
    if row["action"] != "no_action":
        await reverse_decision(tx, actor, row["decision_id"], NewReversal(facts=answer))
        return
    about = await tx.row(_ABOUT, case=row["case_id"])
    assert about is not None
    name = ObjectName(about["object_kind"], about["object_id"])
    opened = await open_or_join_case(tx, name, about["sector_id"], "other", clock.now())
    await tx.run(_MOVE_FLAGS, newer=opened.case_id, case=row["case_id"])
    await tx.run(_MOVE_REPORTS, newer=opened.case_id, case=row["case_id"])
    await tx.record(opened)


async def _get_decision(tx: Reader, actor: Actor, decision_id: int) -> Record:
    row = await tx.row(_ONE, id=decision_id, viewer=actor.id, settled=clock.now() - UNDO_WINDOW)
    if row is None or not (is_involved(actor, row) or can_judge_in(actor, row["sector_id"])):
        raise NotFound
    return row


async def _make(tx: Transaction, row: Record, new: NewAppeal, **whose: int | None) -> Appeal:
    ensure_not_blank("body", new.body)
    binds = {"decision": row["id"], "body": tidy(new.body), "now": clock.now()}
    made = await tx.value(_APPEAL, **binds, **whose)
    if made is None:
        raise AppealedBefore
    await tx.record(CaseChanged(sector_id=row["sector_id"], case_id=row["case_id"]))
    audit_appeal(tx, row, made)
    [appeal] = await tx.rows(_OF_DECISION, decision=row["id"], all=False, **whose)
    return _appeal(appeal)


def _may_appeal(actor: Actor, row: Record, now: datetime) -> bool:
    stands = row["reversed_at"] is None and now < row["decided_at"] + APPEALABLE
    if row["action"] in ("approve", "approve_edited"):
        return False
    return stands and (row["has_flagged"] if row["action"] == "no_action" else _is_author(actor, row))


def _is_author(actor: Actor, row: Record) -> bool:
    facts = {"has_flagged": False, **{name: row[name] for name in ("author_id", "pseudonym", "topic_id")}}
    return is_involved(actor, facts)


def _appeal(row: Record) -> Appeal:
    return Appeal(
        id=row["id"],
        decision=row["decision_id"],
        body=row["body"],
        at=row["appealed_at"],
        outcome=row["outcome"],
        answer=row["answer"],
        answered_at=row["answered_at"],
    )


def _waiting(actor: Actor, row: Record) -> WaitingAppeal:
    return WaitingAppeal(
        appeal=_appeal(row),
        case=row["case_id"],
        sector=row["slug"],
        action=row["action"],
        reason=Reason(rule=row["rule"], facts=row["facts"]) if row["rule"] else None,
        decided_by=author_of(row["decided_by"], row["handle"], row["display_name"], None),
        by_author=row["by_author"],
        may_answer=not row["has_judged"] and not is_involved(actor, row),
    )
