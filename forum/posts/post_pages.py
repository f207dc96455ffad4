"""Pages of posts: up to 50 posts of a topic, fewer if they are long, from any position in the tree.

A page takes two statements at most.

A page starts at a cursor or at the number of a post. Its cost depends only on its size: paths sort depth first, so the next
fifty posts are the next fifty entries of one index.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from asyncpg import Record
from msgspec import UNSET, Meta, Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
    bindparam,
    case,
    exists,
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
from forum.tables_writing import bookmarks
from forum.text.prepared_posts import in_language_of_reader
from forum.text.quote_display import embed_quotes
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream
from storage.statements import Statement, statement

PAGE_SIZE = 50
# A page ends early when its posts have so many characters of HTML: 50 posts of the greatest length would be megabytes for a
# phone, and rendering them would hold up the event loop. Fifty posts of 1,000 words stay below.
PAGE_LENGTH = 400_000

StartKind = Literal["after", "before", "from"]


class PageStart(Struct, frozen=True, kw_only=True):
    """Where a page starts: after or before a cursor, or at the post with a number; by default at the beginning.

    `branch` limits the page to the post with that number and all replies below it.
    """

    order: PostOrder = "tree"
    after: str | None = None
    before: str | None = None
    number: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    branch: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


def _path_of(number: str) -> ColumnElement[bytes]:
    start = posts.alias()
    # If the post with the number was moved away, the page starts at the next number.
    query = select(start.c.path).where(
        start.c.topic_id == bindparam("topic_id", type_=BigInteger),
        start.c.number >= bindparam(number, type_=Integer),
    )
    return query.order_by(start.c.number).limit(1).scalar_subquery()


def _columns(with_mine: bool) -> tuple[ColumnElement[Any], ...]:
    mine: ColumnElement[Any] = null()
    is_bookmarked: ColumnElement[Any] = null()
    if with_mine:
        own = select(func.array_agg(reactions.c.kind)).where(
            reactions.c.post_id == posts.c.id, reactions.c.member_id == bindparam("viewer", type_=BigInteger)
        )
        mine = own.scalar_subquery()
        is_bookmarked = exists().where(
            bookmarks.c.post_id == posts.c.id, bookmarks.c.member_id == bindparam("viewer", type_=BigInteger)
        )
    shown = posts.c[("id", "topic_id", "number", "parent_id", "depth")]
    dated = posts.c[("posted_at", "edited_at", "version", "state", "markup")]
    text = case((visible_text(), posts.c.html))
    return (
        *shown,
        posts.c.author_id,
        public_authors.c.handle,
        public_authors.c.display_name,
        public_authors.c.group.label("author_group"),
        public_authors.c.picture.label("author_picture"),
        *dated,
        text.label("html"),
        case((visible_text(), posts.c.reactions)).label("reactions"),
        posts.c.children,
        type_coerce(mine, ARRAY(Text)).label("mine"),
        posts.c.is_cited,
        posts.c.is_shared,
        case((visible_text(), posts.c.language)).label("language"),
        type_coerce(is_bookmarked, Boolean).label("is_bookmarked"),
        posts.c.path,
        topics.c.kind,
    )


def posts_query(with_mine: bool) -> Select[Any]:
    """Return the query of posts with their authors that `post_of` reads; texts that the viewer cannot read are null.

    `with_mine` adds the viewer's own reactions and bookmarks.
    """
    return (
        select(*_columns(with_mine))
        .join(topics, topics.c.id == posts.c.topic_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    )


def _page(order: PostOrder, start: StartKind, with_mine: bool, in_branch: bool) -> Statement:
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


_SELECT_POST_PAGES = {
    (order, start, with_mine, in_branch): _page(order, start, with_mine, in_branch)
    for order in ("tree", "time")
    for start in ("after", "before", "from")
    for with_mine in (True, False)
    for in_branch in (True, False)
}
_SELECT_POSTS_BY_ID = {
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
    tx: Reader, actor: Actor, topic_id: TopicId, page: PageStart, stream: Stream
) -> PostPage:
    """Return one page of posts of a topic; the caller has checked that the actor can see the topic.

    `stream` is the position of the topic's stream, taken before the posts are read.
    """
    start, at = _start(page)
    query = _SELECT_POST_PAGES[page.order, start, actor.id is not None, page.branch is not None]
    binds = {
        "topic_id": topic_id,
        "at": at,
        "count": PAGE_SIZE + 1,
        "viewer": actor.id,
        "branch": page.branch,
    }
    rows = await tx.rows(query, **binds, **seen_by(actor))
    size = _page_size(rows)
    more = len(rows) > size
    rows = rows[:size]
    if start == "before":
        rows.reverse()
    shown = await embed_quotes(tx, [post_of(row) for row in rows])
    return PostPage(shown, *_page_cursors(page, start, rows, more), stream)


async def read_posts_by_id(tx: Reader, actor: Actor, ids: list[int]) -> dict[int, Post]:
    """Return the posts with these ids whose topics the actor can see, by id."""
    query = _SELECT_POSTS_BY_ID[actor.id is not None]
    rows = await tx.rows(query, ids=ids, viewer=actor.id, **seen_by(actor))
    return {post.id: post for post in await embed_quotes(tx, [post_of(row) for row in rows])}


async def show_post(tx: Reader, actor: Actor, post_id: PostId) -> Post:
    """Return one post as the actor sees it; raise NotFound if the actor cannot see its topic."""
    found = await read_posts_by_id(tx, actor, [post_id])
    if post_id not in found:
        raise NotFound
    return found[post_id]


def post_of(row: Record) -> Post:
    """Return the `Post` of a row of `posts_query`."""
    # By position, not by name: this runs fifty times per page, and access by name would cost more than all the rest.
    values = tuple(row)
    shown = (
        *values[:5],
        author_of(*values[5:10]),
        *values[10:16],
        values[16] or {},
        values[17],
        values[18] or UNSET,
        UNSET,
        values[19] or False,
        values[20] or False,
        values[21],
        values[22] or UNSET,
    )
    post = Post(*shown)
    return in_language_of_reader(post, row["kind"]) if post.number == 1 else post


def _start(page: PageStart) -> tuple[StartKind, int | bytes]:
    if page.after is not None:
        return "after", _position(page.order, page.after)
    if page.before is not None:
        return "before", _position(page.order, page.before)
    if page.number is not None:
        return "from", page.number
    return "after", b"" if page.order == "tree" else 0


def _page_size(rows: Sequence[Record]) -> int:
    # A page has at least one post, so that each page leads on to the next.
    length = 0
    for size, row in enumerate(rows[:PAGE_SIZE]):
        length += len(row["html"] or "")
        if size and length > PAGE_LENGTH:
            return size
    return PAGE_SIZE


def _position(order: PostOrder, cursor: str) -> int | bytes:
    if order == "time":
        return decode_cursor(cursor, tuple[Annotated[int, Meta(ge=0, le=2**31 - 1)]])[0]
    return decode_cursor(cursor, tuple[bytes])[0]


def _page_cursors(
    page: PageStart, start: StartKind, rows: list[Record], more: bool
) -> tuple[str | None, str | None]:
    if not rows:
        return None, None
    first, last = _cursor(page.order, rows[0]), _cursor(page.order, rows[-1])
    if start == "before":
        return last, first if more else None
    begins = page.after is None and (start != "from" or rows[0]["number"] == 1)
    return last if more else None, None if begins else first


def _cursor(order: PostOrder, row: Record) -> str:
    return encode_cursor(row["path"] if order == "tree" else row["number"])
