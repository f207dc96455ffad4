"""Writing what a board or an entry says into its post: the words come from fields, so nobody but we edits them."""

from datetime import datetime

from core.ids import PostId, TopicId
from forum.events import PostEdited, TopicChanged
from forum.posts.insertion import NewPost, insert_posts
from forum.text.markdown import render
from storage.database import Transaction
from storage.statements import statement

_KEEP = statement("""
INSERT INTO revisions (post_id, version, body, html, written_at)
SELECT id, version, body, html, coalesce(edited_at, posted_at) FROM posts WHERE id = :post
""")
_WRITE = statement("""
UPDATE posts SET body = :body, html = :html, edited_at = :now, version = version + 1 WHERE id = :post
""")
_NAME = statement(
    "UPDATE topics SET title = :title, version = version + 1 WHERE id = :topic AND title <> :title"
)


async def rewrite_post(tx: Transaction, topic_id: TopicId, post_id: PostId, body: str, now: datetime) -> None:
    """Give a post another text and keep the old one in its history. Asks no rule; its topic is held by who calls."""
    html = render(body, topic=topic_id, site=tx.site).html
    await tx.run(_KEEP, post=post_id)
    await tx.run(_WRITE, post=post_id, body=body, html=html, now=now)
    await tx.record(PostEdited(topic_id=topic_id, post_id=post_id))


async def rename_entry_topic(tx: Transaction, topic_id: TopicId, title: str) -> None:
    """Call the topic of an entry as the entry is called now. It stands in no sector's list, so no sector is told."""
    if await tx.run(_NAME, topic=topic_id, title=title):
        await tx.record(TopicChanged(topic_id=topic_id))


async def say(
    tx: Transaction, topic_id: TopicId, member: int, body: str, now: datetime, parent: PostId | None = None
) -> PostId:
    """Reply in a topic: what somebody says with a deed. Asks no rule; also in a locked topic."""
    html = render(body, topic=topic_id, site=tx.site).html
    post = NewPost(parent_id=parent, author_id=member, body=body, html=html, posted_at=now)
    (placed,) = await insert_posts(tx, topic_id, [post], now, exempt=True)
    return PostId(placed.id)
