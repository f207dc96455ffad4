"""What is left to read: counted from what a member has read, and laid over what everybody sees."""

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

PAGE = 30
# More than so many posts are not counted.
MOST = 100
# A topic is new to a member for so long, if it was started since the member joined.
NEW_FOR = timedelta(days=14)
# Rooms have their own way to say what is new in them, and entries stand in tables.
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
    # What is gone is not missed, nor is what one wrote oneself.
    posts.c.state == "published",
    posts_not_held(),
    posts.c.author_id.is_distinct_from(_reader),
)
_some = (
    select(posts.c.number)
    .where(_is_unread)
    .order_by(posts.c.number)
    .limit(MOST)
    .correlate(topics, readings)
    .lateral()
)
_counted = (
    select(func.count().label("unread"), func.min(_some.c.number).label("first_unread"))
    .select_from(_some)
    .correlate(topics, readings)
    .lateral()
)

_joined = select(members.c.joined_at).where(members.c.id == _reader).scalar_subquery()
# Started lately by somebody else, and never opened by the member.
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


# A muted sector does not mute what one takes part in.
_of_topic = following.c.topic_id == topics.c.id
_muted = or_(
    _follows(_of_topic, following.c.chosen == MUTED),
    and_(
        _follows(following.c.sector_id == topics.c.sector_id, following.c.chosen == MUTED),
        ~_follows(_of_topic, or_(following.c.chosen.is_not(None), following.c.automatic.is_not(None))),
    ),
)


def is_candidate() -> ColumnElement[bool]:
    """A topic that the member has opened, or that was started lately, and not muted: where something can be left to read."""
    opened = select(readings.c.topic_id).where(readings.c.member_id == _reader)
    lately = topics.alias()
    started = select(lately.c.id).where(
        lately.c.sector_id.in_(select(sector_table.c.id)), lately.c.opened_at > _since
    )
    return and_(topics.c.id.in_(union_all(opened, started)), _is_listed, ~_muted)


def with_unread_counts(query: Select[Any]) -> Select[Any]:
    """The same query of topics, with what is left in each for the member."""
    return (
        query.add_columns(_counted.c.unread, _counted.c.first_unread, _is_new.label("is_new"))
        .outerjoin(readings, _mine)
        .join(_counted, true())
    )


def read_state_of(ranges: Sequence[Range[int]], at: datetime | None) -> ReadState:
    """A set of numbers as the database has it."""
    return ReadState(tuple((one.lower, one.upper) for one in ranges), at)  # type: ignore[misc]


def member_state_of(row: Record) -> MemberState:
    """What lies over a topic for the member, from a row of such a query with what was read."""
    mark = UnreadMark(unread=row["unread"], first_unread=row["first_unread"], is_new=row["is_new"])
    return MemberState(read=read_state_of(row["read"] or (), row["read_at"]), mark=mark)


_MARKS = statement(
    with_unread_counts(select(topics.c.id)).where(
        topics.c.id == any_(bindparam("topics", type_=ARRAY(BigInteger)))
    )
)
_SOMETHING = or_(exists().where(_is_unread).correlate(topics, readings), _is_new)


def _page(everywhere: bool, following: bool) -> Statement:
    query = with_unread_counts(SELECT_TOPICS).where(
        visible_topics(), is_candidate(), _SOMETHING, topics.c.archived_at.is_(None)
    )
    if not everywhere:
        query = query.where(sector_table.c.slug == bindparam("slug"))
    if following:
        here = tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("id", type_=BigInteger))
        query = query.where(tuple_(topics.c.last_activity_at, topics.c.id) < here)
    query = query.order_by(topics.c.last_activity_at.desc(), topics.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES = {
    (everywhere, following): _page(everywhere, following)
    for everywhere in (True, False)
    for following in (True, False)
}
_COUNTS = statement(
    select(
        sector_table.c.slug.label("sector"),
        func.sum(case((_is_new, 0), else_=1)).label("unread"),
        func.sum(case((_is_new, 1), else_=0)).label("new"),
    )
    .select_from(
        topics.join(sector_table, sector_table.c.id == topics.c.sector_id).outerjoin(readings, _mine)
    )
    .where(visible_topics(), is_candidate(), _SOMETHING, topics.c.archived_at.is_(None))
    .group_by(sector_table.c.slug, sector_table.c.place)
    .order_by(sector_table.c.place)
)


def new_topics_since() -> datetime:
    """What was started before is new no more."""
    return clock.now() - NEW_FOR


async def find_unread_marks(tx: Reader, actor: Actor, topic_ids: Sequence[int]) -> dict[int, UnreadMark]:
    """What is left to read in topics that the member was already found to see; those with nothing are left out."""
    if actor.id is None or not topic_ids:
        return {}
    rows = await tx.rows(_MARKS, topics=list(topic_ids), since=new_topics_since(), reader=actor.id)
    return {
        row["id"]: UnreadMark(unread=row[1], first_unread=row[2], is_new=row[3])
        for row in rows
        if row["unread"] or row["is_new"]
    }


async def read_unread(
    tx: Reader, actor: Actor, sector: str | None = None, after: str | None = None
) -> UnreadPage:
    """One page of topics in which the member has something left to read, of a sector or of all."""
    binds: dict[str, Any] = {**seen_by(actor), "reader": actor.signed_in(), "since": new_topics_since()}
    binds |= {"slug": sector, "count": PAGE + 1}
    if after is not None:
        binds["at"], binds["id"] = decode_cursor(after, tuple[_Time, _Id])
    rows = await tx.rows(_PAGES[sector is None, after is not None], **binds)
    items = [
        UnreadTopic(topic_of(row), row["unread"], row["first_unread"], row["is_new"]) for row in rows[:PAGE]
    ]
    last = items[-1].topic if len(rows) > PAGE else None
    return UnreadPage(items, encode_cursor(last.last_activity_at, last.id) if last else None)


async def count_unread(tx: Reader, actor: Actor) -> UnreadCounts:
    """In how many topics of each sector the member has something left to read."""
    binds = seen_by(actor) | {"reader": actor.signed_in()}
    return UnreadCounts(
        [SectorUnread(**row) for row in await tx.rows(_COUNTS, since=new_topics_since(), **binds)]
    )


async def count_unread_by_sector(tx: Reader, actor: Actor) -> dict[str, SectorUnread]:
    """The same by the sectors' slugs; for a visitor nothing."""
    if actor.id is None:
        return {}
    return {one.sector: one for one in (await count_unread(tx, actor)).items}
