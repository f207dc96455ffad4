"""The HTTP routes of questions: reading, asking, voting, editing, changing their state, claims, mutes and outcomes."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import QuestionId, RoomId
from gatherings.questions import claims as question_claims
from gatherings.questions import listing, mutes, outcomes, questions
from gatherings.questions.submission import QuestionWriter
from gatherings.questions.votes import VoteWriter
from gatherings.shapes.questions import (
    AskerSilence,
    ChoicePage,
    NewQuestion,
    NewSilence,
    Question,
    QuestionEdit,
    QuestionMove,
    QuestionOrder,
    QuestionPage,
    QuestionState,
    Vote,
    VoteSet,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest

# Litestar reserves the argument name `state` for itself.
OnlyState = Annotated[QuestionState | None, QueryParameter(name="state")]


@get("/rooms/{room_id:int}/questions", operation_id="read_questions")
async def read_questions(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    order: FromQuery[QuestionOrder] = "best",
    only: OnlyState = None,
    after: Cursor = None,
) -> QuestionPage:
    """Return one page of a room's questions, of all states or of one: by rank, the newest first, or by votes."""
    async with db.read() as tx:
        return await listing.read_questions(tx, actor, RoomId(room_id), order, db.epoch, only, after)


@post(
    "/rooms/{room_id:int}/questions",
    responses=documented_response(201, Question),
    operation_id="ask_question",
)
async def ask_question(
    room_id: PathId,
    data: JSONBody[NewQuestion],
    actor: NamedDependency[Actor],
    question_writer: NamedDependency[QuestionWriter],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Ask a question in a room, with one's name or anonymously."""
    answer = await question_writer.ask_question(actor, RoomId(room_id), data, idempotent)
    return json_response(answer.body, answer.status)


@get("/questions/{question_id:int}", operation_id="read_question")
async def read_question(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """Return one question; until it is approved, only its asker and the hosts can read it."""
    async with db.read() as tx:
        return await questions.read_question(tx, actor, QuestionId(question_id))


@patch("/questions/{question_id:int}", operation_id="edit_question")
async def edit_question(
    question_id: PathId,
    data: JSONBody[QuestionEdit],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    question_writer: NamedDependency[QuestionWriter],
    if_match: IfMatch = None,
) -> Question:
    """Edit a question that waits for approval; its earlier text is kept as a revision.

    Sending the same text again changes nothing. No response is stored under an Idempotency-Key, because it would record
    who edits an anonymous question.
    """
    async with db.begin() as tx:
        return await questions.edit_question(
            tx, actor, QuestionId(question_id), data, version_in(if_match), question_writer.screen
        )


@put("/questions/{question_id:int}/state", operation_id="settle_question")
async def change_question_state(
    question_id: PathId,
    data: JSONBody[QuestionMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Question:
    """Change a question's state: approve, shortlist, put on stage, answer, dismiss, merge, undo; or withdraw one's own.

    The version makes it safe to send the request twice. No response is stored under an Idempotency-Key, because it would
    record who withdraws an anonymous question.
    """
    async with db.begin() as tx:
        return await questions.change_question_state(tx, actor, QuestionId(question_id), data)


@put("/questions/{question_id:int}/vote", operation_id="vote")
async def set_vote(
    question_id: PathId,
    data: JSONBody[Vote],
    actor: NamedDependency[Actor],
    votes: NamedDependency[VoteWriter],
) -> VoteSet:
    """Set one's vote for a question. The request can be sent any number of times, without an Idempotency-Key."""
    return await votes.set_vote(actor, QuestionId(question_id), data.value)


@put("/questions/{question_id:int}/claim", operation_id="claim_question")
async def claim_question(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """Claim a question as a host for the next minute; a repeated request extends the claim."""
    async with db.begin() as tx:
        return await question_claims.claim_question(tx, actor, QuestionId(question_id))


@delete("/questions/{question_id:int}/claim", status_code=200, operation_id="let_question_go")
async def release_claim(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Question:
    """Release one's claim of a question."""
    async with db.begin() as tx:
        return await question_claims.release_claim(tx, actor, QuestionId(question_id))


@put("/questions/{question_id:int}/asker/silence", operation_id="silence_asker")
async def mute_asker(
    question_id: PathId,
    data: JSONBody[NewSilence],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> AskerSilence:
    """Mute the asker of a question in its room for some minutes; the response does not reveal who it is."""
    async with db.begin() as tx:
        return await mutes.mute_asker(tx, actor, QuestionId(question_id), data)


@delete("/questions/{question_id:int}/asker/silence", operation_id="lift_silence")
async def unmute_asker(
    question_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Let the asker of a question write in its room again."""
    async with db.begin() as tx:
        await mutes.unmute_asker(tx, actor, QuestionId(question_id))


@get("/rooms/{room_id:int}/choices", operation_id="read_choices")
async def read_outcomes(
    room_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    after: Cursor = None,
) -> ChoicePage:
    """Return one page of what was asked in a room and what became of it, the oldest first."""
    async with db.read() as tx:
        return await outcomes.read_outcomes(tx, actor, RoomId(room_id), after)


question_routes = [
    read_questions,
    ask_question,
    read_question,
    edit_question,
    change_question_state,
    set_vote,
    claim_question,
    release_claim,
    mute_asker,
    unmute_asker,
    read_outcomes,
]
