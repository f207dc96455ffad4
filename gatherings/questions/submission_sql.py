"""What was asked, as it is written: at once to all, or held until a host approves it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from core import clock
from core.ids import RoomId, TopicId
from forum.posts.held_insertion import insert_held_posts
from forum.posts.insertion import NewPost, placed_of, placing, tells, written
from forum.posts.screening import ScreeningVerdict
from forum.writing.replies import TopicMovedOn
from gatherings.events import QuestionAsked
from gatherings.shapes.questions import Question
from members.shapes import Author
from storage.database import Transaction
from storage.idempotency import IdempotentRequest, StoredResponse, encode
from storage.statements import Statement, statement

# The room first, which is not closed before the commit; then the topic, as all who write there; the room's channel last.
_ROOM = """
room AS (
    SELECT id FROM rooms WHERE id = CAST(:room AS bigint) AND state = 'open' AND (:approved OR NOT is_premoderated)
    FOR SHARE
),
"""
_ASK = """, questioned AS (
    INSERT INTO questions (room_id, post_id)
    SELECT CAST(:room AS bigint), placed.id FROM placed ORDER BY placed.number
    RETURNING id, post_id
), counted AS (
    INSERT INTO question_counts (room_id, live) SELECT CAST(:room AS bigint), count(*) FROM questioned HAVING count(*) > 0
    ON CONFLICT (room_id) DO UPDATE SET live = question_counts.live + excluded.live
    RETURNING room_id
), room_head AS (
    INSERT INTO channels (name, seq) SELECT CAST(:room_channel AS text), CAST(:count AS bigint) FROM counted
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING seq
), room_log AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT CAST(:room_channel AS text),
        room_head.seq - CAST(:count AS bigint) + row_number() OVER (ORDER BY questioned.id), CAST(:now AS timestamptz),
        jsonb_build_object('type', 'question_asked', 'room_id', CAST(:room AS bigint), 'question_id', questioned.id)
    FROM questioned, room_head
    RETURNING channel, seq
)"""
_REACTING = """, room_reacting AS (
    INSERT INTO follow_ups (channel, seq, due_at) SELECT channel, seq, CAST(:now AS timestamptz) FROM room_log
)"""


def _asking(post_tells: bool, question_tells: bool) -> Statement:
    return placing(
        post_tells,
        first=_ROOM,
        only_if=" AND EXISTS (SELECT FROM room)",
        then=_ASK + (_REACTING if question_tells else ""),
        result=", questioned.id AS question, room_head.seq AS room_seq",
        of=" CROSS JOIN room_head JOIN questioned ON questioned.post_id = placed.id",
    )


_STATEMENTS = {
    (post, question): _asking(post, question) for post in (False, True) for question in (False, True)
}


# What waits for approval takes another way: nothing of it is told in the topic.
_ROOM_HELD = statement("SELECT 1 FROM rooms WHERE id = :room AND state = 'open' FOR SHARE")
_ASK_HELD = statement("""
WITH questioned AS (
    INSERT INTO questions (room_id, post_id, state)
    SELECT CAST(:room AS bigint), p.id, 'pending'
    FROM unnest(CAST(:posts AS bigint[])) WITH ORDINALITY AS p (id, ord) ORDER BY ord
    RETURNING id, post_id
), counted AS (
    INSERT INTO question_counts (room_id, pending) SELECT CAST(:room AS bigint), count(*) FROM questioned
    ON CONFLICT (room_id) DO UPDATE SET pending = question_counts.pending + excluded.pending
    RETURNING room_id
), room_head AS (
    INSERT INTO channels (name, seq) SELECT CAST(:room_channel AS text), CAST(:count AS bigint) FROM counted
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING seq
), room_log AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT CAST(:room_channel AS text),
        room_head.seq - CAST(:count AS bigint) + row_number() OVER (ORDER BY questioned.id), CAST(:now AS timestamptz),
        jsonb_build_object('type', 'question_asked', 'room_id', CAST(:room AS bigint), 'question_id', questioned.id)
    FROM questioned, room_head
)
SELECT questioned.id, room_head.seq FROM questioned, room_head ORDER BY post_id
""")

# Those who ask are written together with their like: who goes live, who does so in a pre-moderated room, and who waits.
SubmissionPath = Literal["live", "approved", "held"]


class PreparedQuestion(Struct, frozen=True, kw_only=True):
    """A question that complies with the rules and is not written yet. `author` is None of an anonymous one."""

    topic: TopicId
    post: NewPost
    author: Author | None
    idempotent: IdempotentRequest
    lane: SubmissionPath
    is_slow: bool
    verdict: ScreeningVerdict | None = None


async def insert_live_questions(
    tx: Transaction, room_id: RoomId, asked: Sequence[PreparedQuestion]
) -> list[StoredResponse]:
    """Write questions that all see at once; `TopicMovedOn` if the room takes none any more."""
    topic_id, now, channel = asked[0].topic, _told_at(asked), f"room:{room_id}"
    rows = await tx.rows(
        _STATEMENTS[tells(tx), QuestionAsked.__struct_config__.tag in tx.handled_tags],
        posts=written([(topic_id, one.post) for one in asked]),
        count=len(asked),
        room=room_id,
        room_channel=channel,
        approved=asked[0].lane == "approved",
        exempt=False,
        now=now,
    )
    if not rows:
        raise TopicMovedOn
    placed = placed_of(tx, rows)[topic_id]
    tx.positions.append((channel, rows[0]["room_seq"]))
    return [
        _answer(room_id, one, place.id, place.number, row["question"])
        for one, place, row in zip(asked, placed, rows, strict=True)
    ]


async def insert_held_questions(
    tx: Transaction, room_id: RoomId, asked: Sequence[PreparedQuestion]
) -> list[StoredResponse]:
    """Write questions that wait for approval; `TopicMovedOn` if the room takes none any more."""
    if await tx.value(_ROOM_HELD, room=room_id) is None:
        raise TopicMovedOn
    posts = await insert_held_posts(tx, asked[0].topic, [one.post for one in asked])
    channel = f"room:{room_id}"
    rows = await tx.rows(
        _ASK_HELD,
        room=room_id,
        posts=posts,
        room_channel=channel,
        count=len(asked),
        now=_told_at(asked),
    )
    tx.positions.append((channel, rows[0]["seq"]))
    return [
        _answer(room_id, one, post_id, UNSET, row["id"])
        for one, post_id, row in zip(asked, posts, rows, strict=True)
    ]


def _told_at(asked: Sequence[PreparedQuestion]) -> datetime:
    now = clock.now()
    return clock.coarse(now) if any(one.author is None for one in asked) else now


def _answer(
    room_id: RoomId, asked: PreparedQuestion, post_id: int, number: int | UnsetType, question_id: int
) -> StoredResponse:
    question = Question(
        id=question_id,
        room=room_id,
        post=post_id,
        state="pending" if asked.lane == "held" else "live",
        votes=0,
        version=1,
        settled_at=None,
        number=number,
        body=asked.post.body,
        html=asked.post.html,
        author=asked.author,
        anonymous=asked.author is None,
        asked_at=asked.post.posted_at,
        place=None,
        # Only to who asks it now: hosts look at it because of this.
        reason=asked.verdict.why if asked.verdict is not None and asked.verdict.holds else None,
        answered_how=None,
        answer_post=None,
        merged_into=None,
        my_vote=0,
        mine=True,
    )
    return StoredResponse(201, encode(question))
