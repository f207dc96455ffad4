"""Approving and rejecting what rules hold: what a decision does to a held post, and how it is taken back."""

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

APPROVED, REJECTED = "approved", "rejected"

_APPROVED = statement("SELECT 1 FROM held_posts WHERE post_id = :post AND outcome = 'approved'")
_REPORTED = statement("SELECT EXISTS (SELECT FROM flags WHERE case_id = :case)")
_BY_PROGRAM = statement("UPDATE decisions SET automated = true WHERE id = :decision")


async def find_waiting_post(tx: Reader, case: CaseFacts) -> HeldPost | None:
    """The held post that a case is about, as long as it waits."""
    held = (await find_held_posts(tx, [case.object_id])).get(case.object_id)
    return held if held is not None and held.outcome is None else None


async def ensure_action_fits(tx: Reader, case: CaseFacts, action: Action, new: NewDecision) -> None:
    """What waits is approved or hidden; what does not can be neither approved nor given a moderator's text."""
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
    """Publish what was held, as it is or in the moderator's words; its author keeps the own text in the history."""
    if await _is_approved(tx, case):
        return  # again, after the first time was undone
    held = await find_waiting_post(tx, case)
    if held is None:
        raise NothingHeld
    await ensure_pending(tx, held.id)
    await _publish(tx, actor, held, text)
    if held.author is not None:
        said = {"code": "approved_changed" if text else "approved"}
        await notify_again(
            tx, APPROVED, TopicId(held.topic), PostId(held.id), {MemberId(held.author.id): said}
        )


async def reject_held_post(tx: Transaction, case: CaseFacts, decision_id: int) -> bool:
    """Keep what was held from being published; False where nothing waits. A program took part in it."""
    held = await find_waiting_post(tx, case)
    if held is None:
        return False
    await ensure_pending(tx, held.id)
    await close_held_post(tx, held.id, "rejected")
    if not await is_reported(tx, case):
        await tx.run(_BY_PROGRAM, decision=decision_id)
    return True


async def is_reported(tx: Reader, case: CaseFacts) -> bool:
    """Whether people have reported what is out: a change of it that waits is not all that the case is about."""
    return bool(await tx.value(_REPORTED, case=case.id))


async def restore_rejected(tx: Transaction, actor: Actor, case: CaseFacts, undone: bool) -> bool:
    """Have it wait again, or publish it after all; False where nothing was rejected."""
    held = (await find_held_posts(tx, [case.object_id])).get(case.object_id)
    if held is None or held.outcome != "rejected":
        return False
    if undone:
        await close_held_post(tx, held.id, None)
        return True
    await _publish(tx, actor, held, None)
    if held.author is not None:
        said = {"code": "approved_after_all"}
        await notify_again(
            tx, APPROVED, TopicId(held.topic), PostId(held.id), {MemberId(held.author.id): said}
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
    # That is published: when the approval is undone it waits for another decision, where it is.
    return await tx.value(_APPROVED, post=case.object_id) is not None
