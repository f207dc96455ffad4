"""The HTTP side of entries: the table, adding, changing, backing, merging, deciding."""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from boards.boards.boards import load_entry_context
from boards.curation import dispositions, entries, merging
from boards.curation.dispositions import ChangeRequest, NewDisposition, NewRequest, RequestList, RequestState
from boards.lookup.entry_queries import read_versions, show_entries, show_entry
from boards.lookup.lookup import get_board
from boards.shapes import (
    Confirmation,
    ConfirmationKind,
    Entry,
    EntryChange,
    EntryList,
    EntryPage,
    EntryVersions,
    Merger,
    NewEntry,
)
from boards.table.table import Disposition, EntryFilter, find_similar, read_table
from core.actor import Actor
from core.http import Cursor, IfMatch, PathId, documented_response, json_response, version_in
from core.ids import BoardId, EntryId
from forum.writing.replies import Replies
from storage.cache import VersionedCache
from storage.database import Database, Transaction
from storage.event_log import Stream, read_head
from storage.idempotency import IdempotentRequest

Key = Annotated[str | None, QueryParameter(max_length=40)]
Term = Annotated[str | None, QueryParameter(max_length=100)]
Where = Annotated[
    list[str] | None, QueryParameter(max_items=40, description="field:term, as often as wanted")
]
Words = Annotated[str, QueryParameter(max_length=200)]
Sort = Annotated[str, QueryParameter(max_length=40, description="a column, or the key of a field")]
Title = Annotated[str, QueryParameter(max_length=300)]


@get("/boards/{board_id:int}/entries", operation_id="read_entries")
async def read_entries(
    board_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    cache: NamedDependency[VersionedCache],
    where: Where = None,
    q: Words = "",
    sort: Sort = "number",
    desc: FromQuery[bool] = False,
    disposition: FromQuery[Disposition | None] = None,
    outdated: FromQuery[bool] = False,
    after: Cursor = None,
) -> EntryPage:
    """One page of a board's table."""
    asked = EntryFilter(
        where=pairs(where),
        words=q,
        sort=sort,
        descending=desc,
        disposition=disposition,
        outdated=outdated,
        after=after,
    )
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        sheet = await load_entry_context(tx, BoardId(board_id))
        channel = f"board:{board_id}"
        stream = Stream(channel, db.epoch, await read_head(tx, channel))
        return await read_table(tx, actor, sheet, asked, stream, cache)


@get("/boards/{board_id:int}/similar", operation_id="read_similar_entries")
async def read_similar(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database], title: Title = ""
) -> EntryList:
    """Entries that are called something like this, before somebody adds a twin."""
    async with db.read() as tx:
        await get_board(tx, actor, BoardId(board_id))
        ids = await find_similar(tx, BoardId(board_id), title)
        found = await show_entries(tx, actor, ids)
        return EntryList([found[id] for id in ids if id in found])


@post("/boards/{board_id:int}/entries", responses=documented_response(201, Entry), operation_id="add_entry")
async def add_entry(
    board_id: PathId,
    data: JSONBody[NewEntry],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
) -> Response[bytes]:
    """Add an entry, also from a post or a live question."""

    async def verb(tx: Transaction) -> Entry:
        entry_id = await entries.add_entry(tx, actor, BoardId(board_id), data, replies.screen)
        return await show_entry(tx, actor, entry_id)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/entries/{entry_id:int}", operation_id="read_entry")
async def read_entry(entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Entry:
    """One entry."""
    async with db.read() as tx:
        return await show_entry(tx, actor, EntryId(entry_id))


@get("/entries/{entry_id:int}/versions", operation_id="read_entry_versions")
async def read_entry_versions(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EntryVersions:
    """All that an entry has said, newest first."""
    async with db.read() as tx:
        return await read_versions(tx, actor, EntryId(entry_id))


@patch("/entries/{entry_id:int}", responses=documented_response(200, Entry), operation_id="change_entry")
async def change_entry(
    entry_id: PathId,
    data: JSONBody[EntryChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    replies: NamedDependency[Replies],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change fields. With the version one started from, what others changed in other fields meanwhile stays."""

    async def verb(tx: Transaction) -> Entry:
        version = version_in(if_match)
        await entries.change_entry(tx, actor, EntryId(entry_id), data, version, replies.screen)
        return await show_entry(tx, actor, EntryId(entry_id))

    answer = await idempotent.respond(db, verb)
    return json_response(answer.body, answer.status)


@delete("/entries/{entry_id:int}", status_code=200, operation_id="withdraw_entry")
async def withdraw_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Take one's entry off the board."""
    async with db.begin() as tx:
        await entries.withdraw_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@delete("/entries/{entry_id:int}/withdrawal", status_code=200, operation_id="restore_entry")
async def restore_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Bring one's withdrawn entry back."""
    async with db.begin() as tx:
        await entries.restore_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/confirmations/{confirmation:str}", operation_id="confirm_entry")
async def confirm_entry(
    entry_id: PathId,
    confirmation: FromPath[ConfirmationKind],
    data: JSONBody[Confirmation],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Entry:
    """Say that one does this too, or can confirm it."""
    async with db.begin() as tx:
        await entries.confirm_entry(tx, actor, EntryId(entry_id), confirmation, data.note, replies.screen)
        return await show_entry(tx, actor, EntryId(entry_id))


@delete(
    "/entries/{entry_id:int}/confirmations/{confirmation:str}",
    status_code=200,
    operation_id="unconfirm_entry",
)
async def unconfirm_entry(
    entry_id: PathId,
    confirmation: FromPath[ConfirmationKind],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Entry:
    """Take that back."""
    async with db.begin() as tx:
        await entries.unconfirm_entry(tx, actor, EntryId(entry_id), confirmation)
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/merger", operation_id="merge_entry")
async def merge_entry(
    entry_id: PathId, data: JSONBody[Merger], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Let an entry live on in another; answered with the other."""
    async with db.begin() as tx:
        await merging.merge_entry(tx, actor, EntryId(entry_id), EntryId(data.into))
        return await show_entry(tx, actor, EntryId(data.into))


@delete("/entries/{entry_id:int}/merger", status_code=200, operation_id="separate_entry")
async def separate_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Take a merge back."""
    async with db.begin() as tx:
        await merging.separate_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/disposition", operation_id="dispose_entry")
async def set_disposition(
    entry_id: PathId,
    data: JSONBody[NewDisposition],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    if_match: IfMatch = None,
) -> Entry:
    """Say what becomes of an entry, and why."""
    async with db.begin() as tx:
        await dispositions.set_disposition(tx, actor, EntryId(entry_id), data, version_in(if_match))
        return await show_entry(tx, actor, EntryId(entry_id))


@get("/entries/{entry_id:int}/requests", operation_id="read_change_requests")
async def read_change_requests(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RequestList:
    """What curators ask of those who contributed."""
    async with db.read() as tx:
        return await dispositions.read_requests(tx, actor, EntryId(entry_id))


@post(
    "/entries/{entry_id:int}/requests",
    responses=documented_response(201, ChangeRequest),
    operation_id="request_change",
)
async def request_change(
    entry_id: PathId,
    data: JSONBody[NewRequest],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Ask those who contributed for something."""
    answer = await idempotent.respond(
        db, lambda tx: dispositions.request_change(tx, actor, EntryId(entry_id), data), 201
    )
    return json_response(answer.body, answer.status)


@put("/change-requests/{request_id:int}/state", operation_id="settle_request")
async def set_request_state(
    request_id: PathId,
    data: JSONBody[RequestState],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> ChangeRequest:
    """Say where a request stands."""
    async with db.begin() as tx:
        return await dispositions.set_request_state(tx, actor, request_id, data)


def pairs(where: list[str] | None) -> tuple[tuple[str, str], ...]:
    """`field:term` as the two of them; what has no colon asks for nothing."""
    split = (one.partition(":") for one in where or ())
    return tuple((field, term) for field, colon, term in split if colon)


routes = [
    read_entries,
    read_similar,
    add_entry,
    read_entry,
    read_entry_versions,
    change_entry,
    withdraw_entry,
    restore_entry,
    confirm_entry,
    unconfirm_entry,
    merge_entry,
    separate_entry,
    set_disposition,
    read_change_requests,
    request_change,
    set_request_state,
]
