"""HTTP routes of imports."""

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from boards.imports import application, imports
from boards.imports.shapes import Import, ImportOptions, NewImport
from core.actor import Actor
from core.http import PathId, documented_response, json_response
from core.ids import BoardId
from storage.database import Database
from storage.idempotency import IdempotentRequest

# A file of 5 MB in base64, and the JSON around it (bytes).
MAX_IMPORT_SIZE = 8 * 1024 * 1024


@post(
    "/boards/{board_id:int}/imports",
    responses=documented_response(201, Import),
    request_max_body_size=MAX_IMPORT_SIZE,
    operation_id="look_at_table",
)
async def preview_import(
    board_id: PathId,
    data: JSONBody[NewImport],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
) -> Response[bytes]:
    """Parse a file and return a preview of the changes; nothing is changed yet.

    Columns belong to the fields that were chosen for columns of the same name before, or that have their name. What the
    file leaves open is in `questions`; change the options to answer.
    """
    board = BoardId(board_id)
    table = await imports.parse_upload(db, actor, board, data)
    answer = await idempotent.respond(
        db, lambda tx: imports.preview_import(tx, actor, board, data, table), 201
    )
    return json_response(answer.body, answer.status)


@get("/imports/{import_id:int}", operation_id="read_import")
async def read_import(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """Return an import with its preview."""
    async with db.read() as tx:
        return await imports.show_import(tx, actor, import_id)


@post("/imports/{import_id:int}/look", status_code=200, operation_id="look_again_at_table")
async def refresh_preview(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """Compute the preview again with the current entries."""
    async with db.begin() as tx:
        return await imports.refresh_preview(tx, actor, import_id)


@put("/imports/{import_id:int}/options", operation_id="change_import_options")
async def change_options(
    import_id: PathId,
    data: JSONBody[ImportOptions],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
) -> Import:
    """Choose to which fields the columns belong and how the file is read; return the new preview.

    The options replace those before. The board remembers the columns for the next table.
    """
    table = await imports.parse_again(db, actor, import_id, data)
    async with db.begin() as tx:
        return await imports.change_options(tx, actor, import_id, data, table)


@put("/imports/{import_id:int}/application", operation_id="apply_import")
async def apply_import(
    import_id: PathId,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    skip_wrong: FromQuery[bool] = False,
) -> Import:
    """Apply all changes of the preview in one transaction.

    With `skip_wrong`, rows with errors are left out and stay listed; otherwise one of them refuses the import.
    """
    async with db.begin() as tx:
        return await application.apply_import(tx, actor, import_id, skip_wrong=skip_wrong)


routes = [
    preview_import,
    read_import,
    refresh_preview,
    change_options,
    apply_import,
]
