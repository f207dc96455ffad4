"""The statements that insert questions: published immediately, or held until a host approves them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    bindparam,
    column,
    false,
    select,
    text,
    true,
)

from core import clock
from core.ids import RoomId, TopicId
from forum.events import ReplyPosted
from forum.posts.held_insertion import insert_held_posts
from forum.posts.insertion import (
    INSERTED,
    NOW,
    NewPost,
    encode_posts,
    inserted_posts_of,
    insertion,
    with_languages,
)
from forum.posts.screening import ScreeningVerdict
from forum.writing.replies import TopicMovedOn
from gatherings.events import QuestionAsked
from gatherings.shapes.questions import Question
from members.shapes import Author
from storage.database import Transaction
from storage.event_log import AppendedEvents, append_events, event_from_columns
from storage.idempotency import IdempotentRequest, StoredResponse, encode
from storage.statements import statement

# The room is locked first, so that it is not closed before the commit; then the topic, as by everybody who writes there;
# the room's channel last.
_OPEN_ROOM = (
    text("""
    SELECT id FROM rooms WHERE id = CAST(:room AS bigint) AND state = 'open' AND (:approved OR NOT is_premoderated)
    FOR SHARE
    """)
    .columns(column("id", BigInteger))
    .cte("gate")
)
_QUESTIONS = (
    text("""
    INSERT INTO questions (room_id, post_id)
    SELECT CAST(:room AS bigint), placed.id FROM placed ORDER BY placed.number
    RETURNING id, room_id, post_id
    """)
    .columns(column("id", BigInteger), column("room_id", BigInteger), column("post_id", BigInteger))
    .cte("questioned")
)
_COUNT_LIVE = (
    text("""
    INSERT INTO question_counts (room_id, live) SELECT CAST(:room AS bigint), count(*) FROM questioned HAVING count(*) > 0
    ON CONFLICT (room_id) DO UPDATE SET live = question_counts.live + excluded.live
    RETURNING room_id
    """)
    .columns(column("room_id", BigInteger))
    .cte("counted")
)
_HELD_QUESTIONS = (
    text("""
    INSERT INTO questions (room_id, post_id, state)
    SELECT CAST(:room AS bigint), p.id, 'pending'
    FROM unnest(CAST(:posts AS bigint[])) WITH ORDINALITY AS p (id, ord) ORDER BY ord
    RETURNING id, room_id, post_id
    """)
    .columns(column("id", BigInteger), column("room_id", BigInteger), column("post_id", BigInteger))
    .cte("questioned")
)
_COUNT_PENDING = (
    text("""
    INSERT INTO question_counts (room_id, pending) SELECT CAST(:room AS bigint), count(*) FROM questioned
    ON CONFLICT (room_id) DO UPDATE SET pending = question_counts.pending + excluded.pending
    RETURNING room_id
    """)
    .columns(column("room_id", BigInteger))
    .cte("counted")
)


def _append_asked(questions: CTE, counts: CTE, with_jobs: ColumnElement[bool]) -> AppendedEvents:
    event = event_from_columns(QuestionAsked, room_id=questions.c.room_id, question_id=questions.c.id)
    # The counts are read so that they are written before the channel, as everywhere.
    events = select(
        bindparam("room_channel", type_=Text).label("channel"),
        questions.c.id.label("position"),
        event.label("event"),
    ).join_from(questions, counts, counts.c.room_id == questions.c.room_id)
    return append_events(events.cte("asked"), NOW, with_jobs, "room")


_live_log = _append_asked(_QUESTIONS, _COUNT_LIVE, bindparam("question_has_handlers", type_=Boolean))
_INSERT_QUESTIONS = statement(
    insertion(gate=_OPEN_ROOM)
    .add_columns(_QUESTIONS.c.id.label("question"), _live_log.heads.c.seq.label("room_seq"))
    .join(_QUESTIONS, _QUESTIONS.c.post_id == INSERTED.c.id)
    .join(_live_log.heads, true())
    .add_cte(_QUESTIONS, _COUNT_LIVE, _live_log.entries, _live_log.jobs)
)

# Questions that wait for approval are inserted without an event in the topic.
_LOCK_OPEN_ROOM = statement("SELECT 1 FROM rooms WHERE id = :room AND state = 'open' FOR SHARE")
_held_log = _append_asked(_HELD_QUESTIONS, _COUNT_PENDING, false())
_INSERT_HELD_QUESTIONS = statement(
    select(_HELD_QUESTIONS.c.id, _held_log.heads.c.seq)
    .join_from(_HELD_QUESTIONS, _held_log.heads, true())
    .order_by(_HELD_QUESTIONS.c.post_id)
    .add_cte(_HELD_QUESTIONS, _COUNT_PENDING, _held_log.entries)
)

# Questions are inserted in one batch with others of the same path: published in an ordinary room (`live`), published in a
# premoderated room because the asker needs no approval (`approved`), or waiting for approval (`held`).
SubmissionPath = Literal["live", "approved", "held"]


class PreparedQuestion(Struct, frozen=True, kw_only=True):
    """A question that complies with the rules and is not inserted yet; `author` is None if it is anonymous."""

    topic: TopicId
    post: NewPost
    author: Author | None
    idempotent: IdempotentRequest
    path: SubmissionPath
    is_slow: bool
    verdict: ScreeningVerdict | None = None


async def insert_live_questions(
    tx: Transaction, room_id: RoomId, prepared: Sequence[PreparedQuestion]
) -> list[StoredResponse]:
    """Insert questions that are published immediately, and return their responses in the same order.

    Raises TopicMovedOn if the room or its topic was closed, locked or hidden in the meantime.
    """
    topic_id, now, channel = prepared[0].topic, _event_time(prepared), f"room:{room_id}"
    posts = await with_languages([(topic_id, one.post) for one in prepared])
    rows = await tx.rows(
        _INSERT_QUESTIONS,
        has_handlers=tx.has_handlers(ReplyPosted),
        question_has_handlers=tx.has_handlers(QuestionAsked),
        posts=encode_posts(posts),
        room=room_id,
        room_channel=channel,
        approved=prepared[0].path == "approved",
        exempt=False,
        now=now,
    )
    if not rows:
        raise TopicMovedOn
    placed = inserted_posts_of(tx, rows)[topic_id]
    tx.positions.append((channel, rows[0]["room_seq"]))
    return [
        _response_of(room_id, one, place.id, place.number, row["question"])
        for one, place, row in zip(prepared, placed, rows, strict=True)
    ]


async def insert_held_questions(
    tx: Transaction, room_id: RoomId, prepared: Sequence[PreparedQuestion]
) -> list[StoredResponse]:
    """Insert questions that wait for approval, and return their responses in the same order.

    Raises TopicMovedOn if the room was closed in the meantime.
    """
    if await tx.value(_LOCK_OPEN_ROOM, room=room_id) is None:
        raise TopicMovedOn
    posts = await insert_held_posts(tx, prepared[0].topic, [one.post for one in prepared])
    channel = f"room:{room_id}"
    rows = await tx.rows(
        _INSERT_HELD_QUESTIONS,
        room=room_id,
        posts=posts,
        room_channel=channel,
        now=_event_time(prepared),
    )
    tx.positions.append((channel, rows[0]["seq"]))
    return [
        _response_of(room_id, one, post_id, UNSET, row["id"])
        for one, post_id, row in zip(prepared, posts, rows, strict=True)
    ]


def _event_time(prepared: Sequence[PreparedQuestion]) -> datetime:
    now = clock.now()
    return clock.coarse(now) if any(one.author is None for one in prepared) else now


def _response_of(
    room_id: RoomId, prepared: PreparedQuestion, post_id: int, number: int | UnsetType, question_id: int
) -> StoredResponse:
    question = Question(
        id=question_id,
        room=room_id,
        post=post_id,
        state="pending" if prepared.path == "held" else "live",
        votes=0,
        version=1,
        settled_at=None,
        number=number,
        body=prepared.post.body,
        html=prepared.post.html,
        author=prepared.author,
        anonymous=prepared.author is None,
        asked_at=prepared.post.posted_at,
        place=None,
        # The reason why a filter holds the question is returned to its asker only.
        reason=prepared.verdict.why if prepared.verdict is not None and prepared.verdict.holds else None,
        answered_how=None,
        answer_post=None,
        merged_into=None,
        my_vote=0,
        mine=True,
    )
    return StoredResponse(201, encode(question))
