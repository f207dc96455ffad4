"""Engagement: whether others have answered, quoted, cited, accepted or reacted to a post, so that its edits are shown."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Integer, Text, bindparam, text

from core.ids import PostId, TopicId
from forum.policy import PostFacts
from storage.database import Reader
from storage.statements import statement

# How long after posting an edit can be silent. No e-mail quotes a post sooner: see the SQL function `mail_due`.
SILENT_EDIT_PERIOD = timedelta(minutes=5)

# The worker stores what posts link to a moment later; until then, the texts that wait for it are searched. Both are read in
# one statement, so that no citation is missed between the two.
_SELECT_IS_ENGAGED = statement(
    text("""
SELECT EXISTS (SELECT FROM posts answer WHERE answer.parent_id = :post)
    OR EXISTS (SELECT FROM reactions r WHERE r.post_id = :post)
    OR EXISTS (SELECT FROM quotations q WHERE q.post_id = :post)
    OR EXISTS (SELECT FROM topics t WHERE t.answer_id = :post)
    OR EXISTS (SELECT FROM post_references r WHERE r.kind IN ('quote', 'post') AND r.object_id = :post)
    OR EXISTS (
        SELECT FROM follow_ups f JOIN log l ON l.channel = f.channel AND l.seq = f.seq
            JOIN posts p ON p.id = CAST(l.event ->> 'post_id' AS bigint)
        WHERE l.event ->> 'type' IN ('reply_posted', 'post_edited') AND p.id <> :post AND p.html ~ :links)
    OR :opens AND (
        EXISTS (
            SELECT FROM posts later
            WHERE later.topic_id = :topic AND later.number > :number AND later.author_id IS DISTINCT FROM :author)
        OR EXISTS (
            SELECT FROM former_places f JOIN posts moved ON moved.id = f.post_id
            WHERE f.topic_id = :topic AND f.number > :number AND moved.author_id IS DISTINCT FROM :author)
        OR EXISTS (
            SELECT FROM post_references r WHERE r.kind = 'topic' AND r.object_id = :topic))
""").bindparams(
        *(bindparam(name, type_=BigInteger) for name in ("post", "topic", "author")),
        bindparam("number", type_=Integer),
        bindparam("opens", type_=Boolean),
        bindparam("links", type_=Text),
    )
)


async def is_in_silent_period(
    tx: Reader, topic: TopicId, post_id: PostId, post: PostFacts, posted_at: datetime, now: datetime
) -> bool:
    """Return whether an edit of the post by its author can be silent now: soon after it was posted, and before engagement.

    Any later post of somebody else in the topic answers the first post. The caller holds the locks on the topic and the
    post: a reply or a reaction that is committed before the edit is seen, and every other one comes after the edit.
    """
    if now - posted_at > SILENT_EDIT_PERIOD:
        return False
    engaged = await tx.value(
        _SELECT_IS_ENGAGED,
        post=post_id,
        topic=topic,
        author=post.author_id,
        number=post.number,
        opens=post.number == 1,
        links=_links_to(topic, post_id, post.number),
    )
    return not engaged


def _links_to(topic: int, post: int, number: int) -> str:
    """Return the regular expression of PostgreSQL for links to the post in the HTML of posts, as `references` finds them."""
    at_number = f"/{number}" if number > 1 else f"(/{number})?"
    return f'<a href="/(p/{post}|t/{topic}(/[a-z0-9-]*[a-z-][a-z0-9-]*)?{at_number}/?)["?#]'
