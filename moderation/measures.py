"""What each action of a decision does at once, and how it is taken back."""

from boards import entries
from core.actor import Actor
from core.ids import PostId
from forum.events import PostHidden, PostUnhidden
from forum.hiding import hide_post, unhide_post
from forum.tending import lock_topic, unlock_topic
from forum.topics import get_topic
from gatherings.notices import notices
from gatherings.questions import questions
from moderation import sanctions
from moderation.policy import CaseFacts, LockedBefore, NothingToHide, NothingToReverse
from moderation.shapes import SANCTIONS, Action, NewDecision
from storage.database import Transaction


async def carry_out(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action, new: NewDecision
) -> None:
    """Do what was decided."""
    if action == "hide":
        await _hide(tx, case)
    elif action == "lock":
        if (await get_topic(tx, actor, case.topic_id)).is_locked:
            raise LockedBefore
        await lock_topic(tx, actor, case.topic_id)
    elif action in SANCTIONS:
        await sanctions.impose(tx, actor, case, decision_id, action, new)


async def take_back(tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action) -> None:
    """Have it as if it had not been decided."""
    if action == "hide":
        await _unhide(tx, case)
    elif action == "lock":
        await unlock_topic(tx, actor, case.topic_id)
    elif action in SANCTIONS:
        await sanctions.lift(tx, decision_id)


async def _hide(tx: Transaction, case: CaseFacts) -> None:
    post_id = PostId(case.object_id)
    if not await hide_post(tx, case.topic_id, post_id):
        raise NothingToHide
    # Not left to the worker: in its room, too, a question or notice is gone with the decision.
    await _tell_room(tx, PostHidden(topic_id=case.topic_id, post_id=post_id))


async def _unhide(tx: Transaction, case: CaseFacts) -> None:
    post_id = PostId(case.object_id)
    if not await unhide_post(tx, case.topic_id, post_id):
        raise NothingToReverse
    await _tell_room(tx, PostUnhidden(topic_id=case.topic_id, post_id=post_id))


async def _tell_room(tx: Transaction, event: PostHidden | PostUnhidden) -> None:
    await questions.follow_post(tx, event)
    await notices.follow_post(tx, event)
    await entries.follow_post(tx, event)
