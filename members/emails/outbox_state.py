"""What an operator sees of the outbox and does with it: numbers, a list, another attempt, and what is never sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from core import clock
from storage.database import Reader, Transaction
from storage.statements import statement

# What nobody could even try for so long means that the mail server or the worker does not work.
STUCK_AFTER = timedelta(minutes=10)

_SELECT_STATE = statement("""
SELECT count(*) FILTER (WHERE done_at IS NULL) AS waiting,
    min(queued_at) FILTER (WHERE done_at IS NULL) AS oldest,
    min(queued_at) FILTER (WHERE done_at IS NULL AND attempts = 0) AS oldest_untried,
    count(*) FILTER (WHERE done_at IS NULL AND attempts = 0 AND queued_at < :stuck) AS stuck,
    count(*) FILTER (WHERE outcome = 'failed') AS failed,
    count(*) FILTER (WHERE outcome = 'given_up') AS given_up
FROM outbox WHERE done_at IS NULL OR outcome IN ('failed', 'given_up')
""")
_SELECT_LAST_SENT = statement("SELECT max(done_at) FROM outbox WHERE outcome = 'sent'")
_SELECT_EMAILS = statement("""
SELECT id, kind, recipient, queued_at, due_at, attempts, error, done_at, outcome FROM outbox
WHERE CASE WHEN :is_failed THEN outcome IN ('failed', 'given_up')
    ELSE done_at IS NULL OR outcome IN ('failed', 'given_up') END
ORDER BY done_at NULLS FIRST, due_at, id LIMIT :count
""")
_RETRY_EMAILS = statement("""
UPDATE outbox SET done_at = NULL, outcome = NULL, attempts = 0, failing_since = NULL, leased_until = NULL, due_at = :now
WHERE (leased_until IS NULL OR leased_until <= :now) AND CASE WHEN CAST(:ids AS bigint[]) IS NULL
    THEN done_at IS NULL OR outcome IN ('failed', 'given_up')
    ELSE id = ANY(CAST(:ids AS bigint[])) AND (done_at IS NULL OR outcome <> 'sent') END
""")
_DISCARD_EMAILS = statement("""
UPDATE outbox SET done_at = :now, outcome = 'discarded', leased_until = NULL WHERE done_at IS NULL
""")


class OutboxState(Struct, frozen=True):
    """How many e-mails wait and since when the oldest does; since when the oldest that nobody could try does, and how many
    of these for ten minutes; and how many of the last two weeks were refused, or given up after three days."""

    waiting: int
    oldest: datetime | None
    oldest_untried: datetime | None
    stuck: int
    failed: int
    given_up: int

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest e-mail that waits, in seconds; 0 if none waits."""
        return 0.0 if self.oldest is None else max(0.0, (clock.now() - self.oldest).total_seconds())


class EmailState(Struct, frozen=True, kw_only=True):
    """An e-mail that waits or failed, without its recipient's address."""

    id: int
    kind: str
    recipient: str
    queued_at: datetime
    due_at: datetime
    attempts: int
    error: str | None
    done_at: datetime | None
    outcome: str | None

    @property
    def line(self) -> str:
        """The e-mail in one line."""
        state = (
            f"{self.outcome} {self.done_at:%Y-%m-%d %H:%M}"
            if self.done_at
            else f"due {self.due_at:%Y-%m-%d %H:%M}"
        )
        parts = [
            f"{self.id:>8}",
            state,
            self.kind,
            self.recipient,
            *([f"{self.attempts} failure{'s' if self.attempts > 1 else ''}"] if self.attempts else []),
            self.error or "",
        ]
        return "  ".join(parts).rstrip()


async def read_outbox_state(tx: Reader) -> OutboxState:
    """Return the numbers of the outbox."""
    row = await tx.row(_SELECT_STATE, stuck=clock.now() - STUCK_AFTER)
    assert row is not None
    return OutboxState(**row)


async def read_last_sent(tx: Reader) -> datetime | None:
    """Return when the last e-mail of the last two weeks was sent, or None."""
    sent: datetime | None = await tx.value(_SELECT_LAST_SENT)
    return sent


async def list_emails(tx: Reader, *, is_failed: bool = False, count: int = 100) -> list[EmailState]:
    """Return e-mails that wait, by the time of their next attempt, and those that failed."""
    return [EmailState(**row) for row in await tx.rows(_SELECT_EMAILS, is_failed=is_failed, count=count)]


async def retry_emails(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Let these e-mails be tried again now, or all that wait or failed; return how many. What was sent stays sent."""
    return await tx.run(_RETRY_EMAILS, ids=None if ids is None else list(ids), now=clock.now())


async def discard_emails(tx: Transaction) -> int:
    """Never send the e-mails that wait; return how many there were."""
    return await tx.run(_DISCARD_EMAILS, now=clock.now())
