"""The way of a question: how a move is written, and what happened since somebody looked."""

from datetime import datetime

from msgspec import Struct

from core.ids import QuestionId, RoomId
from forum.authors import author_of
from gatherings.events import QuestionChanged, QuestionSettled
from gatherings.questions.policy import SETTLED
from gatherings.shapes.questions import MoveMade
from storage.database import Reader, Transaction
from storage.statements import statement

COUNTED = ("live", "answered", "dismissed", "pending", "shortlisted", "on_stage")
_SHIFTS = ", ".join(
    f"{state} = c.{state} + (SELECT coalesce(sum(by), 0) FROM shifted WHERE state = '{state}')"
    for state in COUNTED
)
# The room's counts after the question, and before its channel, as for who asks.
_MOVE = statement(f"""
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
UPDATE question_counts c SET {_SHIFTS} FROM moved WHERE c.room_id = moved.room_id
""")
_MEANWHILE = statement("""
SELECT v.version, v.old_state, v.new_state, v.reason, v.moved_at, m.id, m.handle, m.display_name
FROM question_moves v LEFT JOIN members m ON m.id = v.moved_by
WHERE v.question_id = :question AND v.version > :version ORDER BY v.version
""")
# All that a move changes, by id, so that nobody who votes or moves waits for another crosswise.
HOLD = statement("""
SELECT id FROM questions
WHERE room_id = :room AND (id = ANY(CAST(:ids AS bigint[])) OR state = ANY(CAST(:states AS text[])))
ORDER BY id FOR NO KEY UPDATE
""")
ON_STAGE = statement("SELECT id, place FROM questions WHERE room_id = :room AND state = 'on_stage'")
LAST_PLACE = statement(
    "SELECT coalesce(max(place), 0) FROM questions WHERE room_id = :room AND state = 'shortlisted'"
)
HOLD_TOPIC = statement("SELECT id FROM topics WHERE id = :topic FOR NO KEY UPDATE")
BODY_OF = statement("SELECT body, author_id FROM posts WHERE id = :post")


class Step(Struct, frozen=True, kw_only=True):
    """A move as it is written. `by` is nobody where the asker makes it."""

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


async def write_move(tx: Transaction, room_id: RoomId, step: Step) -> None:
    """Move a question that is held, note who did, count anew, and tell the room."""
    await tx.run(
        _MOVE,
        question=step.question,
        old_state=step.old_state,
        new_state=step.new_state,
        settled_at=step.at if step.new_state in SETTLED else None,
        at=step.at,
        by=step.by,
        reason=step.reason,
        shown_reason=step.reason if step.new_state == "dismissed" else None,
        place=step.place,
        answered_how=step.answered_how,
        answer=step.answer,
        into=step.into,
    )
    is_edit = step.old_state == step.new_state == "pending"
    kind = QuestionChanged if is_edit else QuestionSettled
    await tx.record(kind(room_id=room_id, question_id=step.question), step.at)


async def read_meanwhile(tx: Reader, question_id: QuestionId, version: int, hosting: bool) -> list[MoveMade]:
    """What happened to a question since a version; who did it is for hosts."""
    return [
        MoveMade(
            version=row["version"],
            old_state=row["old_state"],
            new_state=row["new_state"],
            reason=row["reason"],
            at=row["moved_at"],
            by=author_of(row["id"], row["handle"], row["display_name"], None) if hosting else None,
        )
        for row in await tx.rows(_MEANWHILE, question=question_id, version=version)
    ]
