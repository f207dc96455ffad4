"""Pages of a room's questions: ranked, the newest first, or by votes."""

from collections.abc import Sequence
from typing import Any

from asyncpg import Record
from msgspec import Struct
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
from core.ids import RoomId
from forum.tables import posts
from gatherings.cursors import Count, Id, Micros, micros_of, moment_of
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.policy import CLOSED_STATES
from gatherings.questions.ranking import RankedQuestion, RankingContext, RankKey, explain_rank, rank_questions
from gatherings.questions.reading import (
    IS_VISIBLE,
    find_on_stage,
    question_of,
    questions_query,
    show_questions,
)
from gatherings.rooms import rooms
from gatherings.shapes.questions import Question, QuestionOrder, QuestionPage, QuestionState
from gatherings.tables import questions, votes
from gatherings.visibility import question_binds_for_actor
from members.tables import public_authors
from storage.cursors import decode_cursor, encode_cursor
from storage.database import Reader
from storage.event_log import Stream, read_head
from storage.statements import Statement, statement

PAGE_SIZE = 50
# Scores have six digits after the point; cursors contain them as whole numbers.
SCORE_SCALE = 1_000_000

_ROOM = bindparam("room", type_=BigInteger)
_STATE = bindparam("state", type_=Text)
_IS_LISTED = (
    questions.c.room_id == _ROOM,
    IS_VISIBLE,
    or_(_STATE.is_(None), questions.c.state == _STATE),
)
# The number of voters of the room, and the public groups of the members whose questions were on stage or answered.
# PostgreSQL evaluates each of these subqueries once per statement.
_room_questions, _askers, _heard_posts = questions.alias(), public_authors.alias(), posts.alias()
_RANKING_CONTEXT = (
    select(func.count(votes.c.member_id.distinct()))
    .join(_room_questions, _room_questions.c.id == votes.c.question_id)
    .where(_room_questions.c.room_id == _ROOM)
    .scalar_subquery()
    .label("voters"),
    func.array(
        select(_askers.c.group)
        .distinct()
        .select_from(_room_questions)
        .join(_heard_posts, _heard_posts.c.id == _room_questions.c.post_id)
        .join(_askers, _askers.c.id == _heard_posts.c.author_id)
        .where(
            _room_questions.c.room_id == _ROOM,
            or_(_room_questions.c.state == "on_stage", _room_questions.c.state == "answered"),
            _heard_posts.c.state == "published",
            _askers.c.group.is_not(None),
        )
        .scalar_subquery()
    ).label("heard"),
)
_ORDERS: dict[QuestionOrder, tuple[ColumnElement[Any], ...]] = {
    "votes": (questions.c.votes.desc(), questions.c.id),
    "newest": (posts.c.posted_at.desc(), questions.c.id.desc()),
}


def _is_after_cursor(order: QuestionOrder) -> ColumnElement[bool]:
    vote_count = bindparam("votes", type_=Integer)
    at = bindparam("at", type_=DateTime(timezone=True))
    id = bindparam("id", type_=BigInteger)
    if order == "newest":
        return tuple_(posts.c.posted_at, questions.c.id) < tuple_(at, id)
    return or_(questions.c.votes < vote_count, and_(questions.c.votes == vote_count, questions.c.id > id))


def _page_statement(order: QuestionOrder, after_cursor: bool) -> Statement:
    query = questions_query(personal=True).add_columns(*_RANKING_CONTEXT).where(*_IS_LISTED)
    if after_cursor:
        query = query.where(_is_after_cursor(order))
    return statement(query.order_by(*_ORDERS[order]).limit(bindparam("count", type_=Integer)))


# By order, and by whether the page starts after a cursor.
SELECT_QUESTION_PAGE: dict[tuple[QuestionOrder, bool], Statement] = {
    (order, after_cursor): _page_statement(order, after_cursor)
    for order in _ORDERS
    for after_cursor in (False, True)
}

# The rank depends on all questions of the room, so this reads of each only the columns that the rank needs.
SELECT_RANKED_QUESTIONS = statement(
    select(
        questions.c.id,
        questions.c.votes,
        posts.c.posted_at,
        public_authors.c.group.label("group"),
        questions.c.state,
        *_RANKING_CONTEXT,
    )
    .join(posts, posts.c.id == questions.c.post_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(*_IS_LISTED)
)


class ListingRequest(Struct, frozen=True):
    """A request for a page of questions: for whom, of which room, in which order, and whether with the one on stage."""

    actor: Actor
    room: RoomFacts
    order: QuestionOrder
    wants_stage: bool = False


class ListedQuestions(Struct, frozen=True):
    """One page of questions, the cursor of the next page, and the question on stage if it was requested."""

    items: list[Question]
    next: str | None
    stage: Question | None


async def read_questions(
    tx: Reader,
    actor: Actor,
    room_id: RoomId,
    order: QuestionOrder,
    epoch: str,
    state: QuestionState | None = None,
    after: str | None = None,
) -> QuestionPage:
    """Return one page of a room's questions, each with its `rank`; raise NotFound if the actor cannot see the room.

    The order `best` is by rank (see ranking.py), `votes` by votes, and `newest` by time. A cursor contains a position in
    the order, not a count, so a page never repeats earlier questions; clients learn of new votes from the room's stream.
    """
    stream = await read_room_stream(tx, room_id, epoch)
    room = await rooms.get_room(tx, actor, room_id)
    page = await list_questions(tx, ListingRequest(actor, room, order), state, after)
    return QuestionPage(page.items, page.next, stream)


async def read_room_stream(tx: Reader, room_id: RoomId, epoch: str) -> Stream:
    """Return the position of a room's stream. Read it before the rows, so that no event is missed."""
    channel = f"room:{room_id}"
    return Stream(channel, epoch, await read_head(tx, channel))


async def list_questions(
    tx: Reader, request: ListingRequest, state: QuestionState | None = None, after: str | None = None
) -> ListedQuestions:
    """Return one page of the questions that the actor can see, of all states or of one, after a cursor."""
    binds = {
        "room": request.room.id,
        "state": state,
        **question_binds_for_actor(request.actor, request.room),
    }
    if request.order == "best":
        return await _list_by_rank(tx, request, binds, after)
    if after is not None:
        binds |= _read_cursor(request.order, after)
    rows = await tx.rows(SELECT_QUESTION_PAGE[request.order, after is not None], count=PAGE_SIZE + 1, **binds)
    context, now = _ranking_context_of(rows), clock.now()
    items = [
        replace(
            question_of(row, personal=True),
            rank=explain_rank(_ranked_question_of(row, row["author_group"]), context, now),
        )
        for row in rows[:PAGE_SIZE]
    ]
    cursor = _write_cursor(request.order, rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None
    stage = await find_on_stage(tx, request.actor, request.room) if request.wants_stage else None
    return ListedQuestions(items, cursor, stage)


async def _list_by_rank(
    tx: Reader, request: ListingRequest, binds: dict[str, Any], after: str | None
) -> ListedQuestions:
    rows = await tx.rows(SELECT_RANKED_QUESTIONS, **binds)
    moment = clock.now()
    reached: RankKey | None = None
    if after is not None:
        # Later pages are ranked at the time of the first page, so that questions do not move from page to page.
        micros, closed, points, asked, id = decode_cursor(after, tuple[Micros, bool, Count, Micros, Id])
        moment, reached = moment_of(micros), (closed, -points / SCORE_SCALE, moment_of(asked), id)
    context, candidates = _ranking_context_of(rows), (_ranked_question_of(row, row["group"]) for row in rows)
    found = rank_questions(candidates, context, moment, PAGE_SIZE + 1, reached)
    page = [question for _, question in found[:PAGE_SIZE]]
    staged = {row["id"] for row in rows if row["state"] == "on_stage"} if request.wants_stage else set()
    ids = sorted({*(question.id for question in page), *staged})
    shown = await show_questions(tx, request.actor, request.room, ids)
    items = [
        replace(shown[question.id], rank=explain_rank(question, context, moment))
        for question in page
        if question.id in shown
    ]
    stage = next((shown[id] for id in staged if id in shown), None)
    if len(found) <= PAGE_SIZE:
        return ListedQuestions(items, None, stage)
    is_closed, score, asked_at, id = found[PAGE_SIZE - 1][0]
    position = (micros_of(moment), is_closed, round(-score * SCORE_SCALE), micros_of(asked_at), id)
    return ListedQuestions(items, encode_cursor(*position), stage)


def _ranking_context_of(rows: Sequence[Record]) -> RankingContext:
    if not rows:
        return RankingContext(0, frozenset())
    return RankingContext(rows[0]["voters"], frozenset(rows[0]["heard"]))


def _ranked_question_of(row: Record, group: str | None) -> RankedQuestion:
    return RankedQuestion(row["id"], row["votes"], row["posted_at"], group, row["state"] in CLOSED_STATES)


def _read_cursor(order: QuestionOrder, cursor: str) -> dict[str, Any]:
    if order == "votes":
        vote_count, id = decode_cursor(cursor, tuple[Count, Id])
        return {"votes": vote_count, "id": id}
    micros, id = decode_cursor(cursor, tuple[Micros, Id])
    return {"at": moment_of(micros), "id": id}


def _write_cursor(order: QuestionOrder, row: Record) -> str:
    if order == "votes":
        return encode_cursor(row["votes"], row["id"])
    return encode_cursor(micros_of(row["posted_at"]), row["id"])
