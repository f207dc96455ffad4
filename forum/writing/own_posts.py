"""Posts: withdrawing, restoring, reacting. (Replying is in replies.py, editing in editing.py, reading in reading.py.)"""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime

from asyncpg import Record
from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, PostId, TopicId
from forum import events
from forum.policy import (
    PostFacts,
    TopicFacts,
    ensure_can_react,
    ensure_can_restore,
    ensure_can_withdraw,
)
from forum.posts.post_pages import show_post
from forum.shapes import Post, ReactionKind
from forum.tables import posts, reactions
from forum.tables import topics as topic_table
from forum.text.quote_source import format_quote
from forum.text.quotes import expand_quotes
from forum.topics import topics
from forum.visibility import placed_posts, seen_by, visible_text, visible_topics
from members.pseudonyms import pseudonym
from storage.database import Reader, Transaction
from storage.statements import statement

# What else a change in a room's topic has to comply with; rooms are above all that is known here. No text: brought back.
# Whether the room shows the text by itself, as it does questions and notices.
ChangeRule = Callable[[Reader, Actor, TopicId, PostId, str | None], Awaitable[bool]]

_TOPIC_OF = statement(
    select(posts.c.topic_id)
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), placed_posts(), visible_topics())
)
_FACTS = select(
    posts.c.id,
    posts.c.topic_id,
    posts.c.number,
    posts.c.author_id,
    posts.c.pseudonym,
    posts.c.state,
    posts.c.version,
    posts.c.markup,
    posts.c.body,
    posts.c.html,
    posts.c.edited_at,
    posts.c.edited_by,
    posts.c.is_shared,
    posts.c.children,
    posts.c.reactions,
    func.coalesce(posts.c.edited_at, posts.c.posted_at).label("written_at"),
).where(posts.c.id == bindparam("id"))
_READ = statement(_FACTS)
_LOCK = statement(_FACTS.with_for_update(key_share=True))
_SOURCE = statement(
    select(posts.c.body, posts.c.markup)
    .join(topic_table, topic_table.c.id == posts.c.topic_id)
    .where(posts.c.id == bindparam("id"), placed_posts(), visible_topics(), visible_text())
)
_SET_STATE = statement(
    update(posts)
    .where(posts.c.id == bindparam("post"))
    .values(state=bindparam("new_state"), version=posts.c.version + 1)
)
_COUNT = statement(
    update(topic_table)
    .where(topic_table.c.id == bindparam("topic"))
    .values(post_count=topic_table.c.post_count + bindparam("change"), version=topic_table.c.version + 1)
)
_REACT = statement(
    upsert(reactions)
    .values({name: bindparam(name) for name in ("post_id", "member_id", "kind", "set_at")})
    .on_conflict_do_nothing()
)
_UNREACT = statement(
    delete(reactions).where(
        reactions.c.post_id == bindparam("post_id"),
        reactions.c.member_id == bindparam("member_id"),
        reactions.c.kind == bindparam("kind"),
    )
)
# The counts are made anew from what they count, under the post's lock, so they cannot drift.
_RECOUNT = statement("""
UPDATE posts SET reactions = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM reactions WHERE post_id = :post GROUP BY kind) AS counted
), '{}') WHERE id = :post
""")


async def find_source(tx: Reader, actor: Actor, post_id: PostId) -> tuple[str, str]:
    """What was written, as it was written, and in which markup; for those who can read the post."""
    row = await tx.row(_SOURCE, id=post_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return await expand_quotes(tx, actor, row["body"]), row["markup"]


async def quote_post(tx: Reader, actor: Actor, post: Post) -> str:
    """All that a post says itself, as a quotation to write on from; nothing if it says nothing to the actor."""
    row = await tx.row(_SOURCE, id=post.id, **seen_by(actor))
    if row is None:
        return ""
    return format_quote(post.id, post.number, post.author.display_name if post.author else "", row["body"])


async def show_with_source(tx: Reader, actor: Actor, post_id: PostId) -> Post:
    """One post; with what was written for those who can read it."""
    shown = await show_post(tx, actor, post_id)
    if shown.html is None:
        return shown
    body, _ = await find_source(tx, actor, post_id)
    return replace(shown, body=body)


async def withdraw_post(tx: Transaction, actor: Actor, post_id: PostId) -> Post:
    """Take one's post back: a tombstone keeps its place. Withdrawing twice changes nothing."""
    topic, post, row = await get_post(tx, actor, post_id)
    if post.is_own and post.state == "withdrawn":
        return await show_post(tx, actor, post_id)
    ensure_can_withdraw(actor, topic, post, clock.now())

    await tx.run(_SET_STATE, post=post_id, new_state="withdrawn")
    await tx.run(_COUNT, topic=topic.id, change=-1)
    await tx.record(events.PostWithdrawn(topic_id=topic.id, post_id=post_id), moment_of(row))
    return await show_post(tx, actor, post_id)


async def restore_post(
    tx: Transaction, actor: Actor, post_id: PostId, in_room: ChangeRule | None = None
) -> Post:
    """Bring one's withdrawn post back as it was."""
    topic, post, row = await get_post(tx, actor, post_id)
    ensure_can_restore(actor, topic, post, clock.now())
    if topic.kind == "room" and in_room is not None:
        await in_room(tx, actor, topic.id, post_id, None)

    await tx.run(_SET_STATE, post=post_id, new_state="published")
    await tx.run(_COUNT, topic=topic.id, change=1)
    await tx.record(events.PostRestored(topic_id=topic.id, post_id=post_id), moment_of(row))
    return await show_post(tx, actor, post_id)


async def set_reaction(
    tx: Transaction, actor: Actor, post_id: PostId, kind: ReactionKind, wanted: bool
) -> Post:
    """Set or unset one of one's reactions to a post; as often as one likes, with the same outcome."""
    topic, post, _ = await get_post(tx, actor, post_id)
    now = clock.now()
    ensure_can_react(actor, topic, post, now)

    whose = {"post_id": post_id, "member_id": actor.signed_in(), "kind": kind}
    changed = await (tx.run(_REACT, **whose, set_at=now) if wanted else tx.run(_UNREACT, **whose))
    if changed:
        await tx.run(_RECOUNT, post=post_id)
        await tx.record(events.ReactionsChanged(topic_id=topic.id, post_id=post_id))
    return await show_post(tx, actor, post_id)


async def get_post(
    tx: Reader, actor: Actor, post_id: PostId, lock: bool = True
) -> tuple[TopicFacts, PostFacts, Record]:
    """A post that the actor can see, with its topic, as the rules look at them; `lock` makes writers take turns."""
    # The topic before the post, always, so that two writers never wait for each other crosswise.
    while True:
        topic_id = await tx.value(_TOPIC_OF, id=post_id, **seen_by(actor))
        if topic_id is None:
            raise NotFound
        topic = await topics.get_topic(tx, actor, TopicId(topic_id), lock)
        row = await tx.row(_LOCK if lock else _READ, id=post_id)
        if row is None:
            raise NotFound
        if row["topic_id"] == topic_id:
            break  # otherwise it was moved while we waited for its topic
    author = None if row["author_id"] is None else MemberId(row["author_id"])
    own = _is_own(actor, topic.id, author, row["pseudonym"])
    post = PostFacts(
        number=row["number"], author_id=author, is_own=own, state=row["state"], is_shared=row["is_shared"]
    )
    return topic, post, row


def moment_of(row: Record) -> datetime:
    """Now; of what was written anonymously only the minute, because others may know who was here at which second."""
    now = clock.now()
    return now if row["pseudonym"] is None else clock.coarse(now)


def _is_own(actor: Actor, topic_id: TopicId, author: MemberId | None, asked_as: bytes | None) -> bool:
    if asked_as is not None:
        return actor.secret is not None and hmac.compare_digest(
            asked_as, pseudonym(actor, f"topic:{topic_id}")
        )
    return author is not None and author == actor.id
