"""Asking: a question with one's name or without, written together with those that others ask in the room at that moment."""

from collections.abc import Sequence

import msgspec
from asyncpg import Record
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import bindparam, exists, select

from core import clock
from core.actor import Actor
from core.errors import NotFound, Refusal
from core.ids import PostId, RoomId, TopicId
from core.text import tidy
from forum.policy import TopicLocked
from forum.posts.insertion import NewPost
from forum.posts.screening import Screen, TextToScreen, attempt_id, screen_nothing
from forum.tables import topics
from forum.text.markdown import render
from forum.visibility import seen_by, visible_topics
from forum.writing.replies import TopicMovedOn
from gatherings.policy_rooms import RoomFacts, WriterFacts
from gatherings.policy_texts import ensure_is_question
from gatherings.questions.policy import ORDINARY_WRITER, ensure_can_ask, needs_no_approval
from gatherings.questions.submission_sql import (
    PreparedQuestion,
    SubmissionPath,
    insert_held_questions,
    insert_live_questions,
)
from gatherings.rooms import rooms
from gatherings.rooms.participation import get_writer, lock_writer
from gatherings.shapes.questions import NewQuestion
from gatherings.tables import ROOM_FACTS, gatherings, room_silences
from gatherings.tables import rooms as room_table
from members.pseudonyms import pseudonym, topic_scope
from members.shapes import Author
from storage.database import Database
from storage.idempotency import IdempotentRequest, StoredResponse, respond_to_batch
from storage.statements import statement
from storage.write_batches import WriteBatches

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


class QuestionWriter:
    """Writes questions; one for the process, because those who ask in one room at one moment are written together."""

    def __init__(self, db: Database, screen: Screen = screen_nothing) -> None:
        self.db = db
        self.screen = screen
        self.batches: WriteBatches[tuple[RoomId, SubmissionPath], PreparedQuestion, StoredResponse] = (
            WriteBatches(self._write)
        )

    async def ask_question(
        self, actor: Actor, room_id: RoomId, new: NewQuestion, idempotent: IdempotentRequest
    ) -> StoredResponse:
        """Ask in an open room; the answer is 201 with the `Question`, which is a post of the room's topic from now on
        and stays answerable there."""
        for _ in range(3):
            async with self.db.read() as tx:
                row = await tx.row(_LOOK, id=room_id, **seen_by(actor))
            if new.anonymous and row is not None:
                idempotent = _unlinked(idempotent, actor, row["topic_id"])
            try:
                asked = await self._prepare(actor, row, new, idempotent)
            except Refusal as refusal:
                return await idempotent.replay_or_raise(self.db, refusal)
            try:
                if asked.is_slow or asked.verdict is not None:
                    return await self._ask_in_turn(actor, room_id, new, asked)
                return await self.batches.submit((room_id, asked.lane), asked)
            except TopicMovedOn:
                continue  # closed, locked or hidden between the look and the write: look again, and say why
        raise TopicMovedOn

    async def _prepare(
        self, actor: Actor, row: Record | None, new: NewQuestion, idempotent: IdempotentRequest
    ) -> PreparedQuestion:
        if row is None:
            raise NotFound
        room, now = rooms.room_facts_of(row), clock.now()
        writer = await self._look_at_writer(actor, room, row["has_silences"])
        ensure_can_ask(actor, room, new.anonymous, now, writer)
        body = tidy(new.body)
        ensure_is_question(room, body)
        if row["is_locked"] or row["is_gone"]:
            raise TopicLocked
        post = NewPost(
            author_id=None if new.anonymous else actor.signed_in(),
            pseudonym=pseudonym(actor, topic_scope(room.topic_id)) if new.anonymous else None,
            body=body,
            html=render(body, topic=room.topic_id, site=self.db.site).html,
            posted_at=clock.coarse(now) if new.anonymous else now,
        )
        lane: SubmissionPath = "live" if not room.is_premoderated else "held"
        # Without a name also what the panel asks waits: few sit there, and to come without approval would tell that one did.
        if lane == "held" and not new.anonymous and needs_no_approval(actor, room, writer):
            lane = "approved"
        verdict = await self.screen(actor, _written(room, post, idempotent), None)
        if verdict is not None and verdict.holds:
            lane = "held"
        author = None if new.anonymous else _face(actor)
        is_slow = room.slow_seconds > 0
        return PreparedQuestion(
            topic=room.topic_id,
            post=post,
            author=author,
            idempotent=idempotent,
            lane=lane,
            is_slow=is_slow,
            verdict=verdict,
        )

    async def _look_at_writer(self, actor: Actor, room: RoomFacts, has_silences: bool) -> WriterFacts:
        # Most rooms are for all, at any pace, and nobody is silenced there: then nothing more needs to be asked.
        is_plain = room.writers == "all" and not room.is_premoderated and not room.slow_seconds
        if is_plain and not has_silences:
            return ORDINARY_WRITER
        async with self.db.read() as tx:
            return await get_writer(tx, actor, room)

    async def _ask_in_turn(
        self, actor: Actor, room_id: RoomId, new: NewQuestion, asked: PreparedQuestion
    ) -> StoredResponse:
        # In slow mode one person's words wait for each other, on all processes, and the rule is asked again then.
        async with self.db.begin() as tx:
            if before := await asked.idempotent.find_stored_response(tx):
                return before
            room, writer = await lock_writer(tx, actor, room_id)
            ensure_can_ask(actor, room, new.anonymous, clock.now(), writer)
            write = insert_held_questions if asked.lane == "held" else insert_live_questions
            (answer,) = await write(tx, room_id, [asked])
            if asked.verdict is not None:
                # What is held here the hosts let through; what is not, moderators look at.
                post_id = PostId(msgspec.json.decode(answer.body, type=_Post).post)
                await (asked.verdict.note if asked.lane == "held" else asked.verdict.keep)(tx, post_id)
            await asked.idempotent.store_response(tx, answer.status, answer.body)
        return answer

    async def _write(
        self, key: tuple[RoomId, SubmissionPath], asked: Sequence[PreparedQuestion]
    ) -> Sequence[StoredResponse | Exception]:
        room_id, lane = key
        write = insert_held_questions if lane == "held" else insert_live_questions
        if lane != "held" and all(one.idempotent.key is None for one in asked):
            async with self.db.autocommit() as tx:
                return await write(tx, room_id, asked)
        async with self.db.begin() as tx:
            return await respond_to_batch(
                tx,
                [one.idempotent for one in asked],
                lambda fresh: write(tx, room_id, [asked[i] for i in fresh]),
            )


class _Post(Struct):
    post: int


def _written(room: RoomFacts, post: NewPost, idempotent: IdempotentRequest) -> TextToScreen:
    return TextToScreen(
        kind="question",
        sector_id=room.sector_id,
        topic_id=room.topic_id,
        body=post.body,
        html=post.html,
        is_unnamed=post.author_id is None,
        attempt=attempt_id(idempotent),
    )


def _unlinked(idempotent: IdempotentRequest, actor: Actor, topic_id: TopicId) -> IdempotentRequest:
    """The same write under the asker's pseudonym: the kept answer to an anonymous question must not name its asker."""
    return replace(idempotent, scope=f"pseudonym:{pseudonym(actor, topic_scope(topic_id)).hex()}")


def _face(actor: Actor) -> Author:
    return Author(actor.signed_in(), actor.handle or "", actor.display_name or "", actor.group)
