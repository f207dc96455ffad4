"""What whoever reported is told by mail, and how administrators hear of danger: receipts, decisions, alarms."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from asyncpg import Record

from core import clock
from core.events import Event
from core.ids import MemberId
from forum.notifications.notifications import notify
from members.emails.email_jobs import Mailer
from members.emails.emails import OutgoingEmail, Recipient, Sender
from moderation.events import CaseEscalated, DangerFlagged, ReportReceived
from moderation.policy import UNDO_WINDOW
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from moderation.shapes import NON_RESTRICTIVE
from storage.database import Database, Transaction
from storage.statements import statement

# So many receipts go to one address in a day: more would be a way to flood somebody else's mailbox.
RECEIPTS_A_DAY = 10
# As long as a decision can be appealed; then nobody needs to know any more who reported.
KEPT_AFTER_DECISION = timedelta(days=184)

# Whose address it is, if a member has proved it: in that language one is written to.
_WHOSE = """LEFT JOIN members m ON m.email = r.email AND m.email_verified_at IS NOT NULL
LEFT JOIN mail_wishes w ON w.member_id = m.id"""
_RECEIPT = statement(f"""
SELECT r.reference, r.address, r.email, r.received_at, coalesce(m.letters_in, r.letters_in) AS letters_in, w.time_zone, (
    SELECT count(*) FROM reports o WHERE o.email = r.email AND o.received_at > r.received_at - interval '1 day'
        AND o.id < r.id) AS before
FROM reports r {_WHOSE} WHERE r.id = :report AND r.email IS NOT NULL
""")
_UNTOLD = statement(f"""
SELECT r.id, r.reference, r.address, r.email, r.member_id, d.id AS decision, d.action, d.rule, d.facts, d.decided_at,
    coalesce(m.letters_in, r.letters_in) AS letters_in,
    w.time_zone
FROM reports r {_WHOSE} JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at >= r.received_at
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON d.decided_at <= :settled
WHERE r.told_at IS NULL AND (r.email IS NOT NULL OR r.member_id IS NOT NULL)
ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
""")
_TOLD = statement("UPDATE reports SET told_at = :now WHERE id = :report")
_FLAGGED = statement("""
SELECT f.id, f.member_id, d.id AS decision FROM flags f JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = f.case_id AND d.undone_at IS NULL AND d.decided_at >= f.flagged_at
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON d.decided_at <= :settled
WHERE f.told_at IS NULL AND f.member_id IS NOT NULL AND f.report_id IS NULL
ORDER BY f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED
""")
_FLAG_TOLD = statement("UPDATE flags SET told_at = :now WHERE id = :flag")
_FORGET = statement("""
UPDATE reports SET name = NULL, email = NULL, forgotten_at = :now WHERE id IN (
    SELECT r.id FROM reports r WHERE r.forgotten_at IS NULL AND r.received_at < :before AND EXISTS (
        SELECT FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at < :before)
    ORDER BY r.id LIMIT 100 FOR UPDATE SKIP LOCKED)
""")
_ADMINISTRATORS = statement("""
SELECT DISTINCT m.id, m.email, m.handle, m.letters_in FROM duties d JOIN members m ON m.id = d.member_id
WHERE d.duty = 'administrator' AND m.email IS NOT NULL ORDER BY m.id
""")


async def mail_receipt(office: Mailer, tx: Transaction, event: ReportReceived) -> None:
    """Tell whoever reported that the report is here, without what it says: the address may be somebody else's."""
    row = await tx.row(_RECEIPT, report=event.report_id)
    if row is not None and row["before"] < RECEIPTS_A_DAY:
        await office.post(compose_receipt(office.sender, row))


async def mail_alarm(office: Mailer, tx: Transaction, event: DangerFlagged) -> None:
    """Tell all administrators at once that somebody may be in danger."""
    for row in await tx.rows(_ADMINISTRATORS):
        await office.post(compose_alarm(office.sender, _administrator(row), event.case_id))


async def mail_escalation(office: Mailer, tx: Transaction, event: CaseEscalated) -> None:
    """Tell all administrators at once that a case was handed to them."""
    for row in await tx.rows(_ADMINISTRATORS):
        await office.post(compose_escalation(office.sender, _administrator(row), event.case_id))


async def notify_next_reporter(office: Mailer, db: Database) -> bool:
    """Tell one of those who reported what was decided, once it cannot be undone without a trace. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_UNTOLD, settled=now - UNDO_WINDOW)
        if row is None:
            return False
        await tx.run(_TOLD, report=row["id"], now=now)
        if row["member_id"] is not None:
            told = {MemberId(row["member_id"]): {"code": "report_decided"}}
            await notify(tx, "report_decided", None, None, told, row["decision"])
        if row["email"] is not None:
            await office.post(compose_outcome(office.sender, row, await load_templates(tx)))
    return True


async def notify_next_flagger(db: Database) -> bool:
    """Tell one member who flagged something what was decided, once it stands. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_FLAGGED, settled=now - UNDO_WINDOW)
        if row is None:
            return False
        await tx.run(_FLAG_TOLD, flag=row["id"], now=now)
        told = {MemberId(row["member_id"]): {"code": "report_decided"}}
        await notify(tx, "flag_decided", None, None, told, row["decision"])
    return True


async def erase_reporters(db: Database) -> bool:
    """Drop names and addresses of those whose reports were decided so long ago that nobody can appeal. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        return await tx.run(_FORGET, now=now, before=now - KEPT_AFTER_DECISION) > 0


# What the composition root binds to its office and puts among its reactions.
REPORT_EMAIL_HANDLERS: Mapping[type[Event], Callable[[Mailer, Transaction, Any], Awaitable[None]]] = {
    ReportReceived: mail_receipt,
    DangerFlagged: mail_alarm,
    CaseEscalated: mail_escalation,
}


def compose_receipt(sender: Sender, report: Record) -> OutgoingEmail:
    """That a report is here, and where one sees what becomes of it."""
    to = _reporter(report)
    return sender.compose(
        to,
        "receipt",
        moment=sender.translations_for(to).moment(report["received_at"], to.time_zone),
        address=report["address"],
        link=f"{sender.url}/report/{report['reference']}",
    )


def compose_outcome(sender: Sender, report: Record, templates: Templates) -> OutgoingEmail:
    """What was decided about what somebody reported, why, and what one can do about it."""
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
    """That a case is for the administrators."""
    return sender.compose(to, "escalation", link=f"{sender.url}/queue?case={case_id}")


def compose_alarm(sender: Sender, to: Recipient, case_id: int) -> OutgoingEmail:
    """That somebody says that a life is in danger."""
    return sender.compose(to, "alarm", link=f"{sender.url}/queue?case={case_id}")


def _reporter(report: Record) -> Recipient:
    # Not by name: the address may be somebody else's.
    return Recipient(
        email=report["email"], letters_in=report["letters_in"], time_zone=report["time_zone"] or "UTC"
    )


def _administrator(row: Record) -> Recipient:
    return Recipient(email=row["email"], handle=row["handle"], letters_in=row["letters_in"])
