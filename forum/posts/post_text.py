"""The text of posts that other capabilities render from their own data, such as the entries of boards."""

from datetime import datetime

from core.ids import PostId, TopicId
from forum.events import PostEdited
from forum.posts.text_language import find_language
from forum.text.rendering import render_text
from storage.database import Transaction
from storage.statements import statement

INSERT_REVISION_OF_POST = statement("""
INSERT INTO revisions (post_id, version, body, html, written_at)
SELECT id, version, body, html, coalesce(edited_at, posted_at) FROM posts WHERE id = :post
""")
UPDATE_POST_TEXT = statement("""
UPDATE posts SET body = :body, html = :html, edited_at = :now, version = version + 1,
    language = CASE WHEN language_by = ANY('{author,moderator}') THEN language ELSE :language END,
    language_by = CASE WHEN language_by = ANY('{author,moderator}') THEN language_by ELSE :by END
WHERE id = :post
""")


async def rewrite_post(tx: Transaction, topic_id: TopicId, post_id: PostId, body: str, now: datetime) -> None:
    """Replace the text of a post and store the old text as a revision.

    Checks no permission; the caller has locked the topic.
    """
    html = (await render_text(body, topic=topic_id, site=tx.site)).html
    language = await find_language(html)
    await tx.run(INSERT_REVISION_OF_POST, post=post_id)
    await tx.run(
        UPDATE_POST_TEXT, post=post_id, body=body, html=html, now=now, language=language.tag, by=language.by
    )
    await tx.record(PostEdited(topic_id=topic_id, post_id=post_id))
