"""Reading a member's bookmarks: what the post says is shown only as long as the member can read it."""

from datetime import UTC, datetime
from typing import Annotated, Any

from asyncpg import Record
from msgspec import Meta
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
)

from core.actor import Actor
from core.ids import PostId
from core.languages.names import local
from core.text import escape_like
from forum.authors import author_of
from forum.bookmarks.shapes import Bookmark, BookmarkOrder, BookmarkPage
from forum.tables import posts, topics
from forum.tables_writing import bookmarks
from forum.text.excerpts import excerpt_of_html
from forum.text.prepared_posts import shown_html
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import Statement, statement

PAGE_SIZE = 30
EXCERPT_LENGTH = 200
# Bookmarks without a reminder come after all others.
_NO_REMINDER = datetime(9000, 1, 1, tzinfo=UTC)

_Time = Annotated[datetime, Meta(tz=True)]
_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]


def _select_bookmarks() -> Select[Any]:
    is_visible = and_(topics.c.id.is_not(None), posts_not_held(), visible_topics(), visible_text())
    words = bindparam("words", type_=Text)
    found = or_(
        words.is_(None),
        bookmarks.c.note.ilike(words),
        and_(is_visible, or_(topics.c.title.ilike(words), posts.c.body.ilike(words))),
    )
    shown: list[ColumnElement[Any]] = [
        topics.c.id.label("topic"),
        topics.c.kind,
        topics.c.title,
        topics.c.titles,
        posts.c.number,
        func.left(posts.c.html, 10 * EXCERPT_LENGTH).label("html"),
        *[column.label(f"by_{column.key}") for column in public_authors.c],
    ]
    joined = (
        bookmarks.join(posts, posts.c.id == bookmarks.c.post_id)
        .join(topics, topics.c.id == posts.c.topic_id)
        .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    )
    return (
        select(
            *bookmarks.c[("id", "post_id", "note", "set_at", "remind_at", "reminded_at")],
            is_visible.label("is_visible"),
            *[case((is_visible, column)).label(column.key) for column in shown],
        )
        .select_from(joined)
        .where(bookmarks.c.member_id == bindparam("reader", type_=BigInteger), found)
        .limit(bindparam("count", type_=Integer))
    )


_at = func.coalesce(bookmarks.c.remind_at, bindparam("no_reminder", type_=DateTime(timezone=True)))


def _page(order: BookmarkOrder, is_first: bool) -> Statement:
    query = _select_bookmarks()
    if order == "newest":
        query = query.order_by(bookmarks.c.id.desc())
        after: ColumnElement[bool] = bookmarks.c.id < bindparam("after_id", type_=BigInteger)
    else:
        query = query.order_by(_at, bookmarks.c.id)
        after = tuple_(_at, bookmarks.c.id) > tuple_(
            bindparam("after_at", type_=DateTime(timezone=True)), bindparam("after_id", type_=BigInteger)
        )
    return statement(query if is_first else query.where(after))


_SELECT_BOOKMARK_PAGES = {
    (order, is_first): _page(order, is_first)
    for order in ("newest", "reminder")
    for is_first in (True, False)
}
_SELECT_BOOKMARK = statement(_select_bookmarks().where(bookmarks.c.post_id == bindparam("post")))


async def read_bookmarks(
    tx: Reader,
    actor: Actor,
    order: BookmarkOrder = "newest",
    words: str = "",
    after: str | None = None,
) -> BookmarkPage:
    """Return one page of the actor's bookmarks; `words` are looked for in notes, titles and posts. Raises SignInFirst."""
    actor.signed_in()
    binds: dict[str, Any] = {"words": _pattern(words), "count": PAGE_SIZE + 1, **seen_by(actor)}
    if order == "reminder":
        binds["no_reminder"] = _NO_REMINDER
    if after is not None and order == "newest":
        binds["after_id"] = decode_cursor(after, tuple[_Id])[0]
    elif after is not None:
        binds["after_at"], binds["after_id"] = decode_cursor(after, tuple[_Time, _Id])
    rows = await tx.rows(_SELECT_BOOKMARK_PAGES[order, after is None], **binds)
    items = [_shown(row) for row in rows[:PAGE_SIZE]]
    if len(rows) <= PAGE_SIZE:
        return BookmarkPage(items, None)
    last = rows[PAGE_SIZE - 1]
    at = (last["remind_at"] or _NO_REMINDER,) if order == "reminder" else ()
    return BookmarkPage(items, encode_cursor(*at, last["id"]))


async def find_bookmark(tx: Reader, actor: Actor, post_id: PostId) -> Bookmark | None:
    """Return the actor's bookmark of a post, or None; raise SignInFirst."""
    actor.signed_in()
    row = await tx.row(_SELECT_BOOKMARK, post=post_id, words=None, count=1, **seen_by(actor))
    return None if row is None else _shown(row)


def _pattern(words: str) -> str | None:
    return f"%{escape_like(words.strip())}%" if words.strip() else None


def _shown(row: Record) -> Bookmark:
    html = row["html"]
    excerpt = None
    if html is not None:
        excerpt = excerpt_of_html(shown_html(row["number"], html, row["kind"]), EXCERPT_LENGTH)
    return Bookmark(
        post=row["post_id"],
        note=row["note"],
        set_at=row["set_at"],
        remind_at=row["remind_at"],
        reminded_at=row["reminded_at"],
        is_visible=row["is_visible"],
        topic=row["topic"],
        title=local(row["title"], row["titles"]) if row["is_visible"] else "",
        number=row["number"],
        author=author_of(*[row[f"by_{column.key}"] for column in public_authors.c]),
        excerpt=excerpt,
    )
