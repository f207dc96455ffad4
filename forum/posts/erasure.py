"""Erasure of an author's posts, piece by piece: the text is deleted, or it stays and the former member is its author."""

from collections.abc import Sequence

from msgspec import Struct

from core import clock
from core.ids import PostId, TopicId
from forum.events import PostWithdrawn, QuotesChanged
from forum.posts.hiding import lock_topics
from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

BATCH_SIZE = 100

# The first post of an entry's topic is the entry itself. What nobody sees is not kept for anybody: what waits for approval,
# and what its author has withdrawn.
SELECT_NEXT_POSTS_TO_ERASE = statement("""
SELECT p.id, p.topic_id, p.state = 'published' AS is_published, p.state IN ('held', 'withdrawn') OR CASE
    WHEN t.kind = 'entry' AND p.number = 1 THEN 'entries' WHEN t.kind = 'room' THEN 'rooms' ELSE 'posts'
    END = ANY(CAST(:deletes AS text[])) AS is_deleted
FROM posts p JOIN topics t ON t.id = p.topic_id
WHERE p.author_id = :member AND p.id <> ALL(CAST(:posts AS bigint[])) AND p.topic_id <> ALL(CAST(:topics AS bigint[]))
ORDER BY p.topic_id, p.id LIMIT :count
""")
UPDATE_POSTS_UNNAMED = statement("""
UPDATE posts SET author_id = :former, edited_by = nullif(edited_by, :member), version = version + 1
WHERE id = ANY(CAST(:ids AS bigint[])) AND author_id = :member
""")
UPDATE_POSTS_EMPTIED = statement("""
UPDATE posts SET author_id = :former, body = '', html = '', edited_by = NULL, edited_at = NULL, is_shared = false,
    is_cited = false, language = NULL, language_by = 'detected', version = version + 1,
    state = CASE state WHEN 'published' THEN 'withdrawn' ELSE state END
WHERE id = ANY(CAST(:ids AS bigint[])) AND author_id = :member
""")
UPDATE_COUNTS_OF_ERASED_POSTS = statement("""
UPDATE topics SET post_count = post_count - gone.n, version = version + 1
FROM (SELECT topic_id, count(*) AS n FROM unnest(CAST(:topics AS bigint[])) AS u (topic_id) GROUP BY topic_id) gone
WHERE id = gone.topic_id
""")
DELETE_REVISIONS_OF_POSTS = statement("DELETE FROM revisions WHERE post_id = ANY(CAST(:ids AS bigint[]))")
UPDATE_REVISIONS_UNNAMED = statement("""
UPDATE revisions SET written_by = NULL WHERE post_id = ANY(CAST(:ids AS bigint[])) AND written_by = :member
""")
# What waited for approval is withdrawn. An edit of somebody else's post is forgotten too.
UPDATE_HELD_POSTS_FORGOTTEN = statement("""
UPDATE held_posts SET edit_body = NULL, edit_html = NULL, edit_language = NULL, edit_by = NULL,
    settled_at = coalesce(settled_at, :now),
    outcome = coalesce(outcome, 'withdrawn')
WHERE post_id = ANY(CAST(:ids AS bigint[]))
    OR (edit_by = :member AND post_id <> ALL(CAST(:held AS bigint[])))
""")


class ErasedPosts(Struct, frozen=True):
    """A batch of posts to erase, whose topics are locked: all of them, those whose text is deleted, and the published ones
    as pairs of topic and post."""

    ids: list[int]
    deleted: list[int]
    published: list[tuple[int, int]]


async def lock_next_posts(tx: Transaction, erasure: Erasure) -> ErasedPosts:
    """Lock the topics of the next posts to erase and return the posts; none is left if `ids` is empty."""
    rows = await tx.rows(
        SELECT_NEXT_POSTS_TO_ERASE,
        member=erasure.member,
        deletes=sorted(erasure.deletes),
        posts=erasure.held_posts,
        topics=erasure.held_topics,
        count=BATCH_SIZE,
    )
    await lock_topics(tx, *(TopicId(row["topic_id"]) for row in rows))
    return ErasedPosts(
        ids=[row["id"] for row in rows],
        deleted=[row["id"] for row in rows if row["is_deleted"]],
        published=[(row["topic_id"], row["id"]) for row in rows if row["is_published"]],
    )


async def erase_posts(tx: Transaction, erasure: Erasure, batch: ErasedPosts) -> None:
    """Empty the posts whose text is deleted, with their history, and take the name from the others; open pages are told."""
    deleted = set(batch.deleted)
    binds = {"member": erasure.member, "former": erasure.former}
    await delete_history(tx, batch.deleted)
    await forget_held_posts(tx, erasure, batch.deleted)
    await tx.run(UPDATE_POSTS_EMPTIED, ids=batch.deleted, **binds)
    gone = [topic for topic, post in batch.published if post in deleted]
    await tx.run(UPDATE_COUNTS_OF_ERASED_POSTS, topics=gone)
    kept = [post for post in batch.ids if post not in deleted]
    await tx.run(UPDATE_REVISIONS_UNNAMED, ids=kept, member=erasure.member)
    await tx.run(UPDATE_POSTS_UNNAMED, ids=kept, **binds)
    for topic, post in batch.published:
        # The second has no consequences but that the post is shown again, now by the former member.
        kind = PostWithdrawn if post in deleted else QuotesChanged
        await tx.record(kind(topic_id=TopicId(topic), post_id=PostId(post)))


async def delete_history(tx: Transaction, post_ids: Sequence[int]) -> None:
    """Delete what these posts said before."""
    await tx.run(DELETE_REVISIONS_OF_POSTS, ids=list(post_ids))


async def unname_posts(tx: Transaction, erasure: Erasure, post_ids: Sequence[int]) -> None:
    """Make the former member the author of these posts, and leave their texts."""
    await tx.run(UPDATE_POSTS_UNNAMED, ids=list(post_ids), member=erasure.member, former=erasure.former)


async def forget_held_posts(tx: Transaction, erasure: Erasure, post_ids: Sequence[int]) -> None:
    """Withdraw what waits for approval of these posts, and the member's held edits of posts of others."""
    await tx.run(
        UPDATE_HELD_POSTS_FORGOTTEN,
        ids=list(post_ids),
        member=erasure.member,
        held=erasure.held_posts,
        now=clock.now(),
    )
