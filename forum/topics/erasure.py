"""Erasure of the opener of topics: titles of deleted posts are replaced, and topics of nobody else are withdrawn."""

from core import clock
from core.ids import SectorId, TopicId
from forum.events import TopicChanged, TopicListingChanged
from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETED = "(deleted)"

# A title is deleted with the first post, which it introduces, or if nothing was ever published. Titles of rooms and boards
# are not the opener's words.
SELECT_TOPICS_TO_ERASE = statement("""
SELECT t.id, t.sector_id, t.kind <> ALL('{room,board}') AND (t.last_number = 0 OR EXISTS (
    SELECT FROM posts p WHERE p.topic_id = t.id AND p.number = 1 AND p.body = '' AND p.author_id = :former)) AS is_deleted
FROM topics t WHERE t.author_id = :member AND t.id <> ALL(CAST(:held AS bigint[])) ORDER BY t.id FOR NO KEY UPDATE
""")
UPDATE_TOPICS_UNNAMED = statement("""
UPDATE topics SET author_id = :former, version = version + 1 WHERE id = ANY(CAST(:ids AS bigint[]))
""")
UPDATE_TOPICS_EMPTIED = statement("""
UPDATE topics SET title = :title, tags = '{}', version = version + 1, withdrawn_at = CASE
    WHEN post_count > 0 THEN withdrawn_at ELSE coalesce(withdrawn_at, CAST(:now AS timestamptz)) END
WHERE id = ANY(CAST(:ids AS bigint[]))
""")


async def erase_topics(tx: Transaction, erasure: Erasure) -> list[int]:
    """Make the former member the opener of the member's topics, after the posts; return the topics that lose their title."""
    rows = await tx.rows(
        SELECT_TOPICS_TO_ERASE, member=erasure.member, former=erasure.former, held=erasure.held_topics
    )
    await tx.run(UPDATE_TOPICS_UNNAMED, ids=[row["id"] for row in rows], former=erasure.former)
    deleted = [row["id"] for row in rows if row["is_deleted"]]
    await tx.run(UPDATE_TOPICS_EMPTIED, ids=deleted, title=DELETED, now=clock.now())
    for row in rows:
        await tx.record(
            TopicListingChanged(sector_id=SectorId(row["sector_id"]), topic_id=TopicId(row["id"]))
        )
        await tx.record(TopicChanged(topic_id=TopicId(row["id"])))
    return deleted
