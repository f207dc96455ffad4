"""Checks of what waits: follow-up jobs, those given up, e-mails, the search index, switches, and stored counts."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from boards.boards.counters import LAST_NUMBERS_OF_BOARDS
from boards.curation.counters import CONFIRMATIONS_OF_ENTRIES
from core import clock
from forum.posts.counters import REACTIONS_TO_POSTS
from forum.topics.counters import LAST_NUMBERS_OF_TOPICS, POSTS_OF_TOPICS
from gatherings.questions.counters import QUESTIONS_OF_ROOMS, VOTES_FOR_QUESTIONS
from members.emails.failing_addresses import count_failing_addresses
from members.emails.outbox_state import OutboxState, read_outbox_state
from storage.counters import CHANNEL_POSITIONS, Counter, find_wrong, repair
from storage.database import Database, Reader
from storage.event_log import events_kept_from, read_months
from storage.switches import MAIL_HELD, MAINTENANCE, read_switches
from tertulia.doctor.backlog import read_backlog
from tertulia.doctor.findings import Finding, ok, warning, wrong

COUNTERS: Sequence[Counter] = (
    POSTS_OF_TOPICS,
    LAST_NUMBERS_OF_TOPICS,
    REACTIONS_TO_POSTS,
    VOTES_FOR_QUESTIONS,
    QUESTIONS_OF_ROOMS,
    CONFIRMATIONS_OF_ENTRIES,
    LAST_NUMBERS_OF_BOARDS,
    CHANNEL_POSITIONS,
)
LATE, TOO_LATE = timedelta(minutes=1), timedelta(minutes=10)
# A worker tries every two seconds to drop a month, and succeeds when it meets nobody in the log.
DROPPED_WITHIN = timedelta(days=2)


async def check_work(tx: Reader, mail_folder: Path) -> AsyncIterator[Finding]:
    """Check what waits for the worker, what it has given up, and what an operator has switched on."""
    backlog = await read_backlog(tx)
    yield judge_backlog("follow-up jobs", backlog.due, backlog.oldest_due)
    if backlog.dead:
        do = "See why with `tertulia follow-ups list --dead`, then `retry` or `drop` them."
        yield wrong("given up", f"{backlog.dead} follow-up jobs failed for good.", do)
    else:
        yield ok("given up", "No follow-up job failed for good.")
    yield await check_log(tx, clock.now())
    yield judge_backlog("search index", backlog.to_index, None)
    yield judge_backlog("notifications by e-mail", backlog.mails_due, backlog.oldest_mail_due)
    if unsent := _count_letters(mail_folder):
        yield warning(
            "e-mails in the folder", f"{unsent} in {mail_folder}.", "They were never sent; delete them."
        )
    switches = await read_switches(tx)
    yield judge_outbox(
        await read_outbox_state(tx), await count_failing_addresses(tx), is_held=MAIL_HELD in switches
    )
    if held := switches.get(MAIL_HELD):
        since = f"E-mails are held since {held.set_at:%Y-%m-%d %H:%M} UTC."
        yield warning("held e-mails", since, "Release them with `tertulia mail release`.")
    if maintenance := switches.get(MAINTENANCE):
        since = f"Nobody can write since {maintenance.set_at:%Y-%m-%d %H:%M} UTC."
        yield warning("maintenance", since, "End it with `tertulia maintenance off`.")


async def check_log(tx: Reader, now: datetime) -> Finding:
    """Check that the event log has a partition for this month and the next, and that old ones are dropped."""
    next_month = (now.replace(day=1) + timedelta(days=31)).replace(day=1)
    found = await read_months(tx, [now, next_month], events_kept_from(now - DROPPED_WITHIN))
    if found.missing:
        text = f"No partition for {found.missing}: events go to log_other, where they slow down the next one."
        return wrong(
            "event log", text, "Start a worker: it makes partitions. If one runs, its log says what fails."
        )
    if found.overdue:
        do = (
            "End transactions that stay open (pg_stat_activity): a month is dropped when nobody uses the log."
        )
        return warning("event log", f"Not dropped yet: {found.overdue}.", do)
    return ok("event log", f"{found.months} partitions by month, {found.others} events outside of them.")


def _count_letters(folder: Path) -> int:
    return len(list(folder.glob("*.eml"))) if folder.is_dir() else 0


def judge_outbox(state: OutboxState, failing: int, *, is_held: bool) -> Finding:
    """Return the finding for the e-mails that wait and those that failed, with so many failing addresses of members."""
    text = (
        f"{state.waiting} wait, the oldest for {state.oldest_seconds:.0f} s; {state.failed} refused and {state.given_up} "
        f"given up in two weeks; {failing} addresses of members refuse e-mails."
    )
    if state.stuck and not is_held:
        do = "Read the line `mail server` and the worker's log; `tertulia mail list` says what the server answered."
        return wrong("e-mails", text, do)
    if state.given_up:
        do = "`tertulia mail list --failed` says why; when it is mended, `tertulia mail retry --all`."
        return warning("e-mails", text, do)
    return ok("e-mails", text)


def judge_backlog(check: str, waiting: int, oldest: datetime | None) -> Finding:
    """Return the finding for so many waiting things, the oldest of which has been due since `oldest`."""
    if not waiting:
        return ok(check, "Nothing waits.")
    age = clock.now() - oldest if oldest is not None else timedelta()
    since = f", the oldest for {age.total_seconds():.0f} s" if oldest is not None else ""
    text, do = f"{waiting} wait{since}.", "Start the worker, or read its log."
    if age > TOO_LATE:
        return wrong(check, text, do)
    return warning(check, text, do) if age > LATE else ok(check, text)


async def check_counters(db: Database, is_repairing: bool) -> AsyncIterator[Finding]:
    """Compare every stored count with its rows; with `is_repairing`, count the wrong ones again."""
    for counter in COUNTERS:
        async with db.read() as tx:
            found = await find_wrong(tx, counter)
        if found and is_repairing:
            await repair(db, counter, found)
            yield ok(counter.name, f"{len(found)} were wrong and are counted again: {_some(found)}.")
        elif found:
            do = "Run `tertulia doctor --repair`, and report it: it is a bug."
            yield wrong(counter.name, f"{len(found)} differ from their rows: {_some(found)}.", do)
        else:
            yield ok(counter.name, "All agree with their rows.")


def _some(ids: Sequence[object]) -> str:
    return ", ".join(map(str, ids[:5])) + (" ..." if len(ids) > 5 else "")
