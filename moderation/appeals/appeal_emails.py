"""E-mails and notifications to affected members: the statement of reasons, and the answer to their appeal."""

from collections.abc import Sequence

from asyncpg import Record

from core import clock
from core.ids import MemberId
from forum.notifications.notifications import notify
from members.emails.emails import OutgoingEmail, Recipient, Sender
from members.emails.outbox import DECISION, EmailKind, QueuedEmail, queue_email
from moderation.events import AppealAnswered
from moderation.policy import UNDO_WINDOW
from moderation.reasons.reasons import Templates, describe_scope, effect_of
from moderation.reasons.templates import load_templates
from storage.database import Database, Transaction
from storage.jobs import EventHandlers
from storage.quarantine import ItemJob
from storage.statements import statement

SELECT_NEXT_STATEMENT = statement("""
SELECT CAST(d.id AS text) AS item, d.id, o.author_id
FROM decisions d JOIN cases c ON c.id = d.case_id JOIN case_subjects o ON o.case_id = c.id
WHERE d.author_told_at IS NULL AND d.undone_at IS NULL AND d.reversed_at IS NULL
    AND d.action NOT IN ('no_action', 'approve', 'approve_edited') AND d.decided_at <= :decided_before
    AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'statements of reasons' AND w.item = CAST(d.id AS text) AND w.due_at > :now)
ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
""")
SELECT_STATEMENT = statement("""
SELECT d.id, d.action, d.rule, d.facts, d.automated, d.decided_at, m.email, m.handle, m.letters_in, w.time_zone, x.until,
    s.name AS sector
FROM decisions d JOIN case_subjects o ON o.case_id = d.case_id
    JOIN members m ON m.id = o.author_id AND m.email_verified_at IS NOT NULL AND m.email IS NOT NULL
    LEFT JOIN mail_wishes w ON w.member_id = m.id
    LEFT JOIN sanctions x ON x.decision_id = d.id LEFT JOIN sectors s ON s.id = x.sector_id
WHERE d.id = :decision AND m.id = :member AND d.undone_at IS NULL AND d.reversed_at IS NULL LIMIT 1
""")
_LABELS = ("rule", "facts", "scope", "duration", "by")
UPDATE_AUTHOR_TOLD = statement("UPDATE decisions SET author_told_at = :now WHERE id = :decision")
SELECT_ANSWERED_APPEAL = statement("""
SELECT a.decision_id, a.outcome, a.answer, a.member_id, r.reference, m.handle, w.time_zone,
    coalesce(m.letters_in, r.letters_in) AS letters_in,
    coalesce(CASE WHEN m.email_verified_at IS NOT NULL THEN m.email END, r.email) AS email
FROM appeals a LEFT JOIN members m ON m.id = a.member_id LEFT JOIN mail_wishes w ON w.member_id = m.id
    LEFT JOIN reports r ON r.id = a.report_id
WHERE a.id = :appeal
""")


async def notify_next_author(db: Database) -> bool:
    """Scheduled job: queue the statement of reasons of one decision for the affected member, once it can no longer be
    undone, and return whether there was one."""
    return await _STATEMENTS.run_next(db)


async def _tell_author(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_AUTHOR_TOLD, decision=row["id"], now=clock.now())
    if row["author_id"] is not None:
        author = MemberId(row["author_id"])
        await notify(tx, "decided", None, None, {author: {"code": "decided"}}, row["id"])
        await queue_email(tx, STATEMENT, author, {"decision": row["id"]}, event=f"decision/{row['id']}")


async def _take_decision(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(SELECT_NEXT_STATEMENT, decided_before=now - UNDO_WINDOW, now=now)


_STATEMENTS = ItemJob("statements of reasons", _take_decision, _tell_author)


async def on_appeal_answered(tx: Transaction, event: AppealAnswered) -> None:
    """Notify the member who appealed, and queue the answer to the member or reporter."""
    row = await tx.row(SELECT_ANSWERED_APPEAL, appeal=event.appeal_id)
    if row is not None and row["member_id"] is not None:
        member = MemberId(row["member_id"])
        reasons = {member: {"code": "appeal_answered"}}
        await notify(tx, "appeal_answered", None, None, reasons, row["decision_id"])
    if row is not None and row["email"] is not None:
        to = str(row["email"]) if row["member_id"] is None else MemberId(row["member_id"])
        await queue_email(tx, APPEAL_ANSWER, to, {"appeal": event.appeal_id})


APPEAL_EMAIL_HANDLERS: EventHandlers = {AppealAnswered: (on_appeal_answered,)}


async def _statement(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_STATEMENT, member=email.member_id, decision=email.facts["decision"])
    return None if row is None else compose_statement(sender, row, await load_templates(tx))


async def _appeal_answer(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_ANSWERED_APPEAL, appeal=email.facts["appeal"])
    return None if row is None or row["email"] is None else compose_appeal_answer(sender, row)


STATEMENT = EmailKind(name="statement", compose=_statement, priority=DECISION)
APPEAL_ANSWER = EmailKind(name="appeal_answer", compose=_appeal_answer, priority=DECISION)
APPEAL_EMAIL_KINDS: Sequence[EmailKind] = (STATEMENT, APPEAL_ANSWER)


def compose_statement(sender: Sender, decision: Record, templates: Templates) -> OutgoingEmail:
    """Compose the e-mail with the statement of reasons: why something was restricted, where and how long, and how to
    appeal."""
    to = _recipient(decision)
    words = sender.translations_for(to)
    action = effect_of(decision["action"], decision["automated"])
    kind = action if words.has(f"decided.{action}.said") else "other"
    reason = templates.show(decision["rule"], decision["facts"], decision["decided_at"], words)
    until = decision["until"]
    return sender.compose(
        to,
        "statement",
        subject=words.translate(f"decided.{kind}.subject"),
        said=words.translate(f"decided.{kind}.said"),
        rule=reason.rule if reason else "",
        facts=f"{reason.facts} {reason.mark}".strip() if reason else "",
        scope=describe_scope(action, decision["sector"], words),
        duration=words.translate("statement.until", moment=words.moment(until, to.time_zone))
        if until
        else words.translate("statement.open"),
        by=words.translate("statement.program" if decision["automated"] else "statement.person"),
        link=f"{sender.url}/decisions/{decision['id']}",
        **{f"{name}_label": words.translate(f"statement.{name}") for name in _LABELS},
    )


def compose_appeal_answer(sender: Sender, appeal: Record) -> OutgoingEmail:
    """Compose the e-mail with the answer to an appeal."""
    to = _recipient(appeal)
    path = f"/report/{appeal['reference']}" if appeal["reference"] else f"/decisions/{appeal['decision_id']}"
    return sender.compose(
        to,
        "appeal_answer",
        said=sender.translations_for(to).translate(f"appeal_answer.{appeal['outcome']}"),
        answer=appeal["answer"],
        link=f"{sender.url}{path}",
    )


def _recipient(row: Record) -> Recipient:
    return Recipient(
        email=row["email"],
        handle=row["handle"] or "",
        letters_in=row["letters_in"],
        time_zone=row["time_zone"] or "UTC",
    )
