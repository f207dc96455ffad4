"""The queues of a room: its questions in certain states, unranked, in the order in which hosts deal with them."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Boolean, Integer, Text, bindparam, func, not_, or_
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import Actor
from forum.tables import posts
from gatherings.policy_rooms import RoomFacts
from gatherings.questions.reading import IS_VISIBLE, question_of, questions_query
from gatherings.shapes.questions import Question, QuestionState
from gatherings.tables import questions
from gatherings.visibility import is_mine, question_binds_for_actor
from storage.database import Reader
from storage.statements import statement

# Nobody reads a longer queue to its end; further questions appear as the first ones are dealt with.
MAX_QUEUE_LENGTH = 300

SELECT_QUEUE = statement(
    questions_query(personal=True)
    .where(
        questions.c.room_id == bindparam("room", type_=BigInteger),
        IS_VISIBLE,
        questions.c.state == func.any(bindparam("states", type_=ARRAY(Text))),
        # Attendees see the shortlist and the stage; of all other states only their own questions.
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


async def read_queue(
    tx: Reader, actor: Actor, room: RoomFacts, states: Collection[QuestionState], *, only_own: bool = False
) -> list[Question]:
    """Return up to 300 questions of these states that the actor can see, by shortlist place, then the oldest first.

    With `only_own`, questions that are neither shortlisted nor on stage are included only if the actor asked them.
    """
    binds = question_binds_for_actor(actor, room)
    rows = await tx.rows(
        SELECT_QUEUE, room=room.id, states=list(states), only_own=only_own, most=MAX_QUEUE_LENGTH, **binds
    )
    return [question_of(row, personal=True) for row in rows]
