"""E-mails in tests: a lane that keeps what it sends in memory, and digests that are due."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from core.ids import MemberId
from forum.notifications.digests import queue_next_digest
from members.emails.email_jobs import PASSWORD_CHANGED, Mailer
from members.emails.emails import OutgoingEmail, Sender
from members.emails.outbox import EmailKind, queue_email
from storage.database import Database
from storage.statements import statement
from tertulia.mail.connections import SmtpConnections, Timeouts
from tertulia.mail.lane import MailLane
from tertulia.mail.transport import MailTransport

SENDER = Sender("The Community", "https://forum.example")


_PATIENT = Timeouts(5, 5, 5)


class SentEmails:
    """A mail transport that keeps the e-mails in memory."""

    def __init__(self) -> None:
        self.emails: list[OutgoingEmail] = []

    async def post(self, email: OutgoingEmail) -> None:
        """Keep the e-mail."""
        self.emails.append(email)

    def to(self, address: str) -> list[OutgoingEmail]:
        """Return the e-mails to an address, oldest first."""
        return [email for email in self.emails if email.to == address]

    def token(self, address: str) -> str:
        """Return the token of the link in the latest e-mail to an address."""
        lines = self.to(address)[-1].text.splitlines()
        return next(line for line in lines if line.startswith("http")).rpartition("/")[2]


def a_lane(db: Database, send: Callable[[OutgoingEmail], Awaitable[None]]) -> MailLane:
    """Return a mail lane that sends with this function."""
    return MailLane(db, Mailer(SENDER, send))


def an_smtp_lane(db: Database, url: str, timeouts: Timeouts = _PATIENT) -> MailLane:
    """Return a mail lane that sends to a mail server."""
    transport = MailTransport(SmtpConnections(url, timeouts), Path("nowhere"), "forum@forum.example")
    return MailLane(db, Mailer(SENDER, transport.post, transport.rest, transport.close))


async def queue_for(
    db: Database, member: int, event: str = "test/1", kind: EmailKind = PASSWORD_CHANGED
) -> int:
    """Queue an e-mail to a member, about a changed password; return the id of its row."""
    async with db.begin() as tx:
        assert await queue_email(tx, kind, MemberId(member), {"case": 1}, event=event)
        found: int = await tx.value(statement("SELECT max(id) FROM outbox"))
        return found


async def outcomes(db: Database) -> list[tuple[str | None, str | None]]:
    """Return what became of each e-mail, oldest first: the outcome, or None if it waits, and the last error."""
    async with db.read() as tx:
        rows = await tx.rows(statement("SELECT outcome, error FROM outbox ORDER BY id"))
    return [(row["outcome"], row["error"]) for row in rows]


async def send_digests(db: Database, sent: SentEmails | None = None) -> list[OutgoingEmail]:
    """Queue the digests that are due, and send all e-mails that wait; return those that were sent."""
    sent = sent or SentEmails()
    before, lane, had_any = len(sent.emails), a_lane(db, sent.post), True
    while had_any:
        had_any = False
        while await queue_next_digest(db):
            had_any = True
        had_any = await lane.send_due() or had_any
    return sent.emails[before:]
