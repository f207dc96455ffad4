"""Relocation: moving posts with all replies below them from one topic to another.

A post keeps its id and its parent. In the target topic it gets the next number and is a reply to its parent if the parent
is there, and otherwise a reply to the topic. Former numbers and positions are never reused, so a post that is moved back
gets its own again. The functions check no permissions and record no events.
"""

from collections.abc import Mapping, Sequence

from asyncpg import Record
from msgspec import Struct

from core.ids import TopicId
from forum.moves.relocation_read_state import move_read_state
from forum.posts.tree_path import decode_ordinal, encode_segment, last_segment
from storage.database import Reader, Transaction
from storage.statements import statement

_SELECT_TOPIC_POSTS = statement("""
SELECT id, number, path, depth, parent_id, state FROM posts WHERE topic_id = :topic AND path IS NOT NULL ORDER BY path
""")
_SELECT_BRANCHES = statement("""
SELECT p.id, p.number, p.path, p.depth, p.parent_id, p.state FROM posts p
WHERE p.topic_id = :topic AND EXISTS (
    SELECT FROM posts top WHERE top.id = ANY(CAST(:posts AS bigint[])) AND top.topic_id = :topic
        AND p.path >= top.path AND p.path < top.path || '\\xffffffff'
) ORDER BY p.path
""")
# What each post finds in the target topic: its parent, its former number and path there, and its segment below its parent.
_SELECT_FORMER_POSITIONS = statement("""
SELECT p.id, parent.path AS parent_path, parent.depth AS parent_depth, f.number, f.path,
    (SELECT segment FROM former_places s WHERE s.post_id = p.id AND segment IS NOT NULL LIMIT 1) AS segment
FROM posts p
LEFT JOIN posts parent ON parent.id = p.parent_id AND parent.topic_id = :target
LEFT JOIN former_places f ON f.post_id = p.id AND f.topic_id = :target
WHERE p.id = ANY(CAST(:posts AS bigint[]))
""")
_SELECT_TOPIC_COUNTERS = statement("SELECT last_number, roots FROM topics WHERE id = :topic")
_INSERT_FORMER_PLACES = statement("""
INSERT INTO former_places (topic_id, number, post_id, move_id, path, segment)
SELECT :source, number, post_id, :move, path, segment
FROM unnest(CAST(:posts AS bigint[]), CAST(:numbers AS integer[]), CAST(:paths AS bytea[]), CAST(:segments AS bytea[]))
    AS left_behind (post_id, number, path, segment)
""")
_DELETE_FORMER_PLACES = statement(
    "DELETE FROM former_places WHERE topic_id = :target AND post_id = ANY(CAST(:posts AS bigint[]))"
)
_UPDATE_POST_POSITIONS = statement("""
UPDATE posts SET topic_id = :target, number = n.number, path = n.path, depth = n.depth
FROM unnest(CAST(:posts AS bigint[]), CAST(:numbers AS integer[]), CAST(:paths AS bytea[]), CAST(:depths AS smallint[]))
    AS n (id, number, path, depth)
WHERE posts.id = n.id
""")
_UPDATE_SOURCE_TOPIC = statement("""
UPDATE topics SET answer_id = CASE WHEN answer_id = ANY(CAST(:posts AS bigint[])) THEN NULL ELSE answer_id END,
    post_count = post_count - :published, version = version + 1, moves = moves + 1,
    last_activity_at = coalesce(
    (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND number IS NOT NULL), last_activity_at)
WHERE id = :topic
""")
_UPDATE_TARGET_TOPIC = statement("""
UPDATE topics SET post_count = post_count + :published, version = version + 1, moves = moves + 1,
    last_number = :last, roots = :roots,
    last_activity_at = greatest(last_activity_at,
        (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND number IS NOT NULL))
WHERE id = :topic
""")
# Rows that store the topic of a post are moved with it.
_UPDATE_NOTIFICATIONS = statement("""
UPDATE notifications SET topic_id = :target WHERE post_id = ANY(CAST(:posts AS bigint[])) AND topic_id = :source
""")
_UPDATE_IMPORTED_MAILS = statement("""
UPDATE imported_mails SET topic_id = :target WHERE post_id = ANY(CAST(:posts AS bigint[]))
""")


class _Position(Struct, frozen=True):
    number: int
    path: bytes
    depth: int


async def read_branches(tx: Reader, topic_id: TopicId, posts: Sequence[int] | None) -> list[Record]:
    """Return the rows of the given posts of a topic with all replies below them, or of all its posts, in tree order."""
    if posts is None:
        return await tx.rows(_SELECT_TOPIC_POSTS, topic=topic_id)
    return await tx.rows(_SELECT_BRANCHES, topic=topic_id, posts=list(posts))


async def relocate_posts(
    tx: Transaction, move_id: int, source: TopicId, target: TopicId, rows: Sequence[Record]
) -> None:
    """Move the posts in `rows` (see `read_branches`) to the target topic; the caller has locked both topics."""
    positions = await _find_positions(tx, target, rows)
    ids = [row["id"] for row in rows]
    published = sum(row["state"] == "published" for row in rows)
    await _store_former_places(tx, move_id, source, rows)
    await tx.run(_DELETE_FORMER_PLACES, target=target, posts=ids)
    await tx.run(
        _UPDATE_POST_POSITIONS,
        target=target,
        posts=ids,
        numbers=[positions[id].number for id in ids],
        paths=[positions[id].path for id in ids],
        depths=[positions[id].depth for id in ids],
    )
    old_numbers = [row["number"] for row in rows]
    await move_read_state(tx, source, target, old_numbers, [positions[id].number for id in ids])
    await tx.run(_UPDATE_NOTIFICATIONS, source=source, target=target, posts=ids)
    await tx.run(_UPDATE_IMPORTED_MAILS, target=target, posts=ids)
    await tx.run(_UPDATE_SOURCE_TOPIC, topic=source, published=published, posts=ids)
    counters = await tx.row(_SELECT_TOPIC_COUNTERS, topic=target)
    assert counters is not None
    last = max([counters["last_number"], *(position.number for position in positions.values())])
    root_ordinals = (decode_ordinal(place.path) for place in positions.values() if place.depth == 0)
    roots = max([counters["roots"], *(ordinal + 1 for ordinal in root_ordinals)])
    await tx.run(_UPDATE_TARGET_TOPIC, topic=target, published=published, last=last, roots=roots)


async def _store_former_places(
    tx: Transaction, move_id: int, source: TopicId, rows: Sequence[Record]
) -> None:
    await tx.run(
        _INSERT_FORMER_PLACES,
        source=source,
        move=move_id,
        posts=[row["id"] for row in rows],
        numbers=[row["number"] for row in rows],
        paths=[row["path"] for row in rows],
        segments=[last_segment(row["path"]) if row["depth"] else None for row in rows],
    )


async def _find_positions(tx: Transaction, target: TopicId, rows: Sequence[Record]) -> dict[int, _Position]:
    found = await tx.rows(_SELECT_FORMER_POSITIONS, target=target, posts=[row["id"] for row in rows])
    former = {row["id"]: row for row in found}
    counters = await tx.row(_SELECT_TOPIC_COUNTERS, topic=target)
    assert counters is not None
    paths = _new_paths(rows, former, counters["roots"])
    positions, last = {}, counters["last_number"]
    for row in sorted(rows, key=lambda row: int(row["number"])):
        number = former[row["id"]]["number"]
        if number is None:
            number = last = last + 1
        positions[row["id"]] = _Position(number, *paths[row["id"]])
    return positions


def _new_paths(
    rows: Sequence[Record], former: Mapping[int, Record], roots: int
) -> dict[int, tuple[bytes, int]]:
    paths: dict[int, tuple[bytes, int]] = {}
    for row in sorted(rows, key=lambda row: (row["depth"], row["number"])):
        before = former[row["id"]]
        parent = paths.get(row["parent_id"]) if row["depth"] else None
        if parent is None and before["parent_path"] is not None:
            parent = before["parent_path"], before["parent_depth"]
        segment = last_segment(row["path"]) if row["depth"] else before["segment"]
        if parent is not None and segment is not None:
            paths[row["id"]] = parent[0] + segment, parent[1] + 1
        elif before["path"] is not None and row["parent_id"] is None:
            paths[row["id"]] = before["path"], 0
        else:
            paths[row["id"]] = encode_segment(roots), 0
            roots += 1
    return paths
