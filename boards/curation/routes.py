"""HTTP routes of entries: changes, confirmations, merges, dispositions and change requests."""

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from boards.curation import change_requests, confirmations, dispositions, entries, merging
from boards.curation.change_requests import ChangeRequest, NewRequest, RequestList, RequestState
from boards.curation.dispositions import NewDisposition
from boards.lookup.entry_queries import read_versions, show_entry
from boards.shapes import Confirmation, ConfirmationKind, Entry, EntryChange, EntryVersions, Merger, NewEntry
from core.actor import Actor
from core.http import IfMatch, PathId, documented_response, json_response, version_in
from core.ids import BoardId, EntryId
from forum.writing.replies import Replies
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest


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
    """Return one entry."""
    async with db.read() as tx:
        return await show_entry(tx, actor, EntryId(entry_id))


@get("/entries/{entry_id:int}/versions", operation_id="read_entry_versions")
async def read_entry_versions(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EntryVersions:
    """Return all versions of an entry, newest first."""
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
    """Change field values of an entry; with `If-Match`, changes by others to other fields are kept."""

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
    """Withdraw the caller's own entry."""
    async with db.begin() as tx:
        await entries.withdraw_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@delete("/entries/{entry_id:int}/withdrawal", status_code=200, operation_id="restore_entry")
async def restore_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Restore the caller's own withdrawn entry."""
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
    """State that the caller does what the entry says, or can confirm it."""
    async with db.begin() as tx:
        await confirmations.confirm_entry(
            tx, actor, EntryId(entry_id), confirmation, data.note, replies.screen
        )
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
    """Withdraw the caller's confirmation."""
    async with db.begin() as tx:
        await confirmations.unconfirm_entry(tx, actor, EntryId(entry_id), confirmation)
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/merger", operation_id="merge_entry")
async def merge_entry(
    entry_id: PathId, data: JSONBody[Merger], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Merge an entry into another one and return the other one."""
    async with db.begin() as tx:
        await merging.merge_entry(tx, actor, EntryId(entry_id), EntryId(data.into))
        return await show_entry(tx, actor, EntryId(data.into))


@delete("/entries/{entry_id:int}/merger", status_code=200, operation_id="separate_entry")
async def separate_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Undo a merge."""
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
    """Set the disposition of an entry, with its reason."""
    async with db.begin() as tx:
        await dispositions.set_disposition(tx, actor, EntryId(entry_id), data, version_in(if_match))
        return await show_entry(tx, actor, EntryId(entry_id))


@get("/entries/{entry_id:int}/requests", operation_id="read_change_requests")
async def read_change_requests(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> RequestList:
    """Return the change requests of an entry."""
    async with db.read() as tx:
        return await change_requests.read_requests(tx, actor, EntryId(entry_id))


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
    """Ask the contributors of an entry for a change."""
    answer = await idempotent.respond(
        db, lambda tx: change_requests.request_change(tx, actor, EntryId(entry_id), data), 201
    )
    return json_response(answer.body, answer.status)


@put("/change-requests/{request_id:int}/state", operation_id="settle_request")
async def set_request_state(
    request_id: PathId,
    data: JSONBody[RequestState],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> ChangeRequest:
    """Set the state of a change request."""
    async with db.begin() as tx:
        return await change_requests.set_request_state(tx, actor, request_id, data)


routes = [
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
