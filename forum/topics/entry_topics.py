"""Topics of boards and of their entries. No sector lists the topics of entries, so no event goes to a sector's channel."""

from collections.abc import Sequence
from datetime import datetime

from core.ids import SectorId, TopicId
from forum.events import TopicChanged
from storage.database import Transaction
from storage.statements import statement

INSERT_ENTRY_TOPICS = statement("""
INSERT INTO topics (sector_id, title, kind, author_id, opened_at, last_activity_at, readers)
SELECT :sector, t.title, 'entry', t.author, :now, :now, board.readers
FROM unnest(CAST(:titles AS text[]), CAST(:authors AS bigint[])) WITH ORDINALITY AS t (title, author, ord)
JOIN topics board ON board.id = :board
ORDER BY t.ord RETURNING id
""")
UPDATE_TOPIC_TITLE = statement(
    "UPDATE topics SET title = :title, version = version + 1 WHERE id = :topic AND title <> :title"
)
UPDATE_READERS_OF_TOPICS = statement("""
UPDATE topics SET readers = :readers, version = version + 1
WHERE id = ANY(CAST(:topics AS bigint[])) AND readers <> :readers RETURNING id
""")


async def insert_entry_topics(
    tx: Transaction,
    board_topic: TopicId,
    sector_id: SectorId,
    titles: Sequence[str],
    authors: Sequence[int | None],
    now: datetime,
) -> list[TopicId]:
    """Insert topics of entries, with the readers of their board's topic; return their ids in the given order."""
    rows = await tx.rows(
        INSERT_ENTRY_TOPICS,
        board=board_topic,
        sector=sector_id,
        titles=list(titles),
        authors=list(authors),
        now=now,
    )
    return [TopicId(row["id"]) for row in rows]


async def rename_entry_topic(tx: Transaction, topic_id: TopicId, title: str) -> None:
    """Set the title of an entry's topic."""
    if await tx.run(UPDATE_TOPIC_TITLE, topic=topic_id, title=title):
        await tx.record(TopicChanged(topic_id=topic_id))


async def set_board_readers(tx: Transaction, topics: Sequence[TopicId], readers: str) -> list[TopicId]:
    """Set who can read these topics and return the ids of those that changed, in order. Records no event."""
    rows = await tx.rows(UPDATE_READERS_OF_TOPICS, topics=list(topics), readers=readers)
    return sorted(TopicId(row["id"]) for row in rows)
