"""What those are told whom a decision hits: the statement of reasons, and the answer to their appeal."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asyncpg import Record

from core import clock
from core.events import Event
from members.mail import Letter, Sender
from members.mailing import Office
from moderation.events import AppealAnswered
from moderation.policy import SETTLES_AFTER
from moderation.sanctions import scope_of
from storage.database import Database, Transaction
from storage.statements import statement

_UNTOLD = statement("""
SELECT d.id, d.action, d.rule, d.facts, d.automated, m.email, m.handle, x.until, s.name AS sector
FROM decisions d JOIN cases c ON c.id = d.case_id JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
    LEFT JOIN sanctions x ON x.decision_id = d.id LEFT JOIN sectors s ON s.id = x.sector_id
    LEFT JOIN members m ON m.id = p.author_id AND m.email_verified_at IS NOT NULL
WHERE d.author_told_at IS NULL AND d.undone_at IS NULL AND d.reversed_at IS NULL
    AND d.action <> 'no_action' AND d.decided_at <= :settled
ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
""")
_TOLD = statement("UPDATE decisions SET author_told_at = :now WHERE id = :decision")
_ANSWERED = statement("""
SELECT a.decision_id, a.outcome, a.answer, coalesce(m.email, r.email) AS email, r.reference
FROM appeals a LEFT JOIN members m ON m.id = a.member_id AND m.email_verified_at IS NOT NULL
    LEFT JOIN reports r ON r.id = a.report_id
WHERE a.id = :appeal
""")


# What each action is called in its letter.
_TOLD_AS: Mapping[str, tuple[str, str]] = {
    "hide": ("Something you wrote was hidden", "a moderator has hidden something that you wrote here."),
    "lock": (
        "A discussion was locked",
        "a moderator has locked a discussion because of something you wrote.",
    ),
    "warn": ("A warning", "a moderator warns you because of something that you wrote here."),
    "silence": ("You cannot write for a while", "a moderator has decided that you do not write for a while."),
    "suspend": (
        "Your account is suspended",
        "your account is suspended because of something that you wrote.",
    ),
    "remove": ("You were sent out of a room", "a moderator has sent you out of a room for what you wrote."),
}


async def tell_author(office: Office, db: Database) -> bool:
    """Send the statement of reasons for one decision to whoever it hits, once it stands. A chore."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_UNTOLD, settled=now - SETTLES_AFTER)
        if row is None:
            return False
        await tx.run(_TOLD, decision=row["id"], now=now)
        if row["email"] is not None:
            await office.post(statement_of_reasons(office.sender, row))
    return True


async def mail_answer(office: Office, tx: Transaction, event: AppealAnswered) -> None:
    """Tell whoever appealed what was answered."""
    row = await tx.row(_ANSWERED, appeal=event.appeal_id)
    if row is not None and row["email"] is not None:
        await office.post(answer_to_appeal(office.sender, row))


# What the composition root binds to its office and puts among its reactions.
APPEAL_MAILS: Mapping[type[Event], Callable[[Office, Transaction, Any], Awaitable[None]]] = {
    AppealAnswered: mail_answer
}


def statement_of_reasons(sender: Sender, decision: Record) -> Letter:
    """Why something was restricted, how far, how long, and what one can do about it."""
    subject, said = _TOLD_AS[decision["action"]]
    until = (
        f"until {decision['until']:%d %B %Y, %H:%M} UTC" if decision["until"] else "until it is taken back"
    )
    by = "A program took part in it." if decision["automated"] else "A person decided it, no program."
    return sender.letter(
        decision["email"],
        subject,
        f"Hello {decision['handle']},",
        said,
        f"Rule or law: {decision['rule']}\nWhat was found: {decision['facts']}\n"
        f"What it covers: {scope_of(decision['action'], decision['sector'])}\nFor how long: {until}",
        by,
        "You can read your text and the decision here, and for six months ask for another moderator to look at it, without "
        f"any cost:\n{sender.url}/decisions/{decision['id']}",
        "You can also turn to a court, or to a body for the settlement of disputes that is certified in the European Union.",
    )


def answer_to_appeal(sender: Sender, appeal: Record) -> Letter:
    """What another moderator found."""
    if appeal["outcome"] == "reversed":
        said = "another moderator has looked at it, and the decision does not stand."
    else:
        said = "another moderator has looked at it, and the decision stands."
    path = f"/report/{appeal['reference']}" if appeal["reference"] else f"/decisions/{appeal['decision_id']}"
    return sender.letter(
        appeal["email"],
        "The answer to your appeal",
        "Hello,",
        said,
        appeal["answer"],
        f"{sender.url}{path}",
    )
