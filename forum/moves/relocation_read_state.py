"""Read state after a move: posts that a member has read stay read in the target topic, and unread ones stay unread."""

from collections.abc import Sequence

from core.ids import TopicId
from forum.events import TopicRead
from storage.database import Transaction
from storage.statements import statement

# A post that is moved back gets its former number. For that number only what was read since the first move counts.
_DELETE_READ_NUMBERS_IN_TARGET = statement("""
UPDATE readings SET read = readings.read - gone.read
FROM (SELECT range_agg(int4range(n, n, '[]')) AS read FROM unnest(CAST(:arrived AS integer[])) AS n) AS gone
WHERE topic_id = :target AND readings.read && gone.read
""")
_UPSERT_READ_NUMBERS_IN_TARGET = statement("""
WITH moved AS (
    SELECT * FROM ROWS FROM (unnest(CAST(:gone AS integer[])), unnest(CAST(:arrived AS integer[]))) AS m (gone, arrived)
), whole AS (
    SELECT range_agg(int4range(gone, gone, '[]')) AS gone, range_agg(int4range(arrived, arrived, '[]')) AS arrived FROM moved
)
INSERT INTO readings (member_id, topic_id, read, read_at)
SELECT r.member_id, :target,
    CASE WHEN whole.gone <@ r.read THEN whole.arrived ELSE
        (SELECT range_agg(int4range(arrived, arrived, '[]')) FROM moved WHERE r.read @> moved.gone) END,
    r.read_at
FROM readings r CROSS JOIN whole WHERE r.topic_id = :source AND r.read && whole.gone
ORDER BY r.member_id
ON CONFLICT (member_id, topic_id) DO UPDATE SET read = readings.read + excluded.read
RETURNING member_id
""")
# In the source topic the old numbers count as read, so that no unread posts remain there.
_ADD_READ_NUMBERS_IN_SOURCE = statement("""
UPDATE readings SET read = readings.read + gone.read
FROM (SELECT range_agg(int4range(n, n, '[]')) AS read FROM unnest(CAST(:gone AS integer[])) AS n) AS gone
WHERE topic_id = :source AND NOT gone.read <@ readings.read
""")


async def move_read_state(
    tx: Transaction, source: TopicId, target: TopicId, gone: Sequence[int], arrived: Sequence[int]
) -> None:
    """Transfer the read state of moved posts; `gone` are their old numbers, `arrived` the new ones in the same order."""
    await tx.run(_DELETE_READ_NUMBERS_IN_TARGET, target=target, arrived=arrived)
    rows = await tx.rows(
        _UPSERT_READ_NUMBERS_IN_TARGET, source=source, target=target, gone=gone, arrived=arrived
    )
    await tx.run(_ADD_READ_NUMBERS_IN_SOURCE, source=source, gone=gone)
    await tx.record_all([TopicRead(member_id=row["member_id"], topic_id=target) for row in rows])
