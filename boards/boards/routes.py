"""HTTP routes of boards, their curators and their saved views."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from boards.boards import boards, saved_views
from boards.boards.saved_views import NewView, SavedView, SavedViewList
from boards.lookup.board_queries import read_boards, show_board
from boards.lookup.lookup import get_board
from boards.shapes import Board, BoardChange, BoardList, NewBoard
from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import BoardId
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

Handle = Annotated[str, PathParameter(max_length=60)]


@get("/sectors/{slug:str}/boards", operation_id="read_boards")
async def read_sector_boards(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> BoardList:
    """Return the boards of a sector, newest first."""
    async with db.read() as tx:
        return await read_boards(tx, actor, slug, db.epoch)


@post("/sectors/{slug:str}/boards", responses=documented_response(201, Board), operation_id="begin_board")
async def create_board(
    slug: FromPath[str],
    data: JSONBody[NewBoard],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Create a board from a template or with its own form."""

    async def verb(tx: Transaction) -> Board:
        board_id = await boards.create_board(tx, actor, slug, data)
        return await show_board(tx, actor, board_id, db.epoch)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/boards/{board_id:int}", operation_id="read_board")
async def read_board(board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Board:
    """Return one board, without its entries."""
    async with db.read() as tx:
        return await show_board(tx, actor, BoardId(board_id), db.epoch)


@patch("/boards/{board_id:int}", responses=documented_response(200, Board), operation_id="change_board")
async def change_board(
    board_id: PathId,
    data: JSONBody[BoardChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change the title, purpose, form, readers or phases of a board."""

    async def verb(tx: Transaction) -> Board:
        await boards.change_board(tx, actor, BoardId(board_id), data, version_in(if_match))
        return await show_board(tx, actor, BoardId(board_id), db.epoch)

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@put("/boards/{board_id:int}/curators/{handle:str}", status_code=204, operation_id="appoint_curator")
async def appoint_curator(
    board_id: PathId, handle: Handle, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Make a member a curator of the board."""
    async with db.begin() as tx:
        await boards.appoint_curator(tx, actor, BoardId(board_id), handle, True)


@delete("/boards/{board_id:int}/curators/{handle:str}", operation_id="dismiss_curator")
async def dismiss_curator(
    board_id: PathId, handle: Handle, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """End a member's work as a curator of the board."""
    async with db.begin() as tx:
        await boards.appoint_curator(tx, actor, BoardId(board_id), handle, False)


@get("/boards/{board_id:int}/views", operation_id="read_views")
async def read_views(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> SavedViewList:
    """Return the shared views of a board and the caller's own views."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        return SavedViewList(await saved_views.read_views(tx, actor, BoardId(board_id)))


@post("/boards/{board_id:int}/views", responses=documented_response(201, SavedView), operation_id="save_view")
async def save_view(
    board_id: PathId,
    data: JSONBody[NewView],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Save a view of a board's table under a name."""
    answer = await idempotent.respond(
        db, lambda tx: saved_views.save_view(tx, actor, BoardId(board_id), data), 201
    )
    return json_response(answer.body, answer.status)


@delete("/views/{view_id:int}", operation_id="drop_view")
async def delete_view(view_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Delete a saved view."""
    async with db.begin() as tx:
        await saved_views.delete_view(tx, actor, view_id)


routes = [
    read_sector_boards,
    create_board,
    read_board,
    change_board,
    appoint_curator,
    dismiss_curator,
    read_views,
    save_view,
    delete_view,
]
