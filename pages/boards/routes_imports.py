"""Pages on which curators import a table into a board: uploading, previewing and applying it."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from boards.boards.boards import load_entry_context
from boards.imports import imports
from boards.imports.routes import MAX_IMPORT_SIZE
from boards.imports.shapes import NewImport
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_curate
from core import clock
from core.errors import NotFound
from core.http import PathId
from core.ids import BoardId
from pages.shell.context import PageContext
from pages.shell.forms import Form, form_of, submit, text_in
from pages.shell.renderer import redirect
from pages.shell.uploads import read_upload


@get("/b/{board_id:int}/import", include_in_schema=False)
async def show_import_form(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that uploads a table."""
    return await _upload_page(context, BoardId(board_id), Form())


@post("/b/{board_id:int}/import", include_in_schema=False, request_max_body_size=MAX_IMPORT_SIZE)
async def upload_table(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Read a table and redirect to its preview; entries are not changed."""
    async with context.db.read() as tx:
        ensure_can_curate(context.actor, await get_board(tx, context.actor, BoardId(board_id)), clock.now())

    async def preview(_: Form) -> Response[bytes]:
        upload = await read_upload(context.request, "file")
        new = NewImport(name=upload.name, content=upload.content)
        table = await imports.parse_upload(context.db, context.actor, BoardId(board_id), new)
        async with context.db.begin() as tx:
            made = await imports.preview_import(tx, context.actor, BoardId(board_id), upload.name, table)
        return redirect(f"/b/{board_id}/import/{made.id}")

    return await submit(Form(), preview, partial(_upload_page, context, BoardId(board_id)))


@get("/b/{board_id:int}/import/{import_id:int}", include_in_schema=False)
async def show_import(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the preview of an import; raise NotFound."""
    return await _preview_page(context, BoardId(board_id), import_id, Form())


@post("/b/{board_id:int}/import/{import_id:int}", include_in_schema=False)
async def apply_import(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Apply an import, or refresh its preview."""

    async def apply(form: Form) -> Response[bytes]:
        verb = imports.refresh_preview if text_in(form.typed, "again") else imports.apply_import
        async with context.db.begin() as tx:
            await verb(tx, context.actor, import_id)
        return redirect(f"/b/{board_id}/import/{import_id}")

    page = partial(_preview_page, context, BoardId(board_id), import_id)
    return await submit(await form_of(context), apply, page)


async def _upload_page(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        ensure_can_curate(context.actor, await get_board(tx, context.actor, board_id), clock.now())
        entry_context = await load_entry_context(tx, board_id)
    key = next(
        (field.label for field in entry_context.form.fields if field.key == board.key_field), "their title"
    )
    facts = {
        "board": board,
        "form": form,
        "fields": [one for one in entry_context.form.fields if not one.retired],
        "known_by": key,
    }
    return context.renderer.page(context.request, context.actor, "boards/import.html", status, **facts)


async def _preview_page(
    context: PageContext, board_id: BoardId, import_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        looked = await imports.show_import(tx, context.actor, import_id)
        if looked.board != board_id:
            raise NotFound
        board = await show_board(tx, context.actor, board_id)
    facts = {"board": board, "looked": looked, "form": form}
    return context.renderer.page(
        context.request, context.actor, "boards/import_preview.html", status, **facts
    )


routes = [show_import_form, upload_table, show_import, apply_import]
