"""The mail lane: sends the e-mails of the outbox, several at once, outside transactions, and apart from all other work.

Lease the row, write the e-mail from what is true and visible now, send it, mark the row: if this process dies between the
last two, the lease ends and the e-mail is sent again with the same Message-ID (decision 51).
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from time import monotonic

import structlog
from msgspec.structs import replace

from community.settings.settings import CurrentSettings
from core.errors import Refusal, Unavailable
from members.emails.email_jobs import Mailer
from members.emails.emails import OutgoingEmail, Sender
from members.emails.failing_addresses import is_failing, mark_failing
from members.emails.outbox import (
    ACCOUNT,
    NOTIFICATION,
    EmailKind,
    QueuedEmail,
    finish_email,
    lease_next_email,
    postpone_email,
)
from storage.database import Database, Transaction
from storage.failures import DATABASE_ERRORS
from tertulia.mail.faults import MailFailed
from tertulia.mail.kinds import EMAIL_KINDS
from tertulia.mail.transport import make_mailer
from tertulia.settings import Settings

log = structlog.get_logger()

# So many e-mails are on their way at once. The last place, if there are several, is for those that somebody waits for.
PLACES = 8
# Seconds: between looks at an empty outbox, and after a failure of the database; for one e-mail (less than its lease), and
# to finish when the process stops.
PAUSE = 0.5
DATABASE_RETRY = 2.0
LONGEST_SENDING = 100.0
GRACE = 5.0
# When the mail server takes no e-mail, the lane rests for 1 s, 2 s, 4 s ... 30 s, and then tries again.
FIRST_REST, LONGEST_REST = 1.0, 30.0


def make_lane(db: Database, settings: Settings) -> "MailLane":
    """Return the mail lane of a process with these settings."""
    return MailLane(db, make_mailer(settings), places=settings.smtp_connections)


class MailLane:
    """Takes e-mails out of the outbox and sends them with the mailer."""

    def __init__(
        self,
        db: Database,
        mailer: Mailer,
        kinds: Mapping[str, EmailKind] = EMAIL_KINDS,
        places: int = PLACES,
    ) -> None:
        self.db = db
        self.settings = CurrentSettings(db)
        self.places = places
        self.mailer = mailer
        self.kinds = kinds
        self.rest = FIRST_REST
        self.rests_until = 0.0

    async def run(self, is_paused: Callable[[], Awaitable[bool]]) -> None:
        """Send e-mails until cancelled; then finish those that are on their way."""
        on_their_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                try:
                    while not await is_paused() and (email := await self._lease(len(on_their_way))):
                        on_their_way.add(asyncio.create_task(self._send(email)))
                    await self.mailer.rest()
                except (Refusal, *DATABASE_ERRORS) as error:
                    log.warning("the mail lane waits for the database", error=type(error).__name__)
                    await asyncio.sleep(DATABASE_RETRY)
                on_their_way = await self._wait_a_little(on_their_way)
        finally:
            if on_their_way:
                await asyncio.wait(on_their_way, timeout=GRACE)
            for task in on_their_way:
                task.cancel()
            await self.mailer.close()

    async def send_due(self) -> bool:
        """Send the e-mails that are due, one after the other; return whether there were any."""
        had_any = False
        while email := await self._lease(0):
            await self._send(email)
            had_any = True
        return had_any

    async def _wait_a_little(self, tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait until one of the tasks ends, or for the pause; return those that have not ended."""
        if not tasks:
            await asyncio.sleep(PAUSE)
            return tasks
        ended, waiting = await asyncio.wait(tasks, timeout=PAUSE, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            # The lease of its e-mail ends by itself.
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("an e-mail was left on its way", error=type(error).__name__)
        return waiting

    async def _lease(self, busy: int) -> QueuedEmail | None:
        if busy >= self.places or monotonic() < self.rests_until:
            return None
        least_urgent = ACCOUNT if 0 < busy == self.places - 1 else NOTIFICATION
        async with self.db.begin() as tx:
            return await lease_next_email(tx, list(self.kinds), least_urgent)

    async def _send(self, email: QueuedEmail) -> None:
        kind = self.kinds[email.kind]
        sender = await self._sender()
        try:
            outgoing = await self.db.run(lambda tx: self._compose(tx, kind, email, sender))
        except Unavailable:
            return  # the lease ends by itself
        except Exception as error:  # a mistake of ours in one kind of e-mail
            await self._give_back(email, None, _unexpected("written", error))
            return
        if outgoing is None:
            return
        try:
            async with asyncio.timeout(LONGEST_SENDING):
                await self.mailer.send(outgoing)
        except MailFailed as failure:
            await self._give_back(email, outgoing, failure)
        except Exception as error:
            await self._give_back(email, outgoing, _unexpected("sent", error))
        else:
            self.rest, self.rests_until = FIRST_REST, 0.0
            await self._mark(lambda tx: self._finish(tx, kind, email))
            log.info("mail sent", email=email.id, kind=email.kind)

    async def _sender(self) -> Sender:
        """Return the sender with the name that the community has now: administrators can change it in the browser."""
        sender, changed = self.mailer.sender, (await self.settings.known.get()).name
        names = changed.value["texts"] if changed else {}
        if sender.language not in names:
            return sender
        return replace(sender, community=names[sender.language], names=names)

    async def _compose(
        self, tx: Transaction, kind: EmailKind, email: QueuedEmail, sender: Sender
    ) -> OutgoingEmail | None:
        outgoing = await kind.compose(sender, tx, email)
        if outgoing is None:
            await finish_email(tx, email, "not_needed")
            return None
        member = None if kind.tries_failing else email.member_id
        if member is not None and await is_failing(tx, member, outgoing.to):
            await finish_email(tx, email, "suppressed")
            return None
        return replace(outgoing, id=email.message_id)

    async def _finish(self, tx: Transaction, kind: EmailKind, email: QueuedEmail) -> None:
        await finish_email(tx, email, "sent")
        if kind.on_sent is not None:
            await kind.on_sent(tx, email)

    async def _give_back(
        self, email: QueuedEmail, outgoing: OutgoingEmail | None, failure: MailFailed
    ) -> None:
        log.warning("mail not sent", email=email.id, kind=email.kind, fault=failure.fault, error=str(failure))
        if failure.fault == "server" and monotonic() >= self.rests_until:
            self.rests_until = monotonic() + self.rest
            self.rest = min(self.rest * 2, LONGEST_REST)
        await self._mark(lambda tx: self._fail(tx, email, outgoing, failure))

    async def _fail(
        self, tx: Transaction, email: QueuedEmail, outgoing: OutgoingEmail | None, failure: MailFailed
    ) -> None:
        if failure.fault == "address" and email.member_id is not None and outgoing is not None:
            await mark_failing(tx, email.member_id, outgoing.to)
        if failure.fault in ("address", "message"):
            await finish_email(tx, email, "failed", str(failure))
        elif not await postpone_email(tx, email, str(failure), counts=failure.fault != "server"):
            log.error("mail given up", email=email.id, kind=email.kind, error=str(failure))

    async def _mark(self, change: Callable[[Transaction], Awaitable[None]]) -> None:
        """Write what became of an e-mail, also if the database is away for a moment; then its lease ends by itself."""
        for pause in (1, 5, 15, 30):
            try:
                await self.db.run(change)
                return
            except Unavailable:
                await asyncio.sleep(pause)
        log.error("what became of an e-mail could not be stored; it will be sent again")


def _unexpected(what: str, error: Exception) -> MailFailed:
    """Return the failure for a mistake of ours. A traceback is not logged, because its values contain the address."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return MailFailed(
        f"it was not {what}: {type(error).__name__} in {Path(at.filename).name}, line {at.lineno}", "later"
    )
