"""The HTTP routes of polls."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import PollId, RoomId
from gatherings.polls import polls
from gatherings.polls import reading as poll_reading
from gatherings.polls.ballots import BallotWriter
from gatherings.shapes.polls import (
    Ballot,
    BallotSet,
    NewPoll,
    Poll,
    PollChange,
    PollList,
    PollMove,
    PollResults,
    Strike,
)
from storage.database import Database
from storage.idempotency import IdempotentRequest

PathWord = Annotated[
    str, PathParameter(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]+$")
]


@get("/rooms/{room_id:int}/polls", operation_id="read_polls")
async def read_polls(
    room_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PollList:
    """Return all polls of a room; drafts only for its hosts."""
    async with db.read() as tx:
        return await poll_reading.read_polls(tx, actor, RoomId(room_id))


@post("/rooms/{room_id:int}/polls", responses=documented_response(201, Poll), operation_id="draft_poll")
async def draft_poll(
    room_id: PathId,
    data: JSONBody[NewPoll],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Draft a poll, which only hosts see until it is opened."""
    answer = await idempotent.respond(db, lambda tx: polls.draft_poll(tx, actor, RoomId(room_id), data), 201)
    return json_response(answer.body, answer.status)


@get("/polls/{poll_id:int}", operation_id="read_poll")
async def read_poll(poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Poll:
    """Return a poll, with the caller's own ballot."""
    async with db.read() as tx:
        return await poll_reading.show_poll(tx, actor, PollId(poll_id))


@patch("/polls/{poll_id:int}", responses=documented_response(200, Poll), operation_id="change_poll")
async def change_poll(
    poll_id: PathId,
    data: JSONBody[PollChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change a draft. A poll that was opened can no longer be changed."""
    version = version_in(if_match)
    answer = await idempotent.respond(
        db, lambda tx: polls.change_poll(tx, actor, PollId(poll_id), data, version)
    )
    return json_response(answer.body, answer.status)


@delete("/polls/{poll_id:int}", operation_id="delete_poll")
async def delete_poll(poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete a draft poll."""
    async with db.begin() as tx:
        await polls.delete_poll(tx, actor, PollId(poll_id))


@put("/polls/{poll_id:int}/state", operation_id="move_poll")
async def change_poll_state(
    poll_id: PathId,
    data: JSONBody[PollMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Poll:
    """Open or close a poll, or open it again. The version makes it safe to send the request twice."""
    async with db.begin() as tx:
        return await polls.change_poll_state(tx, actor, PollId(poll_id), data)


@put("/polls/{poll_id:int}/ballot", operation_id="set_ballot")
async def set_ballot(
    poll_id: PathId,
    data: JSONBody[Ballot],
    actor: NamedDependency[Actor],
    ballots: NamedDependency[BallotWriter],
) -> BallotSet:
    """Set one's ballot, or withdraw it with null. It can be sent any number of times, without an Idempotency-Key."""
    return await ballots.set_ballot(actor, PollId(poll_id), data.answer)


@get("/polls/{poll_id:int}/results", operation_id="read_results")
async def read_results(
    poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PollResults:
    """Return the results of a poll: for hosts at any time, for others once it is closed, or while it is open if it
    reveals them live."""
    async with db.read() as tx:
        return await poll_reading.read_results(tx, actor, PollId(poll_id))


@put("/polls/{poll_id:int}/struck/{word:str}", status_code=204, operation_id="strike_word")
async def strike_word(
    poll_id: PathId,
    word: PathWord,
    data: JSONBody[Strike],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> None:
    """Strike a word from the results of a poll, with a reason."""
    async with db.begin() as tx:
        await polls.strike_word(tx, actor, PollId(poll_id), word, data)


@delete("/polls/{poll_id:int}/struck/{word:str}", operation_id="put_back_word")
async def restore_word(
    poll_id: PathId, word: PathWord, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Count a struck word again in the results of a poll."""
    async with db.begin() as tx:
        await polls.restore_word(tx, actor, PollId(poll_id), word)


poll_routes = [
    read_polls,
    draft_poll,
    read_poll,
    change_poll,
    delete_poll,
    change_poll_state,
    set_ballot,
    read_results,
    strike_word,
    restore_word,
]
