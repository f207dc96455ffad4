"""Reading noticeboards: which notices are visible, and pages of them by column or by search words."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from asyncpg import Record
from msgspec import UNSET, Meta
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import VISITOR, Actor
from core.ids import NoticeId, RoomId
from forum.authors import author_in
from forum.search.matching import matches_words, write_words
from forum.tables import posts, reactions
from gatherings.cursors import Id, Micros, micros_of, moment_of
from gatherings.policy_rooms import RoomFacts
from gatherings.rooms import rooms
from gatherings.shapes.notices import Notice, NoticePage, NoticeState
from gatherings.tables import notices
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE_SIZE = 40

_HEADING_HTML = re.compile(r"<h4>.*?</h4>\n?", re.DOTALL)
_IS_PINNED = notices.c.pinned_at.is_not(None)
_VIEWER = bindparam("viewer", type_=BigInteger)
_replies = posts.alias()


def has_expired() -> ColumnElement[bool]:
    """Return the condition that the notice has expired."""
    over = notices.c.expires_at <= bindparam("now", type_=DateTime(timezone=True))
    return func.coalesce(over, False)


def visible_notices() -> ColumnElement[bool]:
    """Return the condition for the notices that the viewer can see; nobody sees withdrawn or hidden ones.

    Everyone sees published notices until they expire. Hosts and authors also see expired and held ones, and only authors
    their declined ones.
    """
    is_mine = func.coalesce(posts.c.author_id == _VIEWER, False)
    is_host_or_author = or_(bindparam("hosting", type_=Boolean), is_mine)
    return or_(
        and_(posts.c.state == "published", or_(not_(has_expired()), is_host_or_author)),
        and_(posts.c.state == "held", notices.c.taken_off.is_(None), is_host_or_author),
        and_(posts.c.state == "held", notices.c.taken_off == "declined", is_mine),
    )


def notice_binds_for_actor(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    """Return the bind values of these conditions for an actor in a room."""
    return {"viewer": actor.id, "hosting": actor.hosts_at(room.gathering_id), "now": clock.now()}


def notice_binds_for_audience(audience: str) -> dict[str, Any]:
    """Return the bind values of these conditions for an audience, `host` or `all`."""
    return {"viewer": VISITOR.id, "hosting": audience == "host", "now": clock.now()}


def _notices_query() -> Select[Any]:
    replies = select(func.count()).where(_replies.c.parent_id == posts.c.id, _replies.c.state == "published")
    thanked = exists().where(
        reactions.c.post_id == posts.c.id, reactions.c.member_id == _VIEWER, reactions.c.kind == "thanks"
    )
    query: Select[Any] = (
        select(
            *notices.c[
                ("id", "room_id", "column_id", "post_id", "title", "expires_at", "taken_off", "version")
            ],
            *posts.c[("number", "author_id", "body", "html", "posted_at", "edited_at")],
            _IS_PINNED.label("pinned"),
            has_expired().label("is_over"),
            visible_notices().label("is_seen"),
            posts.c.state.label("post_state"),
            posts.c.version.label("post_version"),
            func.coalesce(cast(posts.c.reactions["thanks"].astext, Integer), 0).label("thanks"),
            public_authors.c.handle,
            public_authors.c.display_name,
            public_authors.c.group.label("author_group"),
            public_authors.c.picture.label("author_picture"),
            replies.scalar_subquery().label("replies"),
            thanked.label("my_thanks"),
            func.coalesce(posts.c.author_id == _VIEWER, False).label("mine"),
        )
        .join(posts, posts.c.id == notices.c.post_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    )
    return query


def _page_statement(after_cursor: bool) -> Statement:
    only = bindparam("column", type_=BigInteger)
    query = _notices_query().where(
        notices.c.room_id == bindparam("room"),
        visible_notices(),
        or_(only == null(), notices.c.column_id == only),
        matches_words(),
    )
    if after_cursor:
        at = bindparam("at", type_=DateTime(timezone=True))
        pinned, number = bindparam("pinned", type_=Boolean), bindparam("id", type_=BigInteger)
        query = query.where(tuple_(_IS_PINNED, posts.c.posted_at, notices.c.id) < tuple_(pinned, at, number))
    query = query.order_by(_IS_PINNED.desc(), posts.c.posted_at.desc(), notices.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


SELECT_NOTICE_PAGE = {after_cursor: _page_statement(after_cursor) for after_cursor in (False, True)}
SELECT_NOTICES = statement(
    _notices_query().where(notices.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)


async def read_notices(
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    epoch: str,
    languages: Sequence[str],
    column_id: int | None = None,
    words: str | None = None,
    after: str | None = None,
    count: int = PAGE_SIZE,
) -> NoticePage:
    """Return one page of a room's notices: pinned ones first, then the newest; all, or of a column, or with search words.

    `words` is a query as for the search, and `languages` are the community's (ISO 639-1). Raises NotFound if the actor
    cannot see the room.
    """
    channel = f"room:{room_id}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    room = await rooms.get_room(tx, actor, room_id)
    binds: dict[str, Any] = {"room": room_id, "column": column_id, "count": count + 1}
    binds["words"] = await write_words(tx, words, languages)
    if after is not None:
        pinned, micros, number = decode_cursor(after, tuple[Annotated[int, Meta(ge=0, le=1)], Micros, Id])
        binds |= {"pinned": bool(pinned), "at": moment_of(micros), "id": number}
    rows = await tx.rows(
        SELECT_NOTICE_PAGE[after is not None], **binds, **notice_binds_for_actor(actor, room)
    )
    next_cursor = None
    if len(rows) > count:
        last = rows[count - 1]
        next_cursor = encode_cursor(int(last["pinned"]), micros_of(last["posted_at"]), last["id"])
    return NoticePage([notice_of(row, personal=True) for row in rows[:count]], next_cursor, stream)


async def show_notice(tx: Reader, actor: Actor, room: RoomFacts, notice_id: NoticeId) -> Notice:
    """Return a notice as the actor sees it; the caller has found it with `get_notice`."""
    row = await tx.row(SELECT_NOTICES, ids=[notice_id], **notice_binds_for_actor(actor, room))
    assert row is not None
    return notice_of(row, personal=True)


async def find_notices(tx: Reader, ids: Sequence[int], audience: str) -> dict[int, Notice]:
    """Return notices by id as an audience sees them, without personal fields; held ones only for hosts."""
    rows = await tx.rows(SELECT_NOTICES, ids=list(ids), **notice_binds_for_audience(audience))
    return {
        row["id"]: notice_of(row, personal=False)
        for row in rows
        if row["is_seen"] or row["post_state"] != "held" or audience == "host"
    }


def notice_of(row: Record, personal: bool) -> Notice:
    """Return the notice of a row, without the fields that the viewer may not see; `personal` adds the viewer's own."""
    has_expired = row["is_over"] and row["post_state"] == "published"
    notice = Notice(
        id=row["id"],
        room=row["room_id"],
        post=row["post_id"],
        state="expired" if has_expired else _state_of(row),
        # Both versions only grow, and every change increases one of them, so their sum is a version too.
        version=row["version"] + row["post_version"] - 1,
    )
    if not row["is_seen"]:
        return notice
    heading, body = split_heading(row["body"])
    notice = replace(
        notice,
        column=row["column_id"],
        number=UNSET if row["number"] is None else row["number"],
        title=row["title"],
        body=body,
        html=row["html"] if heading is None else _HEADING_HTML.sub("", row["html"], count=1),
        author=author_in(row),
        replies=row["replies"],
        thanks=row["thanks"],
        pinned=row["pinned"],
        expires_at=row["expires_at"],
        posted_at=row["posted_at"],
        edited_at=row["edited_at"],
    )
    if not personal:
        return notice
    return replace(notice, my_thanks=row["my_thanks"], mine=row["mine"])


def _state_of(row: Record) -> NoticeState:
    state: NoticeState = row["post_state"]
    return row["taken_off"] or state if state == "held" else state


def join_heading(title: str, body: str) -> str:
    """Return the text of a notice's post: the title as a heading, so that history, reports and search include it."""
    return f"## {title}\n\n{body}"


def split_heading(text: str) -> tuple[str | None, str]:
    """Return the title and the body of a notice's post; the title is None if the author removed the heading in the topic."""
    heading, _, body = text.partition("\n\n")
    if not heading.startswith("## ") or "\n" in heading:
        return None, text
    return heading.removeprefix("## ").strip() or None, body
