"""Late answers: notifications to a question's asker and voters when it is answered after its room was closed, or in writing.

Members who asked by name and members who voted are notified. The asker of an anonymous question is not, because the
database does not know who it is. A live answer in an open room needs no notification: the members are there.
"""

from core.ids import MemberId, PostId, TopicId
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from gatherings.events import QuestionSettled
from storage.database import Transaction
from storage.statements import statement

ANSWERED = "answered"

SELECT_LATE_ANSWER = statement("""
SELECT q.post_id, r.topic_id, r.title, answer.author_id AS answered_by,
    (SELECT m.moved_by FROM question_moves m WHERE m.question_id = q.id ORDER BY m.version DESC LIMIT 1) AS moved_by
FROM questions q
JOIN rooms r ON r.id = q.room_id
JOIN posts p ON p.id = q.post_id
LEFT JOIN posts answer ON answer.id = q.answer_post_id
WHERE q.id = :question AND q.state = 'answered' AND p.state = 'published'
    AND (q.answered_how = 'writing' OR r.state = 'closed')
""")
# The askers of questions that were merged into this one count as its askers. A member who asked and voted is an asker.
SELECT_ASKERS_AND_VOTERS = statement("""
SELECT member_id, bool_or(asked) AS asked FROM (
    SELECT p.author_id AS member_id, true AS asked
    FROM questions q JOIN posts p ON p.id = q.post_id
    WHERE (q.id = :question OR q.merged_into = :question) AND p.author_id IS NOT NULL
    UNION ALL
    SELECT v.member_id, false FROM votes v WHERE v.question_id = :question
) AS concerned
GROUP BY member_id
""")


async def on_question_settled(tx: Transaction, event: QuestionSettled) -> None:
    """Notify the askers and voters of a question that was answered in writing or after its room was closed.

    Each member is notified once, also if the event is handled twice; the member who answered is not notified.
    """
    row = await tx.row(SELECT_LATE_ANSWER, question=event.question_id)
    if row is None:
        return
    answerers = {row["answered_by"], row["moved_by"]}
    reasons = {
        MemberId(member["member_id"]): _reason(member["asked"], row["title"])
        for member in await tx.rows(SELECT_ASKERS_AND_VOTERS, question=event.question_id)
        if member["member_id"] not in answerers
    }
    if reasons:
        await notify(tx, ANSWERED, TopicId(row["topic_id"]), PostId(row["post_id"]), reasons)


def _reason(asked: bool, room: str) -> Because:
    return {"code": "asked" if asked else "voted", "title": room}
