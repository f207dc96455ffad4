"""Claims: a host says to be at a question just now, so that another takes the next one. They bind nobody, and lapse."""

from datetime import timedelta

from core import clock
from core.actor import Actor
from core.ids import QuestionId
from gatherings.events import QuestionClaimed
from gatherings.policy import RoomFacts, ensure_hosts
from gatherings.questions.policy import ClaimedByOther
from gatherings.questions.questions import get_question
from gatherings.questions.reading import show_question
from gatherings.shapes.gatherings import Question
from storage.database import Transaction
from storage.statements import statement

LEASE = timedelta(seconds=60)
# Whoever stays is told again every so often, not with every look.
RENEWED_AFTER = timedelta(seconds=20)

# Of two at once the first has it: the second waits on its row and then finds it taken.
_CLAIM = statement("""
INSERT INTO question_claims AS c (question_id, member_id, until) VALUES (:question, :member, :until)
ON CONFLICT (question_id) DO UPDATE SET member_id = excluded.member_id, until = excluded.until
    WHERE c.until <= CAST(:now AS timestamptz)
        OR (c.member_id = excluded.member_id AND c.until < CAST(:renewed AS timestamptz))
RETURNING 1
""")
_LET_GO = statement(
    "DELETE FROM question_claims WHERE question_id = :question AND member_id = :member RETURNING 1"
)


async def claim_question(tx: Transaction, actor: Actor, question_id: QuestionId) -> Question:
    """Be at a question for a minute; once more prolongs it. Another host is told who is at it, and until when."""
    room = await _look(tx, actor, question_id)
    now, member = clock.now(), actor.signed_in()
    binds = {"member": member, "until": now + LEASE, "now": now, "renewed": now + LEASE - RENEWED_AFTER}
    if await tx.value(_CLAIM, question=question_id, **binds):
        await tx.record(QuestionClaimed(room_id=room.id, question_id=question_id))
    shown = await show_question(tx, actor, room, question_id)
    if not shown.claimed_by or shown.claimed_by.by.id != member:
        raise ClaimedByOther(shown)
    return shown


async def let_go(tx: Transaction, actor: Actor, question_id: QuestionId) -> Question:
    """No longer be at a question; who is not changes nothing."""
    room = await _look(tx, actor, question_id)
    if await tx.value(_LET_GO, question=question_id, member=actor.signed_in()):
        await tx.record(QuestionClaimed(room_id=room.id, question_id=question_id))
    return await show_question(tx, actor, room, question_id)


async def _look(tx: Transaction, actor: Actor, question_id: QuestionId) -> RoomFacts:
    room = (await get_question(tx, actor, question_id)).room
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room
