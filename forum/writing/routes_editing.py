"""HTTP routes for editing posts, their revisions, their language, and sharing posts for editing."""

from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import IfMatch, PathId, version_in
from core.ids import PostId
from forum.shapes import OlderVersion, Post, PostChange, PostLanguage, RevisionList
from forum.writing import editing, languages, revisions
from forum.writing.replies import Replies
from storage.database import Database


@patch("/posts/{post_id:int}", operation_id="edit_post")
async def edit_post(
    post_id: PathId,
    data: JSONBody[PostChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Post:
    """Replace the text of a post; the same text again changes nothing. With If-Match, an edit of an older version is merged
    with the changes since then, or refused (412) if both change the same lines."""
    version = version_in(if_match)
    async with db.begin() as tx:
        return await editing.edit_post(tx, actor, PostId(post_id), data, version, replies.edit_rules(actor))


@get("/posts/{post_id:int}/revisions", operation_id="read_revisions")
async def read_revisions(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RevisionList:
    """Return all versions of a post's text, newest first."""
    async with db.read() as tx:
        return await revisions.read_revisions(tx, actor, PostId(post_id))


@post("/posts/{post_id:int}/revisions", status_code=200, operation_id="go_back")
async def go_back(
    post_id: PathId,
    data: JSONBody[OlderVersion],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Post:
    """Restore the text of an older version of a post."""
    async with db.begin() as tx:
        return await editing.restore_revision(
            tx, actor, PostId(post_id), data.version, replies.edit_rules(actor)
        )


@put("/posts/{post_id:int}/sharing", operation_id="share_post")
async def share_post(post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Post:
    """Open a post for editing by other members."""
    async with db.begin() as tx:
        return await editing.share_post(tx, actor, PostId(post_id), True)


@delete("/posts/{post_id:int}/sharing", status_code=200, operation_id="unshare_post")
async def unshare_post(post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Post:
    """Restrict editing of a post to its author again."""
    async with db.begin() as tx:
        return await editing.share_post(tx, actor, PostId(post_id), False)


@put("/posts/{post_id:int}/language", operation_id="set_post_language")
async def set_post_language(
    post_id: PathId,
    data: JSONBody[PostLanguage],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Say in which language your post is, or let it be detected again. Moderators correct the language of all posts. This is
    no edit."""
    async with db.begin() as tx:
        return await languages.set_post_language(tx, actor, PostId(post_id), data.language)


editing_routes = [set_post_language, edit_post, read_revisions, go_back, share_post, unshare_post]
