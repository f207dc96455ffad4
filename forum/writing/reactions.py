"""Reactions: members set and unset their reactions to posts."""

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from core import clock
from core.actor import Actor
from core.ids import MemberId, PostId, TopicId
from forum.events import ReactionsChanged
from forum.posts.post_pages import show_post
from forum.shapes import Post, ReactionKind
from forum.tables import reactions
from forum.writing.policy import ensure_can_react
from forum.writing.post_access import get_post
from members.events import AddressVerified
from storage.database import Transaction
from storage.statements import statement

_INSERT_REACTION = statement(
    insert(reactions)
    .values({name: bindparam(name) for name in ("post_id", "member_id", "kind", "set_at")})
    .on_conflict_do_nothing()
)
_DELETE_REACTION = statement(
    delete(reactions).where(
        reactions.c.post_id == bindparam("post_id"),
        reactions.c.member_id == bindparam("member_id"),
        reactions.c.kind == bindparam("kind"),
    )
)
# The counts are computed again from the rows, under the lock on the post, so they cannot drift.
_UPDATE_REACTION_COUNTS = statement("""
UPDATE posts SET reactions = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM reactions WHERE post_id = :post GROUP BY kind) AS counted
), '{}') WHERE id = :post
""")


_DELETE_REACTIONS_TO_OWN_POSTS = statement("""
DELETE FROM reactions r USING posts p
WHERE p.id = r.post_id AND p.author_id = :member AND r.member_id = :member
RETURNING p.id, p.topic_id
""")


async def set_reaction(
    tx: Transaction, actor: Actor, post_id: PostId, kind: ReactionKind, wanted: bool
) -> Post:
    """Set or unset one reaction of the actor to a post and return the post; repeating the call changes nothing.

    Raise NotFound or the refusals of `ensure_can_react`; the database refuses reactions to own posts as well.
    """
    topic, post, _ = await get_post(tx, actor, post_id)
    now = clock.now()
    ensure_can_react(actor, topic, post, now, wanted)

    key = {"post_id": post_id, "member_id": actor.signed_in(), "kind": kind}
    changed = await (
        tx.run(_INSERT_REACTION, **key, set_at=now) if wanted else tx.run(_DELETE_REACTION, **key)
    )
    if changed:
        await tx.run(_UPDATE_REACTION_COUNTS, post=post_id)
        await tx.record(ReactionsChanged(topic_id=topic.id, post_id=post_id))
    return await show_post(tx, actor, post_id)


async def on_address_verified(tx: Transaction, event: AddressVerified) -> None:
    """Delete the reactions of a member to archived posts that have become the member's own.

    Event handler; it follows the one that changes the authors, which holds the locks on their topics.
    """
    if event.unclaimed_id is not None:
        await delete_reactions_to_own_posts(tx, MemberId(event.member_id))


async def delete_reactions_to_own_posts(tx: Transaction, member: MemberId) -> None:
    """Delete the reactions of a member to posts that are the member's own."""
    rows = await tx.rows(_DELETE_REACTIONS_TO_OWN_POSTS, member=member)
    for post, topic in sorted({(row["id"], row["topic_id"]) for row in rows}):
        await tx.run(_UPDATE_REACTION_COUNTS, post=post)
        await tx.record(ReactionsChanged(topic_id=TopicId(topic), post_id=PostId(post)))
