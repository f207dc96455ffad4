"""Pages on which curators import a table into a board: uploading it, mapping its columns, previewing and applying it."""

from functools import partial
from typing import get_args

from litestar import Response, get, post
from litestar.di import NamedDependency

from boards.boards.boards import load_entry_context
from boards.entries.references import label_references
from boards.forms import active_fields
from boards.imports import application, imports
from boards.imports.routes import MAX_IMPORT_SIZE
from boards.imports.shapes import EncodingName, FileRow, Import, ImportOptions, NewImport
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_curate
from boards.shapes import Field
from core import clock
from core.errors import NotFound
from core.http import PathId, content_disposition
from core.ids import BoardId
from core.languages.formats import list_in
from core.languages.texts import current_language, gettext
from forum.text.excerpts import cut_words
from pages.boards import import_view
from pages.boards.board_view import list_of_names
from pages.shell.context import PageContext
from pages.shell.forms import Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.renderer import redirect
from pages.shell.uploads import read_upload
from storage.database import Reader

# Thousands of rows would take seconds to show; the file of the rows with errors has all of these.
MAX_LINES_SHOWN = 300


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
            made = await imports.preview_import(tx, context.actor, BoardId(board_id), new, table)
        # What could not be recognized is asked before the preview.
        is_open = made.left_out or made.questions or len(made.sheets) > 1
        return redirect(f"/b/{board_id}/import/{made.id}{'/columns' if is_open else ''}")

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
    """Apply an import, all of it or the rows without errors, or refresh its preview."""

    async def apply(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            if text_in(form.typed, "again"):
                await imports.refresh_preview(tx, context.actor, import_id)
            else:
                skip_wrong = bool(text_in(form.typed, "skip"))
                await application.apply_import(tx, context.actor, import_id, skip_wrong=skip_wrong)
        return redirect(f"/b/{board_id}/import/{import_id}")

    page = partial(_preview_page, context, BoardId(board_id), import_id)
    return await submit(await form_of(context), apply, page)


@get("/b/{board_id:int}/import/{import_id:int}/columns", include_in_schema=False)
async def show_columns(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the form that maps the columns of an import to fields; raise NotFound."""
    return await _columns_page(context, BoardId(board_id), import_id, Form())


@post("/b/{board_id:int}/import/{import_id:int}/columns", include_in_schema=False)
async def change_columns(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Map the columns of an import to fields, or read its file in another way."""

    async def change(form: Form) -> Response[bytes]:
        async with context.db.read() as tx:
            shown = await _find_import(tx, context, BoardId(board_id), import_id)
        options = _options_in(form.typed, shown)
        table = await imports.parse_again(context.db, context.actor, import_id, options)
        async with context.db.begin() as tx:
            changed = await imports.change_options(tx, context.actor, import_id, options, table)
        if table is None and not any(column.field for column in changed.columns):
            raise application.NothingMatches
        # A file that was read again may have other columns, and without any column there is nothing to preview.
        return redirect(f"/b/{board_id}/import/{import_id}{'' if table is None else '/columns'}")

    page = partial(_columns_page, context, BoardId(board_id), import_id)
    return await submit(await form_of(context), change, page)


@get("/b/{board_id:int}/import/{import_id:int}/wrong-rows.csv", include_in_schema=False)
async def download_wrong_rows(
    board_id: PathId, import_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return the rows with errors for correction; raise NotFound."""
    async with context.db.read() as tx:
        await _find_import(tx, context, BoardId(board_id), import_id)
        content = await application.export_wrong_rows(tx, context.actor, import_id)
    headers = {
        "Content-Disposition": content_disposition("attachment", "wrong-rows.csv"),
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type="text/csv", headers=headers)


def _options_in(typed: Typed, shown: Import) -> ImportOptions:
    """Return the options of the form, in which the columns of the import are numbered."""
    columns = {
        column.name: text_in(typed, f"column{number}") or None
        for number, column in enumerate(shown.columns, 1)
        if f"column{number}" in typed
    }
    facts = {name: text_in(typed, name) or None for name in ("dates", "decimals", "encoding", "sheet")}
    heading = number_in(text_in(typed, "heading"))
    # What is as it was recognized is not chosen.
    if facts["encoding"] == shown.encoding and not any(one.what == "encoding" for one in shown.questions):
        facts["encoding"] = shown.options.encoding
    if heading == shown.heading:
        heading = shown.options.heading
    if facts["sheet"] in (None, shown.sheet):
        facts["sheet"] = shown.options.sheet
    return to_shape(ImportOptions, {**facts, "columns": columns, "heading": heading})


async def _find_import(tx: Reader, context: PageContext, board_id: BoardId, import_id: int) -> Import:
    shown = await imports.show_import(tx, context.actor, import_id)
    if shown.board != board_id:
        raise NotFound
    return shown


async def _columns_page(
    context: PageContext, board_id: BoardId, import_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        shown = await _find_import(tx, context, board_id, import_id)
        board = await show_board(tx, context.actor, board_id)
        fields = active_fields((await load_entry_context(tx, board_id)).form)
    if not form.typed:
        form.typed = _typed_of(shown)
    facts = {
        "board": board,
        "looked": shown,
        "form": form,
        "fields": [(one.key, _field_name(one)) for one in fields],
        "asked": {question.what: question.example for question in shown.questions},
        "headings": [(row.number, _heading_label(row)) for row in shown.first_rows],
        "encodings": [(name, name) for name in get_args(EncodingName)],
        "sheets": [(name, name) for name in shown.sheets],
    }
    return context.renderer.page(
        context.request, context.actor, "boards/import_columns.html", status, **facts
    )


def _typed_of(shown: Import) -> Typed:
    options = shown.options
    chosen = {
        "dates": options.dates,
        "decimals": options.decimals,
        "encoding": shown.encoding,
        "heading": str(shown.heading),
        "sheet": shown.sheet,
    }
    columns = {f"column{number}": column.field for number, column in enumerate(shown.columns, 1)}
    return {name: [value or ""] for name, value in (chosen | columns).items()}


def _field_name(field: Field) -> str:
    return gettext("%(field)s (required)", field=field.label) if field.required else field.label


def _heading_label(row: FileRow) -> str:
    cells = list_in(current_language(), [cell for cell in row.cells if cell], "unit")
    return cut_words(gettext("Row %(number)s: %(cells)s", number=row.number, cells=cells), 80)


async def _upload_page(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        ensure_can_curate(context.actor, await get_board(tx, context.actor, board_id), clock.now())
        entry_context = await load_entry_context(tx, board_id)
    key = next((field.label for field in entry_context.form.fields if field.key == board.key_field), "")
    facts = {
        "board": board,
        "form": form,
        "fields": list_of_names([one.label for one in active_fields(entry_context.form)]),
        "known_by": key,
    }
    return context.renderer.page(context.request, context.actor, "boards/import.html", status, **facts)


async def _preview_page(
    context: PageContext, board_id: BoardId, import_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        looked = await _find_import(tx, context, board_id, import_id)
        board = await show_board(tx, context.actor, board_id)
        # Rows with errors are first, because they have to be read.
        lines = sorted(
            (one for one in looked.lines if one.what != "same"), key=lambda one: one.what != "wrong"
        )
        entry_context = await load_entry_context(tx, board_id)
        named = await label_references(tx, context.actor, import_view.keys_in(lines[:MAX_LINES_SHOWN]))
    facts = {
        "board": board,
        "looked": looked,
        "form": form,
        "lines": [
            (one, import_view.shown_changes(entry_context, one, named)) for one in lines[:MAX_LINES_SHOWN]
        ],
        "left_out": list_of_names(looked.left_out) if looked.left_out else "",
        "more": max(len(lines) - MAX_LINES_SHOWN, 0),
        "is_mapped": any(column.field for column in looked.columns),
    }
    return context.renderer.page(
        context.request, context.actor, "boards/import_preview.html", status, **facts
    )


routes = [
    show_import_form,
    upload_table,
    show_import,
    apply_import,
    show_columns,
    change_columns,
    download_wrong_rows,
]
