"""Reading a room: its questions in an order, with their votes, and the snapshot a client starts from."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
from asyncpg import Record
from msgspec import UNSET
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.ids import QuestionId, RoomId
from forum.authors import author_of, public_group
from forum.tables import posts
from gatherings import rooms
from gatherings.boards import count_columns
from gatherings.cursors import Count, Id, Micros, micros_of, moment_of
from gatherings.policy import RoomFacts
from gatherings.poll_reading import show_polls
from gatherings.shapes import Counts, Question, QuestionOrder, QuestionPage, QuestionState, Room
from gatherings.tables import questions, votes
from gatherings.visibility import is_mine, questions_seen_by, visible_questions
from members.tables import members
from storage.cursors import read_cursor, write_cursor
from storage.database import Reader
from storage.log import Stream, read_head
from storage.statements import Statement, statement

PAGE = 50

_MY_VOTE = and_(
    votes.c.question_id == questions.c.id, votes.c.member_id == bindparam("viewer", type_=BigInteger)
)
_SEEN = visible_questions()


def _questions(personal: bool) -> Select[Any]:
    mine: tuple[ColumnElement[Any], ...] = ()
    if personal:
        mine = (is_mine().label("mine"), votes.c.member_id.is_not(None).label("voted"))
    query = select(
        *questions.c[("id", "room_id", "post_id", "state", "votes", "version", "settled_at")],
        posts.c.state.label("post_state"),
        posts.c.number,
        posts.c.posted_at,
        posts.c.pseudonym.is_not(None).label("anonymous"),
        case((_SEEN, posts.c.body)).label("body"),
        case((_SEEN, posts.c.html)).label("html"),
        case((_SEEN, posts.c.author_id)).label("author_id"),
        members.c.handle,
        members.c.display_name,
        public_group().label("author_group"),
        *mine,
    )
    source = questions.join(posts, posts.c.id == questions.c.post_id)
    source = source.outerjoin(members, members.c.id == posts.c.author_id)
    return query.select_from(source.outerjoin(votes, _MY_VOTE) if personal else source)


_BY_ID = questions.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))
_SHOW = {personal: statement(_questions(personal).where(_BY_ID)) for personal in (True, False)}
_ORDERS: dict[QuestionOrder, tuple[ColumnElement[Any], ...]] = {
    "best": (questions.c.votes.desc(), posts.c.posted_at, questions.c.id),
    "votes": (questions.c.votes.desc(), questions.c.id),
    "newest": (posts.c.posted_at.desc(), questions.c.id.desc()),
}


def _following(order: QuestionOrder) -> ColumnElement[bool]:
    counted = bindparam("votes", type_=Integer)
    at = bindparam("at", type_=DateTime(timezone=True))
    number = bindparam("id", type_=BigInteger)
    if order == "newest":
        return tuple_(posts.c.posted_at, questions.c.id) < tuple_(at, number)
    rest = questions.c.id > number
    if order == "best":
        rest = tuple_(posts.c.posted_at, questions.c.id) > tuple_(at, number)
    return or_(questions.c.votes < counted, and_(questions.c.votes == counted, rest))


def _page(order: QuestionOrder, following: bool) -> Statement:
    state = bindparam("state", type_=Text)
    query = _questions(personal=True).where(
        questions.c.room_id == bindparam("room"), _SEEN, or_(state == null(), questions.c.state == state)
    )
    if following:
        query = query.where(_following(order))
    return statement(query.order_by(*_ORDERS[order]).limit(bindparam("count", type_=Integer)))


_PAGES: dict[tuple[QuestionOrder, bool], Statement] = {
    (order, following): _page(order, following)
    for order in get_args(QuestionOrder)
    for following in (False, True)
}
# What is kept counts every question by its state; those whose post is hidden or withdrawn, which are few, come off.
_COUNTS = statement("""
SELECT c.live - gone.live, c.answered - gone.answered, c.dismissed - gone.dismissed
FROM question_counts c CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE q.state = 'live') AS live,
        count(*) FILTER (WHERE q.state = 'answered') AS answered,
        count(*) FILTER (WHERE q.state = 'dismissed') AS dismissed
    FROM posts p JOIN questions q ON q.post_id = p.id
    WHERE p.topic_id = (SELECT topic_id FROM rooms WHERE id = c.room_id) AND p.state <> 'published'
) gone
WHERE c.room_id = :room
""")
_TALLIES = statement(
    select(questions.c.id, questions.c.votes)
    .join(posts, posts.c.id == questions.c.post_id)
    .where(
        questions.c.room_id == bindparam("room"), questions.c.state == "live", posts.c.state == "published"
    )
)


async def show_snapshot(tx: Reader, actor: Actor, room_id: RoomId, order: QuestionOrder, epoch: str) -> Room:
    """The room with its counts and the first page of its questions: what a client starts from and follows."""
    stream = await _stream(tx, room_id, epoch)
    facts, room = await rooms.look_at_room(tx, actor, room_id)
    counts = await count_questions(tx, room_id)
    page = await _read(tx, actor, facts, order, stream)
    columns = await count_columns(tx, room_id) if "board" in facts.modules else UNSET
    polls = await show_polls(tx, actor, facts) if "polls" in facts.modules else UNSET
    room = msgspec.structs.replace(room, columns=columns, polls=polls)
    return msgspec.structs.replace(room, counts=counts, questions=page, stream=stream)


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

    `best` is most votes first, and who asked first among equals; `votes` the same by number alone; `newest` the
    latest first. A cursor holds the place in the order, not a count, so a page never repeats what stood before it;
    what gained votes meanwhile is told by the room's stream.
    """
    stream = await _stream(tx, room_id, epoch)
    room = await rooms.get_room(tx, actor, room_id)
    return await _read(tx, actor, room, order, stream, state, after)


async def show_question(tx: Reader, actor: Actor, room: RoomFacts, question_id: QuestionId) -> Question:
    """One question as the actor sees it."""
    row = await tx.row(_SHOW[True], ids=[question_id], **questions_seen_by(actor, room))
    assert row is not None  # whoever calls has just found it
    return question_of(row, personal=True)


async def find_questions(tx: Reader, ids: Sequence[int], seen: dict[str, Any]) -> dict[int, Question]:
    """The questions as a class of listeners sees them, without what is personal."""
    rows = await tx.rows(_SHOW[False], ids=list(ids), **seen)
    return {row["id"]: question_of(row, personal=False) for row in rows}


async def count_questions(tx: Reader, room_id: RoomId) -> Counts:
    """How many questions of a room are in which state; the same for everyone."""
    return Counts(*await tx.row(_COUNTS, room=room_id) or ())


async def count_votes(tx: Reader, room_id: RoomId) -> dict[int, int]:
    """The votes of all live questions of a room."""
    return {row["id"]: row["votes"] for row in await tx.rows(_TALLIES, room=room_id)}


def question_of(row: Record, personal: bool) -> Question:
    """A row of questions as it goes out; what the viewer may not see is left out."""
    question = Question(
        id=row["id"],
        room=row["room_id"],
        post=row["post_id"],
        state=row["state"] if row["post_state"] == "published" else row["post_state"],
        votes=row["votes"],
        version=row["version"],
        settled_at=row["settled_at"],
    )
    if row["body"] is None:
        return question
    question = msgspec.structs.replace(
        question,
        number=row["number"],
        body=row["body"],
        html=row["html"],
        author=author_of(row["author_id"], row["handle"], row["display_name"], row["author_group"]),
        anonymous=row["anonymous"],
        asked_at=row["posted_at"],
    )
    if not personal:
        return question
    return msgspec.structs.replace(question, my_vote=int(row["voted"]), mine=row["mine"])


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
    binds = {"room": room.id, "state": state, "count": PAGE + 1, **questions_seen_by(actor, room)}
    if after is not None:
        binds.update(_position(order, after))
    rows = await tx.rows(_PAGES[order, after is not None], **binds)
    items = [question_of(row, personal=True) for row in rows[:PAGE]]
    return QuestionPage(items, _cursor(order, rows[PAGE - 1]) if len(rows) > PAGE else None, stream)


def _position(order: QuestionOrder, cursor: str) -> dict[str, Any]:
    if order == "votes":
        counted, number = read_cursor(cursor, tuple[Count, Id])
        return {"votes": counted, "id": number}
    if order == "newest":
        micros, number = read_cursor(cursor, tuple[Micros, Id])
        return {"at": moment_of(micros), "id": number}
    counted, micros, number = read_cursor(cursor, tuple[Count, Micros, Id])
    return {"votes": counted, "at": moment_of(micros), "id": number}


def _cursor(order: QuestionOrder, row: Record) -> str:
    if order == "votes":
        return write_cursor(row["votes"], row["id"])
    if order == "newest":
        return write_cursor(micros_of(row["posted_at"]), row["id"])
    return write_cursor(row["votes"], micros_of(row["posted_at"]), row["id"])
