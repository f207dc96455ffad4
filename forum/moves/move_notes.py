"""Move notes: what readers see of moves, in the topic that posts left and in the topic that they came to."""

from collections.abc import Mapping, Sequence

from asyncpg import Record
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.errors import NotFound
from core.ids import TopicId
from core.languages.names import local
from forum.authors import author_of
from forum.moves.shapes import Move, MoveList, TopicRef
from forum.tables import topics
from forum.topics.topics import get_topic
from forum.visibility import seen_by, visible_or_merged
from storage.database import Reader
from storage.statements import statement

# `after` and `first` are found when the notes are read, because the posts around a moved branch may have changed since. Both
# refer to the first post of the moved branches.
_SELECT_MOVES_OF_TOPIC = statement("""
SELECT v.id, v.kind, v.from_topic, v.to_topic, v.posts, v.moved_by, v.moved_at, m.handle, m.display_name,
    m."group" AS author_group, m.picture AS author_picture,
    (SELECT p.id FROM posts p WHERE p.topic_id = v.from_topic AND p.path < first.path ORDER BY p.path DESC LIMIT 1) AS after,
    now_at.id AS first
FROM moves v LEFT JOIN public_authors m ON m.id = v.moved_by
LEFT JOIN LATERAL (
    SELECT f.path FROM former_places f WHERE f.move_id = v.id ORDER BY f.path LIMIT 1
) first ON true
LEFT JOIN LATERAL (
    SELECT p.id FROM former_places f JOIN posts p ON p.id = f.post_id
    WHERE f.move_id = v.id AND p.topic_id = v.to_topic ORDER BY p.path LIMIT 1
) now_at ON true
WHERE (v.from_topic = :topic OR v.to_topic = :topic) AND v.undone_at IS NULL ORDER BY v.id LIMIT 200
""")
_SELECT_MOVE_NOTE = statement("""
SELECT v.id, v.kind, v.from_topic, v.to_topic, v.posts, v.moved_by, v.moved_at, m.handle, m.display_name,
    m."group" AS author_group, m.picture AS author_picture,
    (SELECT p.id FROM posts p WHERE p.topic_id = v.from_topic AND p.path < first.path ORDER BY p.path DESC LIMIT 1) AS after,
    now_at.id AS first
FROM moves v LEFT JOIN public_authors m ON m.id = v.moved_by
LEFT JOIN LATERAL (
    SELECT f.path FROM former_places f WHERE f.move_id = v.id ORDER BY f.path LIMIT 1
) first ON true
LEFT JOIN LATERAL (
    SELECT p.id FROM former_places f JOIN posts p ON p.id = f.post_id
    WHERE f.move_id = v.id AND p.topic_id = v.to_topic ORDER BY p.path LIMIT 1
) now_at ON true
WHERE v.id = :move
""")
_SELECT_TITLES = statement(
    select(topics.c.id, topics.c.title, topics.c.titles).where(
        topics.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), visible_or_merged()
    )
)


async def read_moves(tx: Reader, actor: Actor, topic_id: TopicId) -> MoveList:
    """Return the moves from and to a topic; raise NotFound if the actor cannot see it."""
    await get_topic(tx, actor, topic_id)
    return MoveList(await list_move_notes(tx, actor, topic_id))


async def list_move_notes(tx: Reader, actor: Actor, topic_id: TopicId) -> list[Move]:
    """Return up to 200 moves from and to a topic; the caller has checked that the actor can see it."""
    return await _shown(tx, actor, await tx.rows(_SELECT_MOVES_OF_TOPIC, topic=topic_id))


async def show_move(tx: Reader, actor: Actor, move_id: int) -> Move:
    """Return one move as the actor sees it; raise NotFound."""
    found = await _shown(tx, actor, await tx.rows(_SELECT_MOVE_NOTE, move=move_id))
    if not found:
        raise NotFound
    return found[0]


async def _shown(tx: Reader, actor: Actor, rows: Sequence[Record]) -> list[Move]:
    if not rows:
        return []
    ids = sorted({id for row in rows for id in (row["from_topic"], row["to_topic"])})
    titles = {
        row["id"]: TopicRef(row["id"], local(row["title"], row["titles"]))
        for row in await tx.rows(_SELECT_TITLES, ids=ids, **seen_by(actor))
    }
    return [_move_of(row, titles) for row in rows]


def _move_of(row: Record, titles: Mapping[int, TopicRef]) -> Move:
    return Move(
        id=row["id"],
        kind=row["kind"],
        source=titles.get(row["from_topic"]),
        target=titles.get(row["to_topic"]),
        posts=row["posts"],
        by=author_of(
            row["moved_by"], row["handle"], row["display_name"], row["author_group"], row["author_picture"]
        ),
        at=row["moved_at"],
        after=row["after"],
        first=row["first"],
    )
