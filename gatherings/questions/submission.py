"""Submission of questions: checking and screening them, and inserting those for one room in batches."""

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
from forum.files.attachments import ensure_within_rights
from forum.policy import TopicLocked
from forum.posts.insertion import NewPost
from forum.posts.screening import Screen, TextToScreen, attempt_id, screen_nothing
from forum.tables import topics
from forum.text.rendering import render_post
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
from members.profiles.trust import TrustRules, permissions_of
from members.pseudonyms import pseudonym, topic_scope
from members.shapes import Author
from storage.database import Database
from storage.idempotency import IdempotentRequest, StoredResponse, respond_to_batch
from storage.statements import statement
from storage.write_batches import WriteBatches

SELECT_ROOM_FOR_QUESTION = statement(
    select(
        *ROOM_FACTS,
        topics.c.sector_id,
        topics.c.locked_at.is_not(None).label("is_locked"),
        (topics.c.withdrawn_at.is_not(None) | topics.c.hidden_at.is_not(None)).label("is_gone"),
        (gatherings.c.state == "cancelled").label("is_cancelled"),
        exists().where(room_silences.c.room_id == room_table.c.id).label("has_mutes"),
    )
    .join(topics, topics.c.id == room_table.c.topic_id)
    .join(gatherings, gatherings.c.id == room_table.c.gathering_id)
    .where(room_table.c.id == bindparam("id"), visible_topics())
)


class QuestionWriter:
    """Inserts the questions of this process in batches: those that arrive for one room during an insertion are one batch."""

    def __init__(
        self, db: Database, screen: Screen = screen_nothing, trust: TrustRules | None = None
    ) -> None:
        self.db = db
        self.trust = trust
        self.screen = screen
        self.batches: WriteBatches[tuple[RoomId, SubmissionPath], PreparedQuestion, StoredResponse] = (
            WriteBatches(self._write)
        )

    async def ask_question(
        self, actor: Actor, room_id: RoomId, new: NewQuestion, idempotent: IdempotentRequest
    ) -> StoredResponse:
        """Ask a question in an open room and return the response, 201 with the `Question`.

        The question is also a post of the room's topic, where it can be answered later. Raises NotFound, the refusals of
        `ensure_can_ask` and `ensure_is_question`, TopicLocked or TopicMovedOn.
        """
        for _ in range(3):
            async with self.db.read() as tx:
                row = await tx.row(SELECT_ROOM_FOR_QUESTION, id=room_id, **seen_by(actor))
            if new.anonymous and row is not None:
                idempotent = _scoped_to_pseudonym(idempotent, actor, row["topic_id"])
            try:
                prepared = await self._prepare(actor, row, new, idempotent)
            except Refusal as refusal:
                return await idempotent.replay_or_raise(self.db, refusal)
            try:
                if prepared.is_slow or prepared.verdict is not None:
                    return await self._write_with_lock(actor, room_id, new, prepared)
                return await self.batches.submit((room_id, prepared.path), prepared)
            except TopicMovedOn:
                continue  # closed, locked or hidden since it was read: read it again, so that the refusal says why
        raise TopicMovedOn

    async def _prepare(
        self, actor: Actor, row: Record | None, new: NewQuestion, idempotent: IdempotentRequest
    ) -> PreparedQuestion:
        if row is None:
            raise NotFound
        room, now = rooms.room_facts_of(row), clock.now()
        writer = await self._get_writer(actor, room, new.anonymous, row["has_mutes"])
        ensure_can_ask(actor, room, new.anonymous, now, writer)
        body = tidy(new.body)
        ensure_is_question(room, body)
        if row["is_locked"] or row["is_gone"]:
            raise TopicLocked
        post = NewPost(
            author_id=None if new.anonymous else actor.signed_in(),
            pseudonym=pseudonym(actor, topic_scope(room.topic_id)) if new.anonymous else None,
            body=body,
            html=(await render_post(self.db, body, topic=room.topic_id, site=self.db.site)).html,
            posted_at=clock.coarse(now) if new.anonymous else now,
        )
        if self.trust is not None:
            ensure_within_rights(permissions_of(self.trust, actor), post.html, self.db.site)
        path: SubmissionPath = "live" if not room.is_premoderated else "held"
        # Anonymous questions of the panel wait too: a panel is small, and a question without approval would reveal it.
        if path == "held" and not new.anonymous and needs_no_approval(actor, room, writer):
            path = "approved"
        verdict = await self.screen(actor, _text_to_screen(room, post, idempotent), None)
        if verdict is not None and verdict.holds:
            path = "held"
        author = None if new.anonymous else _author_of(actor)
        is_slow = room.slow_seconds > 0
        return PreparedQuestion(
            topic=room.topic_id,
            post=post,
            author=author,
            idempotent=idempotent,
            path=path,
            is_slow=is_slow,
            verdict=verdict,
        )

    async def _get_writer(
        self, actor: Actor, room: RoomFacts, anonymous: bool, has_mutes: bool
    ) -> WriterFacts:
        # Most rooms have no limits and no mutes; there the facts about the writer do not need to be read.
        is_plain = room.writers == "all" and not room.is_premoderated and not room.slow_seconds
        if is_plain and not has_mutes:
            return ORDINARY_WRITER
        async with self.db.read() as tx:
            return await get_writer(tx, actor, room, anonymous)

    async def _write_with_lock(
        self, actor: Actor, room_id: RoomId, new: NewQuestion, prepared: PreparedQuestion
    ) -> StoredResponse:
        # In slow mode one member's questions are serialised over all processes, and the rules are checked again.
        async with self.db.begin() as tx:
            if stored := await prepared.idempotent.find_stored_response(tx):
                return stored
            room, writer = await lock_writer(tx, actor, room_id, new.anonymous)
            ensure_can_ask(actor, room, new.anonymous, clock.now(), writer)
            write = insert_held_questions if prepared.path == "held" else insert_live_questions
            (response,) = await write(tx, room_id, [prepared])
            if prepared.verdict is not None:
                # A held question is approved by the hosts, so the verdict is only noted. The verdict on a published one
                # is kept for the moderators.
                post_id = PostId(msgspec.json.decode(response.body, type=_PostOfQuestion).post)
                await (prepared.verdict.note if prepared.path == "held" else prepared.verdict.keep)(
                    tx, post_id
                )
            await prepared.idempotent.store_response(tx, response.status, response.body)
        return response

    async def _write(
        self, key: tuple[RoomId, SubmissionPath], prepared: Sequence[PreparedQuestion]
    ) -> Sequence[StoredResponse | Exception]:
        room_id, path = key
        write = insert_held_questions if path == "held" else insert_live_questions
        if path != "held" and all(one.idempotent.key is None for one in prepared):
            async with self.db.autocommit() as tx:
                return await write(tx, room_id, prepared)
        async with self.db.begin() as tx:
            return await respond_to_batch(
                tx,
                [one.idempotent for one in prepared],
                lambda fresh: write(tx, room_id, [prepared[i] for i in fresh]),
            )


class _PostOfQuestion(Struct):
    post: int


def _text_to_screen(room: RoomFacts, post: NewPost, idempotent: IdempotentRequest) -> TextToScreen:
    return TextToScreen(
        kind="question",
        sector_id=room.sector_id,
        topic_id=room.topic_id,
        body=post.body,
        html=post.html,
        is_unnamed=post.author_id is None,
        attempt=attempt_id(idempotent),
    )


def _scoped_to_pseudonym(idempotent: IdempotentRequest, actor: Actor, topic_id: TopicId) -> IdempotentRequest:
    # The stored response to an anonymous question must not name its asker, so it is stored under the pseudonym.
    return replace(idempotent, scope=f"pseudonym:{pseudonym(actor, topic_scope(topic_id)).hex()}")


def _author_of(actor: Actor) -> Author:
    return Author(actor.signed_in(), actor.handle or "", actor.display_name or "", actor.group, actor.picture)
