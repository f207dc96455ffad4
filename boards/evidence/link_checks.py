"""The scheduled job that checks the links of entries, and checks unreachable links less and less often."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from msgspec import Struct

from boards.events import EntryChanged
from boards.evidence.http_check import CheckResult, HttpChecker
from core import clock
from storage.database import Database
from storage.statements import statement

log = structlog.get_logger()

# A link that was reached, or that may not be requested, is checked again after this time.
RECHECK_INTERVAL = timedelta(days=30)
# A link that was not reached is checked again after this time, which doubles with each failure up to the maximum.
FIRST_RETRY_DELAY = timedelta(hours=6)
MAX_RETRY_DELAY = timedelta(days=30)
# No other worker takes the link during this time; if the worker dies, the link becomes due again.
LEASE = timedelta(minutes=5)

# Links of entries that readers cannot see are not checked.
LEASE_DUE_LINK = statement("""
UPDATE evidence SET due_at = :until WHERE id = (
    SELECT v.id FROM evidence v JOIN entries e ON e.id = v.entry_id JOIN posts p ON p.id = e.post_id
    WHERE v.due_at <= :now AND p.state = 'published' AND e.merged_into IS NULL
    ORDER BY v.due_at, v.id LIMIT 1 FOR UPDATE OF v SKIP LOCKED
) RETURNING id, url, failures
""")
# `is_changed` limits the event to links whose state differs from the previous check.
UPDATE_LINK_STATE = statement("""
UPDATE evidence v SET state = :state, status = :status, reached = :reached, checked_at = :now, due_at = :due,
    failures = :failures
FROM evidence old, entries e WHERE old.id = v.id AND v.id = :id AND e.id = v.entry_id
RETURNING e.board_id, v.entry_id, old.state <> v.state AS is_changed
""")

CheckUrl = Callable[[str], Awaitable[CheckResult]]


class DueLink(Struct, frozen=True):
    """A link to check, and its number of consecutive failures."""

    id: int
    url: str
    failures: int


def link_check_job(check: CheckUrl | None = None) -> Callable[[Database], Awaitable[bool]]:
    """Return the scheduled job that checks one due link; no transaction is open during the HTTP request."""
    check_url = check or HttpChecker().check

    async def check_next_link(db: Database) -> bool:
        now = clock.now()
        async with db.begin() as tx:
            row = await tx.row(LEASE_DUE_LINK, now=now, until=now + LEASE)
        if row is None:
            return False
        link = DueLink(row["id"], row["url"], row["failures"])
        await _store_result(db, link, await _check_or_give_up(check_url, link))
        return True

    return check_next_link


async def _check_or_give_up(check_url: CheckUrl, link: DueLink) -> CheckResult:
    # An address that breaks the check counts as unreachable, and is tried again later and later. Others do not wait for it.
    try:
        return await check_url(link.url)
    except Exception as error:
        log.error("the check of a link failed", link=link.id, exc_info=error)
        return CheckResult("unreachable")


def next_check_at(result: CheckResult, failures: int, now: datetime) -> datetime:
    """Return the time of the next check."""
    if result.state in ("reachable", "refused"):
        return now + RECHECK_INTERVAL
    return now + min(FIRST_RETRY_DELAY * (1 << min(failures - 1, 10)), MAX_RETRY_DELAY)


async def _store_result(db: Database, link: DueLink, result: CheckResult) -> None:
    now = clock.now()
    failures = link.failures + 1 if result.state in ("gone", "unreachable") else 0
    facts = {"state": result.state, "status": result.status, "reached": result.reached, "failures": failures}
    async with db.begin() as tx:
        row = await tx.row(
            UPDATE_LINK_STATE, id=link.id, now=now, due=next_check_at(result, failures, now), **facts
        )
        if row is not None and row["is_changed"]:
            await tx.record(EntryChanged(board_id=row["board_id"], entry_id=row["entry_id"]))
