"""Moves by moderators: posts to another or a new topic, a topic into another topic, a topic to another sector."""

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.ids import MemberId, SectorId, TopicId
from core.languages.texts import translatable
from forum import sectors
from forum.events import (
    PostsMovedAway,
    PostsMovedHere,
    ReadersChanged,
    TopicChanged,
    TopicLeft,
    TopicListingChanged,
    TopicMerged,
    TopicOpened,
)
from forum.moves.move_notes import show_move
from forum.moves.relocation import read_branches, relocate_posts
from forum.moves.relocation_following import copy_following
from forum.moves.shapes import Move, MoveKind, NewMove
from forum.policy import TopicFacts, ensure_can_move, ensure_has_begun
from forum.topics.changes_since import record_topic_change
from forum.topics.topics import get_topic, insert_topic
from storage.database import Transaction
from storage.statements import statement

_INSERT_MOVE = statement("""
INSERT INTO moves (kind, from_topic, to_topic, posts, moved_by, moved_at)
VALUES (:kind, :source, :target, :posts, :member, :now) RETURNING id
""")
_MARK_MERGED = statement("UPDATE topics SET merged_into = :into, version = version + 1 WHERE id = :topic")
_MOVE_HELD_POSTS = statement("""
WITH gone AS (UPDATE posts SET topic_id = :into WHERE topic_id = :topic AND state = 'held' RETURNING id)
INSERT INTO held_moves (move_id, post_id) SELECT :move, id FROM gone
""")
_MOVE_HELD_POSTS_BACK = statement("""
UPDATE posts p SET topic_id = :home FROM held_moves h
WHERE h.move_id = :move AND p.id = h.post_id AND p.state = 'held' AND p.topic_id = :away
""")
_MOVE_TOPIC_NOTIFICATIONS = statement("""
UPDATE notifications n SET topic_id = :into WHERE topic_id = :topic AND post_id IS NULL AND NOT EXISTS (
    SELECT FROM notifications o WHERE o.topic_id = :into AND o.post_id IS NULL AND o.member_id = n.member_id
        AND o.kind = n.kind)
""")
_MOVE_IMPORTED_MAILS = statement("UPDATE imported_mails SET topic_id = :into WHERE topic_id = :topic")
_SELECT_UNDOABLE_MOVE = statement(
    "SELECT kind, from_topic, to_topic FROM moves WHERE id = :move AND undone_at IS NULL"
)
_MARK_UNDONE = statement("UPDATE moves SET undone_at = :now WHERE id = :move AND undone_at IS NULL")
_SELECT_MOVED_POSTS = statement("SELECT post_id FROM former_places WHERE move_id = :move")
_MARK_UNMERGED = statement("""
UPDATE topics SET merged_into = NULL, version = version + 1 WHERE id = :topic AND merged_into = :into
""")
# In order of their ids, as everywhere, to prevent deadlocks.
_LOCK_MOVED_TOPICS = statement("""
SELECT id FROM topics WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")
_UPDATE_SECTOR = statement("UPDATE topics SET sector_id = :sector, version = version + 1 WHERE id = :topic")
_SELECT_FIRST_AUTHOR = statement("SELECT author_id FROM posts WHERE id = :post")


class MoveUnclear(Invalid):
    """The request names neither or both of a target topic and the title of a new topic."""

    message = translatable("Give either the topic to move to or the title of a new topic.")


class SameTopic(Conflict):
    """The target topic is the source topic."""

    message = translatable("These posts are in this topic already.")


class NothingToMove(Conflict):
    """None of the posts is in the topic any more."""

    message = translatable("None of these posts is in this topic any more. Reload the page.")


class FirstPostCarries(Conflict):
    """The first post belongs to the topic and can only be moved with the whole topic."""

    message = translatable(
        "The first post belongs to the topic. To move it, merge the whole topic into another."
    )


class MovedOnSince(Conflict):
    """Some of the moved posts were moved again, so this move cannot be undone."""

    message = translatable("Some of these posts have been moved again since. Undo that move first.")


async def move_posts(tx: Transaction, actor: Actor, topic_id: TopicId, new: NewMove) -> Move:
    """Move posts or a whole topic to another or a new topic and return the move; the actor must moderate both sectors.

    Raise MoveUnclear, SameTopic, NothingToMove, FirstPostCarries, NotFound, TopicNotBegun or the refusals of
    `ensure_can_move`.
    """
    if (new.into is None) == (new.title is None) or (new.posts is None and new.into is None):
        raise MoveUnclear(field="into")
    if new.into == topic_id:
        raise SameTopic(field="into")
    source, target = await _lock_source_and_target(tx, actor, topic_id, new)
    rows = await read_branches(tx, topic_id, new.posts)
    if not rows:
        raise NothingToMove(field="posts")
    if new.posts is not None and any(row["number"] == 1 for row in rows):
        raise FirstPostCarries(field="posts")

    if target is None:
        target = await _open_target(
            tx, actor, source, new, min(rows, key=lambda row: int(row["number"]))["id"]
        )
    kind: MoveKind = "split" if new.into is None else "merge" if new.posts is None else "move"
    move_id = await _record(tx, actor, kind, source, target, len(rows))
    await relocate_posts(tx, move_id, source.id, target.id, rows)
    await copy_following(tx, source.id, target.id, [row["id"] for row in rows], kind != "move")
    if kind == "merge":
        await _merge(tx, move_id, source.id, target.id)
    await _announce(tx, move_id, source, target, merged=kind == "merge", opened=kind == "split")
    return await show_move(tx, actor, move_id)


async def undo_move(tx: Transaction, actor: Actor, move_id: int) -> TopicId:
    """Move the posts of a move back to their former positions, with the replies since then, and return their topic.

    Raise NotFound if the move does not exist or was undone, MovedOnSince, or the refusals of `ensure_can_move`.
    """
    row = await tx.row(_SELECT_UNDOABLE_MOVE, move=move_id)
    if row is None:
        raise NotFound
    kind, came_from, went_to = row["kind"], TopicId(row["from_topic"]), TopicId(row["to_topic"])
    await tx.rows(_LOCK_MOVED_TOPICS, ids=[came_from, went_to])
    ensure_can_move(actor, await get_topic(tx, actor, went_to))
    if kind == "merge":
        await tx.run(_MARK_UNMERGED, topic=came_from, into=went_to)
    home, away = await _lock_both(tx, actor, came_from, went_to)
    moved = [post["post_id"] for post in await tx.rows(_SELECT_MOVED_POSTS, move=move_id)]
    if not await tx.run(_MARK_UNDONE, move=move_id, now=clock.now()):
        raise NotFound
    there = await read_branches(tx, away.id, moved)
    if not set(moved) <= {post["id"] for post in there}:
        raise MovedOnSince

    rows = await read_branches(tx, away.id, None) if kind == "split" else there
    back = await _record(tx, actor, "move", away, home, len(rows))
    await relocate_posts(tx, back, away.id, home.id, rows)
    await tx.run(_MOVE_HELD_POSTS_BACK, move=move_id, home=home.id, away=away.id)
    await copy_following(tx, away.id, home.id, [row["id"] for row in rows], kind == "split")
    # The two moves cancel each other out: neither leaves a note.
    await tx.run(_MARK_UNDONE, move=back, now=clock.now())
    if kind == "split":
        await _merge(tx, back, away.id, home.id)
    await _announce(tx, back, away, home, merged=kind == "split", opened=kind == "merge")
    return came_from


async def relocate_topic(tx: Transaction, actor: Actor, topic_id: TopicId, slug: str) -> None:
    """Move a topic to another sector; raise NotFound or the refusals of `ensure_can_move`."""
    topic = await get_topic(tx, actor, topic_id, lock=True)
    sector_id = await sectors.get_sector_id(tx, slug)
    ensure_can_move(actor, topic, sector_id)
    if sector_id == topic.sector_id:
        return
    await tx.run(_UPDATE_SECTOR, topic=topic_id, sector=sector_id)
    await record_topic_change(tx, topic_id, "moved", actor.signed_in())
    for event in sorted(
        (
            TopicLeft(sector_id=topic.sector_id, topic_id=topic_id),
            TopicOpened(sector_id=sector_id, topic_id=topic_id),
        ),
        key=lambda event: event.channel,
    ):
        await tx.record(event)
    await tx.record(TopicChanged(topic_id=topic_id))
    # The moderators changed, so the access of all listeners is checked again.
    await tx.record(ReadersChanged(topic_id=topic_id))


async def _lock_source_and_target(
    tx: Transaction, actor: Actor, topic_id: TopicId, new: NewMove
) -> tuple[TopicFacts, TopicFacts | None]:
    if new.into is not None:
        return await _lock_both(tx, actor, topic_id, TopicId(new.into))
    topic = await get_topic(tx, actor, topic_id, lock=True)
    ensure_can_move(actor, topic, await sectors.get_sector_id(tx, new.sector) if new.sector else None)
    return topic, None


async def _lock_both(
    tx: Transaction, actor: Actor, one: TopicId, other: TopicId
) -> tuple[TopicFacts, TopicFacts]:
    # In order of their ids, as everywhere, to prevent deadlocks.
    locked = {id: await get_topic(tx, actor, id, lock=True) for id in sorted((one, other))}
    for topic in locked.values():
        ensure_can_move(actor, topic)
        ensure_has_begun(topic)
    return locked[one], locked[other]


async def _open_target(
    tx: Transaction, actor: Actor, source: TopicFacts, new: NewMove, first: int
) -> TopicFacts:
    sector_id = await sectors.get_sector_id(tx, new.sector) if new.sector else source.sector_id
    author = await tx.value(_SELECT_FIRST_AUTHOR, post=first)
    topic_id = await insert_topic(
        tx,
        sector_id=SectorId(sector_id),
        title=new.title or "",
        kind="discussion",
        author_id=None if author is None else MemberId(author),
        tags=(),
        now=clock.now(),
    )
    return await get_topic(tx, actor, topic_id, lock=True)


async def _record(
    tx: Transaction, actor: Actor, kind: MoveKind, source: TopicFacts, target: TopicFacts, posts: int
) -> int:
    for topic in (source, target):
        await record_topic_change(tx, topic.id, "posts_moved", actor.signed_in())
    binds = {"kind": kind, "source": source.id, "target": target.id, "posts": posts}
    return int(await tx.value(_INSERT_MOVE, member=actor.signed_in(), now=clock.now(), **binds))


async def _merge(tx: Transaction, move_id: int, topic_id: TopicId, into: TopicId) -> None:
    await tx.run(_MOVE_HELD_POSTS, move=move_id, topic=topic_id, into=into)
    for query in (_MARK_MERGED, _MOVE_TOPIC_NOTIFICATIONS, _MOVE_IMPORTED_MAILS):
        await tx.run(query, topic=topic_id, into=into)


async def _announce(
    tx: Transaction, move_id: int, source: TopicFacts, target: TopicFacts, *, merged: bool, opened: bool
) -> None:
    gone = (
        TopicMerged(topic_id=source.id, into=target.id)
        if merged
        else PostsMovedAway(topic_id=source.id, move_id=move_id)
    )
    in_sectors = [
        (TopicLeft if merged else TopicListingChanged)(sector_id=source.sector_id, topic_id=source.id),
        (TopicOpened if opened else TopicListingChanged)(sector_id=target.sector_id, topic_id=target.id),
    ]
    for event in sorted(
        (*in_sectors, gone, PostsMovedHere(topic_id=target.id, move_id=move_id)),
        key=lambda event: event.channel,
    ):
        await tx.record(event)
