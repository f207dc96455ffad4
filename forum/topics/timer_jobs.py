"""What falls due in topics by the clock: opening, closing, reminding, archiving, the ends of pins and of slow mode."""

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
from storage.statements import statement

# The topic's row is the lease: who holds it is alone with its timers, whichever worker it is. What another one has done
# meanwhile is no longer there to be taken.
_NEXT = statement("""
SELECT t.id, t.sector_id, t.kind, t.author_id, t.version, d.kind AS timer
FROM topic_timers d JOIN topics t ON t.id = d.topic_id
WHERE d.due_at <= :now AND t.merged_into IS NULL ORDER BY d.due_at, d.topic_id, d.kind LIMIT 1
FOR NO KEY UPDATE OF t SKIP LOCKED
""")
_TAKE = statement("""
DELETE FROM topic_timers WHERE topic_id = :topic AND kind = :timer AND due_at <= :now RETURNING note, set_by
""")
# The same reminder may come again: the inbox tells nobody the same thing twice.
_FORGET = statement("""
DELETE FROM notifications WHERE member_id = :member AND topic_id = :topic AND kind = 'reminder'
""")


async def set_timer(tx: Transaction, actor: Actor, topic_id: TopicId, kind: TimerKind, new: NewTimer) -> None:
    """Have something happen to a topic at a time; the same kind again replaces it."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_manage(actor, topic)
    if new.at <= clock.now():
        raise AlreadyPast(field="at")
    await save_timer(tx, topic_id, kind, new.at, tidy(new.note), actor.signed_in())


async def unset_timer(tx: Transaction, actor: Actor, topic_id: TopicId, kind: TimerKind) -> None:
    """Have it not happen."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_manage(actor, topic)
    await delete_timer(tx, topic_id, kind)


async def read_timers(tx: Reader, actor: Actor, topic_id: TopicId) -> TimerList:
    """What will happen to a topic, for those who tend it."""
    ensure_can_manage(actor, await get_topic(tx, actor, topic_id))
    return TimerList(await list_timers(tx, topic_id))


async def run_next_timer(db: Database) -> bool:
    """Do one thing that is due, if there is one."""
    async with db.begin() as tx:
        now = clock.now()
        row = await tx.row(_NEXT, now=now)
        if row is None:
            return False
        taken = await tx.row(_TAKE, topic=row["id"], timer=row["timer"], now=now)
        if taken is None:
            return True  # another worker was first
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
            await run_timer(tx, topic, row["timer"], taken["note"])
        elif taken["set_by"] is not None:
            member = MemberId(taken["set_by"])
            await tx.run(_FORGET, member=member, topic=topic.id)
            why = taken["note"] or {"code": "reminder"}
            await notify(tx, "reminder", topic.id, None, {member: why})
    return True
