"""The HTTP side of posts that rules hold, for their authors."""

from litestar import delete, get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId
from forum.posts import held_posts
from forum.posts.shapes_held import HeldChange, HeldPost, HeldPostList
from moderation.decisions.author_edits import edit_held_post, withdraw_held_post
from storage.database import Database


@get("/me/held", operation_id="read_held_posts")
async def read_held_posts(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> HeldPostList:
    """What of one's posts waits for a moderator, or was not published."""
    async with db.read() as tx:
        return await held_posts.read_held(tx, actor)


@get("/held/{post_id:int}", operation_id="read_held_post")
async def read_held_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> HeldPost:
    """One of them."""
    async with db.read() as tx:
        return await held_posts.get_held(tx, actor, post_id)


@patch("/held/{post_id:int}", operation_id="edit_held_post")
async def change_held_post(
    post_id: PathId,
    data: JSONBody[HeldChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> HeldPost:
    """Give one's held post another text."""
    async with db.begin() as tx:
        return await edit_held_post(tx, actor, post_id, data)


@delete("/held/{post_id:int}", status_code=200, operation_id="withdraw_held_post")
async def take_held_post_back(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> HeldPost:
    """Take one's held post back; its text stays one's own to read."""
    async with db.begin() as tx:
        return await withdraw_held_post(tx, actor, post_id)


routes = [read_held_posts, read_held_post, change_held_post, take_held_post_back]
