"""HTTP routes of posts: replying, previewing, reading, withdrawing, restoring, reacting, and citations."""

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import PostId, TopicId
from forum.posts.shapes_held import HeldPost
from forum.shapes import CitationList, NewReply, Post, Preview, ReactionKind, Sketch
from forum.writing import citations, previews, reactions, sources, withdrawal
from forum.writing.replies import Replies
from members.profiles.trust import TrustRules, permissions_of
from storage.database import Database
from storage.idempotency import IdempotentRequest


@post(
    "/topics/{topic_id:int}/posts",
    responses=documented_response(201, Post) | documented_response(202, HeldPost),
    operation_id="post_reply",
)
async def post_reply(
    topic_id: PathId,
    data: JSONBody[NewReply],
    actor: NamedDependency[Actor],
    replies: NamedDependency[Replies],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Reply to a topic, or to a post in it; 202 if a rule holds the reply until a moderator approves it."""
    response = await replies.post_reply(actor, TopicId(topic_id), data, idempotent)
    return json_response(response.body, response.status)


@post("/previews", status_code=200, operation_id="preview")
async def preview(
    data: JSONBody[Sketch],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    trust: NamedDependency[TrustRules],
) -> Preview:
    """Show how a Markdown text will look when posted, and which mentioned members will be notified."""
    async with db.read() as tx:
        return await previews.preview_text(tx, actor, data, permissions_of(trust, actor), db.site)


@get("/posts/{post_id:int}", operation_id="read_post")
async def read_post(post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Post:
    """Return one post, including its Markdown source for those who can read it."""
    async with db.read() as tx:
        return await sources.show_with_source(tx, actor, PostId(post_id))


@delete("/posts/{post_id:int}", status_code=200, operation_id="withdraw_post")
async def withdraw_post(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Post:
    """Withdraw your own post; a tombstone remains in its position."""
    async with db.begin() as tx:
        return await withdrawal.withdraw_post(tx, actor, PostId(post_id))


@delete("/posts/{post_id:int}/withdrawal", status_code=200, operation_id="restore_post")
async def restore_post(
    post_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Post:
    """Restore your own withdrawn post."""
    async with db.begin() as tx:
        return await withdrawal.restore_post(tx, actor, PostId(post_id), replies.changed_in_room)


@put("/posts/{post_id:int}/reactions/{kind:str}", operation_id="set_reaction")
async def set_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Set one of your reactions to a post."""
    async with db.begin() as tx:
        return await reactions.set_reaction(tx, actor, PostId(post_id), kind, wanted=True)


@delete("/posts/{post_id:int}/reactions/{kind:str}", status_code=200, operation_id="unset_reaction")
async def unset_reaction(
    post_id: PathId,
    kind: FromPath[ReactionKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Post:
    """Remove one of your reactions to a post."""
    async with db.begin() as tx:
        return await reactions.set_reaction(tx, actor, PostId(post_id), kind, wanted=False)


@get("/posts/{post_id:int}/citations", operation_id="read_citations")
async def read_citations(
    post_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> CitationList:
    """Return the posts that quote this post or link to it, limited to those you can read."""
    async with db.read() as tx:
        return await citations.read_citations(tx, actor, PostId(post_id))


post_routes = [
    post_reply,
    preview,
    read_post,
    withdraw_post,
    restore_post,
    set_reaction,
    unset_reaction,
    read_citations,
]
