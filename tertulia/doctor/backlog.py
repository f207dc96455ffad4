"""What waits for the worker, in numbers."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from core import clock
from storage.database import Reader
from storage.quarantine import count_quarantined
from storage.statements import statement

# The queue of the search can have a row for each post; counting stops where it is long in any case.
MOST_COUNTED = 100_000

SELECT_BACKLOG = statement("""
SELECT f.due, f.oldest_due, f.dead, n.mails_due, n.oldest_mail_due, s.to_index, s.first_to_index
FROM (SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS due,
        min(due_at) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS oldest_due,
        count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead FROM follow_ups) f,
    (SELECT count(*) AS mails_due, min(mail_due_at) AS oldest_mail_due FROM notifications t WHERE mail_due_at <= :now
        AND NOT EXISTS (SELECT FROM outbox o WHERE o.member_id = t.member_id AND o.kind = 'digest' AND o.done_at IS NULL)) n,
    (SELECT count(*) AS to_index, min(id) AS first_to_index FROM (
        SELECT q.id FROM search_queue q WHERE NOT EXISTS (
            SELECT FROM quarantine w WHERE w.job = 'search' AND w.item = CAST(q.post_id AS text))
        ORDER BY q.id LIMIT :most) q) s
""")


class Backlog(Struct, frozen=True):
    """How many follow-up jobs are due and since when, how many were given up, how many notifications are in no e-mail yet
    and since when, how many changed posts wait for the search index (counted up to 100,000) and which row of its queue is
    the first, and how many items of each scheduled job are in quarantine."""

    due: int
    oldest_due: datetime | None
    dead: int
    mails_due: int
    oldest_mail_due: datetime | None
    to_index: int
    first_to_index: int | None
    quarantined: Mapping[str, int]


async def read_backlog(tx: Reader) -> Backlog:
    """Return what waits now."""
    row = await tx.row(SELECT_BACKLOG, now=clock.now(), most=MOST_COUNTED)
    assert row is not None
    return Backlog(**row, quarantined=await count_quarantined(tx))
