"""Silences: who misused a room does not write there for a while. Of who asked anonymously the pseudonym is silenced,
which the same person has with and without a name; nothing tells who that is, not even to who silences."""

from datetime import timedelta

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import GatheringId, QuestionId, RoomId
from core.text import tidy
from gatherings.policy import RoomFacts, ensure_hosts
from gatherings.questions.policy import OwnQuestion, ReasonNeeded
from gatherings.questions.questions import get_question
from gatherings.rooms import rooms
from gatherings.shapes.questions import AskerSilence, NewSilence
from members.pseudonyms import is_author
from storage.database import Transaction
from storage.statements import statement

_SILENCE = statement("""
INSERT INTO room_silences (room_id, member_id, pseudonym, reason, until, silenced_by, silenced_at)
SELECT :room, p.author_id, p.pseudonym, :reason, :until, :by, :now
FROM questions q JOIN posts p ON p.id = q.post_id
WHERE q.id = :question AND num_nonnulls(p.author_id, p.pseudonym) = 1
ON CONFLICT (room_id, member_id, pseudonym) DO UPDATE SET reason = excluded.reason, until = excluded.until,
    silenced_by = excluded.silenced_by, silenced_at = excluded.silenced_at
""")
_LIFT = statement("""
DELETE FROM room_silences s USING questions q JOIN posts p ON p.id = q.post_id
WHERE q.id = :question AND s.room_id = :room
    AND s.member_id IS NOT DISTINCT FROM p.author_id AND s.pseudonym IS NOT DISTINCT FROM p.pseudonym
""")

_HIDDEN = statement("""
SELECT q.room_id, r.gathering_id, p.author_id, p.pseudonym
FROM questions q JOIN posts p ON p.id = q.post_id JOIN rooms r ON r.id = q.room_id
WHERE q.id = :question AND p.state = 'hidden'
""")


async def silence_asker(
    tx: Transaction, actor: Actor, question_id: QuestionId, new: NewSilence
) -> AskerSilence:
    """Let who asked a question not write in its room for some minutes from now; once more sets it anew."""
    room, is_own = await _look(tx, actor, question_id)
    if is_own:
        raise OwnQuestion("You cannot silence yourself.")
    reason = tidy(new.reason)
    if not reason:
        raise ReasonNeeded(field="reason")
    now = clock.now()
    until = now + timedelta(minutes=new.minutes)
    await tx.run(
        _SILENCE,
        room=room.id,
        question=question_id,
        reason=reason,
        until=until,
        by=actor.signed_in(),
        now=now,
    )
    return AskerSilence(question_id, until, reason)


async def lift_silence(tx: Transaction, actor: Actor, question_id: QuestionId) -> None:
    """Let who asked a question write in its room again; who was not silenced still can."""
    room, _ = await _look(tx, actor, question_id)
    await tx.run(_LIFT, room=room.id, question=question_id)


async def _look(tx: Transaction, actor: Actor, question_id: QuestionId) -> tuple[RoomFacts, bool]:
    try:
        found = await get_question(tx, actor, question_id)
    except NotFound:
        return await _look_at_hidden(tx, actor, question_id)
    ensure_hosts(actor, found.room.gathering_id, clock.now())
    return found.room, found.question.is_own


async def _look_at_hidden(tx: Transaction, actor: Actor, question_id: QuestionId) -> tuple[RoomFacts, bool]:
    # What moderators hid is no longer told to the hosts either, but they have read it: whose it was they may silence.
    row = await tx.row(_HIDDEN, question=question_id)
    if row is None or not actor.hosts_at(GatheringId(row["gathering_id"])):
        raise NotFound
    room = await rooms.get_room(tx, actor, RoomId(row["room_id"]))
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room, is_author(actor, room.topic_id, row["author_id"], row["pseudonym"])
