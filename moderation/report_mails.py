"""What whoever reported is told by mail, and how administrators hear of danger: receipts, decisions, alarms."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from asyncpg import Record

from core import clock
from core.events import Event
from members.mail import Letter, Sender
from members.mailing import Office
from moderation.events import CaseEscalated, DangerFlagged, ReportReceived
from moderation.policy import SETTLES_AFTER
from storage.database import Database, Transaction
from storage.statements import statement

# So many receipts go to one address in a day: more would be a way to flood somebody else's mailbox.
RECEIPTS_A_DAY = 10
# As long as a decision can be appealed; then nobody needs to know any more who reported.
KEPT_AFTER_DECISION = timedelta(days=184)

_RECEIPT = statement("""
SELECT r.reference, r.address, r.email, r.received_at, (
    SELECT count(*) FROM reports o WHERE o.email = r.email AND o.received_at > r.received_at - interval '1 day'
        AND o.id < r.id) AS before
FROM reports r WHERE r.id = :report AND r.email IS NOT NULL
""")
_UNTOLD = statement("""
SELECT r.id, r.reference, r.address, r.email, d.action, d.rule, d.facts
FROM reports r JOIN LATERAL (
    SELECT * FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at >= r.received_at
    ORDER BY d.decided_at DESC, d.id DESC LIMIT 1
) d ON d.decided_at <= :settled
WHERE r.told_at IS NULL AND r.email IS NOT NULL
ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
""")
_TOLD = statement("UPDATE reports SET told_at = :now WHERE id = :report")
_FORGET = statement("""
UPDATE reports SET name = NULL, email = NULL, forgotten_at = :now WHERE id IN (
    SELECT r.id FROM reports r WHERE r.forgotten_at IS NULL AND r.received_at < :before AND EXISTS (
        SELECT FROM decisions d WHERE d.case_id = r.case_id AND d.undone_at IS NULL AND d.decided_at < :before)
    ORDER BY r.id LIMIT 100 FOR UPDATE SKIP LOCKED)
""")
_ADMINISTRATORS = statement("""
SELECT DISTINCT m.id, m.email FROM duties d JOIN members m ON m.id = d.member_id
WHERE d.duty = 'administrator' AND m.email IS NOT NULL ORDER BY m.id
""")


async def mail_receipt(office: Office, tx: Transaction, event: ReportReceived) -> None:
    """Tell whoever reported that the report is here, without what it says: the address may be somebody else's."""
    row = await tx.row(_RECEIPT, report=event.report_id)
    if row is not None and row["before"] < RECEIPTS_A_DAY:
        await office.post(receipt(office.sender, row))


async def mail_alarm(office: Office, tx: Transaction, event: DangerFlagged) -> None:
    """Tell all administrators at once that somebody may be in danger."""
    for row in await tx.rows(_ADMINISTRATORS):
        await office.post(alarm(office.sender, row["email"], event.case_id))


async def mail_escalation(office: Office, tx: Transaction, event: CaseEscalated) -> None:
    """Tell all administrators at once that a case was handed to them."""
    for row in await tx.rows(_ADMINISTRATORS):
        await office.post(escalation(office.sender, row["email"], event.case_id))


async def tell_outcome(office: Office, db: Database) -> bool:
    """Tell one of those who reported what was decided, once it cannot be undone without a trace. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_UNTOLD, settled=now - SETTLES_AFTER)
        if row is None:
            return False
        await tx.run(_TOLD, report=row["id"], now=now)
        await office.post(outcome(office.sender, row))
    return True


async def forget_reporters(db: Database) -> bool:
    """Drop names and addresses of those whose reports were decided so long ago that nobody can appeal. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        return await tx.run(_FORGET, now=now, before=now - KEPT_AFTER_DECISION) > 0


# What the composition root binds to its office and puts among its reactions.
REPORT_MAILS: Mapping[type[Event], Callable[[Office, Transaction, Any], Awaitable[None]]] = {
    ReportReceived: mail_receipt,
    DangerFlagged: mail_alarm,
    CaseEscalated: mail_escalation,
}


def receipt(sender: Sender, report: Record) -> Letter:
    """That a report is here, and where one sees what becomes of it."""
    return sender.letter(
        report["email"],
        "We have your report",
        "Hello,",
        f"on {report['received_at']:%d %B %Y, %H:%M} UTC somebody, probably you, reported this to us:\n{report['address']}",
        "A person will look at it, and we shall write to you what was decided. No program decides. You can see how it "
        f"stands here; whoever has this address can see it, so keep it:\n{sender.url}/report/{report['reference']}",
        "Nobody but administrators can see who reported, and each time one looks is written down. If it was not you, "
        "there is nothing you need to do.",
    )


def outcome(sender: Sender, report: Record) -> Letter:
    """What was decided about what somebody reported, why, and what one can do about it."""
    if report["action"] == "no_action":
        said = (
            "We have looked at it and take no action: we find nothing in it that the law or our rules forbid."
        )
    else:
        said = "We have looked at it and taken measures against it."
    reason = [f"{report['rule']}: {report['facts']}"] if report["rule"] else []
    return sender.letter(
        report["email"],
        "What was decided about your report",
        "Hello,",
        f"you reported this to us:\n{report['address']}",
        said,
        *reason,
        "It was decided by a person, without a program. If you think that it is wrong, you can ask for another moderator "
        f"to look at it within six months:\n{sender.url}/report/{report['reference']}",
        "You can also turn to a court, or to a body for the settlement of disputes that is certified in the European Union.",
    )


def escalation(sender: Sender, to: str, case_id: int) -> Letter:
    """That a case is for the administrators."""
    return sender.letter(
        to,
        "A case was handed to you",
        "Hello,",
        "a moderator has handed a case to the administrators, and says why among its notes. Nobody else can decide it "
        f"now:\n{sender.url}/queue?case={case_id}",
    )


def alarm(sender: Sender, to: str, case_id: int) -> Letter:
    """That somebody says that a life is in danger."""
    return sender.letter(
        to,
        "Somebody may be in danger",
        "Hello,",
        f"somebody says that a life or a person's safety is in danger. The case is first in the queue:\n"
        f"{sender.url}/queue?case={case_id}",
        "If it is true, tell the police or the authority of the country concerned at once.",
    )
