"""Questions: what becomes of them once they were asked."""

import hmac

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import PostId, QuestionId
from forum import posts as forum_posts
from forum.events import PostEdited, PostHidden, PostRestored, PostUnhidden, PostWithdrawn
from forum.tables import posts, topics
from forum.topics import get_topic
from forum.visibility import seen_by, visible_topics
from gatherings import rooms
from gatherings.events import QuestionChanged, QuestionSettled
from gatherings.policy import (
    QuestionFacts,
    QuestionMoved,
    RoomFacts,
    ensure_can_settle,
)
from gatherings.reading import show_question
from gatherings.shapes import Question, QuestionMove
from gatherings.tables import ROOM_FACTS, gatherings, questions
from gatherings.tables import rooms as room_table
from gatherings.visibility import coarse, own_pseudonym
from storage.database import Reader, Transaction
from storage.statements import statement

_FACTS = (
    select(
        questions.c.id.label("question_id"),
        questions.c.post_id,
        questions.c.state.label("question_state"),
        questions.c.version.label("question_version"),
        posts.c.author_id,
        posts.c.pseudonym,
        *ROOM_FACTS,
        topics.c.sector_id,
        (gatherings.c.state == "cancelled").label("is_cancelled"),
    )
    .join(posts, posts.c.id == questions.c.post_id)
    .join(room_table, room_table.c.id == questions.c.room_id)
    .join(topics, topics.c.id == room_table.c.topic_id)
    .join(gatherings, gatherings.c.id == room_table.c.gathering_id)
    .where(questions.c.id == bindparam("id"), visible_topics(), posts.c.state != "hidden")
)
_GET = statement(_FACTS)
_GET_LOCKED = statement(_FACTS.with_for_update(key_share=True, of=questions))
# The room's counts after the question, and before its channel, as for who asks.
_SETTLE = statement("""
WITH settled AS (
    UPDATE questions SET state = :new_state, settled_at = CAST(:at AS timestamptz), version = version + 1,
        answered_how = CASE WHEN :new_state = 'answered' THEN 'live' END
    WHERE id = :question RETURNING room_id
), moved (state, by) AS (VALUES (CAST(:old_state AS text), -1), (CAST(:new_state AS text), 1))
UPDATE question_counts c
SET live = live + (SELECT coalesce(sum(by), 0) FROM moved WHERE state = 'live'),
    answered = answered + (SELECT coalesce(sum(by), 0) FROM moved WHERE state = 'answered'),
    dismissed = dismissed + (SELECT coalesce(sum(by), 0) FROM moved WHERE state = 'dismissed')
FROM settled WHERE c.room_id = settled.room_id
""")
_OF_POST = statement(
    select(questions.c.id, questions.c.room_id, questions.c.state, posts.c.state.label("post_state"))
    .join(posts, posts.c.id == questions.c.post_id)
    .where(questions.c.post_id == bindparam("post", type_=BigInteger))
    .with_for_update(key_share=True, of=questions)
)


class Found(Struct, frozen=True):
    """A question and its room, as the rules look at them, and whether its asker is named."""

    room: RoomFacts
    question: QuestionFacts
    is_anonymous: bool


async def get_question(tx: Reader, actor: Actor, question_id: QuestionId, lock: bool = False) -> Found:
    """What the rules need of a question in a room that the actor can see; `lock` makes those who settle it take turns."""
    row = await tx.row(_GET_LOCKED if lock else _GET, id=question_id, **seen_by(actor))
    if row is None:
        raise NotFound
    room = rooms.facts_of(row)
    question = QuestionFacts(
        id=question_id,
        post_id=row["post_id"],
        state=row["question_state"],
        version=row["question_version"],
        is_own=is_own(actor, room, row),
    )
    return Found(room, question, row["pseudonym"] is not None)


async def settle_question(
    tx: Transaction, actor: Actor, question_id: QuestionId, move: QuestionMove
) -> Question:
    """Answer, dismiss, take up again; or withdraw one's own. Whoever looked at an older version is told what is now."""
    found = await get_question(tx, actor, question_id)
    if move.state == "withdrawn":
        # The topic before the question, always: who hides or withdraws the post comes the same way.
        await get_topic(tx, actor, found.room.topic_id, lock=True)
    found = await get_question(tx, actor, question_id, lock=True)
    room, question = found.room, found.question
    now = clock.now()
    ensure_can_settle(actor, room, question, move.state, now)
    if question.state == move.state == "withdrawn":
        return await show_question(tx, actor, room, question_id)
    if question.version != move.version or question.state == "withdrawn":
        raise QuestionMoved(await show_question(tx, actor, room, question_id))

    if question.state != move.state:
        if move.state == "withdrawn":
            await forum_posts.withdraw_post(tx, actor, PostId(question.post_id))
        at = coarse(now) if found.is_anonymous and move.state == "withdrawn" else now
        await tx.run(
            _SETTLE,
            question=question_id,
            old_state=question.state,
            new_state=move.state,
            at=None if move.state == "live" else at,
        )
        await tx.record(QuestionSettled(room_id=room.id, question_id=question_id))
    return await show_question(tx, actor, room, question_id)


async def follow_post(
    tx: Transaction, event: PostEdited | PostWithdrawn | PostRestored | PostHidden | PostUnhidden
) -> None:
    """Tell the room what became of a question's post elsewhere: edited, hidden, shown again; or withdrawn, then so is
    the question. A reaction to what happens in the topic; run twice, it tells twice the same."""
    row = await tx.row(_OF_POST, post=event.post_id)
    if row is None or row["state"] == "withdrawn":
        return
    if row["post_state"] != "withdrawn":
        await tx.record(QuestionChanged(room_id=row["room_id"], question_id=row["id"]))
        return
    at = coarse(clock.now())
    await tx.run(_SETTLE, question=row["id"], old_state=row["state"], new_state="withdrawn", at=at)
    await tx.record(QuestionSettled(room_id=row["room_id"], question_id=row["id"]))


def is_own(actor: Actor, room: RoomFacts, row: Record) -> bool:
    """Whether the actor asked what this row's `author_id` or `pseudonym` stands for."""
    if row["pseudonym"] is None:
        return actor.id is not None and row["author_id"] == actor.id
    mine = own_pseudonym(actor, room.topic_id)
    return mine is not None and hmac.compare_digest(mine, row["pseudonym"])
