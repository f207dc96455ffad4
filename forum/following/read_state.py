"""Read state: which posts of a topic a member has read.

It is a set of post numbers for each topic that only grows, so the reports of several devices give the same result in any
order.
"""

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

# A member who has read a topic for this many seconds follows it automatically. Longer times are not stored, for privacy.
MOST_SECONDS = 300

# Numbers above the topic's last one are left out: nobody can have read those posts. The state before is locked before it
# changes; PostgreSQL 18 could return it with the change.
_UPSERT_READ_STATE = statement("""
WITH before AS (
    SELECT read, seconds FROM readings WHERE member_id = :member AND topic_id = :topic FOR UPDATE
), seen AS (
    SELECT range_agg(int4range(first, last, '[]')) AS read FROM (
        SELECT 1 AS first, least(CAST(:number AS integer), last_number) AS last FROM topics WHERE id = :topic
        UNION ALL
        SELECT n, n FROM topics, unnest(CAST(:posts AS integer[])) AS n WHERE id = :topic AND n <= last_number
    ) AS reported WHERE first <= last
)
INSERT INTO readings AS r (member_id, topic_id, read, seconds, read_at)
SELECT :member, :topic, coalesce(read, '{}'), least(CAST(:seconds AS integer), :most), :now
FROM seen CROSS JOIN (SELECT count(*) FROM before) AS locked
ON CONFLICT (member_id, topic_id) DO UPDATE
SET read = r.read + excluded.read, seconds = least(r.seconds + excluded.seconds, :most), read_at = excluded.read_at
WHERE excluded.seconds > 0 OR NOT excluded.read <@ r.read
RETURNING r.read IS DISTINCT FROM (SELECT read FROM before) AS grew,
    coalesce((SELECT seconds FROM before), 0) < :most AND r.seconds >= :most AS reached_limit
""")
# A notification of a post is read together with the post.
_MARK_NOTIFICATIONS_READ = statement("""
UPDATE notifications n SET read_at = :now FROM posts p, readings r
WHERE n.member_id = :member AND n.topic_id = :topic AND n.read_at IS NULL
    AND n.kind IN ('reply', 'posted', 'opened', 'mentioned', 'quoted') AND p.id = n.post_id
    AND r.member_id = :member AND r.topic_id = :topic AND r.read @> p.number
""")
_SELECT_READ_STATES = statement(
    with_changes_since(
        select(readings.c.topic_id, readings.c.read, readings.c.read_at).join(
            topics, topics.c.id == readings.c.topic_id
        )
    ).where(
        readings.c.member_id == bindparam("reader", type_=BigInteger),
        readings.c.topic_id == func.any(bindparam("topics", type_=ARRAY(BigInteger))),
    )
)
_SELECT_VISIBLE_TOPIC_IDS = statement(
    select(topics.c.id).where(topics.c.id == func.any(bindparam("ids")), visible_topics())
)
_all_numbers = func.int4multirange(func.int4range(1, topics.c.last_number, literal_column("'[]'")))
_mark_all_read = insert(readings).from_select(
    ["member_id", "topic_id", "read", "read_at"],
    select(
        bindparam("reader", type_=BigInteger),
        topics.c.id,
        _all_numbers,
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
# Only topics that the member has opened or that are new: other topics count as read without a row.
_MARK_SECTOR_READ = statement(
    _mark_all_read.on_conflict_do_update(
        index_elements=["member_id", "topic_id"],
        set_={
            "read": readings.c.read.op("+")(_mark_all_read.excluded.read),
            "read_at": _mark_all_read.excluded.read_at,
        },
        where=~_mark_all_read.excluded.read.op("<@", is_comparison=True)(readings.c.read),
    )
)


async def show_read_state(tx: Reader, actor: Actor, topic_id: TopicId) -> Reading:
    """Return the member's read state of a topic; raise NotFound if the member cannot see it."""
    actor.signed_in()
    await get_topic(tx, actor, topic_id)
    return (await _show_readings(tx, actor, [topic_id]))[topic_id]


async def mark_topic_read(tx: Transaction, actor: Actor, topic_id: TopicId, new: NewReading) -> Reading:
    """Mark posts of a topic as read and return the read state; raise NotFound if the member cannot see the topic.

    Repeated and late reports change nothing, and nothing becomes unread again.
    """
    member = actor.signed_in()
    await get_topic(tx, actor, topic_id)
    report = {"number": new.number, "posts": list(new.posts), "seconds": new.seconds}
    row = await tx.row(
        _UPSERT_READ_STATE, topic=topic_id, member=member, most=MOST_SECONDS, now=clock.now(), **report
    )
    if row is not None and row["reached_limit"]:
        await follow_automatically(tx, member, topic_id, TRACKING, "read")
    if row is not None and row["grew"]:
        await tx.record(TopicRead(member_id=member, topic_id=topic_id))
        if await tx.run(_MARK_NOTIFICATIONS_READ, topic=topic_id, member=member, now=clock.now()):
            await tx.record(NotificationsRead(member_id=member))
    return (await _show_readings(tx, actor, [topic_id]))[topic_id]


async def mark_sector_read(tx: Transaction, actor: Actor, slug: str) -> UnreadCounts:
    """Mark all posts as read in the sector's topics that the member has opened or that are new; return the unread counts."""
    member = actor.signed_in()
    sector_id = await sectors.get_sector_id(tx, slug)
    binds = seen_by(actor) | {"sector_id": sector_id, "since": new_topics_since(), "now": clock.now()}
    if await tx.run(_MARK_SECTOR_READ, **binds):
        await tx.record(SectorRead(member_id=member, sector_id=sector_id))
    return await count_unread(tx, actor)


async def show_read_states(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, Reading]:
    """Return the member's read states of the topics among these ids that the member can see, by id."""
    visible = await tx.rows(_SELECT_VISIBLE_TOPIC_IDS, ids=list(topic_ids), **seen_by(actor))
    return await _show_readings(tx, actor, [row["id"] for row in visible])


async def _show_readings(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, Reading]:
    read = await _find_read_states(tx, actor, topic_ids)
    marks = await find_unread_marks(tx, actor, topic_ids)
    return {
        id: _reading(id, *read.get(id, (NOTHING_READ, ChangesSince())), marks.get(id, UnreadMark()))
        for id in topic_ids
    }


def _reading(topic_id: int, read: ReadState, since: ChangesSince, mark: UnreadMark) -> Reading:
    return Reading(
        topic=topic_id,
        number=read.number,
        unread=mark.unread,
        first_unread=mark.first_unread,
        read_at=read.at,
        edited=since.edited,
        changes=since.changes,
    )


async def _find_read_states(
    tx: Reader, actor: Actor, topic_ids: Sequence[int]
) -> dict[int, tuple[ReadState, ChangesSince]]:
    if actor.id is None:
        return {}
    return {
        row["topic_id"]: (read_state_of(row["read"], row["read_at"]), changes_since_of(row))
        for row in await tx.rows(_SELECT_READ_STATES, topics=list(topic_ids), reader=actor.id)
    }
