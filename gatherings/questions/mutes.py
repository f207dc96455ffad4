"""Mutes: hosts stop the asker of a question from writing in the room for a while.

For an anonymous question only the pseudonym is muted: the member can still write by name, because a named member who falls
silent after the mute of a pseudonym would show everybody in the room whose pseudonym it is. The mute of a member who asked
by name applies to everything the member writes.
"""

from datetime import timedelta

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import GatheringId, QuestionId, RoomId
from core.languages.texts import translatable
from core.text import tidy
from gatherings.policy import ensure_hosts
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.policy import OwnQuestion, ReasonNeeded
from gatherings.questions.questions import get_question
from gatherings.rooms import rooms
from gatherings.shapes.questions import AskerSilence, NewSilence
from members.pseudonyms import is_author
from storage.database import Transaction
from storage.statements import statement

UPSERT_MUTE = statement("""
INSERT INTO room_silences (room_id, member_id, pseudonym, reason, until, silenced_by, silenced_at)
SELECT :room, p.author_id, p.pseudonym, :reason, :until, :by, :now
FROM questions q JOIN posts p ON p.id = q.post_id
WHERE q.id = :question AND num_nonnulls(p.author_id, p.pseudonym) = 1
ON CONFLICT (room_id, member_id, pseudonym) DO UPDATE SET reason = excluded.reason, until = excluded.until,
    silenced_by = excluded.silenced_by, silenced_at = excluded.silenced_at
""")
DELETE_MUTE = statement("""
DELETE FROM room_silences s USING questions q JOIN posts p ON p.id = q.post_id
WHERE q.id = :question AND s.room_id = :room
    AND s.member_id IS NOT DISTINCT FROM p.author_id AND s.pseudonym IS NOT DISTINCT FROM p.pseudonym
""")
SELECT_HIDDEN_QUESTION = statement("""
SELECT q.room_id, r.gathering_id, p.author_id, p.pseudonym
FROM questions q JOIN posts p ON p.id = q.post_id JOIN rooms r ON r.id = q.room_id
WHERE q.id = :question AND p.state = 'hidden'
""")


async def mute_asker(tx: Transaction, actor: Actor, question_id: QuestionId, new: NewSilence) -> AskerSilence:
    """Mute the asker of a question in its room, from now for the given minutes, and return the mute.

    A repeated call replaces the earlier mute. Raises NotFound, NotHost, OwnQuestion or ReasonNeeded.
    """
    room, is_own = await _get_hosted_question(tx, actor, question_id)
    if is_own:
        raise OwnQuestion(translatable("You cannot mute yourself."))
    reason = tidy(new.reason)
    if not reason:
        raise ReasonNeeded(field="reason")
    now = clock.now()
    until = now + timedelta(minutes=new.minutes)
    await tx.run(
        UPSERT_MUTE,
        room=room.id,
        question=question_id,
        reason=reason,
        until=until,
        by=actor.signed_in(),
        now=now,
    )
    return AskerSilence(question_id, until, reason)


async def unmute_asker(tx: Transaction, actor: Actor, question_id: QuestionId) -> None:
    """Let the asker of a question write in its room again; without a mute nothing changes."""
    room, _ = await _get_hosted_question(tx, actor, question_id)
    await tx.run(DELETE_MUTE, room=room.id, question=question_id)


async def _get_hosted_question(
    tx: Transaction, actor: Actor, question_id: QuestionId
) -> tuple[RoomFacts, bool]:
    # Returns the room, and whether the actor asked the question.
    try:
        found = await get_question(tx, actor, question_id)
    except NotFound:
        return await _get_hidden_question(tx, actor, question_id)
    ensure_hosts(actor, found.room.gathering_id, clock.now())
    return found.room, found.question.is_own


async def _get_hidden_question(
    tx: Transaction, actor: Actor, question_id: QuestionId
) -> tuple[RoomFacts, bool]:
    # Hosts no longer see a question that moderators hid, but they have read it, and can still mute its asker.
    row = await tx.row(SELECT_HIDDEN_QUESTION, question=question_id)
    if row is None or not actor.hosts_at(GatheringId(row["gathering_id"])):
        raise NotFound
    room = await rooms.get_room(tx, actor, RoomId(row["room_id"]))
    ensure_hosts(actor, room.gathering_id, clock.now())
    return room, is_author(actor, room.topic_id, row["author_id"], row["pseudonym"])
