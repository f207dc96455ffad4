"""Sources: the text of a post as its author typed it, for editing and for quoting."""

from msgspec.structs import replace
from sqlalchemy import bindparam, select

from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId
from forum.posts.post_pages import show_post
from forum.shapes import Post
from forum.tables import posts, topics
from forum.text.quote_source import format_quote
from forum.text.quotes import expand_quotes
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from storage.database import Reader
from storage.statements import statement

_SELECT_SOURCE = statement(
    select(posts.c.body, posts.c.markup)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), posts_not_held(), visible_topics(), visible_text())
)


async def find_source(tx: Reader, actor: Actor, post_id: PostId) -> tuple[str, str]:
    """Return the post's source text and its markup; raise NotFound if the actor cannot read the text."""
    row = await tx.row(_SELECT_SOURCE, id=post_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return await expand_quotes(tx, actor, row["body"]), row["markup"]


async def quote_post(tx: Reader, actor: Actor, post: Post) -> str:
    """Return the post's own text as Markdown for a quotation, or an empty string if the actor cannot read it."""
    row = await tx.row(_SELECT_SOURCE, id=post.id, **seen_by(actor))
    if row is None:
        return ""
    return format_quote(post.id, post.number, post.author.display_name if post.author else "", row["body"])


async def show_with_source(tx: Reader, actor: Actor, post_id: PostId) -> Post:
    """Return the post, including its source text if the actor can read it; raise NotFound."""
    shown = await show_post(tx, actor, post_id)
    if shown.html is None:
        return shown
    body, _ = await find_source(tx, actor, post_id)
    return replace(shown, body=body)
