"""Holding: a post that waits for approval has no place in its topic until it is released. Who may do so is for others to
say; until then nothing in the topic, its counts, its pages or its stream tells of it."""

from collections.abc import Sequence
from datetime import datetime

from core.ids import PostId, TopicId
from forum.events import ReplyPosted
from forum.posts.insertion import NewPost, written
from storage.database import Transaction
from storage.statements import statement

_HOLD = statement("""
INSERT INTO posts (topic_id, depth, author_id, pseudonym, markup, body, html, posted_at, state)
SELECT topic_id, 0, author_id, decode(pseudonym, 'base64'), markup, body, html, posted_at, 'held'
FROM ROWS FROM (json_to_recordset(CAST(:posts AS json)) AS (
    topic_id bigint, author_id bigint, pseudonym text, markup text, body text, html text, posted_at timestamptz
)) WITH ORDINALITY AS i (topic_id, author_id, pseudonym, markup, body, html, posted_at, ord)
ORDER BY ord
RETURNING id
""")
# The topic before the post, always. What a rule held goes after what it answers, if that is in the topic, and last if not.
_RELEASE = statement("""
WITH answered AS (
    UPDATE posts SET children = posts.children + 1 FROM held_posts h
    WHERE h.post_id = :post AND posts.id = h.parent_id AND posts.topic_id = :topic AND posts.state <> 'held'
    RETURNING posts.id, posts.path, posts.depth, posts.children - 1 AS place
), topic AS (
    UPDATE topics SET last_number = last_number + 1, post_count = post_count + 1, version = version + 1,
        roots = roots + CASE WHEN EXISTS (SELECT FROM answered) THEN 0 ELSE 1 END,
        last_activity_at = greatest(last_activity_at, CAST(:now AS timestamptz))
    WHERE id = :topic RETURNING last_number, roots - 1 AS place
)
UPDATE posts SET state = 'published', topic_id = :topic, number = topic.last_number, parent_id = answered.id,
    path = coalesce(answered.path, ''::bytea) || path_segment(CAST(coalesce(answered.place, topic.place) AS integer)),
    depth = coalesce(answered.depth + 1, 0)
FROM topic LEFT JOIN answered ON true WHERE posts.id = :post AND posts.state = 'held'
RETURNING posts.number
""")
# As everywhere, a text was written when it was edited last, else when it was posted.
_KEEP = statement("""
INSERT INTO revisions (post_id, version, body, html, written_at, was_held)
SELECT id, version, body, html, coalesce(edited_at, posted_at), true FROM posts WHERE id = :post AND state = 'held'
""")
_EDIT = statement("""
UPDATE posts SET body = :body, html = :html, edited_at = :now, version = version + 1
WHERE id = :post AND state = 'held'
""")


async def insert_held_posts(tx: Transaction, topic_id: TopicId, new: Sequence[NewPost]) -> list[PostId]:
    """Keep posts that answer the topic, and no other post, until they are released; their ids, in the order given."""
    rows = await tx.rows(_HOLD, posts=written([(topic_id, post) for post in new]))
    return [PostId(row["id"]) for row in rows]


async def release_post(tx: Transaction, topic_id: TopicId, post_id: PostId, now: datetime) -> bool:
    """Publish a held post in a topic, as if it had arrived there now; False where it is not held. No rule is asked."""
    number = await tx.value(_RELEASE, topic=topic_id, post=post_id, now=now)
    if number is None:
        return False
    await tx.record(ReplyPosted(topic_id=topic_id, post_id=post_id, number=number))
    return True


async def rewrite_held_text(tx: Transaction, post_id: PostId, body: str, html: str, now: datetime) -> None:
    """Give a held post another text; what it said before is kept for its author and the moderators."""
    await tx.run(_KEEP, post=post_id)
    await tx.run(_EDIT, post=post_id, body=body, html=html, now=now)
