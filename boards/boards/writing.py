"""The posts of boards and entries: their texts are rendered from fields, so that only this code edits them."""

from datetime import datetime

from core.ids import PostId, TopicId
from forum.events import PostEdited, TopicChanged
from forum.posts.insertion import NewPost, insert_posts
from forum.text.markdown import render
from storage.database import Transaction
from storage.statements import statement

INSERT_POST_REVISION = statement("""
INSERT INTO revisions (post_id, version, body, html, written_at)
SELECT id, version, body, html, coalesce(edited_at, posted_at) FROM posts WHERE id = :post
""")
UPDATE_POST_TEXT = statement("""
UPDATE posts SET body = :body, html = :html, edited_at = :now, version = version + 1 WHERE id = :post
""")
UPDATE_TOPIC_TITLE = statement(
    "UPDATE topics SET title = :title, version = version + 1 WHERE id = :topic AND title <> :title"
)


async def rewrite_post(tx: Transaction, topic_id: TopicId, post_id: PostId, body: str, now: datetime) -> None:
    """Replace the text of a post and store the old text as a revision.

    Checks no permission; the caller has locked the topic.
    """
    html = render(body, topic=topic_id, site=tx.site).html
    await tx.run(INSERT_POST_REVISION, post=post_id)
    await tx.run(UPDATE_POST_TEXT, post=post_id, body=body, html=html, now=now)
    await tx.record(PostEdited(topic_id=topic_id, post_id=post_id))


async def rename_entry_topic(tx: Transaction, topic_id: TopicId, title: str) -> None:
    """Set the title of an entry's topic. No sector lists these topics, so no event goes to a sector's channel."""
    if await tx.run(UPDATE_TOPIC_TITLE, topic=topic_id, title=title):
        await tx.record(TopicChanged(topic_id=topic_id))


async def insert_reply(
    tx: Transaction, topic_id: TopicId, member: int, body: str, now: datetime, parent: PostId | None = None
) -> PostId:
    """Insert a reply that comes with an action, such as a confirmation; return its id. Checks no permission and no lock."""
    html = render(body, topic=topic_id, site=tx.site).html
    post = NewPost(parent_id=parent, author_id=member, body=body, html=html, posted_at=now)
    (inserted,) = await insert_posts(tx, topic_id, [post], now, exempt=True)
    return PostId(inserted.id)
