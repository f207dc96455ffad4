"""Readings: which posts a member has read. A set of numbers for each topic that only grows, so that many devices agree
whatever they say in whichever order. What is left to read is found in unread.py."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, DateTime, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from core import clock
from core.actor import Actor
from core.ids import TopicId
from forum import sectors
from forum.events import SectorRead, TopicRead
from forum.following.following import follow_automatically
from forum.following.shapes_read_state import (
    NOTHING_READ,
    NewReading,
    Reading,
    ReadState,
    UnreadCounts,
    UnreadMark,
)
from forum.following.unread import (
    count_unread,
    find_unread_marks,
    is_candidate,
    new_topics_since,
    read_state_of,
)
from forum.following_levels import TRACKING
from forum.tables import readings, topics
from forum.topics.changes_since import changes_since_of, with_changes_since
from forum.topics.shapes import ChangesSince
from forum.topics.topics import get_topic
from forum.visibility import seen_by, visible_topics
from members.events import NotificationsRead
from storage.database import Reader, Transaction
from storage.statements import statement

# Who has read for so long follows of itself. Longer is not counted: nobody needs to know it.
MOST_SECONDS = 300

# What nobody can have seen yet is not read: a number that is still to be given is left out.
_READ = statement("""
WITH seen AS (
    SELECT range_agg(int4range(first, last, '[]')) AS read FROM (
        SELECT 1 AS first, least(CAST(:number AS integer), last_number) AS last FROM topics WHERE id = :topic
        UNION ALL
        SELECT n, n FROM topics, unnest(CAST(:posts AS integer[])) AS n WHERE id = :topic AND n <= last_number
    ) AS said WHERE first <= last
)
INSERT INTO readings AS r (member_id, topic_id, read, seconds, read_at)
SELECT :member, :topic, coalesce(read, '{}'), least(CAST(:seconds AS integer), :most), :now FROM seen
ON CONFLICT (member_id, topic_id) DO UPDATE
SET read = r.read + excluded.read, seconds = least(r.seconds + excluded.seconds, :most), read_at = excluded.read_at
WHERE excluded.seconds > 0 OR NOT excluded.read <@ r.read
RETURNING old.read IS DISTINCT FROM new.read AS grew,
    coalesce(old.seconds, 0) < :most AND new.seconds >= :most AS is_engrossed
""")
# What one was told of is read with the post.
_TOLD = statement("""
UPDATE notifications n SET read_at = :now FROM posts p, readings r
WHERE n.member_id = :member AND n.topic_id = :topic AND n.read_at IS NULL
    AND n.kind IN ('reply', 'posted', 'opened', 'mentioned', 'quoted') AND p.id = n.post_id
    AND r.member_id = :member AND r.topic_id = :topic AND r.read @> p.number
""")
_FIND = statement(
    with_changes_since(
        select(readings.c.topic_id, readings.c.read, readings.c.read_at).join(
            topics, topics.c.id == readings.c.topic_id
        )
    ).where(
        readings.c.member_id == bindparam("reader", type_=BigInteger),
        readings.c.topic_id == func.any(bindparam("topics", type_=ARRAY(BigInteger))),
    )
)
_SEEN = statement(select(topics.c.id).where(topics.c.id == func.any(bindparam("ids")), visible_topics()))
_all = func.int4multirange(func.int4range(1, topics.c.last_number, literal_column("'[]'")))
_fresh = insert(readings).from_select(
    ["member_id", "topic_id", "read", "read_at"],
    select(
        bindparam("reader", type_=BigInteger),
        topics.c.id,
        _all,
        bindparam("now", type_=DateTime(timezone=True)),
    )
    .where(
        visible_topics(),
        is_candidate(),
        topics.c.sector_id == bindparam("sector_id", type_=BigInteger),
        topics.c.last_number > 0,
    )
    .order_by(topics.c.id),
)
# Only what was begun or is new: what one never looked at needs no row to be left alone.
_READ_ALL = statement(
    _fresh.on_conflict_do_update(
        index_elements=["member_id", "topic_id"],
        set_={"read": readings.c.read.op("+")(_fresh.excluded.read), "read_at": _fresh.excluded.read_at},
        where=~_fresh.excluded.read.op("<@", is_comparison=True)(readings.c.read),
    )
)


async def show_read_state(tx: Reader, actor: Actor, topic_id: TopicId) -> Reading:
    """How far the member has come in a topic that can be seen."""
    actor.signed_in()
    await get_topic(tx, actor, topic_id)
    return (await _readings(tx, actor, [topic_id]))[topic_id]


async def mark_topic_read(tx: Transaction, actor: Actor, topic_id: TopicId, new: NewReading) -> Reading:
    """Note what the member has read of a topic. Said again, or late, it changes nothing; nothing is ever unread."""
    member = actor.signed_in()
    await get_topic(tx, actor, topic_id)
    said = {"number": new.number, "posts": list(new.posts), "seconds": new.seconds}
    row = await tx.row(_READ, topic=topic_id, member=member, most=MOST_SECONDS, now=clock.now(), **said)
    if row is not None and row["is_engrossed"]:
        await follow_automatically(tx, member, topic_id, TRACKING, "read")
    if row is not None and row["grew"]:
        await tx.record(TopicRead(member_id=member, topic_id=topic_id))
        if await tx.run(_TOLD, topic=topic_id, member=member, now=clock.now()):
            await tx.record(NotificationsRead(member_id=member))
    return (await _readings(tx, actor, [topic_id]))[topic_id]


async def mark_sector_read(tx: Transaction, actor: Actor, slug: str) -> UnreadCounts:
    """Put all of a sector behind: what was begun there, and what is new."""
    member = actor.signed_in()
    sector_id = await sectors.get_sector_id(tx, slug)
    binds = seen_by(actor) | {"sector_id": sector_id, "since": new_topics_since(), "now": clock.now()}
    if await tx.run(_READ_ALL, **binds):
        await tx.record(SectorRead(member_id=member, sector_id=sector_id))
    return await count_unread(tx, actor)


async def show_read_states(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, Reading]:
    """How far the member has come in those of the topics that can be seen."""
    seen = await tx.rows(_SEEN, ids=list(topic_ids), **seen_by(actor))
    return await _readings(tx, actor, [row["id"] for row in seen])


async def _readings(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, Reading]:
    read = await _find(tx, actor, topic_ids)
    left = await find_unread_marks(tx, actor, topic_ids)
    return {
        id: _reading(id, *read.get(id, (NOTHING_READ, ChangesSince())), left.get(id, UnreadMark()))
        for id in topic_ids
    }


def _reading(topic_id: int, read: ReadState, since: ChangesSince, left: UnreadMark) -> Reading:
    return Reading(
        topic=topic_id,
        number=read.number,
        unread=left.unread,
        first_unread=left.first_unread,
        read_at=read.at,
        edited=since.edited,
        changes=since.changes,
    )


async def _find(
    tx: Reader, actor: Actor, topic_ids: Sequence[int]
) -> dict[int, tuple[ReadState, ChangesSince]]:
    if actor.id is None:
        return {}
    return {
        row["topic_id"]: (read_state_of(row["read"], row["read_at"]), changes_since_of(row))
        for row in await tx.rows(_FIND, topics=list(topic_ids), reader=actor.id)
    }
