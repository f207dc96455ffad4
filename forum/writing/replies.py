"""Replies: the hot path. One look at the topic, one statement that writes, and company for those who write at once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec
from asyncpg import NotNullViolationError
from msgspec import UNSET, Struct
from sqlalchemy import BigInteger, bindparam, select

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotFound, Refusal
from core.ids import PostId, TopicId
from forum.files.attachments import attach_files, ensure_within_rights
from forum.policy import TopicFacts, ensure_can_reply, is_moderator
from forum.posts.held_posts import hold_reply
from forum.posts.insertion import InsertedPost, NewPost, insert_posts_in_topics
from forum.posts.redirects import IS_CURRENT_TOPIC
from forum.posts.screening import Screen, ScreeningVerdict, TextToScreen, attempt_id, screen_nothing
from forum.shapes import NewReply, Post
from forum.tables import posts, topics
from forum.text.markdown import render
from forum.text.quote_display import embed_quotes
from forum.text.quotes import extract_quotes_in_own_transaction
from forum.topics.status import enforce_slow_mode, is_in_slow_mode
from forum.visibility import has_begun, posts_not_held, seen_by, visible_topics
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
_NAMES = (
    "id",
    "sector_id",
    "kind",
    "author_id",
    "is_locked",
    "is_gone",
    "version",
    "slow_seconds",
    "slow_until",
    "has_begun",
)
_TOPIC = select(
    topics.c.id,
    topics.c.sector_id,
    topics.c.kind,
    topics.c.author_id,
    topics.c.locked_at.is_not(None).label("is_locked"),
    (topics.c.withdrawn_at.is_not(None) | topics.c.hidden_at.is_not(None)).label("is_gone"),
    topics.c.version,
    topics.c.slow_seconds,
    topics.c.slow_until,
    has_begun().label("has_begun"),
    _parent.label("parent"),
).where(visible_topics())
_FACTS = statement(_TOPIC.where(topics.c.id == bindparam("id")))
_FACTS_NOW = statement(_TOPIC.where(IS_CURRENT_TOPIC))


class ParentNotHere(Conflict):
    """The post to be answered is not in this topic."""

    message = "The post you answer is not in this topic. Your text is kept; answer the topic instead."


class TopicMovedOn(Conflict):
    """The topic kept changing while the reply was written."""

    message = "The topic changed at the same moment. Try again."


# So many statements write at once: a topic has its lane, and one that is held up by others holds up only its lane.
LANES = 4


# What else a reply in a room's topic has to comply with: rooms are above all that is known here. Where one's replies wait
# for each other, the rule gives what is asked again where the reply is written.
WriteCheck = Callable[[Transaction], Awaitable[None]]
RoomReplyRule = Callable[[Reader, Actor, TopicId], Awaitable[WriteCheck | None]]


class _Reply(Struct, frozen=True, kw_only=True):
    topic_id: TopicId
    post: NewPost
    author: Author
    idempotent: IdempotentRequest


class Replies:
    """Writes replies; one for the process, because those who reply at one moment are written together."""

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
        """Add a reply to the topic; the answer is 201 with the `Post`, or 202 with the `HeldPost` that a rule caught."""
        for _ in range(3):
            now, turn = clock.now(), None
            try:
                async with self.db.read() as tx:
                    topic = await _get_topic(tx, actor, topic_id, reply.parent)
                    ensure_can_reply(actor, topic, now)
                    if topic.kind == "room" and self.in_room is not None:
                        turn = await self.in_room(tx, actor, topic.id)
                    elif is_in_slow_mode(actor, topic, now):
                        turn = partial(enforce_slow_mode, member=actor.signed_in(), topic=topic, now=now)
            except Refusal as refusal:
                return await idempotent.replay_or_raise(self.db, refusal)

            self.ensure_within_rights(actor, reply.body)
            body = await extract_quotes_in_own_transaction(self.db, actor, reply.body)
            html = render(body, topic=topic.id, site=self.db.site).html
            post = NewPost(
                parent_id=reply.parent,
                author_id=actor.signed_in(),
                body=body,
                html=html,
                posted_at=now,
                draft=reply.draft,
            )
            item = _Reply(topic_id=topic.id, post=post, author=_author(actor), idempotent=idempotent)
            verdict = await self.screen(actor, _written(topic, post, idempotent), None)
            try:
                if turn is not None or verdict is not None or "/files/" in body:
                    answer = await self._reply_in_turn(actor, turn, is_moderator(actor, topic), item, verdict)
                else:
                    answer = await self.batches.submit((topic.id % LANES, is_moderator(actor, topic)), item)
                return await self._filled(answer, html)
            except (TopicMovedOn, NotNullViolationError):
                continue  # it was locked, hidden or moved between the look and the write: look again, and say why
        raise TopicMovedOn

    def ensure_within_rights(self, actor: Actor, body: str) -> None:
        """Whatever is written, here or elsewhere, has as many files as its author is trusted with."""
        if self.trust is not None:
            ensure_within_rights(permissions_of(self.trust, actor), body)

    def edit_rules(self, actor: Actor) -> EditRules:
        """What a change of a post has to comply with besides the rules of posts."""
        rights = LevelPermissions() if self.trust is None else permissions_of(self.trust, actor)
        return EditRules(self.changed_in_room, rights, screen=self.screen)

    async def _filled(self, answer: StoredResponse, html: str) -> StoredResponse:
        # Not before it is kept for retries: who asks again is told what is shown then.
        if answer.status != 201 or ("data-quote=" not in html and 'href="/t/' not in html):
            return answer
        async with self.db.read() as tx:
            (post,) = await embed_quotes(tx, [msgspec.json.decode(answer.body, type=Post)])
        return StoredResponse(answer.status, encode(post))

    async def _reply_in_turn(
        self,
        actor: Actor,
        turn: WriteCheck | None,
        exempt: bool,
        reply: _Reply,
        verdict: ScreeningVerdict | None,
    ) -> StoredResponse:
        async with self.db.begin() as tx:
            if before := await reply.idempotent.find_stored_response(tx):
                return before
            if turn is not None:
                await turn(tx)
            if verdict is not None and verdict.holds:
                held = await hold_reply(tx, actor, reply.topic_id, reply.post, verdict.why)
                await verdict.keep(tx, PostId(held.id))
                answer = StoredResponse(202, encode(held))
                await reply.idempotent.store_response(tx, answer.status, answer.body)
                return answer
            (place,) = await insert_posts_in_topics(tx, [(reply.topic_id, reply.post)], clock.now(), exempt)
            if place is None:
                raise TopicMovedOn
            await attach_files(tx, actor.id, place.id, reply.post.html)
            if verdict is not None:
                await verdict.keep(tx, PostId(place.id))
            answer = _answer(reply, place)
            await reply.idempotent.store_response(tx, answer.status, answer.body)
        return answer

    async def _write(
        self, key: tuple[int, bool], replies: Sequence[_Reply]
    ) -> Sequence[StoredResponse | Exception]:
        _, exempt = key
        # Several topics are held before they are written in, by a statement of its own.
        is_one = len({reply.topic_id for reply in replies}) == 1
        if is_one and all(reply.idempotent.key is None for reply in replies):
            async with self.db.autocommit() as tx:
                return await _place(tx, exempt, replies)
        async with self.db.begin() as tx:
            return await respond_to_batch(
                tx,
                [reply.idempotent for reply in replies],
                lambda fresh: _place(tx, exempt, [replies[i] for i in fresh]),
            )


async def _get_topic(tx: Reader, actor: Actor, topic_id: TopicId, parent: int | None) -> TopicFacts:
    row = await tx.row(_FACTS, id=topic_id, parent=parent, **seen_by(actor))
    if row is None or (parent is not None and row["parent"] is None):
        # What is answered may have been moved since it was read: the answer goes where it is now.
        row = await tx.row(_FACTS_NOW, id=topic_id, parent=parent, **seen_by(actor))
    if row is None:
        raise NotFound
    *facts, found = row.values()
    if parent is not None and found is None:
        raise ParentNotHere(field="parent")
    return TopicFacts(**dict(zip(_NAMES, facts, strict=True)))


def _written(topic: TopicFacts, post: NewPost, idempotent: IdempotentRequest) -> TextToScreen:
    return TextToScreen(
        kind="post",
        sector_id=topic.sector_id,
        topic_id=topic.id,
        body=post.body,
        html=post.html,
        attempt=attempt_id(idempotent),
    )


async def _place(
    tx: Transaction, exempt: bool, replies: Sequence[_Reply]
) -> list[StoredResponse | Exception]:
    placed = await insert_posts_in_topics(
        tx, [(reply.topic_id, reply.post) for reply in replies], clock.now(), exempt
    )
    return [
        TopicMovedOn() if place is None else _answer(reply, place)
        for reply, place in zip(replies, placed, strict=True)
    ]


def _answer(reply: _Reply, place: InsertedPost) -> StoredResponse:
    post = Post(
        place.id,
        reply.topic_id,
        place.number,
        reply.post.parent_id,
        place.depth,
        reply.author,
        reply.post.posted_at,
        None,
        1,
        "published",
        reply.post.markup,
        reply.post.html,
        {},
        0,
        UNSET,
    )
    return StoredResponse(201, encode(post))


def _author(actor: Actor) -> Author:
    return Author(actor.signed_in(), actor.handle or "", actor.display_name or "", actor.group)
