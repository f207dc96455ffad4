"""Tables that a curator brings to a board: looked at first, then applied."""

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
from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import BoardId
from pages.shell.context import PageContext
from pages.shell.forms import Form, read_form, text_in
from pages.shell.renderer import go_to
from pages.shell.uploads import read_upload


@get("/b/{board_id:int}/import", include_in_schema=False)
async def show_import_form(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Where a curator brings a table."""
    return await _import_form(context, BoardId(board_id), Form())


@post("/b/{board_id:int}/import", include_in_schema=False, request_max_body_size=MAX_IMPORT_SIZE)
async def bring_table(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Look at a table; nothing is changed yet."""
    async with context.db.read() as tx:
        ensure_can_curate(context.actor, await get_board(tx, context.actor, BoardId(board_id)), clock.now())
    try:
        upload = await read_upload(context.request, "file")
        new = NewImport(name=upload.name, content=upload.content)
        read = await imports.parse_upload(context.db, context.actor, BoardId(board_id), new)
        async with context.db.begin() as tx:
            looked = await imports.preview_import(tx, context.actor, BoardId(board_id), upload.name, read)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _import_form(context, BoardId(board_id), Form().refuse(refusal), status_of(refusal))
    return go_to(f"/b/{board_id}/import/{looked.id}")


@get("/b/{board_id:int}/import/{import_id:int}", include_in_schema=False)
async def show_import(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """What a table would change."""
    return await _import(context, BoardId(board_id), import_id, Form())


@post("/b/{board_id:int}/import/{import_id:int}", include_in_schema=False)
async def apply_import(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Do it, or look again."""
    typed = await read_form(context.request)
    verb = imports.refresh_preview if text_in(typed, "again") else imports.apply_import
    try:
        async with context.db.begin() as tx:
            await verb(tx, context.actor, import_id)
    except NotFound:
        raise
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _import(context, BoardId(board_id), import_id, form, status_of(refusal))
    return go_to(f"/b/{board_id}/import/{import_id}")


async def _import_form(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        ensure_can_curate(context.actor, await get_board(tx, context.actor, board_id), clock.now())
        sheet = await load_entry_context(tx, board_id)
    key = next((field.label for field in sheet.form.fields if field.key == board.key_field), "its title")
    facts = {
        "board": board,
        "form": form,
        "fields": [one for one in sheet.form.fields if not one.retired],
        "known_by": key,
    }
    return context.renderer.page(context.request, context.actor, "boards/import.html", status, **facts)


async def _import(
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


routes = [show_import_form, bring_table, show_import, apply_import]
