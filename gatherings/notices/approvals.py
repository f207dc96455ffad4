"""Approving and declining the notices that wait for a host."""

from typing import Literal

from core import clock
from core.actor import Actor
from core.ids import NoticeId
from forum.posts.held_insertion import release_post
from gatherings.events import NoticeChanged, NoticePosted
from gatherings.notices.facts import ensure_not_removed, lock_notice
from gatherings.notices.policy import NoticeApproved, ensure_can_arrange
from gatherings.notices.reading import show_notice
from gatherings.shapes.notices import Notice
from storage.database import Transaction
from storage.statements import statement

UPDATE_NOTICE_TAKEN_OFF = statement(
    "UPDATE notices SET taken_off = :taken_off, version = version + 1 WHERE id = :notice"
)


async def approve_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> Notice:
    """Approve a notice that waits, which inserts its post into the topic, and return it; repeating it changes nothing.

    Raises NotFound, NotHost, ModuleOff, PostHidden or PostWithdrawn.
    """
    found = await lock_notice(tx, actor, notice_id, with_topic=True)
    room, notice = found.room, found.notice
    ensure_can_arrange(actor, room, clock.now())
    ensure_not_removed(notice)
    if notice.post_state == "held":
        was_held = await release_post(tx, room.topic_id, notice.post_id, clock.now())
        assert was_held  # the topic is locked, and the state was read under the lock
        await set_taken_off(tx, notice_id, None)
        await tx.record(NoticePosted(room_id=room.id, notice_id=notice_id))
    return await show_notice(tx, actor, room, notice_id)


async def decline_notice(tx: Transaction, actor: Actor, notice_id: NoticeId) -> None:
    """Decline a notice that waits, so that only its author sees it; after an edit it waits again.

    Raises NotFound, NotHost, ModuleOff, PostHidden, PostWithdrawn or NoticeApproved.
    """
    found = await lock_notice(tx, actor, notice_id)
    ensure_can_arrange(actor, found.room, clock.now())
    ensure_not_removed(found.notice)
    if found.notice.post_state != "held":
        raise NoticeApproved
    await set_taken_off(tx, notice_id, "declined")
    await tx.record(NoticeChanged(room_id=found.room.id, notice_id=notice_id))


async def set_taken_off(
    tx: Transaction, notice_id: NoticeId, taken_off: Literal["declined", "withdrawn"] | None
) -> None:
    """Store that a held notice was declined or withdrawn, or that it waits again (None); the caller holds its lock."""
    await tx.run(UPDATE_NOTICE_TAKEN_OFF, notice=notice_id, taken_off=taken_off)
