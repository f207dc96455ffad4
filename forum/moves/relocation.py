"""Carrying: posts go from one topic to another with all that answers them. Asks no rule and tells nobody.

A post keeps its id and its parent, wherever both are. Where it goes it gets the next number, and stands under its parent if
that is there; otherwise it stands as if it answered the topic. A number that was left is given to nobody else, nor is a
place among the answers to a post: so whoever comes back finds both as they were.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from asyncpg import Record
from msgspec import Struct

from core.ids import PostId, TopicId
from forum.moves.relocation_read_state import move_read_state
from forum.posts.tree_path import decode_ordinal, encode_segment, last_segment
from storage.database import Reader, Transaction
from storage.statements import statement

_ALL = statement("""
SELECT id, number, path, depth, parent_id, state FROM posts WHERE topic_id = :topic AND path IS NOT NULL ORDER BY path
""")
_BRANCHES = statement("""
SELECT p.id, p.number, p.path, p.depth, p.parent_id, p.state FROM posts p
WHERE p.topic_id = :topic AND EXISTS (
    SELECT FROM posts top WHERE top.id = ANY(CAST(:posts AS bigint[])) AND top.topic_id = :topic
        AND p.path >= top.path AND p.path < top.path || '\\xffffffff'
) ORDER BY p.path
""")
# What a top of a branch finds where it goes: its parent, its former number and place there, and its place under its parent.
_AWAITING = statement("""
SELECT p.id, parent.path AS parent_path, parent.depth AS parent_depth, f.number, f.path,
    (SELECT segment FROM former_places s WHERE s.post_id = p.id AND segment IS NOT NULL LIMIT 1) AS segment
FROM posts p
LEFT JOIN posts parent ON parent.id = p.parent_id AND parent.topic_id = :target
LEFT JOIN former_places f ON f.post_id = p.id AND f.topic_id = :target
WHERE p.id = ANY(CAST(:posts AS bigint[]))
""")
_COUNTERS = statement("SELECT last_number, roots FROM topics WHERE id = :topic")
_KEEP = statement("""
INSERT INTO former_places (topic_id, number, post_id, move_id, path, segment)
SELECT :source, number, post_id, :move, path, segment
FROM unnest(CAST(:posts AS bigint[]), CAST(:numbers AS integer[]), CAST(:paths AS bytea[]), CAST(:segments AS bytea[]))
    AS left_behind (post_id, number, path, segment)
""")
_RETURN = statement(
    "DELETE FROM former_places WHERE topic_id = :target AND post_id = ANY(CAST(:posts AS bigint[]))"
)
_CARRY = statement("""
UPDATE posts SET topic_id = :target, number = n.number, path = n.path, depth = n.depth
FROM unnest(CAST(:posts AS bigint[]), CAST(:numbers AS integer[]), CAST(:paths AS bytea[]), CAST(:depths AS smallint[]))
    AS n (id, number, path, depth)
WHERE posts.id = n.id
""")
_LEAVE = statement("""
UPDATE topics SET answer_id = CASE WHEN answer_id = ANY(CAST(:posts AS bigint[])) THEN NULL ELSE answer_id END,
    post_count = post_count - :published, version = version + 1, moves = moves + 1,
    last_activity_at = coalesce(
    (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND number IS NOT NULL), last_activity_at)
WHERE id = :topic
""")
_ARRIVE = statement("""
UPDATE topics SET post_count = post_count + :published, version = version + 1, moves = moves + 1,
    last_number = :last, roots = :roots,
    last_activity_at = greatest(last_activity_at,
        (SELECT max(posted_at) FROM posts WHERE topic_id = :topic AND number IS NOT NULL))
WHERE id = :topic
""")
# What refers to a post by its topic goes along.
_NOTIFICATIONS = statement("""
UPDATE notifications SET topic_id = :target WHERE post_id = ANY(CAST(:posts AS bigint[])) AND topic_id = :source
""")
_IMPORTED = statement("""
UPDATE imported_mails SET topic_id = :target WHERE post_id = ANY(CAST(:posts AS bigint[]))
""")


class _Place(Struct, frozen=True):
    number: int
    path: bytes
    depth: int


async def read_branches(tx: Reader, topic_id: TopicId, posts: Sequence[int] | None) -> list[Record]:
    """The posts of a topic, or those of them that are given, each with all that answers it, in order of the tree."""
    if posts is None:
        return await tx.rows(_ALL, topic=topic_id)
    return await tx.rows(_BRANCHES, topic=topic_id, posts=list(posts))


async def relocate_posts(
    tx: Transaction, move_id: int, source: TopicId, target: TopicId, rows: Sequence[Record], now: datetime
) -> list[PostId]:
    """Bring branches of one topic to the end of another; both topics are held. The posts' ids, in their new order."""
    places = await _places(tx, target, rows)
    ids = [row["id"] for row in rows]
    published = sum(row["state"] == "published" for row in rows)
    await _keep(tx, move_id, source, rows)
    await tx.run(_RETURN, target=target, posts=ids)
    await tx.run(
        _CARRY,
        target=target,
        posts=ids,
        numbers=[places[id].number for id in ids],
        paths=[places[id].path for id in ids],
        depths=[places[id].depth for id in ids],
    )
    gone = [row["number"] for row in rows]
    await move_read_state(tx, source, target, gone, [places[id].number for id in ids])
    await tx.run(_NOTIFICATIONS, source=source, target=target, posts=ids)
    await tx.run(_IMPORTED, target=target, posts=ids)
    await tx.run(_LEAVE, topic=source, published=published, posts=ids)
    counters = await tx.row(_COUNTERS, topic=target)
    assert counters is not None
    last = max([counters["last_number"], *(place.number for place in places.values())])
    roots = max(
        [
            counters["roots"],
            *(decode_ordinal(place.path) + 1 for place in places.values() if place.depth == 0),
        ]
    )
    await tx.run(_ARRIVE, topic=target, published=published, last=last, roots=roots)
    return sorted((PostId(id) for id in ids), key=lambda id: places[id].number)


async def _keep(tx: Transaction, move_id: int, source: TopicId, rows: Sequence[Record]) -> None:
    await tx.run(
        _KEEP,
        source=source,
        move=move_id,
        posts=[row["id"] for row in rows],
        numbers=[row["number"] for row in rows],
        paths=[row["path"] for row in rows],
        segments=[last_segment(row["path"]) if row["depth"] else None for row in rows],
    )


async def _places(tx: Transaction, target: TopicId, rows: Sequence[Record]) -> dict[int, _Place]:
    found = await tx.rows(_AWAITING, target=target, posts=[row["id"] for row in rows])
    awaiting = {row["id"]: row for row in found}
    counters = await tx.row(_COUNTERS, topic=target)
    assert counters is not None
    paths = _paths(rows, awaiting, counters["roots"])
    places, last = {}, counters["last_number"]
    for row in sorted(rows, key=lambda row: int(row["number"])):
        number = awaiting[row["id"]]["number"]
        if number is None:
            number = last = last + 1
        places[row["id"]] = _Place(number, *paths[row["id"]])
    return places


def _paths(
    rows: Sequence[Record], awaiting: Mapping[int, Record], roots: int
) -> dict[int, tuple[bytes, int]]:
    paths: dict[int, tuple[bytes, int]] = {}
    for row in sorted(rows, key=lambda row: (row["depth"], row["number"])):
        there = awaiting[row["id"]]
        under = paths.get(row["parent_id"]) if row["depth"] else None
        if under is None and there["parent_path"] is not None:
            under = there["parent_path"], there["parent_depth"]
        segment = last_segment(row["path"]) if row["depth"] else there["segment"]
        if under is not None and segment is not None:
            paths[row["id"]] = under[0] + segment, under[1] + 1
        elif there["path"] is not None and row["parent_id"] is None:
            paths[row["id"]] = there["path"], 0
        else:
            paths[row["id"]] = encode_segment(roots), 0
            roots += 1
    return paths
