"""Citations: which posts quote a post or link to it."""

from sqlalchemy import BigInteger, bindparam, func, or_, select

from core.actor import Actor
from core.ids import PostId
from core.languages.names import local
from forum.authors import author_in
from forum.posts.post_pages import show_post
from forum.shapes import Citation, CitationList
from forum.tables import posts, topics
from forum.tables_writing import post_references
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.tables import public_authors
from storage.database import Reader
from storage.statements import statement

MOST_CITATIONS = 100

_SELECT_CITATIONS = statement(
    select(
        posts.c.id.label("post"),
        posts.c.topic_id.label("topic"),
        posts.c.number,
        topics.c.title,
        topics.c.titles,
        posts.c.author_id,
        public_authors.c.handle,
        public_authors.c.display_name,
        public_authors.c.group.label("author_group"),
        public_authors.c.picture.label("author_picture"),
        posts.c.posted_at,
        func.bool_or(post_references.c.kind == "quote").label("is_quote"),
    )
    .join(posts, posts.c.id == post_references.c.post_id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(
        or_(post_references.c.kind == "quote", post_references.c.kind == "post"),
        post_references.c.object_id == bindparam("id", type_=BigInteger),
        posts_not_held(),
        visible_topics(),
        visible_text(),
    )
    .group_by(posts.c.id, topics.c.id, *public_authors.c)
    .order_by(posts.c.id.desc())
    .limit(MOST_CITATIONS)
)


async def read_citations(tx: Reader, actor: Actor, post_id: PostId) -> CitationList:
    """Return the latest 100 posts that quote or link to the post and that the actor can read; raise NotFound."""
    await show_post(tx, actor, post_id)
    rows = await tx.rows(_SELECT_CITATIONS, id=post_id, **seen_by(actor))
    return CitationList(
        [
            Citation(
                post=row["post"],
                topic=row["topic"],
                number=row["number"],
                title=local(row["title"], row["titles"]),
                author=author_in(row),
                posted_at=row["posted_at"],
                is_quote=row["is_quote"],
            )
            for row in rows
        ]
    )
