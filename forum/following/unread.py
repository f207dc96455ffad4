"""Unread posts and new topics of a member, counted from the member's read state."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from asyncpg import Range, Record
from msgspec import Meta
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from forum.following.shapes_read_state import (
    MemberState,
    ReadState,
    SectorUnread,
    UnreadCounts,
    UnreadMark,
    UnreadPage,
    UnreadTopic,
)
from forum.following_levels import MUTED
from forum.tables import following, posts, readings, topics
from forum.tables import sectors as sector_table
from forum.topics.topics import SELECT_TOPICS, topic_of
from forum.visibility import posts_not_held, seen_by, visible_topics
from members.tables import members
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import Statement, statement

PAGE_SIZE = 30
# Unread posts of a topic are counted up to this number.
MOST_UNREAD = 100
# A topic is new to a member for this long, if it was started after the member joined.
NEW_FOR = timedelta(days=14)
# Rooms show what is new in them in their own way, and entries are listed in their boards.
_is_listed = and_(topics.c.kind != "room", topics.c.kind != "entry")

_Time = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]

_reader = bindparam("reader", type_=BigInteger)
_since = bindparam("since", type_=DateTime(timezone=True))
_mine = and_(readings.c.topic_id == topics.c.id, readings.c.member_id == _reader)
_is_unread = and_(
    posts.c.topic_id == topics.c.id,
    posts.c.number >= func.first_gap(readings.c.read, type_=Integer),
    ~readings.c.read.op("@>", is_comparison=True)(posts.c.number),
    # Withdrawn and hidden posts and the member's own posts are never unread.
    posts.c.state == "published",
    posts_not_held(),
    posts.c.author_id.is_distinct_from(_reader),
)
_unread_numbers = (
    select(posts.c.number)
    .where(_is_unread)
    .order_by(posts.c.number)
    .limit(MOST_UNREAD)
    .correlate(topics, readings)
    .lateral()
)
_unread_counts = (
    select(func.count().label("unread"), func.min(_unread_numbers.c.number).label("first_unread"))
    .select_from(_unread_numbers)
    .correlate(topics, readings)
    .lateral()
)

_joined = select(members.c.joined_at).where(members.c.id == _reader).scalar_subquery()
# Started recently by another member, and never opened by this member.
_is_new = and_(
    readings.c.topic_id.is_(None),
    topics.c.opened_at > _since,
    topics.c.opened_at > _joined,
    topics.c.author_id.is_distinct_from(_reader),
    _is_listed,
)


def _follows(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = select(following.c.id).where(following.c.member_id == _reader, *where)
    return mine.correlate(topics).exists()


# Muting a sector does not mute topics in it that the member follows, by choice or automatically.
_of_topic = following.c.topic_id == topics.c.id
_muted = or_(
    _follows(_of_topic, following.c.chosen == MUTED),
    and_(
        _follows(following.c.sector_id == topics.c.sector_id, following.c.chosen == MUTED),
        ~_follows(_of_topic, or_(following.c.chosen.is_not(None), following.c.automatic.is_not(None))),
    ),
)


def is_candidate() -> ColumnElement[bool]:
    """Return the condition for topics that can have unread posts or be new: opened by the member or started recently, and
    not muted. It needs the binds `reader` and `since`."""
    opened = select(readings.c.topic_id).where(readings.c.member_id == _reader)
    recent = topics.alias()
    # The condition on sectors lets PostgreSQL use the index on (sector_id, opened_at).
    started = select(recent.c.id).where(
        recent.c.sector_id.in_(select(sector_table.c.id)), recent.c.opened_at > _since
    )
    return and_(topics.c.id.in_(union_all(opened, started)), _is_listed, ~_muted)


def with_unread_counts(query: Select[Any]) -> Select[Any]:
    """Add the columns `unread`, `first_unread` and `is_new` for the member to a query of topics."""
    return (
        query.add_columns(_unread_counts.c.unread, _unread_counts.c.first_unread, _is_new.label("is_new"))
        .outerjoin(readings, _mine)
        .join(_unread_counts, true())
    )


def read_state_of(ranges: Sequence[Range[int]], at: datetime | None) -> ReadState:
    """Return the read state from the ranges of post numbers that the database stores."""
    return ReadState(tuple((part.lower, part.upper) for part in ranges), at)  # type: ignore[misc]


def member_state_of(row: Record) -> MemberState:
    """Return the member's state of a topic from a row with the columns of `with_unread_counts`, `read` and `read_at`."""
    mark = UnreadMark(unread=row["unread"], first_unread=row["first_unread"], is_new=row["is_new"])
    return MemberState(read=read_state_of(row["read"] or (), row["read_at"]), mark=mark)


_SELECT_UNREAD_MARKS = statement(
    with_unread_counts(select(topics.c.id)).where(
        topics.c.id == any_(bindparam("topics", type_=ARRAY(BigInteger)))
    )
)
_has_unread_or_is_new = or_(exists().where(_is_unread).correlate(topics, readings), _is_new)


def _page(everywhere: bool, is_continued: bool) -> Statement:
    query = with_unread_counts(SELECT_TOPICS).where(
        visible_topics(), is_candidate(), _has_unread_or_is_new, topics.c.archived_at.is_(None)
    )
    if not everywhere:
        query = query.where(sector_table.c.slug == bindparam("slug"))
    if is_continued:
        last_seen = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=BigInteger))
        query = query.where(tuple_(topics.c.last_activity_at, topics.c.id) < last_seen)
    query = query.order_by(topics.c.last_activity_at.desc(), topics.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


_SELECT_UNREAD_PAGES = {
    (everywhere, is_continued): _page(everywhere, is_continued)
    for everywhere in (True, False)
    for is_continued in (True, False)
}
_COUNT_UNREAD_TOPICS = statement(
    select(
        sector_table.c.slug.label("sector"),
        func.sum(case((_is_new, 0), else_=1)).label("unread"),
        func.sum(case((_is_new, 1), else_=0)).label("new"),
    )
    .select_from(
        topics.join(sector_table, sector_table.c.id == topics.c.sector_id).outerjoin(readings, _mine)
    )
    .where(visible_topics(), is_candidate(), _has_unread_or_is_new, topics.c.archived_at.is_(None))
    .group_by(sector_table.c.slug, sector_table.c.place)
    .order_by(sector_table.c.place)
)


def new_topics_since() -> datetime:
    """Return the time after which a topic must have been started to count as new."""
    return clock.now() - NEW_FOR


async def find_unread_marks(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, UnreadMark]:
    """Return the unread marks of topics by id, leaving out those without any; the caller checked that the member can see
    them."""
    if actor.id is None or not topic_ids:
        return {}
    rows = await tx.rows(
        _SELECT_UNREAD_MARKS, topics=list(topic_ids), since=new_topics_since(), reader=actor.id
    )
    return {
        row["id"]: UnreadMark(unread=row["unread"], first_unread=row["first_unread"], is_new=row["is_new"])
        for row in rows
        if row["unread"] or row["is_new"]
    }


async def read_unread(
    tx: Reader, actor: Actor, sector: str | None = None, after: str | None = None
) -> UnreadPage:
    """Return one page of the member's topics with unread posts and new topics, in one sector or in all."""
    binds: dict[str, Any] = {**seen_by(actor), "reader": actor.signed_in(), "since": new_topics_since()}
    binds |= {"slug": sector, "count": PAGE_SIZE + 1}
    if after is not None:
        binds["at"], binds["id"] = decode_cursor(after, tuple[_Time, _Id])
    rows = await tx.rows(_SELECT_UNREAD_PAGES[sector is None, after is not None], **binds)
    items = [
        UnreadTopic(topic_of(row), row["unread"], row["first_unread"], row["is_new"])
        for row in rows[:PAGE_SIZE]
    ]
    last = items[-1].topic if len(rows) > PAGE_SIZE else None
    return UnreadPage(items, encode_cursor(last.last_activity_at, last.id) if last else None)


async def count_unread(tx: Reader, actor: Actor) -> UnreadCounts:
    """Count, for each sector, the topics with unread posts and the new topics of the member."""
    binds = seen_by(actor) | {"reader": actor.signed_in()}
    return UnreadCounts(
        [
            SectorUnread(**row)
            for row in await tx.rows(_COUNT_UNREAD_TOPICS, since=new_topics_since(), **binds)
        ]
    )


async def count_unread_by_sector(tx: Reader, actor: Actor) -> dict[str, SectorUnread]:
    """Return the counts of unread and new topics by the slug of the sector; visitors have none."""
    if actor.id is None:
        return {}
    return {counts.sector: counts for counts in (await count_unread(tx, actor)).items}
