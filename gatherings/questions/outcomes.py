"""The outcomes of a room: what was asked, what became of it and why, in order of time (`choices` in the API)."""

from typing import Any

from asyncpg import Record
from msgspec import UNSET, structs

from core.actor import Actor
from core.ids import RoomId
from forum.authors import author_of
from gatherings.cursors import Count, Id, Micros, micros_of, moment_of
from gatherings.questions.policy import ensure_can_read_outcomes
from gatherings.rooms import rooms
from gatherings.shapes.questions import Choice, ChoicePage
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.statements import statement

PAGE_SIZE = 100

# Everyone except hosts learns of a question that was dismissed without approval only that it was asked and why it was
# dismissed, not its text, and learns nothing of one that still waits or was withdrawn before its approval. Nobody gets
# the text of a hidden or withdrawn question.
SELECT_OUTCOMES = statement("""
WITH steps AS (
    SELECT q.id AS question_id, 0 AS step, p.posted_at AS at, CAST(NULL AS text) AS old_state,
        CASE WHEN first.old_state IS NULL THEN q.state ELSE first.old_state END AS new_state,
        CAST(NULL AS text) AS reason, CAST(NULL AS bigint) AS moved_by
    FROM questions q JOIN posts p ON p.id = q.post_id
    LEFT JOIN question_moves first ON first.question_id = q.id AND first.version = 2
    WHERE q.room_id = :room
    UNION ALL
    SELECT question_id, version, moved_at, old_state, new_state, reason, moved_by
    FROM question_moves WHERE room_id = :room
)
SELECT s.*, q.merged_into, p.number, p.pseudonym IS NOT NULL AS anonymous,
    p.state IN ('published', 'held') AND (p.state = 'published' OR :hosting) AS has_text, p.body,
    a.id AS asker_id, a.handle AS asker_handle, a.display_name AS asker_name, a.picture AS asker_picture,
    m.id AS mover_id, m.handle AS mover_handle, m.display_name AS mover_name, m.picture AS mover_picture
FROM steps s
JOIN questions q ON q.id = s.question_id
JOIN posts p ON p.id = q.post_id
LEFT JOIN members a ON a.id = p.author_id
LEFT JOIN members m ON m.id = s.moved_by AND :hosting
WHERE (:hosting OR p.state <> 'held' OR q.state = 'dismissed')
    AND (:hosting OR s.new_state <> 'pending' OR s.step = 0)
    AND (CAST(:at AS timestamptz) IS NULL OR (s.at, s.question_id, s.step) > (CAST(:at AS timestamptz), :question, :step))
ORDER BY s.at, s.question_id, s.step LIMIT :count
""")


async def read_outcomes(tx: Reader, actor: Actor, room_id: RoomId, after: str | None) -> ChoicePage:
    """Return one page of a room's outcomes, the oldest first; raise NotFound or ChoicesNotPublished."""
    room = await rooms.get_room(tx, actor, room_id)
    ensure_can_read_outcomes(actor, room)
    hosting = actor.hosts_at(room.gathering_id)
    rows = await tx.rows(
        SELECT_OUTCOMES, room=room_id, hosting=hosting, count=PAGE_SIZE + 1, **_read_position(after)
    )
    items = [_choice_of(row, hosting) for row in rows[:PAGE_SIZE]]
    return ChoicePage(items, _cursor_of(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None)


def _choice_of(row: Record, hosting: bool) -> Choice:
    is_edit = row["old_state"] == row["new_state"] == "pending"
    choice = Choice(
        question=row["question_id"],
        what="asked" if row["old_state"] is None else "edited" if is_edit else "moved",
        at=row["at"],
        state=row["new_state"],
    )
    if row["old_state"] is not None:
        into = row["merged_into"] if row["new_state"] == "merged" else None
        choice = structs.replace(
            choice,
            old_state=row["old_state"],
            reason=row["reason"],
            merged_into=UNSET if into is None else into,
        )
        mover = author_of(row["mover_id"], row["mover_handle"], row["mover_name"], None, row["mover_picture"])
        return structs.replace(choice, by=mover) if hosting else choice
    if not row["has_text"]:
        return choice
    return structs.replace(
        choice,
        number=UNSET if row["number"] is None else row["number"],
        body=row["body"],
        author=author_of(row["asker_id"], row["asker_handle"], row["asker_name"], None, row["asker_picture"]),
        anonymous=row["anonymous"],
    )


def _read_position(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {"at": None, "question": 0, "step": 0}
    micros, question, step = decode_cursor(cursor, tuple[Micros, Id, Count])
    return {"at": moment_of(micros), "question": question, "step": step}


def _cursor_of(row: Record) -> str:
    return encode_cursor(micros_of(row["at"]), row["question_id"], row["step"])
