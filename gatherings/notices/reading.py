"""Reading a board: its notices, pinned ones first and then the newest, of one column, or with certain words in them."""

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
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
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
from forum.authors import author_of
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

PAGE = 40

_HEADING = re.compile(r"<h4>.*?</h4>\n?", re.DOTALL)
_PINNED = notices.c.pinned_at.is_not(None)
_VIEWER = bindparam("viewer", type_=BigInteger)
_children = posts.alias()


def is_over() -> ColumnElement[bool]:
    """The notice has expired."""
    over = notices.c.expires_at <= bindparam("now", type_=DateTime(timezone=True))
    return func.coalesce(over, False)


def visible_notices() -> ColumnElement[bool]:
    """Published notices until they expire; expired and held ones for hosts and who wrote them; declined ones for these
    alone; none that was withdrawn or hidden."""
    is_mine = func.coalesce(posts.c.author_id == _VIEWER, False)
    inside = or_(bindparam("hosting", type_=Boolean), is_mine)
    return or_(
        and_(posts.c.state == "published", or_(not_(is_over()), inside)),
        and_(posts.c.state == "held", notices.c.taken_off.is_(None), inside),
        and_(posts.c.state == "held", notices.c.taken_off == "declined", is_mine),
    )


def notice_binds_for_actor(actor: Actor, room: RoomFacts) -> dict[str, Any]:
    """The values with which a statement with this predicate is run for somebody in a room."""
    return {"viewer": actor.id, "hosting": actor.hosts_at(room.gathering_id), "now": clock.now()}


def notice_binds_for_audience(audience: str) -> dict[str, Any]:
    """The same for a class of listeners."""
    return {"viewer": VISITOR.id, "hosting": audience == "host", "now": clock.now()}


def _folded(text: ColumnElement[str]) -> ColumnElement[str]:
    # Without accents: what they are put on, decomposed, without the marks. (The extension that does it is not everywhere.)
    plain = func.translate(func.normalize(text, literal_column("NFKD")), "ıłŁøØđĐ", "ilLoOdD")
    return func.regexp_replace(plain, "[\u0300-\u036f\u064b-\u0652]", "", "g")


def _says() -> ColumnElement[bool]:
    simple: ColumnElement[Any] = literal_column("CAST('simple' AS regconfig)")
    said = func.to_tsvector(simple, _folded(notices.c.title + " " + posts.c.body))
    wanted = func.websearch_to_tsquery(simple, _folded(bindparam("words", type_=Text)))
    return or_(bindparam("words", type_=Text) == null(), said.bool_op("@@")(wanted))


def _notices() -> Select[Any]:
    replies = select(func.count()).where(
        _children.c.parent_id == posts.c.id, _children.c.state == "published"
    )
    thanked = exists().where(
        reactions.c.post_id == posts.c.id, reactions.c.member_id == _VIEWER, reactions.c.kind == "thanks"
    )
    query: Select[Any] = (
        select(
            *notices.c[
                ("id", "room_id", "column_id", "post_id", "title", "expires_at", "taken_off", "version")
            ],
            *posts.c[("number", "author_id", "body", "html", "posted_at", "edited_at")],
            _PINNED.label("pinned"),
            is_over().label("is_over"),
            visible_notices().label("is_seen"),
            posts.c.state.label("post_state"),
            posts.c.version.label("post_version"),
            func.coalesce(cast(posts.c.reactions["thanks"].astext, Integer), 0).label("thanks"),
            public_authors.c.handle,
            public_authors.c.display_name,
            public_authors.c.group.label("author_group"),
            replies.scalar_subquery().label("replies"),
            thanked.label("my_thanks"),
            func.coalesce(posts.c.author_id == _VIEWER, False).label("mine"),
        )
        .join(posts, posts.c.id == notices.c.post_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    )
    return query


def _page(following: bool) -> Statement:
    only = bindparam("column", type_=BigInteger)
    query = _notices().where(
        notices.c.room_id == bindparam("room"),
        visible_notices(),
        or_(only == null(), notices.c.column_id == only),
        _says(),
    )
    if following:
        at = bindparam("at", type_=DateTime(timezone=True))
        pinned, number = bindparam("pinned", type_=Boolean), bindparam("id", type_=BigInteger)
        query = query.where(tuple_(_PINNED, posts.c.posted_at, notices.c.id) < tuple_(pinned, at, number))
    query = query.order_by(_PINNED.desc(), posts.c.posted_at.desc(), notices.c.id.desc())
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES = {following: _page(following) for following in (False, True)}
_BY_ID = statement(_notices().where(notices.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))))


async def read_notices(
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    epoch: str,
    column_id: int | None = None,
    words: str | None = None,
    after: str | None = None,
    count: int = PAGE,
) -> NoticePage:
    """One page of a board: the pinned notices first, then the newest; of one column, or with these words, or all."""
    channel = f"room:{room_id}"
    stream = Stream(channel, epoch, await read_head(tx, channel))
    room = await rooms.get_room(tx, actor, room_id)
    binds: dict[str, Any] = {"room": room_id, "column": column_id, "words": words, "count": count + 1}
    if after is not None:
        pinned, micros, number = decode_cursor(after, tuple[Annotated[int, Meta(ge=0, le=1)], Micros, Id])
        binds |= {"pinned": bool(pinned), "at": moment_of(micros), "id": number}
    rows = await tx.rows(_PAGES[after is not None], **binds, **notice_binds_for_actor(actor, room))
    following = None
    if len(rows) > count:
        last = rows[count - 1]
        following = encode_cursor(int(last["pinned"]), micros_of(last["posted_at"]), last["id"])
    return NoticePage([notice_of(row, personal=True) for row in rows[:count]], following, stream)


async def show_notice(tx: Reader, actor: Actor, room: RoomFacts, notice_id: NoticeId) -> Notice:
    """One notice as the actor sees it."""
    row = await tx.row(_BY_ID, ids=[notice_id], **notice_binds_for_actor(actor, room))
    assert row is not None  # whoever calls has just found it
    return notice_of(row, personal=True)


async def find_notices(tx: Reader, ids: Sequence[int], audience: str) -> dict[int, Notice]:
    """The notices as a class of listeners hears of them, without what is personal; none that are held from it."""
    rows = await tx.rows(_BY_ID, ids=list(ids), **notice_binds_for_audience(audience))
    return {
        row["id"]: notice_of(row, personal=False)
        for row in rows
        if row["is_seen"] or row["post_state"] != "held" or audience == "host"
    }


def notice_of(row: Record, personal: bool) -> Notice:
    """A row of notices as it goes out; what the viewer may not see is left out."""
    is_over = row["is_over"] and row["post_state"] == "published"
    notice = Notice(
        id=row["id"],
        room=row["room_id"],
        post=row["post_id"],
        state="expired" if is_over else _state_of(row),
        # Both only ever grow, and one of them with every change.
        version=row["version"] + row["post_version"] - 1,
    )
    if not row["is_seen"]:
        return notice
    heading, body = split(row["body"])
    notice = replace(
        notice,
        column=row["column_id"],
        number=UNSET if row["number"] is None else row["number"],
        title=row["title"],
        body=body,
        html=row["html"] if heading is None else _HEADING.sub("", row["html"], count=1),
        author=author_of(row["author_id"], row["handle"], row["display_name"], row["author_group"]),
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


def joined(title: str, body: str) -> str:
    """A notice as the text of its post: so flags, history and search of the topic have its title too."""
    return f"## {title}\n\n{body}"


def split(text: str) -> tuple[str | None, str]:
    """The title and the body again; no title where its author wrote the post otherwise, in the topic."""
    heading, _, body = text.partition("\n\n")
    if not heading.startswith("## ") or "\n" in heading:
        return None, text
    return heading.removeprefix("## ").strip() or None, body
