"""The HTTP side of the way of a question: reading one, edits, claims, silences, and what was chosen."""

from litestar import delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, version_in
from core.ids import QuestionId, RoomId
from gatherings.questions import claims as question_claims
from gatherings.questions import mutes, outcomes, questions
from gatherings.questions.submission import QuestionWriter
from gatherings.shapes.gatherings import Question
from gatherings.shapes.questions import AskerSilence, ChoicePage, NewSilence, QuestionEdit
from storage.database import Database


@get("/questions/{question_id:int}", operation_id="read_question")
async def read_question(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """One question. Who asked what waits for approval reads here how it stands."""
    async with db.read() as tx:
        return await questions.read_question(tx, actor, QuestionId(question_id))


@patch("/questions/{question_id:int}", operation_id="edit_question")
async def edit_question(
    question_id: PathId,
    data: JSONBody[QuestionEdit],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    asking: NamedDependency[QuestionWriter],
    if_match: IfMatch = None,
) -> Question:
    """Give a question that waits for approval another text; what it said is kept. The same text once more changes
    nothing, so no answer is kept under an Idempotency-Key: it would name who edits an anonymous question."""
    async with db.begin() as tx:
        version = version_in(if_match)
        return await questions.edit_question(tx, actor, QuestionId(question_id), data, version, asking.screen)


@put("/questions/{question_id:int}/claim", operation_id="claim_question")
async def claim_question(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """Say to be at a question for the next minute; once more prolongs it."""
    async with db.begin() as tx:
        return await question_claims.claim_question(tx, actor, QuestionId(question_id))


@delete("/questions/{question_id:int}/claim", status_code=200, operation_id="let_question_go")
async def let_question_go(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """Say to be no longer at a question."""
    async with db.begin() as tx:
        return await question_claims.let_go(tx, actor, QuestionId(question_id))


@put("/questions/{question_id:int}/asker/silence", operation_id="silence_asker")
async def silence_asker(
    question_id: PathId,
    data: JSONBody[NewSilence],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> AskerSilence:
    """Let who asked not write in this room for some minutes, whoever that is."""
    async with db.begin() as tx:
        return await mutes.silence_asker(tx, actor, QuestionId(question_id), data)


@delete("/questions/{question_id:int}/asker/silence", operation_id="lift_silence")
async def lift_silence(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Let who asked write in this room again."""
    async with db.begin() as tx:
        await mutes.lift_silence(tx, actor, QuestionId(question_id))


@get("/rooms/{room_id:int}/choices", operation_id="read_choices")
async def read_choices(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    after: Cursor = None,
) -> ChoicePage:
    """What was asked in a room, what was taken up, what not and why, in order of time."""
    async with db.read() as tx:
        return await outcomes.read_choices(tx, actor, RoomId(room_id), after)


routes = [
    read_question,
    edit_question,
    claim_question,
    let_question_go,
    silence_asker,
    lift_silence,
    read_choices,
]
