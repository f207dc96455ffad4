"""Loading and locking the facts about a board or an entry that permission rules need, if the actor can see it."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, and_, bindparam, exists, select

from boards.policy import BoardFacts, EntryFacts
from boards.tables import board_curators, boards, entries, entry_contributors
from boards.visibility import visible_entries
from core.actor import Actor
from core.errors import NotFound
from core.ids import BoardId, EntryId, TopicId
from forum.tables import posts, topics
from forum.topics.topics import get_topic
from forum.visibility import seen_by, visible_topics
from storage.database import Reader, Transaction
from storage.statements import Statement, statement

_READER = bindparam("reader", type_=BigInteger)
_CURATES = exists().where(board_curators.c.board_id == boards.c.id, board_curators.c.member_id == _READER)
_BOARD = (
    select(
        *boards.c[("id", "sector_id", "topic_id", "opens_at", "consolidates_at", "publishes_at")],
        *boards.c[("version", "last_edition")],
        _CURATES.label("is_curator"),
    )
    .join(topics, topics.c.id == boards.c.topic_id)
    .where(boards.c.id == bindparam("id"), visible_topics())
)
SELECT_BOARD_FACTS = statement(_BOARD)
LOCK_BOARD = statement(_BOARD.with_for_update(key_share=True, of=boards))

_CONTRIBUTED = exists().where(
    entry_contributors.c.entry_id == entries.c.id, entry_contributors.c.member_id == _READER
)
_ENTRY = (
    select(
        *entries.c[("id", "board_id", "topic_id", "post_id", "author_id", "merged_into", "version")],
        posts.c.state.label("post_state"),
        _CONTRIBUTED.label("has_contributed"),
    )
    .join(topics, topics.c.id == entries.c.topic_id)
    .join(posts, posts.c.id == entries.c.post_id)
    .where(and_(entries.c.id == bindparam("id"), visible_entries()))
)
SELECT_BOARD_OF_TOPIC = statement("""
SELECT id AS board, CAST(NULL AS bigint) AS entry FROM boards WHERE topic_id = :topic
UNION ALL SELECT board_id, id FROM entries WHERE topic_id = :topic
""")
SELECT_ENTRY_FACTS = statement(_ENTRY)
LOCK_TOPIC_OF_ENTRY = statement("""
SELECT t.id FROM topics t JOIN entries e ON e.topic_id = t.id WHERE e.id = :id FOR NO KEY UPDATE OF t
""")
# All topics, then all entries, each by id, so that transactions which lock several entries cannot deadlock.
LOCK_TOPICS_OF_ENTRIES = statement("""
SELECT t.id FROM topics t JOIN entries e ON e.topic_id = t.id WHERE e.id = ANY(CAST(:ids AS bigint[]))
ORDER BY t.id FOR NO KEY UPDATE OF t
""")
LOCK_ENTRIES = statement(
    "SELECT id FROM entries WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
LOCK_ENTRY = statement(_ENTRY.with_for_update(key_share=True, of=entries))


async def get_board(tx: Reader, actor: Actor, board_id: BoardId, lock: bool = False) -> BoardFacts:
    """Return the facts about a board, and with `lock` lock its row until the commit; raise NotFound."""
    row = await tx.row(LOCK_BOARD if lock else SELECT_BOARD_FACTS, id=board_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return BoardFacts(**row)


async def find_board_by_topic(tx: Reader, actor: Actor, topic_id: TopicId) -> tuple[BoardId, EntryId | None]:
    """Return the board of a topic, and its entry if the topic belongs to one; raise NotFound if the actor cannot see it."""
    await get_topic(tx, actor, topic_id)
    row = await tx.row(SELECT_BOARD_OF_TOPIC, topic=topic_id)
    if row is None:
        raise NotFound
    return BoardId(row["board"]), None if row["entry"] is None else EntryId(row["entry"])


async def get_entry(tx: Reader, actor: Actor, entry_id: EntryId) -> tuple[BoardFacts, EntryFacts]:
    """Return the facts about an entry and its board; raise NotFound if the actor cannot see the entry."""
    return await _get(tx, actor, entry_id, SELECT_ENTRY_FACTS)


async def lock_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> tuple[BoardFacts, EntryFacts]:
    """Lock an entry until the commit and return the facts about it and its board; raise NotFound.

    The topic is locked first, as every transaction that writes a post does, so that the two cannot deadlock.
    """
    await tx.row(LOCK_TOPIC_OF_ENTRY, id=entry_id)
    return await _get(tx, actor, entry_id, LOCK_ENTRY)


async def lock_entries(tx: Transaction, ids: Sequence[int]) -> None:
    """Lock several entries and their topics until the commit; the caller reads the entries afterwards."""
    await tx.rows(LOCK_TOPICS_OF_ENTRIES, ids=list(ids))
    await tx.rows(LOCK_ENTRIES, ids=list(ids))


async def _get(
    tx: Reader, actor: Actor, entry_id: EntryId, query: Statement
) -> tuple[BoardFacts, EntryFacts]:
    row = await tx.row(query, id=entry_id, **seen_by(actor))
    if row is None:
        raise NotFound
    entry = EntryFacts(**row)
    return await get_board(tx, actor, entry.board_id), entry
