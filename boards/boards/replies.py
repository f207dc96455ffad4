"""Replies that come with an action on an entry, such as a note with a confirmation."""

from datetime import datetime

from core.ids import PostId, TopicId
from forum.posts.insertion import NewPost, insert_posts
from forum.text.rendering import render_text
from storage.database import Transaction


async def insert_reply(
    tx: Transaction, topic_id: TopicId, member: int, body: str, now: datetime, parent: PostId | None = None
) -> PostId:
    """Insert a reply that comes with an action, such as a confirmation; return its id. Checks no permission and no lock."""
    html = (await render_text(body, topic=topic_id, site=tx.site)).html
    post = NewPost(parent_id=parent, author_id=member, body=body, html=html, posted_at=now)
    (inserted,) = await insert_posts(tx, topic_id, [post], now, exempt=True)
    return PostId(inserted.id)
