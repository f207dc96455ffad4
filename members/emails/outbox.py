"""The outbox: an e-mail is a row per event and recipient, written in the transaction of the event (decision 51).

A row has neither text nor address. The mail lane (tertulia/mail/lane.py) writes the e-mail when it sends it, so that nothing
is sent that was hidden since, or to somebody who lost access.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import uuid4

from msgspec import Struct

from core import clock
from core.ids import MemberId
from members.emails.emails import OutgoingEmail, Sender
from storage.database import Transaction
from storage.statements import statement

Outcome = Literal["sent", "not_needed", "suppressed", "failed", "given_up", "discarded"]

# Longer than sending can take (tertulia/mail/lane.py): what is leased for longer was left by a process that died.
LEASE = timedelta(minutes=2)
# Waits after failures that are about one e-mail. Those of the mail server delay no e-mail beyond its return.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
# RFC 5321, 4.5.4.1: the give-up time is generally at least 4-5 days for a relay; we are the author, who can be asked again.
GIVEN_UP_AFTER = timedelta(days=3)
DONE_RETENTION = timedelta(days=14)
# The lowest is the most urgent: a life in danger; links that somebody waits for; decisions; notifications.
DANGER, ACCOUNT, DECISION, NOTIFICATION = range(4)

_INSERT_EMAIL = statement("""
INSERT INTO outbox (event, kind, recipient, member_id, facts, message_id, priority, queued_at, due_at)
VALUES (:event, :kind, :recipient, :member, :facts, :message_id, :priority, :now, :now)
ON CONFLICT (event, kind, recipient) DO NOTHING
""")
# One at a time takes the next e-mail, in a transaction of milliseconds: so two never take e-mails to one recipient.
_LOCK_OUTBOX = statement("SELECT pg_advisory_xact_lock(hashtext('outbox'))")
_LEASE_NEXT_EMAIL = statement("""
UPDATE outbox SET leased_until = :lease WHERE id = (
    SELECT o.id FROM outbox o
    WHERE o.done_at IS NULL AND o.due_at <= :now AND (o.leased_until IS NULL OR o.leased_until <= :now)
        AND o.priority <= :least_urgent AND o.kind = ANY(CAST(:kinds AS text[]))
        AND NOT EXISTS (SELECT FROM outbox b WHERE b.recipient = o.recipient AND b.done_at IS NULL AND b.leased_until > :now)
        AND NOT EXISTS (SELECT FROM switches WHERE name = 'mail_held')
    ORDER BY o.priority, o.due_at, o.id LIMIT 1)
RETURNING id, kind, member_id, facts, message_id, attempts, leased_until
""")
_UPDATE_DONE_EMAIL = statement("""
UPDATE outbox SET done_at = :now, outcome = :outcome, error = :error, leased_until = NULL WHERE id = :id AND done_at IS NULL
""")
_UPDATE_FAILED_EMAIL = statement("""
UPDATE outbox SET attempts = attempts + :counted, error = :error, failing_since = coalesce(failing_since, :now),
    leased_until = NULL, due_at = :due, done_at = CASE WHEN failing_since <= :give_up THEN CAST(:now AS timestamptz) END,
    outcome = CASE WHEN failing_since <= :give_up THEN 'given_up' END
WHERE id = :id AND done_at IS NULL AND leased_until = :lease
RETURNING outcome
""")
_DELETE_EMAILS_TO = statement("DELETE FROM outbox WHERE recipient = :recipient")
_DELETE_DONE_EMAILS = statement("DELETE FROM outbox WHERE done_at < :before")


class QueuedEmail(Struct, frozen=True, kw_only=True):
    """An e-mail that one process is sending: for which member (None for others), the ids that it is about, how often it
    failed, and until when nobody else sends it."""

    id: int
    kind: str
    member_id: MemberId | None
    facts: Mapping[str, Any]
    message_id: str
    attempts: int
    leased_until: datetime


class EmailKind(Struct, frozen=True, kw_only=True):
    """A kind of e-mail. `compose` writes it when it is sent, or returns None if there is nothing to say any more; `on_sent`
    runs in the transaction that marks it as sent. `tries_failing` kinds are sent to addresses that refused an e-mail."""

    name: str
    compose: Callable[[Sender, Transaction, QueuedEmail], Awaitable[OutgoingEmail | None]]
    priority: int
    tries_failing: bool = False
    on_sent: Callable[[Transaction, QueuedEmail], Awaitable[None]] | None = None


async def queue_email(
    tx: Transaction,
    kind: EmailKind,
    to: MemberId | str,
    facts: Mapping[str, int | Sequence[int]],
    *,
    event: str = "",
    message_id: str = "",
) -> bool:
    """Queue an e-mail to a member, or to the address of somebody who is none; return False if it was queued before.

    Of one event, a recipient gets one e-mail of a kind. In handlers the event is known; jobs give a row, as "report/7".
    """
    is_member = not isinstance(to, str)
    event = event or tx.handled_event
    if not event:
        raise ValueError("an e-mail needs the event that it follows from")
    return bool(
        await tx.run(
            _INSERT_EMAIL,
            event=event,
            kind=kind.name,
            recipient=f"member/{to}" if is_member else f"address/{_hash(str(to))}",
            member=to if is_member else None,
            facts=facts,
            message_id=message_id or f"{kind.name}-{uuid4().hex}",
            priority=kind.priority,
            now=clock.now(),
        )
    )


async def lease_next_email(tx: Transaction, kinds: Sequence[str], least_urgent: int) -> QueuedEmail | None:
    """Lease the most urgent e-mail that is due to a recipient to whom nobody is sending; None if there is none, or if
    e-mails are held. Kinds that only a newer version of the service knows are left to it."""
    now = clock.now()
    await tx.run(_LOCK_OUTBOX)
    binds = {"now": now, "lease": now + LEASE, "kinds": list(kinds), "least_urgent": least_urgent}
    row = await tx.row(_LEASE_NEXT_EMAIL, **binds)
    return None if row is None else QueuedEmail(**row)


async def finish_email(
    tx: Transaction, email: QueuedEmail, outcome: Outcome, error: str | None = None
) -> None:
    """Mark an e-mail as done; one that is done already stays as it is."""
    await tx.run(_UPDATE_DONE_EMAIL, id=email.id, outcome=outcome, error=error, now=clock.now())


async def postpone_email(tx: Transaction, email: QueuedEmail, error: str, *, counts: bool) -> bool:
    """Let a failed e-mail wait for its next attempt; return False if it has failed for three days and is given up.

    `counts` is false if the mail server takes no e-mail at all: then it is due again at once, when the lane goes on.
    """
    now = clock.now()
    wait = WAITS[min(email.attempts, len(WAITS) - 1)] if counts else timedelta()
    outcome = await tx.value(
        _UPDATE_FAILED_EMAIL,
        id=email.id,
        lease=email.leased_until,
        counted=int(counts),
        error=error,
        due=now + wait,
        now=now,
        give_up=now - GIVEN_UP_AFTER,
    )
    return outcome is None


async def delete_emails_to(tx: Transaction, address: str) -> None:
    """Delete the e-mails to an address of somebody who is no member, such as a reporter."""
    await tx.run(_DELETE_EMAILS_TO, recipient=f"address/{_hash(address)}")


async def delete_done_emails(tx: Transaction, now: datetime) -> int:
    """Delete e-mails that were done two weeks ago: nothing that they follow from is repeated then. This is a cleanup."""
    return await tx.run(_DELETE_DONE_EMAILS, before=now - DONE_RETENTION)


def _hash(address: str) -> str:
    return sha256(address.lower().encode()).hexdigest()[:32]
