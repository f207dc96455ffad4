"""Questions as somebody sees them: one, some, the one on stage, and how many there are of which."""

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
from forum.authors import author_of
from forum.tables import posts
from gatherings.policy import RoomFacts
from gatherings.shapes.gatherings import Claim, Counts, Question
from gatherings.tables import question_claims, questions, votes
from gatherings.visibility import (
    is_mine,
    known_questions,
    questions_heard_by,
    questions_seen_by,
    visible_questions,
)
from members.tables import members, public_authors
from storage.database import Reader
from storage.statements import statement

SEEN = visible_questions()
_COUNTED = Counts.__struct_fields__

_MY_VOTE = and_(
    votes.c.question_id == questions.c.id, votes.c.member_id == bindparam("viewer", type_=BigInteger)
)
_claimers = members.alias()
_HOSTING = bindparam("hosting", type_=Boolean)
_CLAIM = and_(
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
    case((SEEN, posts.c.body)).label("body"),
    case((SEEN, posts.c.html)).label("html"),
    case((SEEN, posts.c.author_id)).label("author_id"),
    public_authors.c.handle,
    public_authors.c.display_name,
    public_authors.c.group.label("author_group"),
    _claimers.c.id.label("claimer_id"),
    _claimers.c.handle.label("claimer_handle"),
    _claimers.c.display_name.label("claimer_name"),
    question_claims.c.until,
    _HOSTING.label("hosting"),
)


def questions_query(personal: bool) -> Select[Any]:
    """Questions as `question_of` reads them; what the viewer may not read is cut off in the database."""
    mine: tuple[ColumnElement[Any], ...] = ()
    if personal:
        mine = (is_mine().label("mine"), votes.c.member_id.is_not(None).label("voted"))
    source = questions.join(posts, posts.c.id == questions.c.post_id)
    source = source.outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    source = source.outerjoin(question_claims, _CLAIM)
    source = source.outerjoin(_claimers, _claimers.c.id == question_claims.c.member_id)
    if personal:
        source = source.outerjoin(votes, _MY_VOTE)
    return select(*_COLUMNS, *mine).select_from(source)


_BY_ID = and_(questions.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), known_questions())
_SHOW = {personal: statement(questions_query(personal).where(_BY_ID)) for personal in (True, False)}
_ON_STAGE = statement(
    questions_query(personal=True).where(
        questions.c.room_id == bindparam("room"), questions.c.state == "on_stage", SEEN
    )
)
# What is kept counts every question by its state; those whose post is hidden or withdrawn, which are few, come off, and
# for who is no host those that were dismissed without ever having been approved.
_COUNTING = """
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
_COUNTS = statement(_COUNTING)
_counts = text(_COUNTING).columns(*(column(name, Integer) for name in _COUNTED)).subquery()
# In one statement, because each event of a room that is full of people asks for both.
_TOLD = statement(
    questions_query(personal=False)
    .add_columns(*(_counts.c[name].label(f"count_{name}") for name in _COUNTED))
    .join(_counts, true())
    .where(_BY_ID)
)
_TALLIES = statement("""
SELECT q.id, q.votes FROM questions q JOIN posts p ON p.id = q.post_id
WHERE q.room_id = :room AND q.state IN ('live', 'shortlisted', 'on_stage') AND p.state = 'published'
""")


async def show_question(tx: Reader, actor: Actor, room: RoomFacts, question_id: QuestionId) -> Question:
    """One question as the actor sees it."""
    found = await show_questions(tx, actor, room, [question_id])
    return found[question_id]  # whoever calls has just found it


async def show_questions(
    tx: Reader, actor: Actor, room: RoomFacts, ids: Sequence[int]
) -> dict[int, Question]:
    """Those of the questions of a room that the actor knows of, as the actor sees them."""
    rows = await tx.rows(_SHOW[True], ids=list(ids), **questions_seen_by(actor, room))
    return {row["id"]: question_of(row, personal=True) for row in rows}


async def tell_questions(
    tx: Reader, room_id: RoomId, ids: Sequence[int], audience: str
) -> tuple[dict[int, Question], Counts | None]:
    """The questions as a class of listeners sees them, without what is personal, and the room's counts; no counts where
    there is no question to tell of."""
    rows = await tx.rows(_TOLD, ids=list(ids), room=room_id, **questions_heard_by(audience))
    found = {row["id"]: question_of(row, personal=False) for row in rows}
    if not rows:
        return {}, None
    return found, _counts_of([rows[0][f"count_{name}"] for name in _COUNTED], audience == "host")


async def find_on_stage(tx: Reader, actor: Actor, room: RoomFacts) -> Question | None:
    """The question on stage, if there is one."""
    row = await tx.row(_ON_STAGE, room=room.id, **questions_seen_by(actor, room))
    return None if row is None else question_of(row, personal=True)


async def count_questions(tx: Reader, room_id: RoomId, hosting: bool = False) -> Counts:
    """How many questions of a room are in which state; what waits for approval is told to hosts, and counted by them."""
    row = await tx.row(_COUNTS, room=room_id, hosting=hosting)
    return _counts_of([0] * len(_COUNTED) if row is None else list(row), hosting)


async def count_votes(tx: Reader, room_id: RoomId) -> dict[int, int]:
    """The votes of all questions of a room that wait for an answer."""
    return {row["id"]: row["votes"] for row in await tx.rows(_TALLIES, room=room_id)}


def question_of(row: Record, personal: bool) -> Question:
    """A row of questions as it goes out; what the viewer may not see is left out."""
    stands = row["post_state"] in ("published", "held")
    question = Question(
        id=row["id"],
        room=row["room_id"],
        post=row["post_id"],
        state=row["state"] if stands else row["post_state"],
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
        author=author_of(row["author_id"], row["handle"], row["display_name"], row["author_group"]),
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
    counts = Counts(**dict(zip(_COUNTED, numbers, strict=True)))
    return counts if hosting else msgspec.structs.replace(counts, pending=msgspec.UNSET)


def _claim_of(row: Record) -> Claim | None:
    by = author_of(row["claimer_id"], row["claimer_handle"], row["claimer_name"], None)
    return None if by is None else Claim(by, row["until"])
