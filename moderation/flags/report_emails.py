"""E-mails and notifications to reporters and flaggers (receipts and outcomes), and alarms to administrators."""

from collections.abc import Sequence
from datetime import timedelta

from asyncpg import Record

from core import clock
from core.ids import MemberId
from forum.notifications.notifications import notify
from members.emails.emails import OutgoingEmail, Recipient, Sender
from members.emails.outbox import DANGER, DECISION, EmailKind, QueuedEmail, queue_email
from moderation.events import CaseEscalated, DangerFlagged, ReportReceived
from moderation.policy import UNDO_WINDOW
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.shapes import NON_RESTRICTIVE
from storage.database import Database, Transaction
from storage.jobs import EventHandlers
from storage.quarantine import ItemJob
from storage.statements import statement

# A limit for each address, so that nobody can flood another person's mailbox with receipts.
MAX_RECEIPTS_PER_DAY = 10
# As long as a decision can be appealed. After that, nobody needs the reporter's name.
NAME_RETENTION = timedelta(days=184)

# If a member has verified the address, their language and time zone are used.
SELECT_REPORT_RECEIPT = statement("""
SELECT r.reference, r.address, r.email, r.received_at, coalesce(m.letters_in, r.letters_in) AS letters_in, w.time_zone, (
    SELECT count(*) FROM reports o WHERE o.email = r.email AND o.received_at > r.received_at - interval '1 day'
        AND o.id < r.id) AS before
FROM reports r LEFT JOIN members m ON m.email = r.email AND m.email_verified_at IS NOT NULL
    LEFT JOIN mail_wishes w ON w.member_id = m.id
WHERE r.id = :report AND r.email IS NOT NULL
""")
SELECT_NEXT_REPORT_OUTCOME = statement("""
SELECT CAST(r.id AS text) AS item, r.id,
    r.email, r.member_id, d.id AS decision
FROM reports r JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at >= r.received_at
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON d.decided_at <= :decided_before
WHERE r.told_at IS NULL AND (r.email IS NOT NULL OR r.member_id IS NOT NULL) AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'reporters' AND w.item = CAST(r.id AS text) AND w.due_at > :now)
ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
""")
SELECT_REPORT_OUTCOME = statement("""
SELECT r.reference, r.address, r.email, d.action, d.rule, d.facts, d.decided_at,
    coalesce(m.letters_in, r.letters_in) AS letters_in, w.time_zone
FROM reports r JOIN decisions d ON d.id = :decision AND d.undone_at IS NULL
    LEFT JOIN members m ON m.email = r.email AND m.email_verified_at IS NOT NULL
    LEFT JOIN mail_wishes w ON w.member_id = m.id
WHERE r.id = :report AND r.email IS NOT NULL
""")
UPDATE_REPORT_TOLD = statement("UPDATE reports SET told_at = :now WHERE id = :report")
SELECT_NEXT_FLAG_OUTCOME = statement("""
SELECT CAST(f.id AS text) AS item, f.id, f.member_id, d.id AS decision FROM flags f JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = f.case_id AND d.undone_at IS NULL AND d.decided_at >= f.flagged_at
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON d.decided_at <= :decided_before
WHERE f.told_at IS NULL AND f.member_id IS NOT NULL AND f.report_id IS NULL AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'flaggers' AND w.item = CAST(f.id AS text) AND w.due_at > :now)
ORDER BY f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
""")
UPDATE_FLAG_TOLD = statement("UPDATE flags SET told_at = :now WHERE id = :flag")
LOCK_REPORT_TO_ERASE = statement("""
SELECT CAST(r.id AS text) AS item, r.id FROM reports r
WHERE r.forgotten_at IS NULL AND r.received_at < :before AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'old reports' AND w.item = CAST(r.id AS text) AND w.due_at > :now) AND EXISTS (
    SELECT FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at < :before)
ORDER BY r.id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
UPDATE_REPORT_ERASED = statement(
    "UPDATE reports SET name = NULL, email = NULL, forgotten_at = :now WHERE id = :report"
)
SELECT_ADMINISTRATORS = statement("""
SELECT DISTINCT m.id FROM duties d JOIN members m ON m.id = d.member_id
WHERE d.duty = 'administrator' AND m.email IS NOT NULL ORDER BY m.id
""")
# Who is no administrator any more learns of no case.
SELECT_ADMINISTRATOR = statement("""
SELECT m.email, m.handle, m.letters_in FROM members m
WHERE m.id = :member AND m.email IS NOT NULL
    AND EXISTS (SELECT FROM duties d WHERE d.member_id = m.id AND d.duty = 'administrator')
""")


async def on_report_received(tx: Transaction, event: ReportReceived) -> None:
    """Queue a receipt for a report. It does not quote the report, because the address may belong to somebody else."""
    row = await tx.row(SELECT_REPORT_RECEIPT, report=event.report_id)
    if row is not None and row["before"] < MAX_RECEIPTS_PER_DAY:
        await queue_email(tx, RECEIPT, str(row["email"]), {"report": event.report_id})


async def on_danger_flagged(tx: Transaction, event: DangerFlagged) -> None:
    """Queue an e-mail to each administrator that somebody may be in danger; it goes before all other e-mails."""
    await _queue_for_administrators(tx, ALARM, event.case_id)


async def on_case_escalated(tx: Transaction, event: CaseEscalated) -> None:
    """Queue an e-mail to each administrator that a case was escalated to them."""
    await _queue_for_administrators(tx, ESCALATION, event.case_id)


async def _queue_for_administrators(tx: Transaction, kind: EmailKind, case_id: int) -> None:
    for row in await tx.rows(SELECT_ADMINISTRATORS):
        await queue_email(tx, kind, MemberId(row["id"]), {"case": case_id})


async def notify_next_reporter(db: Database) -> bool:
    """Scheduled job: notify one reporter of the decision, once it can no longer be undone, and return whether there was
    one."""
    return await _REPORTERS.run_next(db)


async def _tell_reporter(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_REPORT_TOLD, report=row["id"], now=clock.now())
    if row["member_id"] is not None:
        reasons = {MemberId(row["member_id"]): {"code": "report_decided"}}
        await notify(tx, "report_decided", None, None, reasons, row["decision"])
    if row["email"] is not None:
        facts = {"report": row["id"], "decision": row["decision"]}
        await queue_email(tx, OUTCOME, str(row["email"]), facts, event=f"report/{row['id']}")


async def _take_reporter(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(SELECT_NEXT_REPORT_OUTCOME, decided_before=now - UNDO_WINDOW, now=now)


_REPORTERS = ItemJob("reporters", _take_reporter, _tell_reporter)


async def notify_next_flagger(db: Database) -> bool:
    """Scheduled job: notify one member who flagged something of the decision, once it can no longer be undone, and
    return whether there was one."""
    return await _FLAGGERS.run_next(db)


async def _take_flagger(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(SELECT_NEXT_FLAG_OUTCOME, decided_before=now - UNDO_WINDOW, now=now)


async def _tell_flagger(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_FLAG_TOLD, flag=row["id"], now=clock.now())
    reasons = {MemberId(row["member_id"]): {"code": "report_decided"}}
    await notify(tx, "flag_decided", None, None, reasons, row["decision"])


_FLAGGERS = ItemJob("flaggers", _take_flagger, _tell_flagger)


async def erase_next_reporter(db: Database) -> bool:
    """Scheduled job: erase the name and e-mail address in one report whose decision can no longer be appealed, and
    return whether there was one."""
    return await _OLD_REPORTS.run_next(db)


async def _take_old_report(tx: Transaction) -> Record | None:
    now = clock.now()
    return await tx.row(LOCK_REPORT_TO_ERASE, before=now - NAME_RETENTION, now=now)


async def _erase_reporter(tx: Transaction, row: Record) -> None:
    await tx.run(UPDATE_REPORT_ERASED, report=row["id"], now=clock.now())


_OLD_REPORTS = ItemJob("old reports", _take_old_report, _erase_reporter)


REPORT_EMAIL_HANDLERS: EventHandlers = {
    ReportReceived: (on_report_received,),
    DangerFlagged: (on_danger_flagged,),
    CaseEscalated: (on_case_escalated,),
}


async def _receipt(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_REPORT_RECEIPT, report=email.facts["report"])
    return None if row is None else compose_receipt(sender, row)


async def _outcome(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_REPORT_OUTCOME, **email.facts)
    return None if row is None else compose_outcome(sender, row, await load_templates(tx))


async def _alarm(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_ADMINISTRATOR, member=email.member_id)
    return None if row is None else compose_alarm(sender, _administrator(row), email.facts["case"])


async def _escalation(sender: Sender, tx: Transaction, email: QueuedEmail) -> OutgoingEmail | None:
    row = await tx.row(SELECT_ADMINISTRATOR, member=email.member_id)
    return None if row is None else compose_escalation(sender, _administrator(row), email.facts["case"])


RECEIPT = EmailKind(name="receipt", compose=_receipt, priority=DECISION)
OUTCOME = EmailKind(name="outcome", compose=_outcome, priority=DECISION)
ALARM = EmailKind(name="alarm", compose=_alarm, priority=DANGER, tries_failing=True)
ESCALATION = EmailKind(name="escalation", compose=_escalation, priority=DECISION)
REPORT_EMAIL_KINDS: Sequence[EmailKind] = (RECEIPT, OUTCOME, ALARM, ESCALATION)


def compose_receipt(sender: Sender, report: Record) -> OutgoingEmail:
    """Compose the e-mail that confirms a report and links to its state."""
    to = _reporter(report)
    return sender.compose(
        to,
        "receipt",
        moment=sender.translations_for(to).moment(report["received_at"], to.time_zone),
        address=report["address"],
        link=f"{sender.url}/report/{report['reference']}",
    )


def compose_outcome(sender: Sender, report: Record, templates: Templates) -> OutgoingEmail:
    """Compose the e-mail that tells a reporter the decision, its reason, and how to appeal."""
    to = _reporter(report)
    words = sender.translations_for(to)
    reason = templates.show(report["rule"], report["facts"], report["decided_at"], words)
    return sender.compose(
        to,
        "outcome",
        address=report["address"],
        said=words.translate("outcome.left" if report["action"] in NON_RESTRICTIVE else "outcome.acted"),
        reason=f"{reason.rule}: {reason.facts} {reason.mark}" if reason else "",
        link=f"{sender.url}/report/{report['reference']}",
    )


def compose_escalation(sender: Sender, to: Recipient, case_id: int) -> OutgoingEmail:
    """Compose the e-mail that tells an administrator of an escalated case."""
    return sender.compose(to, "escalation", link=f"{sender.url}/queue?case={case_id}")


def compose_alarm(sender: Sender, to: Recipient, case_id: int) -> OutgoingEmail:
    """Compose the e-mail that tells an administrator that a life may be in danger."""
    return sender.compose(to, "alarm", link=f"{sender.url}/queue?case={case_id}")


def _reporter(report: Record) -> Recipient:
    # Without a name, because the address may belong to somebody else.
    return Recipient(
        email=report["email"], letters_in=report["letters_in"], time_zone=report["time_zone"] or "UTC"
    )


def _administrator(row: Record) -> Recipient:
    return Recipient(email=row["email"], handle=row["handle"], letters_in=row["letters_in"])
