"""HTTP routes of imports."""

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from boards.imports import imports
from boards.imports.shapes import Import, NewImport
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
    """Parse a file and return a preview of the changes; nothing is changed yet."""
    board = BoardId(board_id)
    table = await imports.parse_upload(db, actor, board, data)
    answer = await idempotent.respond(
        db, lambda tx: imports.preview_import(tx, actor, board, data.name, table), 201
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


@put("/imports/{import_id:int}/application", operation_id="apply_import")
async def apply_import(
    import_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Import:
    """Apply all changes of the preview in one transaction."""
    async with db.begin() as tx:
        return await imports.apply_import(tx, actor, import_id)


routes = [
    preview_import,
    read_import,
    refresh_preview,
    apply_import,
]
