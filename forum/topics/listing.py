"""Lists of topics: by latest activity, newest first, most discussed first, or archived ones; in keyset pages."""

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
from forum.tags.synonyms import resolve_synonym
from forum.topics.topics import SELECT_TOPICS, topic_of
from forum.visibility import seen_by, visible_topics
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE_SIZE = 30

_Time = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]

_ORDERS: dict[str, Column[Any]] = {
    "active": topics.c.last_activity_at,
    "new": topics.c.opened_at,
    "discussed": topics.c.post_count,
    "archived": topics.c.last_activity_at,
}


def _page(order: str, scope: str, is_continued: bool) -> Statement:
    column = _ORDERS[order]
    # Entries of boards are topics too, but they are listed only in their boards.
    query = SELECT_TOPICS.where(visible_topics(), topics.c.kind != "entry")
    archived = topics.c.archived_at
    query = query.where(archived.is_not(None) if order == "archived" else archived.is_(None))
    tag = bindparam("tag", type_=Text)
    if scope == "sector":
        query = query.where(topics.c.sector_id == bindparam("sector_id", type_=BigInteger))
        query = query.where(or_(tag == null(), any_(topics.c.tags) == tag))
    elif scope == "tag":
        query = query.where(topics.c.tags.op("@>")(cast(array([tag]), ARRAY(Text))))
    if is_continued:
        kind = Integer if column is topics.c.post_count else DateTime(timezone=True)
        last_seen = tuple_(bindparam("at", type_=kind), bindparam("id", type_=BigInteger))
        query = query.where(tuple_(column, topics.c.id) < last_seen)
    query = query.order_by(column.desc(), topics.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


_SELECT_TOPIC_PAGES = {
    (order, scope, is_continued): _page(order, scope, is_continued)
    for order in _ORDERS
    for scope in ("sector", "tag", "everywhere")
    for is_continued in (True, False)
}
_SELECT_PINNED_TOPICS = statement(
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
    """Return one page of a sector's topics that the actor can see, the first page with the pinned ones; `tag` filters."""
    channel = f"sector:{sector_id}"
    seq = await read_head(tx, channel)
    tag = tag and await resolve_synonym(tx, tag)
    found = await _read(tx, actor, order, after, PAGE_SIZE, {"sector_id": sector_id, "tag": tag})
    pinned = []
    if after is None and tag is None and order != "archived":
        rows = await tx.rows(_SELECT_PINNED_TOPICS, sector_id=sector_id, now=clock.now(), **seen_by(actor))
        pinned = [topic_of(row) for row in rows]
    return TopicPage(found[:PAGE_SIZE], _next(order, found), Stream(channel, epoch, seq), pinned)


async def read_tagged(
    tx: Reader, actor: Actor, tag: str, order: TopicOrder = "active", after: str | None = None
) -> tuple[list[Topic], str | None]:
    """Return one page of the topics with a tag in all sectors, and the cursor of the next page or None."""
    found = await _read(tx, actor, order, after, PAGE_SIZE, {"tag": tag})
    return found[:PAGE_SIZE], _next(order, found)


async def read_latest(tx: Reader, actor: Actor, count: int, order: TopicOrder = "active") -> list[Topic]:
    """Return the first `count` topics of all sectors that the actor can see."""
    return (await _read(tx, actor, order, None, count, {}))[:count]


async def _read(
    tx: Reader, actor: Actor, order: TopicOrder, after: str | None, count: int, filters: dict[str, Any]
) -> list[Topic]:
    binds = {**filters, **seen_by(actor), "count": count + 1}
    if after is not None:
        shape = tuple[_Count, _Id] if order == "discussed" else tuple[_Time, _Id]
        binds["at"], binds["id"] = decode_cursor(after, shape)
    scope = "sector" if "sector_id" in filters else "tag" if filters else "everywhere"
    query = _SELECT_TOPIC_PAGES[order, scope, after is not None]
    return [topic_of(row) for row in await tx.rows(query, **binds)]


def _next(order: TopicOrder, found: list[Topic]) -> str | None:
    if len(found) <= PAGE_SIZE:
        return None
    last = found[PAGE_SIZE - 1]
    if order == "discussed":
        return encode_cursor(last.posts, last.id)
    return encode_cursor(last.opened_at if order == "new" else last.last_activity_at, last.id)
