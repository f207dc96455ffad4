"""Timers: what is to happen to a topic at a time, as they are kept. (What they do is in due.py.)"""

from datetime import datetime

from core.ids import MemberId, TopicId
from forum.topics.shapes import Timer
from storage.database import Reader, Transaction
from storage.statements import statement

_PUT = statement("""
INSERT INTO topic_timers (topic_id, kind, due_at, note, set_by) VALUES (:topic, :kind, :due, :note, :member)
ON CONFLICT (topic_id, kind) DO UPDATE SET due_at = excluded.due_at, note = excluded.note, set_by = excluded.set_by
""")
_DROP = statement("DELETE FROM topic_timers WHERE topic_id = :topic AND kind = :kind")
_READ = statement(
    "SELECT kind, due_at AS at, note FROM topic_timers WHERE topic_id = :topic ORDER BY due_at, kind"
)


async def save_timer(
    tx: Transaction, topic_id: TopicId, kind: str, due: datetime, note: str, member: MemberId
) -> None:
    """Set the one timer of its kind. No rule is asked."""
    await tx.run(_PUT, topic=topic_id, kind=kind, due=due, note=note, member=member)


async def delete_timer(tx: Transaction, topic_id: TopicId, kind: str) -> bool:
    """Take a timer off; whether there was one."""
    return await tx.run(_DROP, topic=topic_id, kind=kind) > 0


async def list_timers(tx: Reader, topic_id: TopicId) -> list[Timer]:
    """All timers of a topic, the next one first."""
    return [Timer(**row) for row in await tx.rows(_READ, topic=topic_id)]
