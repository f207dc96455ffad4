"""Merging: the votes of two questions become those of one, a person's two become one; and go apart again exactly."""

from core.ids import QuestionId
from gatherings.questions.policy import MERGED_INTO, NothingToMergeInto, OthersMergedHere, QuestionFacts
from storage.database import Transaction
from storage.statements import statement

_LOOK = statement("""
SELECT q.state, p.state AS post_state, EXISTS (SELECT FROM questions m WHERE m.merged_into = :source) AS has_merged
FROM questions q JOIN posts p ON p.id = q.post_id WHERE q.id = :target AND q.room_id = :room
""")
# Nobody votes for a question of their own, also not by way of another one.
_BRING = statement("""
INSERT INTO votes (question_id, member_id, via)
SELECT :target, v.member_id, :source
FROM votes v JOIN questions q ON q.id = :target JOIN posts p ON p.id = q.post_id
WHERE v.question_id = :source AND v.member_id IS DISTINCT FROM p.author_id
ON CONFLICT DO NOTHING
""")
# Who voted for two that were merged here keeps the vote as long as one of them stays.
_KEEP = statement("""
UPDATE votes SET via = (
    SELECT min(s.id) FROM questions s JOIN votes w ON w.question_id = s.id AND w.member_id = votes.member_id
    WHERE s.merged_into = :target AND s.id <> :source
)
WHERE question_id = :target AND via = :source AND EXISTS (
    SELECT FROM questions s JOIN votes w ON w.question_id = s.id AND w.member_id = votes.member_id
    WHERE s.merged_into = :target AND s.id <> :source
)
""")
_TAKE = statement("DELETE FROM votes WHERE question_id = :target AND via = :source")
_COUNT = statement("""
UPDATE questions SET votes = (SELECT count(*) FROM votes WHERE question_id = :target) WHERE id = :target
RETURNING votes
""")


async def ensure_merges(tx: Transaction, room_id: int, question: QuestionFacts, into: int) -> None:
    """Questions of one room are merged while both wait; one that others were merged into is not merged on."""
    row = await tx.row(_LOOK, target=into, source=question.id, room=room_id)
    if row is None or into == question.id or row["post_state"] != "published":
        raise NothingToMergeInto(field="into")
    if row["state"] not in MERGED_INTO:
        raise NothingToMergeInto(field="into")
    if row["has_merged"]:
        raise OthersMergedHere


async def unite_votes(tx: Transaction, room_id: int, source: QuestionId, target: int) -> None:
    """Count the voters of one question for another, too; both are held."""
    await tx.run(_BRING, source=source, target=target)
    await _count(tx, room_id, target)


async def separate_votes(tx: Transaction, room_id: int, source: QuestionId, target: int) -> None:
    """Take back what a merged question brought with it."""
    await tx.run(_KEEP, source=source, target=target)
    await tx.run(_TAKE, source=source, target=target)
    await _count(tx, room_id, target)


async def _count(tx: Transaction, room_id: int, target: int) -> None:
    votes = await tx.value(_COUNT, target=target)
    tx.signal(f"room:{room_id}", {"type": "votes", "votes": {str(target): votes}})
