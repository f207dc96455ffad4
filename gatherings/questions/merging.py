"""Merging questions: the votes of one question are added to another, one per person, and can be separated again."""

from core.ids import QuestionId
from gatherings.questions.policy import (
    MERGE_TARGET_STATES,
    NothingToMergeInto,
    OthersMergedHere,
    QuestionFacts,
)
from storage.database import Transaction
from storage.statements import statement

SELECT_MERGE_TARGET = statement("""
SELECT q.state, p.state AS post_state, EXISTS (SELECT FROM questions m WHERE m.merged_into = :source) AS has_merged
FROM questions q JOIN posts p ON p.id = q.post_id WHERE q.id = :target AND q.room_id = :room
""")
# The asker's vote for the source is not copied: members do not vote for their own questions.
INSERT_MERGED_VOTES = statement("""
INSERT INTO votes (question_id, member_id, via)
SELECT :target, v.member_id, :source
FROM votes v JOIN questions q ON q.id = :target JOIN posts p ON p.id = q.post_id
WHERE v.question_id = :source AND v.member_id IS DISTINCT FROM p.author_id
ON CONFLICT DO NOTHING
""")
# A member who voted for two questions that were merged into the target keeps the vote while one of them stays merged.
UPDATE_VOTES_VIA_OTHER_SOURCE = statement("""
UPDATE votes SET via = (
    SELECT min(s.id) FROM questions s JOIN votes w ON w.question_id = s.id AND w.member_id = votes.member_id
    WHERE s.merged_into = :target AND s.id <> :source
)
WHERE question_id = :target AND via = :source AND EXISTS (
    SELECT FROM questions s JOIN votes w ON w.question_id = s.id AND w.member_id = votes.member_id
    WHERE s.merged_into = :target AND s.id <> :source
)
""")
DELETE_MERGED_VOTES = statement("DELETE FROM votes WHERE question_id = :target AND via = :source")
UPDATE_VOTE_COUNT = statement("""
UPDATE questions SET votes = former_votes + (SELECT count(*) FROM votes WHERE question_id = :target) WHERE id = :target
RETURNING votes
""")


async def ensure_can_merge(tx: Transaction, room_id: int, question: QuestionFacts, into: int) -> None:
    """Only open questions of one room are merged, and none into which others were merged.

    Raises NothingToMergeInto or OthersMergedHere.
    """
    row = await tx.row(SELECT_MERGE_TARGET, target=into, source=question.id, room=room_id)
    if row is None or into == question.id or row["post_state"] != "published":
        raise NothingToMergeInto(field="into")
    if row["state"] not in MERGE_TARGET_STATES:
        raise NothingToMergeInto(field="into")
    if row["has_merged"]:
        raise OthersMergedHere


async def merge_votes(tx: Transaction, room_id: int, source: QuestionId, target: int) -> None:
    """Add the voters of the source to the target; the caller holds the locks on both questions."""
    await tx.run(INSERT_MERGED_VOTES, source=source, target=target)
    await _update_vote_count(tx, room_id, target)


async def unmerge_votes(tx: Transaction, room_id: int, source: QuestionId, target: int) -> None:
    """Remove the votes that the target has only through the source; the caller holds the locks on both questions."""
    await tx.run(UPDATE_VOTES_VIA_OTHER_SOURCE, source=source, target=target)
    await tx.run(DELETE_MERGED_VOTES, source=source, target=target)
    await _update_vote_count(tx, room_id, target)


async def _update_vote_count(tx: Transaction, room_id: int, target: int) -> None:
    votes = await tx.value(UPDATE_VOTE_COUNT, target=target)
    tx.signal(f"room:{room_id}", {"type": "votes", "votes": {str(target): votes}})
