"""Timers of topics: setting them, and the scheduled job that runs the due ones.

A timer opens, closes or archives a topic, reminds a member of it, or ends a pin or slow mode.
"""

from asyncpg import Record

from core import clock
from core.actor import Actor
from core.ids import MemberId, SectorId, TopicId
from core.text import tidy
from forum.notifications.notifications import notify
from forum.policy import TopicFacts, ensure_can_manage
from forum.topics.shapes import NewTimer, TimerKind, TimerList
from forum.topics.status import AlreadyPast, run_timer
from forum.topics.timers import delete_timer, list_timers, save_timer
from forum.topics.topics import get_topic
from storage.database import Database, Reader, Transaction
from storage.quarantine import ItemJob
from storage.statements import statement

# The lock on the topic's row is the lease of its timers: no second worker can run one of them at the same time.
_LOCK_TOPIC_OF_NEXT_TIMER = statement("""
SELECT d.topic_id || ' ' || d.kind AS item, t.id, t.sector_id, t.kind, t.author_id, t.version, d.kind AS timer
FROM topic_timers d JOIN topics t ON t.id = d.topic_id
WHERE d.due_at <= :now AND t.merged_into IS NULL AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'timers' AND w.item = d.topic_id || ' ' || d.kind AND w.due_at > :now)
ORDER BY d.due_at, d.topic_id, d.kind LIMIT 1
FOR NO KEY UPDATE OF t SKIP LOCKED
""")
_DELETE_DUE_TIMER = statement("""
DELETE FROM topic_timers WHERE topic_id = :topic AND kind = :timer AND due_at <= :now RETURNING note, set_by
""")
# Removed first, because a member is notified of the same thing only once, but reminders may repeat.
_DELETE_REMINDER_NOTIFICATION = statement("""
DELETE FROM notifications WHERE member_id = :member AND topic_id = :topic AND kind = 'reminder'
""")


async def set_timer(tx: Transaction, actor: Actor, topic_id: TopicId, kind: TimerKind, new: NewTimer) -> None:
    """Schedule an action for a topic, replacing a timer of the same kind; raise NotFound, NotModerator, TopicStays or
    AlreadyPast."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_manage(actor, topic)
    if new.at <= clock.now():
        raise AlreadyPast(field="at")
    await save_timer(tx, topic_id, kind, new.at, tidy(new.note), actor.signed_in())


async def unset_timer(tx: Transaction, actor: Actor, topic_id: TopicId, kind: TimerKind) -> None:
    """Cancel the timer of this kind; raise NotFound, NotModerator or TopicStays."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_manage(actor, topic)
    await delete_timer(tx, topic_id, kind)


async def read_timers(tx: Reader, actor: Actor, topic_id: TopicId) -> TimerList:
    """Return the timers of a topic for its moderators; raise NotFound, NotModerator or TopicStays."""
    ensure_can_manage(actor, await get_topic(tx, actor, topic_id))
    return TimerList(await list_timers(tx, topic_id))


async def run_next_timer(db: Database) -> bool:
    """Run one due timer; return False if none is due. This is a scheduled job."""
    return await _TIMERS.run_next(db)


async def _take_timer(tx: Transaction) -> Record | None:
    return await tx.row(_LOCK_TOPIC_OF_NEXT_TIMER, now=clock.now())


async def _run_timer(tx: Transaction, row: Record) -> None:
    timer = await tx.row(_DELETE_DUE_TIMER, topic=row["id"], timer=row["timer"], now=clock.now())
    if timer is None:
        return  # another worker ran it first
    topic = TopicFacts(
        id=TopicId(row["id"]),
        sector_id=SectorId(row["sector_id"]),
        kind=row["kind"],
        author_id=row["author_id"],
        is_locked=False,
        is_gone=False,
        version=row["version"],
    )
    if row["timer"] != "remind":
        await run_timer(tx, topic, row["timer"], timer["note"])
    elif timer["set_by"] is not None:
        member = MemberId(timer["set_by"])
        await tx.run(_DELETE_REMINDER_NOTIFICATION, member=member, topic=topic.id)
        reason = timer["note"] or {"code": "reminder"}
        await notify(tx, "reminder", topic.id, None, {member: reason})


_TIMERS = ItemJob("timers", _take_timer, _run_timer)
