"""What waits for the worker, in numbers."""

from datetime import datetime

from msgspec import Struct

from core import clock
from storage.database import Reader
from storage.statements import statement

SELECT_BACKLOG = statement("""
SELECT f.due, f.oldest_due, f.dead, n.mails_due, n.oldest_mail_due, s.to_index
FROM (SELECT count(*) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS due,
        min(due_at) FILTER (WHERE dead_at IS NULL AND due_at <= :now) AS oldest_due,
        count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead FROM follow_ups) f,
    (SELECT count(*) AS mails_due, min(mail_due_at) AS oldest_mail_due FROM notifications WHERE mail_due_at <= :now) n,
    (SELECT count(*) AS to_index FROM search_queue) s
""")


class Backlog(Struct, frozen=True):
    """How many follow-up jobs are due and since when, how many were given up, how many notifications wait for an e-mail
    and since when, and how many posts wait for the search index."""

    due: int
    oldest_due: datetime | None
    dead: int
    mails_due: int
    oldest_mail_due: datetime | None
    to_index: int


async def read_backlog(tx: Reader) -> Backlog:
    """Return what waits now."""
    row = await tx.row(SELECT_BACKLOG, now=clock.now())
    assert row is not None
    return Backlog(**row)
