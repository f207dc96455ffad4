"""The effects of decisions on held posts: approving, rejecting, and reverting either."""

from core.actor import Actor
from core.ids import MemberId, PostId, TopicId
from forum.notifications.notifications import notify_again
from forum.posts.held_posts import (
    close_held_post,
    ensure_pending,
    find_held_posts,
    release_held_post,
    rewrite_held_post,
)
from forum.posts.shapes_held import HeldPost
from forum.writing.editing import publish_edit
from moderation.policy import CaseFacts, HeldWaits, NothingHeld, TextMissing
from moderation.shapes import Action, NewDecision
from storage.database import Reader, Transaction
from storage.statements import statement

APPROVED = "approved"

SELECT_APPROVED_HELD_POST = statement(
    "SELECT 1 FROM held_posts WHERE post_id = :post AND outcome = 'approved'"
)
EXISTS_CASE_FLAG = statement("SELECT EXISTS (SELECT FROM flags WHERE case_id = :case)")
UPDATE_DECISION_AUTOMATED = statement("UPDATE decisions SET automated = true WHERE id = :decision")


async def find_waiting_post(tx: Reader, case: CaseFacts) -> HeldPost | None:
    """Return the held post or edit that a case is about and that still waits, or None."""
    held = (await find_held_posts(tx, [case.object_id])).get(case.object_id)
    return held if held is not None and held.outcome is None else None


async def ensure_action_fits(tx: Reader, case: CaseFacts, action: Action, new: NewDecision) -> None:
    """Raise HeldWaits if the action takes no decision about a held post, NothingHeld if it approves a post that is not
    held, and TextMissing if the text does not fit the action."""
    held = await find_waiting_post(tx, case)
    waits = held is not None
    if waits and action == "no_action":
        raise HeldWaits
    if (
        not waits
        and action in ("approve", "approve_edited")
        and not (action == "approve" and await _is_approved(tx, case))
    ):
        raise NothingHeld
    if (action == "approve_edited") != (new.text is not None) and action in ("approve", "approve_edited"):
        raise TextMissing(field="text")


async def approve_held_post(tx: Transaction, actor: Actor, case: CaseFacts, text: str | None) -> None:
    """Publish the held post or edit as it is, or with the moderator's text, and notify its author. The author's own text
    stays in the history."""
    if await _is_approved(tx, case):
        return  # It was approved before, and that decision was undone: the post is already published.
    held = await find_waiting_post(tx, case)
    if held is None:
        raise NothingHeld
    await ensure_pending(tx, held.id)
    await _publish(tx, actor, held, text)
    if held.author is not None:
        reason = {"code": "approved_changed" if text else "approved"}
        await notify_again(
            tx, APPROVED, TopicId(held.topic), PostId(held.id), {MemberId(held.author.id): reason}
        )


async def reject_held_post(tx: Transaction, case: CaseFacts, decision_id: int) -> bool:
    """Keep the held post or edit from being published and return True; return False if nothing waits. Unless members
    reported it as well, the decision counts as partly automated."""
    held = await find_waiting_post(tx, case)
    if held is None:
        return False
    await ensure_pending(tx, held.id)
    await close_held_post(tx, held.id, "rejected")
    if not await is_reported(tx, case):
        await tx.run(UPDATE_DECISION_AUTOMATED, decision=decision_id)
    return True


async def is_reported(tx: Reader, case: CaseFacts) -> bool:
    """Return whether members flagged the published post, so that the case is about more than a held edit."""
    return bool(await tx.value(EXISTS_CASE_FLAG, case=case.id))


async def restore_rejected(tx: Transaction, actor: Actor, case: CaseFacts, undone: bool) -> bool:
    """Revert a rejection: the post waits again if `undone`, and is published otherwise. Return False if nothing was
    rejected."""
    held = (await find_held_posts(tx, [case.object_id])).get(case.object_id)
    if held is None or held.outcome != "rejected":
        return False
    if undone:
        await close_held_post(tx, held.id, None)
        return True
    await _publish(tx, actor, held, None)
    if held.author is not None:
        reason = {"code": "approved_after_all"}
        await notify_again(
            tx, APPROVED, TopicId(held.topic), PostId(held.id), {MemberId(held.author.id): reason}
        )
    return True


async def _publish(tx: Transaction, actor: Actor, held: HeldPost, text: str | None) -> None:
    if held.is_edit:
        await publish_edit(tx, actor, held, text)
    else:
        if text is not None and text != held.body:
            await rewrite_held_post(tx, held, text, actor)
        await release_held_post(tx, PostId(held.id))


async def _is_approved(tx: Reader, case: CaseFacts) -> bool:
    # Such a post is published: undoing an approval opens the case again, but leaves the post visible.
    return await tx.value(SELECT_APPROVED_HELD_POST, post=case.object_id) is not None
