"""The counters of questions: the votes for each, and how many questions of each state a room has."""

from storage.counters import Counter
from storage.statements import statement

VOTES_FOR_QUESTIONS = Counter(
    name="votes for questions",
    find=statement("""
SELECT q.id FROM questions q LEFT JOIN (SELECT question_id, count(*) AS n FROM votes GROUP BY question_id) v
    ON v.question_id = q.id
WHERE q.votes <> coalesce(v.n, 0) + q.former_votes ORDER BY q.id
"""),
    lock=statement("SELECT FROM questions WHERE id = :id FOR NO KEY UPDATE"),
    repair=statement("""
UPDATE questions SET votes = former_votes + (SELECT count(*) FROM votes WHERE question_id = :id) WHERE id = :id
"""),
)
# The questions of the room are locked first, as the transitions do.
QUESTIONS_OF_ROOMS = Counter(
    name="questions of rooms",
    find=statement("""
SELECT c.room_id AS id FROM question_counts c CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'live') AS live, count(*) FILTER (WHERE state = 'answered') AS answered,
        count(*) FILTER (WHERE state = 'dismissed') AS dismissed, count(*) FILTER (WHERE state = 'pending') AS pending,
        count(*) FILTER (WHERE state = 'shortlisted') AS shortlisted,
        count(*) FILTER (WHERE state = 'on_stage') AS on_stage
    FROM questions WHERE room_id = c.room_id
) q
WHERE (c.live, c.answered, c.dismissed, c.pending, c.shortlisted, c.on_stage)
    IS DISTINCT FROM (q.live, q.answered, q.dismissed, q.pending, q.shortlisted, q.on_stage)
ORDER BY c.room_id
"""),
    lock=statement("""
WITH asked AS (SELECT FROM questions WHERE room_id = :id ORDER BY id FOR NO KEY UPDATE)
SELECT FROM question_counts WHERE room_id = :id AND (SELECT count(*) FROM asked) >= 0 FOR UPDATE
"""),
    repair=statement("""
UPDATE question_counts c SET live = q.live, answered = q.answered, dismissed = q.dismissed, pending = q.pending,
    shortlisted = q.shortlisted, on_stage = q.on_stage
FROM (
    SELECT count(*) FILTER (WHERE state = 'live') AS live, count(*) FILTER (WHERE state = 'answered') AS answered,
        count(*) FILTER (WHERE state = 'dismissed') AS dismissed, count(*) FILTER (WHERE state = 'pending') AS pending,
        count(*) FILTER (WHERE state = 'shortlisted') AS shortlisted,
        count(*) FILTER (WHERE state = 'on_stage') AS on_stage
    FROM questions WHERE room_id = :id
) q
WHERE c.room_id = :id
"""),
)
