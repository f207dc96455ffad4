"""The HTTP side of boards."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from boards.boards import boards, saved_views
from boards.boards.saved_views import NewView, SavedView, SavedViewList
from boards.curation.routes import Key, Term, Where, Words, pairs
from boards.curation.routes import routes as entry_routes
from boards.editions.routes import routes as publishing_routes
from boards.editions.routes_exports import routes as export_routes
from boards.lookup.board_queries import read_boards, show_board
from boards.lookup.contributors import GroupShare, count_contributors
from boards.lookup.lookup import get_board
from boards.shapes import Board, BoardChange, BoardList, NewBoard
from boards.table import gaps
from boards.table.gaps import GapClaim, GapClaimList, NewGapClaim
from boards.table.matrix import Matrix, cross
from boards.table.table import Disposition, EntryFilter
from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import BoardId
from storage.cache import VersionedCache
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

Handle = Annotated[str, PathParameter(max_length=60)]


@get("/sectors/{slug:str}/boards", operation_id="read_boards")
async def read_all(
    slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> BoardList:
    """The boards of a sector, the newest first."""
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
    """Begin a board, from a template or with a form of its own."""

    async def verb(tx: Transaction) -> Board:
        board_id = await boards.create_board(tx, actor, slug, data)
        return await show_board(tx, actor, board_id, db.epoch)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/boards/{board_id:int}", operation_id="read_board")
async def read_board(board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Board:
    """One board, without its entries."""
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
    """Change what a board is called, asks, allows and when."""

    async def verb(tx: Transaction) -> Board:
        await boards.change_board(tx, actor, BoardId(board_id), data, version_in(if_match))
        return await show_board(tx, actor, BoardId(board_id), db.epoch)

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@put("/boards/{board_id:int}/curators/{handle:str}", status_code=204, operation_id="appoint_curator")
async def appoint_curator(
    board_id: PathId, handle: Handle, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Have a member curate the board."""
    async with db.begin() as tx:
        await boards.appoint_curator(tx, actor, BoardId(board_id), handle, True)


@delete("/boards/{board_id:int}/curators/{handle:str}", operation_id="dismiss_curator")
async def dismiss_curator(
    board_id: PathId, handle: Handle, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Have a member curate the board no longer."""
    async with db.begin() as tx:
        await boards.appoint_curator(tx, actor, BoardId(board_id), handle, False)


@get("/boards/{board_id:int}/matrix", operation_id="read_matrix")
async def read_crossed(
    board_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    rows: Key = None,
    columns: Key = None,
    within: Term = None,
    where: Where = None,
    q: Words = "",
    disposition: FromQuery[Disposition | None] = None,
) -> Matrix:
    """The board seen along two fields, the first two that can be unless others are named; `within` looks at what lies
    below one term of the rows."""
    asked = EntryFilter(where=pairs(where), words=q, disposition=disposition)
    async with db.read() as tx:
        board = await show_board(tx, actor, BoardId(board_id), db.epoch)
        sheet = await boards.load_entry_context(tx, BoardId(board_id))
        return await cross(tx, sheet, asked, (rows, columns), within, board.stream, cache)


@get("/boards/{board_id:int}/contributors", operation_id="read_contributors")
async def read_contributors(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> list[GroupShare]:
    """Who contributed, by stakeholder group; no group under five, and of others at least how many."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        return await count_contributors(tx, BoardId(board_id))


@get("/boards/{board_id:int}/gap-claims", operation_id="read_gap_claims")
async def read_gap_claims(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> GapClaimList:
    """Who looks into which gap."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        return GapClaimList(await gaps.read_gap_claims(tx, BoardId(board_id)))


@post(
    "/boards/{board_id:int}/gap-claims",
    responses=documented_response(201, GapClaim),
    operation_id="claim_gap",
)
async def claim_gap(
    board_id: PathId,
    data: JSONBody[NewGapClaim],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Say that one looks into a gap, for thirty days; saying so again prolongs it."""
    answer = await idempotent.respond(db, lambda tx: gaps.claim_gap(tx, actor, BoardId(board_id), data), 201)
    return json_response(answer.body, answer.status)


@delete("/gap-claims/{claim_id:int}", operation_id="end_gap_claim")
async def end_gap_claim(
    claim_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Take one's word back."""
    async with db.begin() as tx:
        await gaps.end_gap_claim(tx, actor, claim_id)


@get("/boards/{board_id:int}/views", operation_id="read_views")
async def read_views(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> SavedViewList:
    """The shared views of a board, and one's own."""
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
    """Keep a view under a name."""
    answer = await idempotent.respond(
        db, lambda tx: saved_views.save_view(tx, actor, BoardId(board_id), data), 201
    )
    return json_response(answer.body, answer.status)


@delete("/views/{view_id:int}", operation_id="drop_view")
async def delete_view(view_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Remove a saved view."""
    async with db.begin() as tx:
        await saved_views.delete_view(tx, actor, view_id)


routes = [
    *entry_routes,
    *export_routes,
    *publishing_routes,
    read_all,
    create_board,
    read_board,
    change_board,
    appoint_curator,
    dismiss_curator,
    read_crossed,
    read_contributors,
    read_gap_claims,
    claim_gap,
    end_gap_claim,
    read_views,
    save_view,
    delete_view,
]
