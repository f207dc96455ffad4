"""Lists of topics, by latest activity, newest, most discussed: one page at a time, from where the last one ended."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Integer,
    Text,
    any_,
    bindparam,
    cast,
    null,
    or_,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array

from core import clock
from core.actor import Actor
from forum.shapes import Topic, TopicOrder, TopicPage
from forum.tables import topics
from forum.tags.tags import main_name
from forum.topics.topics import SELECT_TOPICS, topic_of
from forum.visibility import seen_by, visible_topics
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE = 30

_Time = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]

_ORDERS: dict[str, Column[Any]] = {
    "active": topics.c.last_activity_at,
    "new": topics.c.opened_at,
    "discussed": topics.c.post_count,
    "archived": topics.c.last_activity_at,
}


def _page(order: str, where: str, following: bool) -> Statement:
    column = _ORDERS[order]
    # Entries of boards are topics too, but stand in the tables of their boards.
    query = SELECT_TOPICS.where(visible_topics(), topics.c.kind != "entry")
    archived = topics.c.archived_at
    query = query.where(archived.is_not(None) if order == "archived" else archived.is_(None))
    tag = bindparam("tag", type_=Text)
    if where == "sector":
        query = query.where(topics.c.sector_id == bindparam("sector_id", type_=BigInteger))
        query = query.where(or_(tag == null(), any_(topics.c.tags) == tag))
    elif where == "tag":
        query = query.where(topics.c.tags.op("@>")(cast(array([tag]), ARRAY(Text))))
    if following:
        kind = Integer if column is topics.c.post_count else DateTime(timezone=True)
        here = tuple_(bindparam("at", type_=kind), bindparam("id", type_=BigInteger))
        query = query.where(tuple_(column, topics.c.id) < here)
    query = query.order_by(column.desc(), topics.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES = {
    (order, where, following): _page(order, where, following)
    for order in _ORDERS
    for where in ("sector", "tag", "everywhere")
    for following in (True, False)
}
_PINNED = statement(
    SELECT_TOPICS.where(
        visible_topics(),
        topics.c.sector_id == bindparam("sector_id", type_=BigInteger),
        topics.c.pinned_at.is_not(None),
        or_(topics.c.pinned_until.is_(None), topics.c.pinned_until > bindparam("now", type_=DateTime(True))),
    )
    .order_by(topics.c.pinned_at.desc())
    .limit(10)
)


async def read_topics(
    tx: Reader,
    actor: Actor,
    epoch: str,
    sector_id: int,
    order: TopicOrder = "active",
    after: str | None = None,
    tag: str | None = None,
) -> TopicPage:
    """One page of a sector's topics."""
    channel = f"sector:{sector_id}"
    seq = await read_head(tx, channel)
    tag = tag and await main_name(tx, tag)
    found = await _read(tx, actor, order, after, PAGE, {"sector_id": sector_id, "tag": tag})
    pinned = []
    if after is None and tag is None and order != "archived":
        rows = await tx.rows(_PINNED, sector_id=sector_id, now=clock.now(), **seen_by(actor))
        pinned = [topic_of(row) for row in rows]
    return TopicPage(found[:PAGE], _next(order, found), Stream(channel, epoch, seq), pinned)


async def read_tagged(
    tx: Reader, actor: Actor, tag: str, order: TopicOrder = "active", after: str | None = None
) -> tuple[list[Topic], str | None]:
    """One page of the topics with a tag, in all sectors, and where the next one begins."""
    found = await _read(tx, actor, order, after, PAGE, {"tag": tag})
    return found[:PAGE], _next(order, found)


async def read_latest(tx: Reader, actor: Actor, count: int, order: TopicOrder = "active") -> list[Topic]:
    """The first topics over all sectors."""
    return (await _read(tx, actor, order, None, count, {}))[:count]


async def _read(
    tx: Reader, actor: Actor, order: TopicOrder, after: str | None, count: int, where: dict[str, Any]
) -> list[Topic]:
    binds = {**where, **seen_by(actor), "count": count + 1}
    if after is not None:
        shape = tuple[_Count, _Id] if order == "discussed" else tuple[_Time, _Id]
        binds["at"], binds["id"] = decode_cursor(after, shape)
    kind = "sector" if "sector_id" in where else "tag" if where else "everywhere"
    query = _PAGES[order, kind, after is not None]
    return [topic_of(row) for row in await tx.rows(query, **binds)]


def _next(order: TopicOrder, found: list[Topic]) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    if order == "discussed":
        return encode_cursor(last.posts, last.id)
    return encode_cursor(last.opened_at if order == "new" else last.last_activity_at, last.id)
