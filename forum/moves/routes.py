"""HTTP routes that move posts to other topics, merge and split topics, and move topics to other sectors."""

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import TopicId
from forum.moves import move_notes, moves
from forum.moves.shapes import Move, MoveList, NewMove, NewPlace
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest


@get("/topics/{topic_id:int}/moves", operation_id="read_moves")
async def read_moves(
    topic_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> MoveList:
    """Return the moves of posts from and to a topic, without those that were undone."""
    async with db.read() as tx:
        return await move_notes.read_moves(tx, actor, TopicId(topic_id))


@post("/topics/{topic_id:int}/moves", responses=documented_response(201, Move), operation_id="move_posts")
async def move_posts(
    topic_id: PathId,
    data: JSONBody[NewMove],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Move posts to another topic, split them off into a new one, or merge a whole topic into another."""

    async def verb(tx: Transaction) -> Move:
        return await moves.move_posts(tx, actor, TopicId(topic_id), data)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@delete("/moves/{move_id:int}", operation_id="undo_move")
async def undo_move(move_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Undo a move."""
    async with db.begin() as tx:
        await moves.undo_move(tx, actor, move_id)


@put("/topics/{topic_id:int}/sector", status_code=204, operation_id="relocate_topic")
async def relocate_topic(
    topic_id: PathId, data: JSONBody[NewPlace], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Move a topic to another sector."""
    async with db.begin() as tx:
        await moves.relocate_topic(tx, actor, TopicId(topic_id), data.sector)


move_routes = [read_moves, move_posts, undo_move, relocate_topic]
