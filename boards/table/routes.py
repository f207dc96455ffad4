"""HTTP routes of a board's table: entries, similar entries, the matrix, contributors and gap claims."""

from typing import Annotated

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from boards.boards.boards import load_entry_context
from boards.lookup.board_queries import show_board
from boards.lookup.contributors import GroupShare, count_contributors
from boards.lookup.entry_queries import show_entries
from boards.lookup.lookup import get_board
from boards.shapes import Disposition, EntryList, EntryPage
from boards.table import gaps
from boards.table.gaps import GapClaim, GapClaimList, NewGapClaim
from boards.table.matrix import Matrix, read_cached_matrix
from boards.table.query_parameters import (
    FieldKeyParameter,
    SearchParameter,
    SortParameter,
    TermParameter,
    WhereParameter,
    parse_where,
)
from boards.table.table import EntryFilter, find_similar, read_table
from core.actor import Actor
from core.http import Cursor, PathId, documented_response, json_response
from core.ids import BoardId
from storage.cache import VersionedCache
from storage.database import Database
from storage.event_log import Stream, read_head
from storage.idempotency import IdempotentRequest

Title = Annotated[str, QueryParameter(max_length=300)]


@get("/boards/{board_id:int}/entries", operation_id="read_entries")
async def read_entries(
    board_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    where: WhereParameter = None,
    q: SearchParameter = "",
    sort: SortParameter = "number",
    desc: FromQuery[bool] = False,
    disposition: FromQuery[Disposition | None] = None,
    outdated: FromQuery[bool] = False,
    after: Cursor = None,
) -> EntryPage:
    """Return one page of a board's table."""
    entry_filter = EntryFilter(
        where=parse_where(where),
        words=q,
        sort=sort,
        descending=desc,
        disposition=disposition,
        outdated=outdated,
        after=after,
    )
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        context = await load_entry_context(tx, BoardId(board_id))
        channel = f"board:{board_id}"
        stream = Stream(channel, db.epoch, await read_head(tx, channel))
        return await read_table(tx, actor, context, entry_filter, stream, cache)


@get("/boards/{board_id:int}/similar", operation_id="read_similar_entries")
async def read_similar_entries(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database], title: Title = ""
) -> EntryList:
    """Return entries with similar titles, so that a member can avoid adding a duplicate."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        ids = await find_similar(tx, BoardId(board_id), title)
        found = await show_entries(tx, actor, ids)
        return EntryList([found[id] for id in ids if id in found])


@get("/boards/{board_id:int}/matrix", operation_id="read_matrix")
async def read_board_matrix(
    board_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    rows: FieldKeyParameter = None,
    columns: FieldKeyParameter = None,
    within: TermParameter = None,
    where: WhereParameter = None,
    q: SearchParameter = "",
    disposition: FromQuery[Disposition | None] = None,
) -> Matrix:
    """Return the matrix of two fields, by default the first two that a matrix can have.

    With `within`, the rows are the terms below that term.
    """
    entry_filter = EntryFilter(where=parse_where(where), words=q, disposition=disposition)
    async with db.read() as tx:
        board = await show_board(tx, actor, BoardId(board_id), db.epoch)
        context = await load_entry_context(tx, BoardId(board_id))
        return await read_cached_matrix(
            tx, context, entry_filter, (rows, columns), within, board.stream, cache
        )


@get("/boards/{board_id:int}/contributors", operation_id="read_contributors")
async def read_contributors(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> list[GroupShare]:
    """Return the minimum number of contributors by stakeholder group; groups under five are left out."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        return await count_contributors(tx, BoardId(board_id))


@get("/boards/{board_id:int}/gap-claims", operation_id="read_gap_claims")
async def read_gap_claims(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> GapClaimList:
    """Return which members look into which gaps."""
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
    """State that the caller looks into a gap for thirty days; repeating the call prolongs the claim."""
    answer = await idempotent.respond(db, lambda tx: gaps.claim_gap(tx, actor, BoardId(board_id), data), 201)
    return json_response(answer.body, answer.status)


@delete("/gap-claims/{claim_id:int}", operation_id="end_gap_claim")
async def end_gap_claim(
    claim_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """End a gap claim."""
    async with db.begin() as tx:
        await gaps.end_gap_claim(tx, actor, claim_id)


routes = [
    read_entries,
    read_similar_entries,
    read_board_matrix,
    read_contributors,
    read_gap_claims,
    claim_gap,
    end_gap_claim,
]
