"""The HTTP side of polls."""

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
    """All polls of a room; hosts see their drafts too."""
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
    """Prepare a poll, which only hosts see until it is opened."""
    answer = await idempotent.respond(db, lambda tx: polls.draft_poll(tx, actor, RoomId(room_id), data), 201)
    return json_response(answer.body, answer.status)


@get("/polls/{poll_id:int}", operation_id="read_poll")
async def read_poll(poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Poll:
    """A poll, with one's own answer."""
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
    """Change a draft. Once a poll was opened it stays as it is."""
    version = version_in(if_match)
    answer = await idempotent.respond(
        db, lambda tx: polls.change_poll(tx, actor, PollId(poll_id), data, version)
    )
    return json_response(answer.body, answer.status)


@delete("/polls/{poll_id:int}", operation_id="delete_poll")
async def delete_poll(poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete a draft."""
    async with db.begin() as tx:
        await polls.delete_poll(tx, actor, PollId(poll_id))


@put("/polls/{poll_id:int}/state", operation_id="move_poll")
async def change_poll_state(
    poll_id: PathId,
    data: JSONBody[PollMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Poll:
    """Open or close a poll, or open it again. The version makes it safe to send twice."""
    async with db.begin() as tx:
        return await polls.change_poll_state(tx, actor, PollId(poll_id), data)


@put("/polls/{poll_id:int}/ballot", operation_id="set_ballot")
async def set_ballot(
    poll_id: PathId,
    data: JSONBody[Ballot],
    actor: NamedDependency[Actor],
    ballots: NamedDependency[BallotWriter],
) -> BallotSet:
    """Set one's answer, or take it back with null. It may be sent any number of times; no Idempotency-Key is needed."""
    return await ballots.set_ballot(actor, PollId(poll_id), data.answer)


@get("/polls/{poll_id:int}/results", operation_id="read_results")
async def read_results(
    poll_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PollResults:
    """What was answered. Hosts may look ahead; others once the poll is closed, or where it reveals results as they come."""
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
    """Take a word out of the results, with a reason."""
    async with db.begin() as tx:
        await polls.strike_word(tx, actor, PollId(poll_id), word, data)


@delete("/polls/{poll_id:int}/struck/{word:str}", operation_id="put_back_word")
async def put_back_word(
    poll_id: PathId, word: PathWord, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Have a word counted again."""
    async with db.begin() as tx:
        await polls.put_back_word(tx, actor, PollId(poll_id), word)


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
    put_back_word,
]
