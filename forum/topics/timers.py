"""Storage of timers: the actions that are scheduled for a topic, at most one of each kind."""

from datetime import datetime

from core.ids import MemberId, TopicId
from forum.topics.shapes import Timer
from storage.database import Reader, Transaction
from storage.statements import statement

_UPSERT_TIMER = statement("""
INSERT INTO topic_timers (topic_id, kind, due_at, note, set_by) VALUES (:topic, :kind, :due, :note, :member)
ON CONFLICT (topic_id, kind) DO UPDATE SET due_at = excluded.due_at, note = excluded.note, set_by = excluded.set_by
""")
_DELETE_TIMER = statement("DELETE FROM topic_timers WHERE topic_id = :topic AND kind = :kind")
_SELECT_TIMERS = statement(
    "SELECT kind, due_at AS at, note FROM topic_timers WHERE topic_id = :topic ORDER BY due_at, kind"
)


async def save_timer(
    tx: Transaction, topic_id: TopicId, kind: str, due: datetime, note: str, member: MemberId
) -> None:
    """Set the topic's timer of this kind, replacing an earlier one; the caller checks permissions."""
    await tx.run(_UPSERT_TIMER, topic=topic_id, kind=kind, due=due, note=note, member=member)


async def delete_timer(tx: Transaction, topic_id: TopicId, kind: str) -> bool:
    """Delete the topic's timer of this kind; return whether there was one."""
    return await tx.run(_DELETE_TIMER, topic=topic_id, kind=kind) > 0


async def list_timers(tx: Reader, topic_id: TopicId) -> list[Timer]:
    """Return all timers of a topic, the next one first."""
    return [Timer(**row) for row in await tx.rows(_SELECT_TIMERS, topic=topic_id)]
