"""The HTTP side of what comes in and goes out as a whole: imports, editions; and of what grows old."""

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from boards.editions import editions
from boards.editions.editions import EditionDetail, EditionList, NewEdition
from boards.evidence import verification
from boards.evidence.verification import OutdatedMark
from boards.imports import imports
from boards.imports.shapes import Import, NewImport
from boards.lookup.entry_queries import show_entry
from boards.shapes import Entry
from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import BoardId, EntryId
from storage.database import Database, Transaction
from storage.idempotency import IdempotentRequest

# Five megabytes in base64, and its frame.
LARGEST_IMPORT = 8 * 1024 * 1024


@post(
    "/boards/{board_id:int}/imports",
    responses=documented_response(201, Import),
    request_max_body_size=LARGEST_IMPORT,
    operation_id="look_at_table",
)
async def preview_import(
    board_id: PathId,
    data: JSONBody[NewImport],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Say what a table would change; nothing is changed yet."""
    board = BoardId(board_id)
    read = await imports.read_table(db, actor, board, data)
    answer = await idempotent.respond(
        db, lambda tx: imports.preview_import(tx, actor, board, data.name, read), 201
    )
    return json_response(answer.body, answer.status)


@get("/imports/{import_id:int}", operation_id="read_import")
async def read_import(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """A table as it was looked at."""
    async with db.read() as tx:
        return await imports.show_import(tx, actor, import_id)


@post("/imports/{import_id:int}/look", status_code=200, operation_id="look_again_at_table")
async def refresh_preview(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """Say what it would change now."""
    async with db.begin() as tx:
        return await imports.refresh_preview(tx, actor, import_id)


@put("/imports/{import_id:int}/application", operation_id="apply_import")
async def apply_import(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """Change what was looked at, wholly or not at all."""
    async with db.begin() as tx:
        return await imports.apply_import(tx, actor, import_id)


@get("/boards/{board_id:int}/editions", operation_id="read_editions")
async def read_editions(
    board_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EditionList:
    """What was published of a board, the latest first."""
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
    """Publish the board as it stands, for good."""

    async def verb(tx: Transaction) -> EditionDetail:
        number = await editions.publish_edition(tx, actor, BoardId(board_id), data)
        return await editions.show_edition(tx, actor, BoardId(board_id), number)

    answer = await idempotent.respond(db, verb, 201)
    return json_response(answer.body, answer.status)


@get("/boards/{board_id:int}/editions/{number:int}", operation_id="read_edition")
async def read_edition(
    board_id: PathId, number: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> EditionDetail:
    """One edition, with what it changed."""
    async with db.read() as tx:
        return await editions.show_edition(tx, actor, BoardId(board_id), number)


@put("/entries/{entry_id:int}/verification", operation_id="verify_entry")
async def verify_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """Say that an entry still holds."""
    async with db.begin() as tx:
        await verification.verify_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/outdating", operation_id="outdate_entry")
async def outdate_entry(
    entry_id: PathId,
    data: JSONBody[OutdatedMark],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Entry:
    """Say that an entry is outdated, and why."""
    async with db.begin() as tx:
        await verification.outdate_entry(tx, actor, EntryId(entry_id), data)
        return await show_entry(tx, actor, EntryId(entry_id))


routes = [
    preview_import,
    read_import,
    refresh_preview,
    apply_import,
    read_editions,
    publish_edition,
    read_edition,
    verify_entry,
    outdate_entry,
]
