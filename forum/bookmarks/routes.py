"""HTTP routes of bookmarks."""

from typing import Annotated

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, PathId
from core.ids import PostId
from forum.bookmarks import bookmark_list, bookmarks
from forum.bookmarks.shapes import QUERY_LENGTH, Bookmark, BookmarkChange, BookmarkOrder, BookmarkPage
from storage.database import Database

Words = Annotated[str, QueryParameter(max_length=QUERY_LENGTH, description="what notes and posts contain")]


@get("/bookmarks", operation_id="read_bookmarks")
async def read_bookmarks(
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    order: FromQuery[BookmarkOrder] = "newest",
    q: Words = "",
    after: Cursor = None,
) -> BookmarkPage:
    """Return your bookmarks, the latest or those with the next reminder first; `q` is looked for in notes and posts."""
    async with db.read() as tx:
        return await bookmark_list.read_bookmarks(tx, actor, order, q, after)


@put("/posts/{post_id:int}/bookmark", operation_id="set_bookmark")
async def set_bookmark(
    post_id: PathId,
    data: JSONBody[BookmarkChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Bookmark:
    """Bookmark a post, with a note and a reminder if you want, or change those of your bookmark."""
    async with db.begin() as tx:
        return await bookmarks.set_bookmark(tx, actor, PostId(post_id), data)


@delete("/posts/{post_id:int}/bookmark", operation_id="unset_bookmark")
async def unset_bookmark(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove your bookmark of a post."""
    async with db.begin() as tx:
        await bookmarks.delete_bookmark(tx, actor, PostId(post_id))


bookmark_routes = [read_bookmarks, set_bookmark, unset_bookmark]
