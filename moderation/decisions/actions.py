"""The effects of each action of a decision, and how they are reverted."""

from collections.abc import Awaitable, Callable, Mapping

from boards import event_handlers as boards
from boards.events import BoardChanged
from core.actor import Actor
from core.ids import MemberId, PostId, TopicId
from forum.events import PostHidden, PostUnhidden
from forum.posts.hiding import hide_file, hide_post, hide_topic, unhide_file, unhide_post, unhide_topic
from forum.topics.status import lock_topic, unlock_topic
from forum.topics.topics import get_topic
from gatherings import event_handlers as gatherings
from gatherings.events import EntryChanged
from members.profiles.profile_hiding import hide_profile, unhide_profile
from moderation.decisions import held_posts, relocation
from moderation.policy import CaseAction, CaseFacts, LockedBefore, NotForThis, NothingToHide, NothingToReverse
from moderation.rules.matches import set_match_outcome
from moderation.sanctions import sanctions
from moderation.shapes import (
    NON_RESTRICTIVE,
    RELOCATIONS,
    SANCTIONS,
    NewDecision,
    ObjectKind,
    ObjectReference,
)
from storage.database import Transaction
from storage.statements import statement

# The subjects that automatic filters catch.
_MATCHED = frozenset({"post", "profile"})
SELECT_TOPIC_ROOM = statement("SELECT id FROM rooms WHERE topic_id = :topic")
SELECT_TOPIC_BOARD = statement("SELECT id FROM boards WHERE topic_id = :topic")


async def apply_action(tx: Transaction, actor: Actor, made: CaseAction, new: NewDecision) -> None:
    """Apply one action of a decision; raise a refusal of `moderation.policy` if it cannot be applied."""
    case, action = made.case, made.action
    if case.kind == "post":
        await held_posts.ensure_action_fits(tx, case, action, new)
    if case.kind in _MATCHED:
        outcome = "overturned" if action in NON_RESTRICTIVE else "upheld"
        await set_match_outcome(tx, ObjectReference(case.kind, case.object_id), outcome)
    if action in ("approve", "approve_edited"):
        await held_posts.approve_held_post(tx, actor, case, new.text)
    elif action == "hide":
        await _hide(tx, case, made.decision_id)
    elif action == "lock":
        topic_id = _topic_id_of(case)
        if (await get_topic(tx, actor, topic_id)).is_locked:
            raise LockedBefore
        await lock_topic(tx, actor, topic_id)
    elif action == "withdraw":
        await relocation.withdraw_post(tx, case)
    elif action in RELOCATIONS:
        await relocation.relocate(tx, actor, made, new)
    elif action in SANCTIONS:
        await sanctions.impose_sanction(tx, actor, made, new)


async def revert_action(tx: Transaction, actor: Actor, made: CaseAction, undone: bool = False) -> None:
    """Revert one action of a decision. If `undone`, a held post waits again; otherwise a rejected post is published."""
    case, action = made.case, made.action
    if case.kind in _MATCHED:
        outcome = None if undone else "overturned"
        await set_match_outcome(tx, ObjectReference(case.kind, case.object_id), outcome)
    if action == "hide":
        await _unhide(tx, actor, case, undone)
    elif action == "lock":
        await unlock_topic(tx, actor, _topic_id_of(case))
    elif action == "withdraw":
        await relocation.restore_post(tx, case)
    elif action in RELOCATIONS:
        await relocation.undo_relocation(tx, actor, made)
    elif action in SANCTIONS:
        await sanctions.lift_sanction(tx, made.decision_id)


def _topic_id_of(case: CaseFacts) -> TopicId:
    if case.topic_id is None:
        raise NotForThis
    return case.topic_id


async def _hide(tx: Transaction, case: CaseFacts, decision_id: int) -> None:
    is_rejected = case.kind == "post" and await held_posts.reject_held_post(tx, case, decision_id)
    # If members reported the published post, rejecting a held edit of it is not enough: the post is hidden, too.
    if is_rejected and not await held_posts.is_reported(tx, case):
        return
    if not await _HIDE[case.kind](tx, case) and not is_rejected:
        raise NothingToHide


async def _unhide(tx: Transaction, actor: Actor, case: CaseFacts, undone: bool) -> None:
    is_restored = case.kind == "post" and await held_posts.restore_rejected(tx, actor, case, undone)
    if is_restored and not await held_posts.is_reported(tx, case):
        return
    if not await _UNHIDE[case.kind](tx, case) and not is_restored:
        raise NothingToReverse


async def _hide_post(tx: Transaction, case: CaseFacts) -> bool:
    topic_id, post_id = _topic_id_of(case), PostId(case.object_id)
    if not await hide_post(tx, topic_id, post_id):
        return False
    # Not left to the worker, so that a question or notice disappears from its room in the same transaction.
    await _run_handlers(tx, PostHidden(topic_id=topic_id, post_id=post_id))
    return True


async def _unhide_post(tx: Transaction, case: CaseFacts) -> bool:
    topic_id, post_id = _topic_id_of(case), PostId(case.object_id)
    if not await unhide_post(tx, topic_id, post_id):
        return False
    await _run_handlers(tx, PostUnhidden(topic_id=topic_id, post_id=post_id))
    return True


async def _run_handlers(tx: Transaction, event: PostHidden | PostUnhidden) -> None:
    for handlers in (gatherings.IN_TRANSACTION, boards.IN_TRANSACTION):
        for handler in handlers.get(type(event), ()):
            await handler(tx, event)


async def _hide_topic(tx: Transaction, case: CaseFacts) -> bool:
    return await hide_topic(tx, TopicId(case.object_id)) and await _announce_access_change(tx, case)


async def _unhide_topic(tx: Transaction, case: CaseFacts) -> bool:
    return await unhide_topic(tx, TopicId(case.object_id)) and await _announce_access_change(tx, case)


async def _announce_access_change(tx: Transaction, case: CaseFacts) -> bool:
    # Hiding the topic of a room or board hides the room or board: the access of all present members is checked again.
    if (room_id := await tx.value(SELECT_TOPIC_ROOM, topic=case.object_id)) is not None:
        await tx.record(EntryChanged(room_id=room_id))
    if (board_id := await tx.value(SELECT_TOPIC_BOARD, topic=case.object_id)) is not None:
        await tx.record(BoardChanged(board_id=board_id))
    return True


_HideFunction = Callable[[Transaction, CaseFacts], Awaitable[bool]]
_HIDE: Mapping[ObjectKind, _HideFunction] = {
    "post": _hide_post,
    "topic": _hide_topic,
    "profile": lambda tx, case: hide_profile(tx, MemberId(case.object_id)),
    "file": lambda tx, case: hide_file(tx, case.object_id),
}
_UNHIDE: Mapping[ObjectKind, _HideFunction] = {
    "post": _unhide_post,
    "topic": _unhide_topic,
    "profile": lambda tx, case: unhide_profile(tx, MemberId(case.object_id)),
    "file": lambda tx, case: unhide_file(tx, case.object_id),
}
