"""Reading a topic: one page of its posts at any place of the tree, in at most two statements.

A page starts at a cursor, or at a post by its number, and never costs more than what it shows: the path of a post
sorts depth first, so the next fifty posts are the next fifty entries of one index.
"""

from typing import Annotated, Any, Literal

from asyncpg import Record
from msgspec import UNSET, Meta, Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor, PostOrder
from core.errors import NotFound
from core.ids import PostId, TopicId
from forum.authors import author_of
from forum.shapes import Post, PostPage
from forum.tables import posts, reactions, topics
from forum.text.quote_display import embed_quotes
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import Statement, statement

PAGE = 50

# Sorts after every path: no segment begins with more than 0xFF.
END = b"\xff" * 8

Start = Literal["after", "before", "from"]


class PageStart(Struct, frozen=True, kw_only=True):
    """Where a page starts: after or before a cursor, or at a post; at the beginning if nothing is said.

    `branch` confines it to a post and what answers it, by the post's number.
    """

    order: PostOrder = "tree"
    after: str | None = None
    before: str | None = None
    number: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    branch: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


def _path_of(number: str) -> ColumnElement[bytes]:
    twin = posts.alias()
    # Of a number that is no longer here, because its post was moved, the next one.
    query = select(twin.c.path).where(
        twin.c.topic_id == bindparam("topic_id", type_=BigInteger),
        twin.c.number >= bindparam(number, type_=Integer),
    )
    return query.order_by(twin.c.number).limit(1).scalar_subquery()


def _columns(with_mine: bool) -> tuple[ColumnElement[Any], ...]:
    mine: ColumnElement[Any] = null()
    if with_mine:
        own = select(func.array_agg(reactions.c.kind)).where(
            reactions.c.post_id == posts.c.id, reactions.c.member_id == bindparam("viewer", type_=BigInteger)
        )
        mine = own.scalar_subquery()
    shown = posts.c[("id", "topic_id", "number", "parent_id", "depth")]
    dated = posts.c[("posted_at", "edited_at", "version", "state", "markup")]
    text = case((visible_text(), posts.c.html))
    return (
        *shown,
        posts.c.author_id,
        public_authors.c.handle,
        public_authors.c.display_name,
        public_authors.c.group.label("author_group"),
        *dated,
        text.label("html"),
        case((visible_text(), posts.c.reactions)).label("reactions"),
        posts.c.children,
        type_coerce(mine, ARRAY(Text)).label("mine"),
        posts.c.is_cited,
        posts.c.is_shared,
        posts.c.path,
    )


def posts_query(with_mine: bool) -> Select[Any]:
    """Posts with their authors, as `post_of` reads them; the text of unpublished ones is cut off in the database."""
    return (
        select(*_columns(with_mine))
        .join(topics, topics.c.id == posts.c.topic_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    )


def _page(order: PostOrder, start: Start, with_mine: bool, in_branch: bool) -> Statement:
    key = posts.c.path if order == "tree" else posts.c.number
    kind = LargeBinary if order == "tree" else Integer
    at: ColumnElement[Any] = bindparam("at", type_=kind)
    if start == "from" and order == "tree":
        at = _path_of("at")
    reached = {"after": key > at, "before": key < at, "from": key >= at}[start]
    query = posts_query(with_mine).where(
        posts.c.topic_id == bindparam("topic_id", type_=BigInteger),
        reached,
        posts_not_held(),
        visible_topics(),
    )
    if in_branch:
        top = _path_of("branch")
        end = top.op("||")(literal_column("'\\xffffffff'::bytea"))
        query = query.where(posts.c.path >= top, posts.c.path < end)
    query = query.order_by(key.desc() if start == "before" else key)
    return statement(query.limit(bindparam("count", type_=Integer)))


_PAGES = {
    (order, start, with_mine, in_branch): _page(order, start, with_mine, in_branch)
    for order in ("tree", "time")
    for start in ("after", "before", "from")
    for with_mine in (True, False)
    for in_branch in (True, False)
}
_BY_ID = {
    with_mine: statement(
        posts_query(with_mine).where(
            posts.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
            posts_not_held(),
            visible_topics(),
        )
    )
    for with_mine in (True, False)
}


async def read_posts(
    tx: Reader, actor: Actor, topic_id: TopicId, place: PageStart, stream: Stream
) -> PostPage:
    """One page of a topic that the actor was already found to see; `stream` is the topic's position taken before."""
    start, at = _start(place)
    query = _PAGES[place.order, start, actor.id is not None, place.branch is not None]
    binds = {"topic_id": topic_id, "at": at, "count": PAGE + 1, "viewer": actor.id, "branch": place.branch}
    rows = await tx.rows(query, **binds, **seen_by(actor))
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if start == "before":
        rows.reverse()
    shown = await embed_quotes(tx, [post_of(row) for row in rows])
    return PostPage(shown, *_around(place, start, rows, more), stream)


async def read_posts_by_id(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Post]:
    """Those of the posts whose topics the actor can see, as the actor sees them."""
    query = _BY_ID[actor.id is not None]
    rows = await tx.rows(query, ids=ids, viewer=actor.id, **seen_by(actor))
    return {post.id: post for post in await embed_quotes(tx, [post_of(row) for row in rows])}


async def show_post(tx: Reader, actor: Actor, post_id: PostId) -> Post:
    """One post as the actor sees it."""
    found = await read_posts_by_id(tx, actor, [post_id])
    if post_id not in found:
        raise NotFound
    return found[post_id]


def post_of(row: Record) -> Post:
    """A row of `posts_query` as it goes out."""
    # By position: this runs fifty times a page, and names would cost more than all the rest.
    values = tuple(row)
    shown = (
        *values[:5],
        author_of(*values[5:9]),
        *values[9:15],
        values[15] or {},
        values[16],
        values[17] or UNSET,
        UNSET,
        values[18] or False,
        values[19] or False,
    )
    return Post(*shown)


def _start(place: PageStart) -> tuple[Start, int | bytes]:
    if place.after is not None:
        return "after", _position(place.order, place.after)
    if place.before is not None:
        return "before", _position(place.order, place.before)
    if place.number is not None:
        return "from", place.number
    return "after", b"" if place.order == "tree" else 0


def _position(order: PostOrder, cursor: str) -> int | bytes:
    if order == "time":
        return decode_cursor(cursor, tuple[Annotated[int, Meta(ge=0, le=2**31 - 1)]])[0]
    return decode_cursor(cursor, tuple[bytes])[0]


def _around(place: PageStart, start: Start, rows: list[Record], more: bool) -> tuple[str | None, str | None]:
    if not rows:
        return None, None
    first, last = _cursor(place.order, rows[0]), _cursor(place.order, rows[-1])
    if start == "before":
        return last, first if more else None
    begins = place.after is None and (start != "from" or rows[0]["number"] == 1)
    return last if more else None, None if begins else first


def _cursor(order: PostOrder, row: Record) -> str:
    return encode_cursor(row["path"] if order == "tree" else row["number"])
