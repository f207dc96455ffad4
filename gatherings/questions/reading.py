"""Reading questions: as an actor or an audience sees them, the one on stage, and the counts of questions and votes."""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from core.ids import QuestionId, RoomId
from forum.authors import author_in, author_of
from forum.tables import posts
from gatherings.policy_rooms import RoomFacts
from gatherings.shapes.questions import Claim, Counts, Question
from gatherings.tables import question_claims, questions, votes
from gatherings.visibility import (
    is_mine,
    known_questions,
    question_binds_for_actor,
    question_binds_for_audience,
    visible_questions,
)
from members.tables import members, public_authors
from storage.database import Reader
from storage.statements import statement

IS_VISIBLE = visible_questions()
_COUNTED_STATES = Counts.__struct_fields__

_IS_OWN_VOTE = and_(
    votes.c.question_id == questions.c.id, votes.c.member_id == bindparam("viewer", type_=BigInteger)
)
_claimers = members.alias()
_HOSTING = bindparam("hosting", type_=Boolean)
_IS_CURRENT_CLAIM = and_(
    question_claims.c.question_id == questions.c.id,
    question_claims.c.until > bindparam("now", type_=DateTime(timezone=True)),
    _HOSTING,
)
_COLUMNS = (
    *questions.c[("id", "room_id", "post_id", "state", "votes", "version", "settled_at")],
    *questions.c[("place", "reason", "answered_how", "answer_post_id", "merged_into")],
    posts.c.state.label("post_state"),
    posts.c.number,
    posts.c.posted_at,
    posts.c.pseudonym.is_not(None).label("anonymous"),
    case((IS_VISIBLE, posts.c.body)).label("body"),
    case((IS_VISIBLE, posts.c.html)).label("html"),
    case((IS_VISIBLE, posts.c.author_id)).label("author_id"),
    public_authors.c.handle,
    public_authors.c.display_name,
    public_authors.c.group.label("author_group"),
    public_authors.c.picture.label("author_picture"),
    _claimers.c.id.label("claimer_id"),
    _claimers.c.handle.label("claimer_handle"),
    _claimers.c.display_name.label("claimer_name"),
    _claimers.c.picture.label("claimer_picture"),
    question_claims.c.until,
    _HOSTING.label("hosting"),
)


def questions_query(personal: bool) -> Select[Any]:
    """Return the query for questions in the form that `question_of` reads; it leaves out texts the viewer may not see."""
    mine: tuple[ColumnElement[Any], ...] = ()
    if personal:
        mine = (is_mine().label("mine"), votes.c.member_id.is_not(None).label("voted"))
    source = questions.join(posts, posts.c.id == questions.c.post_id)
    source = source.outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    source = source.outerjoin(question_claims, _IS_CURRENT_CLAIM)
    source = source.outerjoin(_claimers, _claimers.c.id == question_claims.c.member_id)
    if personal:
        source = source.outerjoin(votes, _IS_OWN_VOTE)
    return select(*_COLUMNS, *mine).select_from(source)


_BY_ID = and_(questions.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), known_questions())
SELECT_QUESTIONS = statement(questions_query(personal=True).where(_BY_ID))
SELECT_QUESTION_ON_STAGE = statement(
    questions_query(personal=True).where(
        questions.c.room_id == bindparam("room"), questions.c.state == "on_stage", IS_VISIBLE
    )
)
# The stored counts include every question of a state. This subtracts the few whose post is hidden or withdrawn, and, for
# everyone except hosts, those that were dismissed before they were approved.
_QUESTION_COUNTS = """
SELECT c.live - gone.live AS live, c.answered - gone.answered AS answered, c.dismissed - gone.dismissed AS dismissed,
    c.shortlisted - gone.shortlisted AS shortlisted, c.on_stage - gone.on_stage AS on_stage, c.pending
FROM question_counts c CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE q.state = 'live') AS live,
        count(*) FILTER (WHERE q.state = 'answered') AS answered,
        count(*) FILTER (WHERE q.state = 'dismissed') AS dismissed,
        count(*) FILTER (WHERE q.state = 'shortlisted') AS shortlisted,
        count(*) FILTER (WHERE q.state = 'on_stage') AS on_stage
    FROM posts p JOIN questions q ON q.post_id = p.id
    WHERE p.topic_id = (SELECT topic_id FROM rooms WHERE id = c.room_id) AND p.state <> 'published'
        AND NOT (CAST(:hosting AS boolean) AND p.state = 'held')
) gone
WHERE c.room_id = :room
"""
SELECT_QUESTION_COUNTS = statement(_QUESTION_COUNTS)
_counts = text(_QUESTION_COUNTS).columns(*(column(name, Integer) for name in _COUNTED_STATES)).subquery()
# Questions and counts in one statement, because every event of a crowded room needs both.
SELECT_QUESTIONS_AND_COUNTS = statement(
    questions_query(personal=False)
    .add_columns(*(_counts.c[name].label(f"count_{name}") for name in _COUNTED_STATES))
    .join(_counts, true())
    .where(_BY_ID)
)
SELECT_OPEN_VOTES = statement("""
SELECT q.id, q.votes FROM questions q JOIN posts p ON p.id = q.post_id
WHERE q.room_id = :room AND q.state IN ('live', 'shortlisted', 'on_stage') AND p.state = 'published'
""")


async def show_question(tx: Reader, actor: Actor, room: RoomFacts, question_id: QuestionId) -> Question:
    """Return one question as the actor sees it; the caller has found it with `get_question`."""
    found = await show_questions(tx, actor, room, [question_id])
    return found[question_id]


async def show_questions(
    tx: Reader, actor: Actor, room: RoomFacts, ids: Sequence[int]
) -> dict[int, Question]:
    """Return, by id, the questions of a room that the actor may know of, as the actor sees them."""
    rows = await tx.rows(SELECT_QUESTIONS, ids=list(ids), **question_binds_for_actor(actor, room))
    return {row["id"]: question_of(row, personal=True) for row in rows}


async def show_questions_to_audience(
    tx: Reader, room_id: RoomId, ids: Sequence[int], audience: str
) -> tuple[dict[int, Question], Counts | None]:
    """Return questions as an audience sees them, by id and without personal fields, and the room's counts.

    The counts are None if none of the questions is known to the audience.
    """
    rows = await tx.rows(
        SELECT_QUESTIONS_AND_COUNTS, ids=list(ids), room=room_id, **question_binds_for_audience(audience)
    )
    found = {row["id"]: question_of(row, personal=False) for row in rows}
    if not rows:
        return {}, None
    numbers = [rows[0][f"count_{name}"] for name in _COUNTED_STATES]
    return found, _counts_of(numbers, audience == "host")


async def find_on_stage(tx: Reader, actor: Actor, room: RoomFacts) -> Question | None:
    """Return the question on stage as the actor sees it, or None."""
    row = await tx.row(SELECT_QUESTION_ON_STAGE, room=room.id, **question_binds_for_actor(actor, room))
    return None if row is None else question_of(row, personal=True)


async def count_questions(tx: Reader, room_id: RoomId, hosting: bool = False) -> Counts:
    """Return the number of a room's questions per state; `pending`, those that wait for approval, only if `hosting`."""
    row = await tx.row(SELECT_QUESTION_COUNTS, room=room_id, hosting=hosting)
    return _counts_of([0] * len(_COUNTED_STATES) if row is None else list(row), hosting)


async def count_open_votes(tx: Reader, room_id: RoomId) -> dict[int, int]:
    """Return the number of votes, by question id, of all open questions of a room."""
    return {row["id"]: row["votes"] for row in await tx.rows(SELECT_OPEN_VOTES, room=room_id)}


def question_of(row: Record, personal: bool) -> Question:
    """Return the question of a row, without the fields that the viewer may not see; `personal` adds the viewer's own."""
    has_own_state = row["post_state"] in ("published", "held")
    question = Question(
        id=row["id"],
        room=row["room_id"],
        post=row["post_id"],
        state=row["state"] if has_own_state else row["post_state"],
        votes=row["votes"],
        version=row["version"],
        settled_at=row["settled_at"],
    )
    if row["body"] is None:
        return question
    question = msgspec.structs.replace(
        question,
        number=msgspec.UNSET if row["number"] is None else row["number"],
        body=row["body"],
        html=row["html"],
        author=author_in(row),
        anonymous=row["anonymous"],
        asked_at=row["posted_at"],
        place=row["place"],
        reason=row["reason"],
        answered_how=row["answered_how"],
        answer_post=row["answer_post_id"],
        merged_into=row["merged_into"],
        claimed_by=_claim_of(row) if row["hosting"] else msgspec.UNSET,
    )
    if not personal:
        return question
    return msgspec.structs.replace(question, my_vote=int(row["voted"]), mine=row["mine"])


def _counts_of(numbers: Sequence[int], hosting: bool) -> Counts:
    counts = Counts(**dict(zip(_COUNTED_STATES, numbers, strict=True)))
    return counts if hosting else msgspec.structs.replace(counts, pending=msgspec.UNSET)


def _claim_of(row: Record) -> Claim | None:
    by = author_of(
        row["claimer_id"], row["claimer_handle"], row["claimer_name"], None, row["claimer_picture"]
    )
    return None if by is None else Claim(by, row["until"])
