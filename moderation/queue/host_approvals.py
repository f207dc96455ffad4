"""Questions and notices that wait for a host's approval, shown to hosts in their queue. The rooms' own functions decide
about them."""

from datetime import datetime
from typing import Literal

from asyncpg import Record
from msgspec import Struct
from sqlalchemy import BigInteger, any_, bindparam, func, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.ids import NoticeId, QuestionId
from core.languages.names import local
from forum.tables import posts, topics
from forum.visibility import seen_by, visible_topics
from gatherings.notices.approvals import approve_notice, decline_notice
from gatherings.questions.questions import change_question_state
from gatherings.shapes.questions import QuestionMove
from gatherings.tables import notices, questions, rooms
from moderation.rules.matches import read_matches
from moderation.shapes import ObjectReference
from moderation.shapes_matches import RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

MAX_PENDING = 100
PendingKind = Literal["question", "notice"]

_IS_HOSTED = rooms.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger)))
_PENDING_QUESTIONS = select(
    literal("question").label("kind"),
    *questions.c[("id", "room_id", "post_id", "version")],
    null().label("title"),
).where(questions.c.state == "pending")
_PENDING_NOTICES = select(
    literal("notice"), *notices.c[("id", "room_id", "post_id", "version", "title")]
).where(notices.c.taken_off.is_(None))
_PENDING = union_all(_PENDING_QUESTIONS, _PENDING_NOTICES).subquery("waits")
_HOSTED_PENDING = (
    select(
        _PENDING.c.kind,
        _PENDING.c.id,
        _PENDING.c.room_id.label("room"),
        topics.c.title.label("room_title"),
        topics.c.titles.label("room_titles"),
        _PENDING.c.post_id.label("post"),
        _PENDING.c.version,
        _PENDING.c.title,
        posts.c.html,
        posts.c.posted_at.label("at"),
    )
    .join(rooms, rooms.c.id == _PENDING.c.room_id)
    .join(topics, topics.c.id == rooms.c.topic_id)
    .join(posts, posts.c.id == _PENDING.c.post_id)
    .where(
        visible_topics(),
        posts.c.state == "held",
        _IS_HOSTED,
    )
)
COUNT_HOSTED_PENDING = statement(select(func.count()).select_from(_HOSTED_PENDING.subquery()))
SELECT_PENDING = statement(_HOSTED_PENDING.order_by(posts.c.posted_at, posts.c.id).limit(MAX_PENDING))


class PendingItem(Struct, frozen=True, kw_only=True):
    """A question or notice that waits for a host of its room. `matches` are the rules of the room and sector that caught
    it."""

    kind: PendingKind
    id: int
    room: int
    room_title: str
    post: int
    version: int
    title: str | None
    html: str
    at: datetime
    matches: list[RuleMatch] = []


class PendingList(Struct, frozen=True):
    """The items that wait for a host's approval, oldest first; at most a hundred."""

    items: list[PendingItem]


async def count_pending(tx: Reader, actor: Actor) -> int:
    """Return the number of items that wait for approval in the rooms that the actor hosts."""
    return int(await tx.value(COUNT_HOSTED_PENDING, **seen_by(actor))) if actor.hosts else 0


async def read_pending(tx: Reader, actor: Actor) -> PendingList:
    """Return the items that wait for approval in the rooms that the actor hosts; an empty list for other members."""
    actor.signed_in()
    rows = await tx.rows(SELECT_PENDING, **seen_by(actor)) if actor.hosts else []
    posts = [ObjectReference("post", row["post"]) for row in rows]
    matches = await read_matches(tx, posts)
    return PendingList([_item_of(row, matches.get(post, [])) for row, post in zip(rows, posts, strict=True)])


def _item_of(row: Record, matches: list[RuleMatch]) -> PendingItem:
    facts = dict(row)
    titles = facts.pop("room_titles")
    return PendingItem(**{**facts, "room_title": local(row["room_title"], titles), "matches": matches})


async def decide_pending(
    tx: Transaction, actor: Actor, item: tuple[PendingKind, int, int], is_approved: bool, reason: str
) -> None:
    """Approve or dismiss a pending item, given by its kind, id and version. A question is dismissed with a reason."""
    kind, item_id, version = item
    if kind == "question":
        state: Literal["live", "dismissed"] = "live" if is_approved else "dismissed"
        move = QuestionMove(state=state, version=version, reason=None if is_approved else reason)
        await change_question_state(tx, actor, QuestionId(item_id), move)
    elif is_approved:
        await approve_notice(tx, actor, NoticeId(item_id))
    else:
        await decline_notice(tx, actor, NoticeId(item_id))
