"""What waits by the policy of a room: questions and notices that a host lets in first. The room's own verbs decide; here
they are only shown, so that whoever hosts has one queue."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from sqlalchemy import BigInteger, any_, bindparam, func, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.ids import NoticeId, QuestionId
from forum.tables import posts, topics
from forum.visibility import seen_by, visible_topics
from gatherings.notices.notices import approve_notice, decline_notice
from gatherings.questions.questions import change_question_state
from gatherings.shapes.questions import QuestionMove
from gatherings.tables import notices, questions, rooms
from moderation.rules.matches import read_matches
from moderation.shapes_matches import RuleMatch
from storage.database import Reader, Transaction
from storage.statements import statement

MOST = 100
PendingKind = Literal["question", "notice"]

_IS_HOSTED = rooms.c.gathering_id == any_(bindparam("hosted", type_=ARRAY(BigInteger)))
_ASKED = select(
    literal("question").label("kind"),
    *questions.c[("id", "room_id", "post_id", "version")],
    null().label("title"),
).where(questions.c.state == "pending")
_POSTED = select(literal("notice"), *notices.c[("id", "room_id", "post_id", "version", "title")]).where(
    notices.c.taken_off.is_(None)
)
_WAITS = union_all(_ASKED, _POSTED).subquery("waits")
_FOUND = (
    select(
        _WAITS.c.kind,
        _WAITS.c.id,
        _WAITS.c.room_id.label("room"),
        rooms.c.title.label("room_title"),
        _WAITS.c.post_id.label("post"),
        _WAITS.c.version,
        _WAITS.c.title,
        posts.c.html,
        posts.c.posted_at.label("at"),
    )
    .join(rooms, rooms.c.id == _WAITS.c.room_id)
    .join(topics, topics.c.id == rooms.c.topic_id)
    .join(posts, posts.c.id == _WAITS.c.post_id)
    .where(
        visible_topics(),
        posts.c.state == "held",
        _IS_HOSTED,
    )
)
_COUNT = statement(select(func.count()).select_from(_FOUND.subquery()))
_PAGE = statement(_FOUND.order_by(posts.c.posted_at, posts.c.id).limit(MOST))


class Pending(Struct, frozen=True, kw_only=True):
    """A question or notice that waits for a host of its room, as its room shows it to them."""

    kind: PendingKind
    id: int
    room: int
    room_title: str
    post: int
    version: int
    title: str | None
    html: str
    at: datetime
    # Which rules caught it, if any did: those of its room and its sector.
    matches: list[RuleMatch] = []


class PendingList(Struct, frozen=True):
    """What waits longest, first; at most a hundred."""

    items: list[Pending]


async def count_pending(tx: Reader, actor: Actor) -> int:
    """How much waits in the rooms that the actor hosts."""
    return int(await tx.value(_COUNT, **seen_by(actor))) if actor.hosts else 0


async def read_pending(tx: Reader, actor: Actor) -> PendingList:
    """What waits in the rooms that the actor hosts; nothing for whoever hosts none."""
    actor.signed_in()
    rows = await tx.rows(_PAGE, **seen_by(actor)) if actor.hosts else []
    matches = await read_matches(tx, [row["post"] for row in rows])
    return PendingList([Pending(**row, matches=matches.get(row["post"], [])) for row in rows])


async def decide_pending(
    tx: Transaction, actor: Actor, what: tuple[PendingKind, int, int], lets_in: bool, reason: str
) -> None:
    """Let in or dismiss one of them, by its kind, number and version, as its room does it; a question for a reason."""
    kind, number, version = what
    if kind == "question":
        state: Literal["live", "dismissed"] = "live" if lets_in else "dismissed"
        move = QuestionMove(state=state, version=version, reason=None if lets_in else reason)
        await change_question_state(tx, actor, QuestionId(number), move)
    elif lets_in:
        await approve_notice(tx, actor, NoticeId(number))
    else:
        await decline_notice(tx, actor, NoticeId(number))
