"""Reading a room: its questions in an order, with their votes, and the snapshot a client starts from."""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from core import clock
from core.actor import Actor
from core.ids import GatheringId, RoomId
from forum.tables import posts
from gatherings.cursors import Count, Id, Micros, micros_of, moment_of
from gatherings.gatherings import get_gathering
from gatherings.notices.default_columns import count_columns
from gatherings.policy import RoomFacts
from gatherings.polls.reading import show_polls
from gatherings.programme.reading import read_sessions
from gatherings.questions.policy import SETTLED
from gatherings.questions.ranking import Crowd, Place, Wish, best_first, rank
from gatherings.questions.reading import (
    SEEN,
    count_questions,
    find_on_stage,
    question_of,
    questions_query,
    show_questions,
)
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering, Question, QuestionOrder, QuestionPage, QuestionState, Room
from gatherings.tables import questions, votes
from gatherings.visibility import questions_seen_by
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE = 50
# Scores have six digits; in cursors they are whole.
MICRO = 1_000_000

_ROOM = bindparam("room", type_=BigInteger)
_STATE = bindparam("state", type_=Text)
_OF_ROOM = (
    questions.c.room_id == _ROOM,
    SEEN,
    or_(_STATE.is_(None), questions.c.state == _STATE),
)
# Who voted at all, and whose groups were heard, for which only a public one counts. Each is found once a statement.
_asked, _askers, _heard = questions.alias(), public_authors.alias(), posts.alias()
_CROWD = (
    select(func.count(votes.c.member_id.distinct()))
    .join(_asked, _asked.c.id == votes.c.question_id)
    .where(_asked.c.room_id == _ROOM)
    .scalar_subquery()
    .label("voters"),
    func.array(
        select(_askers.c.group)
        .distinct()
        .select_from(_asked)
        .join(_heard, _heard.c.id == _asked.c.post_id)
        .join(_askers, _askers.c.id == _heard.c.author_id)
        .where(
            _asked.c.room_id == _ROOM,
            or_(_asked.c.state == "on_stage", _asked.c.state == "answered"),
            _heard.c.state == "published",
            _askers.c.group.is_not(None),
        )
        .scalar_subquery()
    ).label("heard"),
)
_ORDERS: dict[QuestionOrder, tuple[ColumnElement[Any], ...]] = {
    "votes": (questions.c.votes.desc(), questions.c.id),
    "newest": (posts.c.posted_at.desc(), questions.c.id.desc()),
}


def _following(order: QuestionOrder) -> ColumnElement[bool]:
    counted = bindparam("votes", type_=Integer)
    at = bindparam("at", type_=DateTime(timezone=True))
    number = bindparam("id", type_=BigInteger)
    if order == "newest":
        return tuple_(posts.c.posted_at, questions.c.id) < tuple_(at, number)
    return or_(questions.c.votes < counted, and_(questions.c.votes == counted, questions.c.id > number))


def _page(order: QuestionOrder, following: bool) -> Statement:
    query = questions_query(personal=True).add_columns(*_CROWD).where(*_OF_ROOM)
    if following:
        query = query.where(_following(order))
    return statement(query.order_by(*_ORDERS[order]).limit(bindparam("count", type_=Integer)))


_PAGES: dict[tuple[QuestionOrder, bool], Statement] = {
    (order, following): _page(order, following) for order in _ORDERS for following in (False, True)
}

# What is there to be ranked: of each question as little as its place depends on.
_WISHES = statement(
    select(
        questions.c.id,
        questions.c.votes,
        posts.c.posted_at,
        public_authors.c.group.label("group"),
        questions.c.state,
        *_CROWD,
    )
    .join(posts, posts.c.id == questions.c.post_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(*_OF_ROOM)
)


class _Look(Struct, frozen=True):
    actor: Actor
    room: RoomFacts
    order: QuestionOrder
    wants_stage: bool = False


class _Read(Struct, frozen=True):
    items: list[Question]
    next: str | None
    stage: Question | None


async def show_snapshot(tx: Reader, actor: Actor, room_id: RoomId, order: QuestionOrder, epoch: str) -> Room:
    """The room with its counts and the first page of its questions: what a client starts from and follows."""
    stream = await _stream(tx, room_id, epoch)
    facts, room = await rooms.look_at_room(tx, actor, room_id)
    counts = await count_questions(tx, room_id, actor.hosts_at(facts.gathering_id))
    read = await _read(tx, _Look(actor, facts, order, wants_stage=True))
    page = QuestionPage(read.items, read.next, stream)
    columns = await count_columns(tx, room_id) if "board" in facts.modules else UNSET
    polls = await show_polls(tx, actor, facts) if "polls" in facts.modules else UNSET
    room = replace(room, columns=columns, polls=polls)
    return replace(room, counts=counts, stage=read.stage, questions=page, stream=stream)


async def read_questions(
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    order: QuestionOrder,
    epoch: str,
    state: QuestionState | None = None,
    after: str | None = None,
) -> QuestionPage:
    """One page of a room's questions.

    `best` is what is most worth hearing next (see ranking.py), and each question tells its `rank` with the reasons;
    `votes` is most votes first; `newest` the latest first. A cursor holds the place in the order, not a count, so a
    page never repeats what stood before it; what gained votes meanwhile is told by the room's stream.
    """
    stream = await _stream(tx, room_id, epoch)
    room = await rooms.get_room(tx, actor, room_id)
    read = await _read(tx, _Look(actor, room, order), state, after)
    return QuestionPage(read.items, read.next, stream)


async def _stream(tx: Reader, room_id: RoomId, epoch: str) -> Stream:
    channel = f"room:{room_id}"
    return Stream(channel, epoch, await read_head(tx, channel))


async def _read(
    tx: Reader, look: _Look, state: QuestionState | None = None, after: str | None = None
) -> _Read:
    binds = {"room": look.room.id, "state": state, **questions_seen_by(look.actor, look.room)}
    if look.order == "best":
        return await _read_best(tx, look, binds, after)
    if after is not None:
        binds |= _position(look.order, after)
    rows = await tx.rows(_PAGES[look.order, after is not None], count=PAGE + 1, **binds)
    crowd, now = _crowd_of(rows), clock.now()
    items = [
        replace(question_of(row, personal=True), rank=rank(_wish_of(row, row["author_group"]), crowd, now))
        for row in rows[:PAGE]
    ]
    following = _cursor(look.order, rows[PAGE - 1]) if len(rows) > PAGE else None
    stage = await find_on_stage(tx, look.actor, look.room) if look.wants_stage else None
    return _Read(items, following, stage)


async def _read_best(tx: Reader, look: _Look, binds: dict[str, Any], after: str | None) -> _Read:
    rows = await tx.rows(_WISHES, **binds)
    moment = clock.now()
    reached: Place | None = None
    if after is not None:
        # As of the moment of the first page: what is asked while somebody turns pages does not push others across.
        micros, settled, points, asked, number = decode_cursor(after, tuple[Micros, bool, Count, Micros, Id])
        moment, reached = moment_of(micros), (settled, -points / MICRO, moment_of(asked), number)
    crowd, wishes = _crowd_of(rows), (_wish_of(row, row["group"]) for row in rows)
    found = best_first(wishes, crowd, moment, PAGE + 1, reached)
    page = [wish for _, wish in found[:PAGE]]
    staged = {row["id"] for row in rows if row["state"] == "on_stage"} if look.wants_stage else set()
    shown = await show_questions(tx, look.actor, look.room, sorted({*(wish.id for wish in page), *staged}))
    items = [replace(shown[one.id], rank=rank(one, crowd, moment)) for one in page if one.id in shown]
    stage = next((shown[id] for id in staged if id in shown), None)
    if len(found) <= PAGE:
        return _Read(items, None, stage)
    is_settled, score, asked_at, id = found[PAGE - 1][0]
    position = (micros_of(moment), is_settled, round(-score * MICRO), micros_of(asked_at), id)
    return _Read(items, encode_cursor(*position), stage)


def _crowd_of(rows: Sequence[Record]) -> Crowd:
    return Crowd(rows[0]["voters"], frozenset(rows[0]["heard"])) if rows else Crowd(0, frozenset())


def _wish_of(row: Record, group: str | None) -> Wish:
    return Wish(row["id"], row["votes"], row["posted_at"], group, row["state"] in SETTLED)


def _position(order: QuestionOrder, cursor: str) -> dict[str, Any]:
    if order == "votes":
        counted, number = decode_cursor(cursor, tuple[Count, Id])
        return {"votes": counted, "id": number}
    micros, number = decode_cursor(cursor, tuple[Micros, Id])
    return {"at": moment_of(micros), "id": number}


def _cursor(order: QuestionOrder, row: Record) -> str:
    if order == "votes":
        return encode_cursor(row["votes"], row["id"])
    return encode_cursor(micros_of(row["posted_at"]), row["id"])


async def show_gathering(tx: Reader, actor: Actor, gathering_id: GatheringId, epoch: str) -> Gathering:
    """A gathering with its rooms and its programme, and the position of its stream."""
    channel = f"gathering:{gathering_id}"
    seq = await read_head(tx, channel)
    gathering = await get_gathering(tx, gathering_id)
    found = await rooms.read_rooms(tx, actor, gathering_id)
    sessions = await read_sessions(tx, actor, gathering_id)
    return msgspec.structs.replace(
        gathering, rooms=found, sessions=sessions, stream=Stream(channel, epoch, seq)
    )
