"""Claims: a host reserves a question for a minute, so that other hosts take the next one.

A claim restricts nobody and expires by itself.
"""

from datetime import timedelta

from core import clock
from core.actor import Actor
from core.ids import QuestionId
from gatherings.events import QuestionClaimed
from gatherings.policy import ensure_hosts
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.policy import ClaimedByOther
from gatherings.questions.questions import get_question
from gatherings.questions.reading import show_question
from gatherings.shapes.questions import Question
from storage.database import Transaction
from storage.statements import statement

CLAIM_DURATION = timedelta(seconds=60)
# A claim is extended, and announced, at most once in this time, although clients renew it more often.
RENEWAL_INTERVAL = timedelta(seconds=20)

# If two hosts claim a question at the same moment, the second waits for the first one's row and then finds it taken.
UPSERT_QUESTION_CLAIM = statement("""
INSERT INTO question_claims AS c (question_id, member_id, until) VALUES (:question, :member, :until)
ON CONFLICT (question_id) DO UPDATE SET member_id = excluded.member_id, until = excluded.until
    WHERE c.until <= CAST(:now AS timestamptz)
        OR (c.member_id = excluded.member_id AND c.until < CAST(:renewed AS timestamptz))
RETURNING 1
""")
DELETE_QUESTION_CLAIM = statement(
    "DELETE FROM question_claims WHERE question_id = :question AND member_id = :member RETURNING 1"
)


async def claim_question(tx: Transaction, actor: Actor, question_id: QuestionId) -> Question:
    """Claim a question for one minute or extend the claim, and return the question.

    Raises ClaimedByOther, with the question, if another host has claimed it.
    """
    room = await _get_hosted_room(tx, actor, question_id)
    now, member = clock.now(), actor.signed_in()
    until = now + CLAIM_DURATION
    binds = {"member": member, "until": until, "now": now, "renewed": until - RENEWAL_INTERVAL}
    if await tx.value(UPSERT_QUESTION_CLAIM, question=question_id, **binds):
        await tx.record(QuestionClaimed(room_id=room.id, question_id=question_id))
    shown = await show_question(tx, actor, room, question_id)
    if not shown.claimed_by or shown.claimed_by.by.id != member:
        raise ClaimedByOther(shown)
    return shown


async def release_claim(tx: Transaction, actor: Actor, question_id: QuestionId) -> Question:
    """Release the actor's claim and return the question; without a claim nothing changes."""
    room = await _get_hosted_room(tx, actor, question_id)
    if await tx.value(DELETE_QUESTION_CLAIM, question=question_id, member=actor.signed_in()):
        await tx.record(QuestionClaimed(room_id=room.id, question_id=question_id))
    return await show_question(tx, actor, room, question_id)


async def _get_hosted_room(tx: Transaction, actor: Actor, question_id: QuestionId) -> RoomFacts:
    room = (await get_question(tx, actor, question_id)).room
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room
