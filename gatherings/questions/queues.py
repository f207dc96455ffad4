"""Where questions stand: those of a room in some states, unranked, in the order in which one deals with them."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Boolean, Integer, Text, bindparam, func, not_, or_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from forum.tables import posts
from gatherings.policy import RoomFacts
from gatherings.questions.reading import SEEN, question_of, questions_query
from gatherings.shapes.gatherings import Question, QuestionState
from gatherings.tables import questions
from gatherings.visibility import is_mine, questions_seen_by
from storage.database import Reader
from storage.statements import statement

# More than this nobody reads to the end: those that follow come up as these go.
MOST = 300

_STANDING = statement(
    questions_query(personal=True)
    .where(
        questions.c.room_id == bindparam("room", type_=BigInteger),
        SEEN,
        questions.c.state == func.any(bindparam("states", type_=ARRAY(Text))),
        # Of what is not yet or no longer on its way an attendee is shown what is their own.
        or_(
            not_(bindparam("only_own", type_=Boolean)),
            questions.c.state == "shortlisted",
            questions.c.state == "on_stage",
            is_mine(),
        ),
    )
    .order_by(questions.c.place, posts.c.posted_at, questions.c.id)
    .limit(bindparam("most", type_=Integer))
)


async def read_standing(
    tx: Reader, actor: Actor, room: RoomFacts, states: Collection[QuestionState], *, only_own: bool = False
) -> list[Question]:
    """The questions of these states that the actor may see: the shortlisted by place, then who asked first; with
    `only_own` of the others only those the actor asked."""
    seen = questions_seen_by(actor, room)
    rows = await tx.rows(_STANDING, room=room.id, states=list(states), only_own=only_own, most=MOST, **seen)
    return [question_of(row, personal=True) for row in rows]
