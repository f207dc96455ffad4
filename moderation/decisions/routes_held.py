"""HTTP routes with which authors read, edit and withdraw their held posts."""

from litestar import delete, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId
from forum.posts import held_posts
from forum.posts.shapes_held import HeldChange, HeldPost, HeldPostList
from moderation.decisions import author_edits
from storage.database import Database


@get("/me/held", operation_id="read_held_posts")
async def read_held_posts(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> HeldPostList:
    """List your posts and edits that wait for a moderator or were rejected."""
    async with db.read() as tx:
        return await held_posts.read_own_held_posts(tx, actor)


@get("/held/{post_id:int}", operation_id="read_held_post")
async def read_held_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> HeldPost:
    """Show one of your held posts."""
    async with db.read() as tx:
        return await held_posts.get_own_held_post(tx, actor, post_id)


@patch("/held/{post_id:int}", operation_id="edit_held_post")
async def edit_held_post(
    post_id: PathId,
    data: JSONBody[HeldChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> HeldPost:
    """Edit one of your held posts."""
    async with db.begin() as tx:
        return await author_edits.edit_held_post(tx, actor, post_id, data)


@delete("/held/{post_id:int}", status_code=200, operation_id="withdraw_held_post")
async def withdraw_held_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> HeldPost:
    """Withdraw one of your held posts. You can still read its text."""
    async with db.begin() as tx:
        return await author_edits.withdraw_held_post(tx, actor, post_id)


routes = [read_held_posts, read_held_post, edit_held_post, withdraw_held_post]
