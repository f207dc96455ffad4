"""Evidence: the links of entries, looked at in the background, again and again, less often the longer they hold."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import Struct

from boards.events import EntryChanged
from boards.evidence.http_check import CheckResult, HttpChecker
from core import clock
from storage.database import Database
from storage.statements import statement

# Looked at again: what was found, what was not found (twice as long each time), what is not looked at by rule.
FOUND_AGAIN = timedelta(days=30)
MISSED_AGAIN = timedelta(hours=6)
LONGEST = timedelta(days=30)
# As long nobody else looks; a worker that dies in between gives it back.
LEASE = timedelta(minutes=5)

# What nobody sees any more is not looked at.
_TAKE = statement("""
UPDATE evidence SET due_at = :until WHERE id = (
    SELECT v.id FROM evidence v JOIN entries e ON e.id = v.entry_id JOIN posts p ON p.id = e.post_id
    WHERE v.due_at <= :now AND p.state = 'published' AND e.merged_into IS NULL
    ORDER BY v.due_at, v.id LIMIT 1 FOR UPDATE OF v SKIP LOCKED
) RETURNING id, url, failures
""")
# Told only where it is found otherwise than before.
_SEEN = statement("""
UPDATE evidence v SET state = :state, status = :status, reached = :reached, checked_at = :now, due_at = :due,
    failures = :failures
FROM evidence old, entries e WHERE old.id = v.id AND v.id = :id AND e.id = v.entry_id
RETURNING e.board_id, v.entry_id, old.state <> v.state AS is_news
""")

Look = Callable[[str], Awaitable[CheckResult]]


class DueLink(Struct, frozen=True):
    """A link to look at, and how often in a row it was not found."""

    id: int
    url: str
    failures: int


def link_check_job(check: Look | None = None) -> Callable[[Database], Awaitable[bool]]:
    """The chore that looks at one link that is due; no transaction is open while the other side is waited for."""
    ask = check or HttpChecker().check

    async def look_at_evidence(db: Database) -> bool:
        now = clock.now()
        async with db.begin() as tx:
            row = await tx.row(_TAKE, now=now, until=now + LEASE)
        if row is None:
            return False
        taken = DueLink(row["id"], row["url"], row["failures"])
        await _write(db, taken, await ask(taken.url))
        return True

    return look_at_evidence


def next_check_at(seen: CheckResult, failures: int, now: datetime) -> datetime:
    """When to look again."""
    if seen.state in ("reachable", "refused"):
        return now + FOUND_AGAIN
    return now + min(MISSED_AGAIN * (1 << min(failures - 1, 10)), LONGEST)


async def _write(db: Database, taken: DueLink, seen: CheckResult) -> None:
    now = clock.now()
    failures = taken.failures + 1 if seen.state in ("gone", "unreachable") else 0
    found = {"state": seen.state, "status": seen.status, "reached": seen.reached, "failures": failures}
    async with db.begin() as tx:
        row = await tx.row(_SEEN, id=taken.id, now=now, due=next_check_at(seen, failures, now), **found)
        if row is not None and row["is_news"]:
            await tx.record(EntryChanged(board_id=row["board_id"], entry_id=row["entry_id"]))
