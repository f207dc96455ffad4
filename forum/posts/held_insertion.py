"""Insertion and release of held posts, which wait for approval.

A held post has no number and no path; the counts, pages and events of its topic do not include it until it is released.
The functions check no permissions.
"""

from collections.abc import Sequence
from datetime import datetime

from core.ids import PostId, TopicId
from forum.events import ReplyPosted
from forum.posts.insertion import NewPost, encode_posts, with_languages
from forum.posts.text_language import find_language
from storage.database import Transaction
from storage.statements import statement

_INSERT_HELD_POSTS = statement("""
INSERT INTO posts (topic_id, depth, author_id, pseudonym, markup, body, html, posted_at, state, language, language_by)
SELECT topic_id, 0, author_id, decode(pseudonym, 'base64'), markup, body, html, posted_at, 'held', language, language_by
FROM ROWS FROM (json_to_recordset(CAST(:posts AS json)) AS (
    topic_id bigint, author_id bigint, pseudonym text, markup text, body text, html text, posted_at timestamptz,
    language text, language_by text
)) WITH ORDINALITY AS i (topic_id, author_id, pseudonym, markup, body, html, posted_at, language, language_by, ord)
ORDER BY ord
RETURNING id
""")
# Lock the topic before the post, always, to prevent deadlocks. The post becomes the last reply to its parent if that post is
# in the topic, and otherwise the last reply to the topic.
_PUBLISH_HELD_POST = statement("""
WITH parent AS (
    UPDATE posts SET children = posts.children + 1 FROM held_posts h
    WHERE h.post_id = :post AND posts.id = h.parent_id AND posts.topic_id = :topic AND posts.state <> 'held'
    RETURNING posts.id, posts.path, posts.depth, posts.children - 1 AS ordinal
), topic AS (
    UPDATE topics SET last_number = last_number + 1, post_count = post_count + 1, version = version + 1,
        roots = roots + CASE WHEN EXISTS (SELECT FROM parent) THEN 0 ELSE 1 END,
        last_activity_at = greatest(last_activity_at, CAST(:now AS timestamptz))
    WHERE id = :topic RETURNING last_number, roots - 1 AS ordinal
)
UPDATE posts SET state = 'published', topic_id = :topic, number = topic.last_number, parent_id = parent.id,
    path = coalesce(parent.path, ''::bytea) || path_segment(CAST(coalesce(parent.ordinal, topic.ordinal) AS integer)),
    depth = coalesce(parent.depth + 1, 0)
FROM topic LEFT JOIN parent ON true WHERE posts.id = :post AND posts.state = 'held'
RETURNING posts.number
""")
_INSERT_HELD_REVISION = statement("""
INSERT INTO revisions (post_id, version, body, html, written_at, was_held)
SELECT id, version, body, html, coalesce(edited_at, posted_at), true FROM posts WHERE id = :post AND state = 'held'
""")
_UPDATE_HELD_TEXT = statement("""
UPDATE posts SET body = :body, html = :html, edited_at = :now, version = version + 1,
    language = CASE WHEN :by = 'detected' AND language_by = ANY('{author,moderator}') THEN language ELSE :language END,
    language_by = CASE WHEN :by = 'detected' AND language_by = ANY('{author,moderator}') THEN language_by ELSE :by END
WHERE id = :post AND state = 'held'
""")


async def insert_held_posts(tx: Transaction, topic_id: TopicId, new: Sequence[NewPost]) -> list[PostId]:
    """Insert posts as held replies to the topic and return their ids in the given order."""
    posts = await with_languages([(topic_id, post) for post in new])
    rows = await tx.rows(_INSERT_HELD_POSTS, posts=encode_posts(posts))
    return [PostId(row["id"]) for row in rows]


async def release_post(tx: Transaction, topic_id: TopicId, post_id: PostId, now: datetime) -> bool:
    """Publish a held post in the topic with the next number; return False if the post is not held."""
    number = await tx.value(_PUBLISH_HELD_POST, topic=topic_id, post=post_id, now=now)
    if number is None:
        return False
    await tx.record(ReplyPosted(topic_id=topic_id, post_id=post_id, number=number))
    return True


async def rewrite_held_text(
    tx: Transaction, post_id: PostId, body: str, html: str, now: datetime, chosen: str | None = None
) -> None:
    """Replace the text of a held post; the former text becomes a revision for its author and the moderators."""
    language = await find_language(html, chosen)
    await tx.run(_INSERT_HELD_REVISION, post=post_id)
    await tx.run(
        _UPDATE_HELD_TEXT,
        post=post_id,
        body=body,
        html=html,
        now=now,
        language=language.tag,
        by=language.by,
    )
