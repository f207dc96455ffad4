"""Reading a room: its questions in an order, with their votes, and the snapshot a client starts from."""

from typing import Any

from asyncpg import Record
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)

from core import clock
from core.actor import Actor
from core.ids import RoomId
from forum.authors import public_group
from forum.tables import posts
from gatherings import rooms
from gatherings.boards import count_columns
from gatherings.cursors import Count, Id, Micros, micros_of, moment_of
from gatherings.policy import RoomFacts
from gatherings.policy_questions import SETTLED
from gatherings.poll_reading import show_polls
from gatherings.question_reading import (
    SEEN,
    count_questions,
    find_on_stage,
    question_of,
    questions_query,
    show_questions,
)
from gatherings.ranking import Crowd, Wish, best_first, place, rank
from gatherings.shapes import Question, QuestionOrder, QuestionPage, QuestionState, Room
from gatherings.tables import questions
from gatherings.visibility import questions_seen_by
from members.tables import members
from storage.cursors import read_cursor, write_cursor
from storage.database import Reader
from storage.log import Stream, read_head
from storage.statements import Statement, statement

PAGE = 50
# Scores have six digits; in cursors they are whole.
MICRO = 1_000_000

_STATE = bindparam("state", type_=Text)
_OF_ROOM = (
    questions.c.room_id == bindparam("room", type_=BigInteger),
    SEEN,
    or_(_STATE.is_(None), questions.c.state == _STATE),
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
    query = questions_query(personal=True).where(*_OF_ROOM)
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
        public_group().label("group"),
        questions.c.state,
    )
    .join(posts, posts.c.id == questions.c.post_id)
    .outerjoin(members, members.c.id == posts.c.author_id)
    .where(*_OF_ROOM)
)
# Who voted at all, and whose groups were heard, for which only a public one counts.
_CROWD = statement("""
SELECT (SELECT count(DISTINCT v.member_id) FROM votes v JOIN questions q ON q.id = v.question_id
        WHERE q.room_id = :room) AS voters,
    ARRAY(SELECT DISTINCT m.stakeholder_group
        FROM questions q JOIN posts p ON p.id = q.post_id JOIN members m ON m.id = p.author_id
        WHERE q.room_id = :room AND q.state IN ('on_stage', 'answered') AND p.state = 'published'
            AND m.stakeholder_group IS NOT NULL AND 'stakeholder_group' = ANY(m.public)) AS heard
""")


async def show_snapshot(tx: Reader, actor: Actor, room_id: RoomId, order: QuestionOrder, epoch: str) -> Room:
    """The room with its counts and the first page of its questions: what a client starts from and follows."""
    stream = await _stream(tx, room_id, epoch)
    facts, room = await rooms.look_at_room(tx, actor, room_id)
    counts = await count_questions(tx, room_id, actor.hosts_at(facts.gathering_id))
    stage = await find_on_stage(tx, actor, facts)
    page = await _read(tx, actor, facts, order, stream)
    columns = await count_columns(tx, room_id) if "board" in facts.modules else UNSET
    polls = await show_polls(tx, actor, facts) if "polls" in facts.modules else UNSET
    room = replace(room, columns=columns, polls=polls)
    return replace(room, counts=counts, stage=stage, questions=page, stream=stream)


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
    return await _read(tx, actor, room, order, stream, state, after)


async def _stream(tx: Reader, room_id: RoomId, epoch: str) -> Stream:
    channel = f"room:{room_id}"
    return Stream(channel, epoch, await read_head(tx, channel))


async def _read(
    tx: Reader,
    actor: Actor,
    room: RoomFacts,
    order: QuestionOrder,
    stream: Stream,
    state: QuestionState | None = None,
    after: str | None = None,
) -> QuestionPage:
    row = await tx.row(_CROWD, room=room.id)
    assert row is not None
    crowd = Crowd(row["voters"], frozenset(row["heard"]))
    binds = {"room": room.id, "state": state, **questions_seen_by(actor, room)}
    if order == "best":
        items, following = await _read_best(tx, actor, room, binds, crowd, after)
    else:
        items, following = await _read_plain(tx, order, binds, crowd, after)
    return QuestionPage(items, following, stream)


async def _read_plain(
    tx: Reader, order: QuestionOrder, binds: dict[str, Any], crowd: Crowd, after: str | None
) -> tuple[list[Question], str | None]:
    if after is not None:
        binds = {**binds, **_position(order, after)}
    rows = await tx.rows(_PAGES[order, after is not None], count=PAGE + 1, **binds)
    now = clock.now()
    items = [
        replace(question_of(row, personal=True), rank=rank(_wish_of(row, row["author_group"]), crowd, now))
        for row in rows[:PAGE]
    ]
    return items, _cursor(order, rows[PAGE - 1]) if len(rows) > PAGE else None


async def _read_best(
    tx: Reader, actor: Actor, room: RoomFacts, binds: dict[str, Any], crowd: Crowd, after: str | None
) -> tuple[list[Question], str | None]:
    wishes = [_wish_of(row, row["group"]) for row in await tx.rows(_WISHES, **binds)]
    moment, reached = clock.now(), None
    if after is not None:
        # As of the moment of the first page: what is asked while somebody turns pages does not push others across.
        micros, is_settled, score, asked, number = read_cursor(after, tuple[Micros, bool, Count, Micros, Id])
        moment, reached = moment_of(micros), (is_settled, -score / MICRO, moment_of(asked), number)
    ranked = best_first(wishes, crowd, moment)
    if reached is not None:
        ranked = [one for one in ranked if place(*one) > reached]
    page = dict((wish.id, given) for wish, given in ranked[:PAGE])
    shown = await show_questions(tx, actor, room, list(page))
    items = [replace(shown[id], rank=given) for id, given in page.items() if id in shown]
    if len(ranked) <= PAGE:
        return items, None
    last, given = ranked[PAGE - 1]
    score = round(given.score * MICRO)
    return items, write_cursor(micros_of(moment), last.is_settled, score, micros_of(last.asked_at), last.id)


def _wish_of(row: Record, group: str | None) -> Wish:
    return Wish(row["id"], row["votes"], row["posted_at"], group, row["state"] in SETTLED)


def _position(order: QuestionOrder, cursor: str) -> dict[str, Any]:
    if order == "votes":
        counted, number = read_cursor(cursor, tuple[Count, Id])
        return {"votes": counted, "id": number}
    micros, number = read_cursor(cursor, tuple[Micros, Id])
    return {"at": moment_of(micros), "id": number}


def _cursor(order: QuestionOrder, row: Record) -> str:
    if order == "votes":
        return write_cursor(row["votes"], row["id"])
    return write_cursor(micros_of(row["posted_at"]), row["id"])
