"""HTTP routes of editions."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from boards.editions import editions
from boards.editions.editions import EditionDetail, EditionList, NewEdition
from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import BoardId
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest


@get("/boards/{board_id:int}/editions", operation_id="read_editions")
async def read_editions(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EditionList:
    """Return the editions of a board, newest first."""
    async with db.read() as tx:
        return await editions.read_editions(tx, actor, BoardId(board_id))


@post(
    "/boards/{board_id:int}/editions",
    responses=documented_response(201, EditionDetail),
    operation_id="publish_edition",
)
async def publish_edition(
    board_id: PathId,
    data: JSONBody[NewEdition],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Publish the board as a new edition, which cannot be changed."""

    async def verb(tx: Transaction) -> EditionDetail:
        number = await editions.publish_edition(tx, actor, BoardId(board_id), data)
        return await editions.show_edition(tx, actor, BoardId(board_id), number)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/boards/{board_id:int}/editions/{number:int}", operation_id="read_edition")
async def read_edition(
    board_id: PathId, number: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EditionDetail:
    """Return one edition and its differences from the previous one."""
    async with db.read() as tx:
        return await editions.show_edition(tx, actor, BoardId(board_id), number)


routes = [
    read_editions,
    publish_edition,
    read_edition,
]
