"""Asking: a question with one's name or without, written together with those that others ask in the room at that moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from asyncpg import Record
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy import bindparam, exists, select

from core import clock
from core.actor import Actor
from core.errors import NotFound, Refusal
from core.ids import RoomId, TopicId
from core.text import tidy
from forum.holding import hold_posts
from forum.markup import render
from forum.placing import NewPost, placed_of, placing, tells, written
from forum.policy import TopicLocked
from forum.replies import TopicMovedOn
from forum.tables import topics
from forum.visibility import seen_by, visible_topics
from gatherings import rooms
from gatherings.events import QuestionAsked
from gatherings.policy import RoomFacts, WriterFacts
from gatherings.policy_questions import ORDINARY, ensure_can_ask, ensure_is_question, is_approved
from gatherings.shapes import NewQuestion, Question
from gatherings.tables import ROOM_FACTS, gatherings, room_silences
from gatherings.tables import rooms as room_table
from gatherings.visibility import place_of
from gatherings.writing import get_writer
from members.pseudonyms import pseudonym
from members.shapes import Author
from storage.batches import Batches
from storage.database import Database, Transaction
from storage.once import Answer, Once, answer_together, encode
from storage.statements import Statement, statement

_LOOK = statement(
    select(
        *ROOM_FACTS,
        topics.c.sector_id,
        topics.c.locked_at.is_not(None).label("is_locked"),
        (topics.c.withdrawn_at.is_not(None) | topics.c.hidden_at.is_not(None)).label("is_gone"),
        (gatherings.c.state == "cancelled").label("is_cancelled"),
        exists().where(room_silences.c.room_id == room_table.c.id).label("has_silences"),
    )
    .join(topics, topics.c.id == room_table.c.topic_id)
    .join(gatherings, gatherings.c.id == room_table.c.gathering_id)
    .where(room_table.c.id == bindparam("id"), visible_topics())
)
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
Lane = Literal["live", "approved", "held"]


class _Asked(Struct, frozen=True, kw_only=True):
    topic: TopicId
    post: NewPost
    author: Author | None
    once: Once
    lane: Lane


class QuestionWriter:
    """Writes questions; one for the process, because those who ask in one room at one moment are written together."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.batches: Batches[tuple[RoomId, Lane], _Asked, Answer] = Batches(self._write)

    async def ask_question(self, actor: Actor, room_id: RoomId, new: NewQuestion, once: Once) -> Answer:
        """Ask in an open room; the answer is 201 with the `Question`, which is a post of the room's topic from now on
        and stays answerable there."""
        for _ in range(3):
            async with self.db.read() as tx:
                row = await tx.row(_LOOK, id=room_id, **seen_by(actor))
            if new.anonymous and row is not None:
                once = _unlinked(once, actor, row["topic_id"])
            try:
                asked = await self._prepare(actor, row, new, once)
            except Refusal as refusal:
                return await self._answer_again(once, refusal)
            try:
                return await self.batches.put((room_id, asked.lane), asked)
            except TopicMovedOn:
                continue  # closed, locked or hidden between the look and the write: look again, and say why
        raise TopicMovedOn

    async def _prepare(self, actor: Actor, row: Record | None, new: NewQuestion, once: Once) -> _Asked:
        if row is None:
            raise NotFound
        room, now = rooms.facts_of(row), clock.now()
        writer = await self._look_at_writer(actor, room, row["has_silences"])
        ensure_can_ask(actor, room, new.anonymous, now, writer)
        body = tidy(new.body)
        ensure_is_question(room, body)
        if row["is_locked"] or row["is_gone"]:
            raise TopicLocked
        post = NewPost(
            author_id=None if new.anonymous else actor.signed_in(),
            pseudonym=pseudonym(actor, place_of(room.topic_id)) if new.anonymous else None,
            body=body,
            html=render(body, topic=room.topic_id, site=self.db.site).html,
            posted_at=clock.coarse(now) if new.anonymous else now,
        )
        lane: Lane = "live" if not room.is_premoderated else "held"
        # Without a name also what the panel asks waits: few sit there, and to come without approval would tell that one did.
        if lane == "held" and not new.anonymous and is_approved(actor, room, writer):
            lane = "approved"
        author = None if new.anonymous else _face(actor)
        return _Asked(topic=room.topic_id, post=post, author=author, once=once, lane=lane)

    async def _look_at_writer(self, actor: Actor, room: RoomFacts, has_silences: bool) -> WriterFacts:
        # Most rooms are for all, at any pace, and nobody is silenced there: then nothing more needs to be asked.
        is_plain = room.writers == "all" and not room.is_premoderated and not room.slow_seconds
        if is_plain and not has_silences:
            return ORDINARY
        async with self.db.read() as tx:
            return await get_writer(tx, actor, room)

    async def _answer_again(self, once: Once, refusal: Refusal) -> Answer:
        """What was asked while one could is answered as it was then; a refusal leaves its key unused."""
        if once.key is None:
            raise refusal
        async with self.db.begin() as tx:
            if before := await once.before(tx):
                return before
            raise refusal

    async def _write(self, key: tuple[RoomId, Lane], asked: Sequence[_Asked]) -> Sequence[Answer | Exception]:
        room_id, lane = key
        write = _hold if lane == "held" else _place
        if lane != "held" and all(one.once.key is None for one in asked):
            async with self.db.single() as tx:
                return await write(tx, room_id, asked)
        async with self.db.begin() as tx:
            return await answer_together(
                tx,
                [one.once for one in asked],
                lambda fresh: write(tx, room_id, [asked[i] for i in fresh]),
            )


async def _place(tx: Transaction, room_id: RoomId, asked: Sequence[_Asked]) -> list[Answer]:
    topic_id, now, channel = asked[0].topic, _told_at(asked), f"room:{room_id}"
    rows = await tx.rows(
        _STATEMENTS[tells(tx), QuestionAsked.__struct_config__.tag in tx.reacting],
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
    tx.rung.append((channel, rows[0]["room_seq"]))
    return [
        _answer(room_id, one, place.id, place.number, row["question"])
        for one, place, row in zip(asked, placed, rows, strict=True)
    ]


async def _hold(tx: Transaction, room_id: RoomId, asked: Sequence[_Asked]) -> list[Answer]:
    if await tx.value(_ROOM_HELD, room=room_id) is None:
        raise TopicMovedOn
    posts = await hold_posts(tx, asked[0].topic, [one.post for one in asked])
    channel = f"room:{room_id}"
    rows = await tx.rows(
        _ASK_HELD,
        room=room_id,
        posts=posts,
        room_channel=channel,
        count=len(asked),
        now=_told_at(asked),
    )
    tx.rung.append((channel, rows[0]["seq"]))
    return [
        _answer(room_id, one, post_id, UNSET, row["id"])
        for one, post_id, row in zip(asked, posts, rows, strict=True)
    ]


def _told_at(asked: Sequence[_Asked]) -> datetime:
    now = clock.now()
    return clock.coarse(now) if any(one.author is None for one in asked) else now


def _answer(
    room_id: RoomId, asked: _Asked, post_id: int, number: int | UnsetType, question_id: int
) -> Answer:
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
        reason=None,
        answered_how=None,
        answer_post=None,
        merged_into=None,
        my_vote=0,
        mine=True,
    )
    return Answer(201, encode(question))


def _unlinked(once: Once, actor: Actor, topic_id: TopicId) -> Once:
    """The same write under the asker's pseudonym: the kept answer to an anonymous question must not name its asker."""
    return replace(once, scope=f"pseudonym:{pseudonym(actor, place_of(topic_id)).hex()}")


def _face(actor: Actor) -> Author:
    return Author(actor.signed_in(), actor.handle or "", actor.display_name or "", actor.group)
