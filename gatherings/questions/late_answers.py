"""Later answers: who asked a question, or voted for it, is told when it is answered after the room has moved on.

Told are those who asked by name and those who voted; of who asked anonymously nothing is known that they could be told
by. What is answered aloud while the room is open needs no telling: they are there.
"""

from core.ids import MemberId, PostId, TopicId
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from gatherings.events import QuestionSettled
from storage.database import Transaction
from storage.statements import statement

ANSWERED = "answered"

_ANSWERED = statement("""
SELECT q.post_id, r.topic_id, r.title, answer.author_id AS answered_by,
    (SELECT m.moved_by FROM question_moves m WHERE m.question_id = q.id ORDER BY m.version DESC LIMIT 1) AS moved_by
FROM questions q
JOIN rooms r ON r.id = q.room_id
JOIN posts p ON p.id = q.post_id
LEFT JOIN posts answer ON answer.id = q.answer_post_id
WHERE q.id = :question AND q.state = 'answered' AND p.state = 'published'
    AND (q.answered_how = 'writing' OR r.state = 'closed')
""")
# Who asked what was merged into it, asked it too. Asking counts for more than voting.
_CONCERNED = statement("""
SELECT member_id, bool_or(asked) AS asked FROM (
    SELECT p.author_id AS member_id, true AS asked
    FROM questions q JOIN posts p ON p.id = q.post_id
    WHERE (q.id = :question OR q.merged_into = :question) AND p.author_id IS NOT NULL
    UNION ALL
    SELECT v.member_id, false FROM votes v WHERE v.question_id = :question
) AS concerned
GROUP BY member_id
""")


async def tell_answered(tx: Transaction, event: QuestionSettled) -> None:
    """Tell those concerned that a question was answered in writing, or after its room was closed; each once, and not
    who answered it. Run twice, it tells nobody twice."""
    row = await tx.row(_ANSWERED, question=event.question_id)
    if row is None:
        return
    not_told = {row["answered_by"], row["moved_by"]}
    reasons = {
        MemberId(concerned["member_id"]): _reason(concerned["asked"], row["title"])
        for concerned in await tx.rows(_CONCERNED, question=event.question_id)
        if concerned["member_id"] not in not_told
    }
    if reasons:
        await notify(tx, ANSWERED, TopicId(row["topic_id"]), PostId(row["post_id"]), reasons)


def _reason(asked: bool, room: str) -> Because:
    return {"code": "asked" if asked else "voted", "title": room}
