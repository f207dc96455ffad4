"""Replies: the hot path of the service. A reply costs one query and one write, and simultaneous replies share a batch."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec
from asyncpg import NotNullViolationError
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound, Refusal
from core.ids import PostId, TopicId
from core.languages.texts import translatable
from forum.files.attachments import attach_files, ensure_within_rights
from forum.policy import TopicFacts, ensure_can_reply, is_moderator
from forum.posts.held_posts import hold_reply
from forum.posts.insertion import InsertedPost, NewPost, in_language, insert_posts_in_topics
from forum.posts.redirects import IS_CURRENT_TOPIC
from forum.posts.screening import Screen, ScreeningVerdict, TextToScreen, attempt_id, screen_nothing
from forum.posts.text_language import find_language
from forum.shapes import NewReply, Post
from forum.tables import posts, topics
from forum.text.quote_display import embed_quotes
from forum.text.quotes import extract_quotes_in_own_transaction
from forum.text.rendering import render_post
from forum.topics.status import enforce_slow_mode, is_in_slow_mode
from forum.topics.topics import TOPIC_FACTS
from forum.visibility import posts_not_held, seen_by, visible_topics
from forum.writing.editing import EditRules
from forum.writing.post_access import RoomChangeRule
from members.profiles.trust import LevelPermissions, TrustRules, permissions_of
from members.shapes import Author
from storage.database import Database, Reader, Transaction
from storage.idempotency import IdempotentRequest, StoredResponse, encode, respond_to_batch
from storage.statements import statement
from storage.write_batches import WriteBatches

_parent = (
    select(posts.c.id)
    .where(
        posts.c.topic_id == topics.c.id, posts.c.id == bindparam("parent", type_=BigInteger), posts_not_held()
    )
    .scalar_subquery()
)
_topic_and_parent = select(*TOPIC_FACTS, _parent.label("parent")).where(visible_topics())
_SELECT_TOPIC_AND_PARENT = statement(_topic_and_parent.where(topics.c.id == bindparam("id")))
_SELECT_CURRENT_TOPIC_AND_PARENT = statement(_topic_and_parent.where(IS_CURRENT_TOPIC))


class ParentNotHere(Conflict):
    """The parent of the reply is not in this topic."""

    message = translatable(
        "The post you reply to is not in this topic. Your text is kept. Reply to the topic instead."
    )


class TopicMovedOn(Conflict):
    """The topic was locked, hidden or moved at the moment of the write, three times in a row."""

    message = translatable("The topic changed at the same moment. Your reply was not posted. Try again.")


# The number of batches written at the same time. Each topic belongs to one lane, so a write that has to wait for a lock
# delays only the topics of its lane.
LANES = 4


# The check that gatherings add to replies in a room's topic. It runs before the write; if the room is in slow mode, it
# returns a second check that runs in the transaction of the write, where the member's replies wait for each other.
WriteCheck = Callable[[Transaction], Awaitable[None]]
RoomReplyRule = Callable[[Reader, Actor, TopicId], Awaitable[WriteCheck | None]]


class _Reply(Struct, frozen=True, kw_only=True):
    topic_id: TopicId
    post: NewPost
    author: Author
    idempotent: IdempotentRequest


class Replies:
    """The writer of replies; there is one per process, because it writes simultaneous replies in one batch."""

    def __init__(
        self,
        db: Database,
        in_room: RoomReplyRule | None = None,
        changed_in_room: RoomChangeRule | None = None,
        trust: TrustRules | None = None,
        screen: Screen = screen_nothing,
    ) -> None:
        self.db = db
        self.screen = screen
        self.trust = trust
        self.in_room = in_room
        self.changed_in_room = changed_in_room
        self.batches: WriteBatches[tuple[int, bool], _Reply, StoredResponse] = WriteBatches(self._write)

    async def post_reply(
        self, actor: Actor, topic_id: TopicId, reply: NewReply, idempotent: IdempotentRequest
    ) -> StoredResponse:
        """Post a reply and return the response: 201 with the `Post`, or 202 with the `HeldPost` if a rule holds it.

        Raise NotFound, ParentNotHere, TopicSlow, TopicMovedOn or the refusals of `ensure_can_reply`.
        """
        for _ in range(3):
            now = clock.now()
            try:
                topic, check = await self._check(actor, topic_id, reply.parent, now)
            except Refusal as refusal:
                return await idempotent.replay_or_raise(self.db, refusal)

            body = await extract_quotes_in_own_transaction(self.db, actor, reply.body)
            html = (await render_post(self.db, body, topic=topic.id, site=self.db.site)).html
            self.ensure_within_rights(actor, html)
            post = NewPost(
                parent_id=reply.parent,
                author_id=actor.signed_in(),
                body=body,
                html=html,
                posted_at=now,
                draft=reply.draft,
            )
            post = in_language(post, await find_language(html, reply.language))
            item = _Reply(topic_id=topic.id, post=post, author=_author(actor), idempotent=idempotent)
            verdict = await self.screen(actor, _text_to_screen(topic, post, idempotent), None)
            exempt = is_moderator(actor, topic)
            try:
                if check is not None or verdict is not None or "/files/" in body:
                    response = await self._write_alone(actor, check, exempt, item, verdict)
                else:
                    response = await self.batches.submit((topic.id % LANES, exempt), item)
                return await self._with_quotes(response, html)
            except (TopicMovedOn, NotNullViolationError):
                # The topic was locked, hidden or merged, or the parent was moved, since the check: the next one finds out.
                continue
        raise TopicMovedOn

    def ensure_within_rights(self, actor: Actor, html: str, title: str = "") -> None:
        """Raise a refusal if a rendered text has more links or files than the actor's trust level allows."""
        if self.trust is not None:
            ensure_within_rights(permissions_of(self.trust, actor), html, self.db.site, title)

    def edit_rules(self, actor: Actor) -> EditRules:
        """Return the additional rules for edits by the actor: room rules, trust level and screening."""
        rights = LevelPermissions() if self.trust is None else permissions_of(self.trust, actor)
        return EditRules(self.changed_in_room, rights, screen=self.screen)

    async def _check(
        self, actor: Actor, topic_id: TopicId, parent: int | None, now: datetime
    ) -> tuple[TopicFacts, WriteCheck | None]:
        async with self.db.read() as tx:
            topic = await _get_topic(tx, actor, topic_id, parent)
            ensure_can_reply(actor, topic, now)
            if topic.kind == "room" and self.in_room is not None:
                return topic, await self.in_room(tx, actor, topic.id)
            if is_in_slow_mode(actor, topic, now):
                return topic, partial(enforce_slow_mode, member=actor.signed_in(), topic=topic, now=now)
        return topic, None

    async def _with_quotes(self, response: StoredResponse, html: str) -> StoredResponse:
        # Quotes are embedded after the response was stored for retries: a retry shows the quotes as they are then.
        if response.status != 201 or ("data-quote=" not in html and 'href="/t/' not in html):
            return response
        async with self.db.read() as tx:
            (post,) = await embed_quotes(tx, [msgspec.json.decode(response.body, type=Post)])
        return StoredResponse(response.status, encode(post))

    async def _write_alone(
        self,
        actor: Actor,
        check: WriteCheck | None,
        exempt: bool,
        reply: _Reply,
        verdict: ScreeningVerdict | None,
    ) -> StoredResponse:
        async with self.db.begin() as tx:
            if stored := await reply.idempotent.find_stored_response(tx):
                return stored
            if check is not None:
                await check(tx)
            if verdict is not None and verdict.holds:
                held = await hold_reply(tx, actor, reply.topic_id, reply.post, verdict.why)
                await verdict.keep(tx, PostId(held.id))
                response = StoredResponse(202, encode(held))
                await reply.idempotent.store_response(tx, response.status, response.body)
                return response
            (inserted,) = await insert_posts_in_topics(
                tx, [(reply.topic_id, reply.post)], clock.now(), exempt
            )
            if inserted is None:
                raise TopicMovedOn
            await attach_files(tx, actor.id, inserted.id, reply.post.html)
            if verdict is not None:
                await verdict.keep(tx, PostId(inserted.id))
            response = _created(reply, inserted)
            await reply.idempotent.store_response(tx, response.status, response.body)
        return response

    async def _write(
        self, key: tuple[int, bool], replies: Sequence[_Reply]
    ) -> Sequence[StoredResponse | Exception]:
        _, exempt = key
        # Several topics are locked by a statement of their own before the write, which needs a transaction.
        is_one = len({reply.topic_id for reply in replies}) == 1
        if is_one and all(reply.idempotent.key is None for reply in replies):
            async with self.db.autocommit() as tx:
                return await _insert_replies(tx, exempt, replies)
        async with self.db.begin() as tx:
            return await respond_to_batch(
                tx,
                [reply.idempotent for reply in replies],
                lambda fresh: _insert_replies(tx, exempt, [replies[i] for i in fresh]),
            )


async def _get_topic(tx: Reader, actor: Actor, topic_id: TopicId, parent: int | None) -> TopicFacts:
    row = await tx.row(_SELECT_TOPIC_AND_PARENT, id=topic_id, parent=parent, **seen_by(actor))
    if row is None or (parent is not None and row["parent"] is None):
        # The parent may have been moved since the member read it: the reply goes to the parent's current topic.
        row = await tx.row(_SELECT_CURRENT_TOPIC_AND_PARENT, id=topic_id, parent=parent, **seen_by(actor))
    if row is None:
        raise NotFound
    facts = dict(row)
    if facts.pop("parent") is None and parent is not None:
        raise ParentNotHere(field="parent")
    return TopicFacts(**facts)


def _text_to_screen(topic: TopicFacts, post: NewPost, idempotent: IdempotentRequest) -> TextToScreen:
    return TextToScreen(
        kind="post",
        sector_id=topic.sector_id,
        topic_id=topic.id,
        body=post.body,
        html=post.html,
        attempt=attempt_id(idempotent),
    )


async def _insert_replies(
    tx: Transaction, exempt: bool, replies: Sequence[_Reply]
) -> list[StoredResponse | Exception]:
    inserted = await insert_posts_in_topics(
        tx, [(reply.topic_id, reply.post) for reply in replies], clock.now(), exempt
    )
    return [
        TopicMovedOn() if post is None else _created(reply, post)
        for reply, post in zip(replies, inserted, strict=True)
    ]


def _created(reply: _Reply, inserted: InsertedPost) -> StoredResponse:
    post = Post(
        id=inserted.id,
        topic=reply.topic_id,
        number=inserted.number,
        parent=reply.post.parent_id,
        depth=inserted.depth,
        author=reply.author,
        posted_at=reply.post.posted_at,
        edited_at=None,
        version=1,
        state="published",
        markup=reply.post.markup,
        html=reply.post.html,
        reactions={},
        replies=0,
        language=reply.post.language,
    )
    return StoredResponse(201, encode(post))


def _author(actor: Actor) -> Author:
    return Author(actor.signed_in(), actor.handle or "", actor.display_name or "", actor.group, actor.picture)
