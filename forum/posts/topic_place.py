"""The place of a page of posts in its topic: how many posts stand before it, and which post came last.

Only pages of topics that do not fit on one page ask for it. The posts before a page are counted in an index, without reading
their rows: about a millisecond for each ten thousand.
"""

from msgspec import Struct

from core.actor import PostOrder
from core.ids import TopicId
from forum.shapes import Post
from storage.database import Reader
from storage.statements import statement


class TopicPlace(Struct, frozen=True):
    """How many published posts stand before the first post of a page, and the number of the post that came last."""

    before: int
    last: int


# A held post has neither a number nor a path yet.
_COUNT_POSTS_BEFORE = {
    "tree": statement("""
        SELECT (SELECT max(number) FROM posts WHERE topic_id = :topic) AS last,
            (SELECT count(*) FROM posts p WHERE p.topic_id = :topic AND p.path < first.path)
            - (SELECT count(*) FROM posts p WHERE p.topic_id = :topic AND p.state <> 'published' AND p.path < first.path)
            AS before
        FROM posts first WHERE first.id = :first
    """),
    "time": statement("""
        SELECT (SELECT max(number) FROM posts WHERE topic_id = :topic) AS last,
            (SELECT count(*) FROM posts p WHERE p.topic_id = :topic AND p.number < first.number)
            - (SELECT count(*) FROM posts p
                WHERE p.topic_id = :topic AND p.state <> 'published' AND p.number < first.number) AS before
        FROM posts first WHERE first.id = :first
    """),
}


async def read_topic_place(tx: Reader, topic_id: TopicId, first: Post, order: PostOrder) -> TopicPlace:
    """Return the place of a page that starts with a post; the caller has checked that the viewer can see the topic."""
    row = await tx.row(_COUNT_POSTS_BEFORE[order], topic=topic_id, first=first.id)
    if row is None:
        return TopicPlace(0, first.number)
    return TopicPlace(row["before"], row["last"] or first.number)
