"""What members have read goes along with the posts: nobody finds anew what was read, nor misses what was not."""

from collections.abc import Sequence

from core.ids import TopicId
from forum.events import TopicRead
from storage.database import Transaction
from storage.statements import statement

# A post that comes back to a number that it had: there it was read by who has read it since, not by who had left it.
_FORGET = statement("""
UPDATE readings SET read = readings.read - gone.read
FROM (SELECT range_agg(int4range(n, n, '[]')) AS read FROM unnest(CAST(:arrived AS integer[])) AS n) AS gone
WHERE topic_id = :target AND readings.read && gone.read
""")
_BRING = statement("""
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
# Where they were is nothing left to read.
_LEAVE = statement("""
UPDATE readings SET read = readings.read + gone.read
FROM (SELECT range_agg(int4range(n, n, '[]')) AS read FROM unnest(CAST(:gone AS integer[])) AS n) AS gone
WHERE topic_id = :source AND NOT gone.read <@ readings.read
""")


async def move_read_state(
    tx: Transaction, source: TopicId, target: TopicId, gone: Sequence[int], arrived: Sequence[int]
) -> None:
    """Bring along what was read of posts whose numbers were `gone` and are `arrived`, in the same order."""
    await tx.run(_FORGET, target=target, arrived=arrived)
    told = await tx.rows(_BRING, source=source, target=target, gone=gone, arrived=arrived)
    await tx.run(_LEAVE, source=source, gone=gone)
    await tx.record_all([TopicRead(member_id=row["member_id"], topic_id=target) for row in told])
