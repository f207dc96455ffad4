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
from moderation import approving, sanctions
from moderation.policy import CaseFacts, LockedBefore, NothingToHide, NothingToReverse
from moderation.rules.matches import settle_matches
from moderation.shapes import HARMLESS, SANCTIONS, Action, NewDecision
from storage.database import Transaction


async def carry_out(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action, new: NewDecision
) -> None:
    """Do what was decided."""
    await approving.ensure_fits(tx, case, action, new)
    await settle_matches(tx, case.object_id, "overturned" if action in HARMLESS else "upheld")
    if action in ("approve", "approve_edited"):
        await approving.approve(tx, actor, case, new.text)
    elif action == "hide":
        if not await approving.reject(tx, case, decision_id):
            await _hide(tx, case)
    elif action == "lock":
        if (await get_topic(tx, actor, case.topic_id)).is_locked:
            raise LockedBefore
        await lock_topic(tx, actor, case.topic_id)
    elif action in SANCTIONS:
        await sanctions.impose(tx, actor, case, decision_id, action, new)


async def take_back(
    tx: Transaction, actor: Actor, case: CaseFacts, decision_id: int, action: Action, undone: bool = False
) -> None:
    """Have it as if it had not been decided; what is `undone` waits again, what is taken back later is given back."""
    await settle_matches(tx, case.object_id, None if undone else "overturned")
    if action == "hide":
        if not await approving.unreject(tx, actor, case, undone):
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
