"""The log of question transitions: storing a transition, and reading those since a version."""

from datetime import datetime

from msgspec import Struct

from core.ids import QuestionId, RoomId
from forum.authors import author_of
from gatherings.events import QuestionChanged, QuestionSettled
from gatherings.questions.policy import CLOSED_STATES
from gatherings.shapes.questions import MoveMade
from storage.database import Reader, Transaction
from storage.statements import statement

# The room's counts are locked after the question and before the channel, in the same order as when a question is asked,
# so that the two never deadlock.
UPDATE_QUESTION_STATE = statement("""
WITH moved AS (
    UPDATE questions SET state = :new_state, version = version + 1, settled_at = CAST(:settled_at AS timestamptz),
        place = :place, reason = :shown_reason, answered_how = :answered_how, answer_post_id = :answer,
        merged_into = :into
    WHERE id = :question RETURNING room_id, version
), noted AS (
    INSERT INTO question_moves (question_id, room_id, version, old_state, new_state, reason, moved_by, moved_at)
    SELECT :question, room_id, version, :old_state, :new_state, :reason, :by, CAST(:at AS timestamptz) FROM moved
), freed AS (
    DELETE FROM question_claims WHERE question_id = :question
), shifted (state, by) AS (VALUES (CAST(:old_state AS text), -1), (CAST(:new_state AS text), 1))
UPDATE question_counts c SET
    live = c.live + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'live'),
    answered = c.answered + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'answered'),
    dismissed = c.dismissed + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'dismissed'),
    pending = c.pending + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'pending'),
    shortlisted = c.shortlisted + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'shortlisted'),
    on_stage = c.on_stage + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = 'on_stage')
FROM moved WHERE c.room_id = moved.room_id
""")
SELECT_TRANSITIONS_SINCE = statement("""
SELECT v.version, v.old_state, v.new_state, v.reason, v.moved_at, m.id, m.handle, m.display_name, m.picture
FROM question_moves v LEFT JOIN members m ON m.id = v.moved_by
WHERE v.question_id = :question AND v.version > :version ORDER BY v.version
""")


class Transition(Struct, frozen=True, kw_only=True):
    """A transition to store; an edit has the same old and new state. `by` is None where the asker makes it."""

    question: QuestionId
    old_state: str
    new_state: str
    at: datetime
    by: int | None = None
    reason: str | None = None
    place: int | None = None
    answered_how: str | None = None
    answer: int | None = None
    into: int | None = None


async def write_transition(tx: Transaction, room_id: RoomId, transition: Transition) -> None:
    """Change the question's state, log the transition, update the room's counts and record the event.

    The caller holds the lock on the question. Releases any claim of the question.
    """
    await tx.run(
        UPDATE_QUESTION_STATE,
        question=transition.question,
        old_state=transition.old_state,
        new_state=transition.new_state,
        settled_at=transition.at if transition.new_state in CLOSED_STATES else None,
        at=transition.at,
        by=transition.by,
        reason=transition.reason,
        shown_reason=transition.reason if transition.new_state == "dismissed" else None,
        place=transition.place,
        answered_how=transition.answered_how,
        answer=transition.answer,
        into=transition.into,
    )
    is_edit = transition.old_state == transition.new_state == "pending"
    kind = QuestionChanged if is_edit else QuestionSettled
    await tx.record(kind(room_id=room_id, question_id=transition.question), transition.at)


async def read_transitions_since(
    tx: Reader, question_id: QuestionId, version: int, hosting: bool
) -> list[MoveMade]:
    """Return the transitions of a question after a version, the oldest first; who made them only if `hosting`."""
    return [
        MoveMade(
            version=row["version"],
            old_state=row["old_state"],
            new_state=row["new_state"],
            reason=row["reason"],
            at=row["moved_at"],
            by=author_of(row["id"], row["handle"], row["display_name"], None, row["picture"])
            if hosting
            else None,
        )
        for row in await tx.rows(SELECT_TRANSITIONS_SINCE, question=question_id, version=version)
    ]
