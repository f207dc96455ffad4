"""Pages of entries: one entry with its history, adding and changing an entry, and the buttons of its page."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from boards.boards.boards import load_entry_context
from boards.curation import entries
from boards.evidence import verification
from boards.evidence.verification import OutdatedMark
from boards.lookup.entry_queries import read_versions, show_entry
from boards.lookup.lookup import get_board, get_entry
from boards.policy import ensure_can_change_entry, ensure_can_contribute
from boards.shapes import Entry, EntryChange, NewEntry
from boards.table.query_parameters import parse_where
from core import clock
from core.errors import Stale
from core.http import STATUS, PathId
from core.ids import BoardId, EntryId, PostId
from forum.files.file_types import MAX_FILE_SIZE
from forum.posts.post_pages import show_post
from pages.boards.entry_actions import ENTRY_ACTIONS
from pages.boards.entry_forms import fields_of, rebase_form, store_files, typed_of
from pages.boards.entry_page import load_entry, render_entry, render_entry_form, values_with
from pages.shell.context import PageContext
from pages.shell.forms import (
    BadButton,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect
from pages.shell.uploads import Upload, read_form_with_files
from storage.database import Reader, Transaction

# One file and the other fields of the form.
LARGEST_FORM = MAX_FILE_SIZE + 512 * 1024

Source = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
With = Annotated[list[str] | None, QueryParameter(name="with", max_items=40)]


@get("/b/{board_id:int}/entries/new", include_in_schema=False)
async def show_new_entry(
    board_id: PathId, context: NamedDependency[PageContext], given: With = None, source: Source = None
) -> Response[bytes]:
    """Show the form that adds an entry, with the given field values, or with a link to the source post."""
    typed: dict[str, list[str]] = {}
    for field, term in parse_where(given):
        typed.setdefault(f"f_{field}", []).append(term)
    if source:
        async with context.db.read() as tx:
            source_post = await show_post(tx, context.actor, PostId(source))
        typed |= {"source": [str(source)], "f_said": [f"/p/{source}"]} if source_post.html else {}
    return await render_entry_form(context, BoardId(board_id), None, Form(typed=typed))


@post("/b/{board_id:int}/entries/new", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def add_entry(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add an entry."""
    typed, uploads = await read_form_with_files(context.request)

    async def add(form: Form) -> Response[bytes]:
        form.typed = await _with_files(context, board_id, form.typed, uploads)

        async def verb(tx: Transaction) -> Entry:
            await get_board(tx, context.actor, BoardId(board_id))
            entry_context = await load_entry_context(tx, BoardId(board_id))
            source = number_in(text_in(form.typed, "source"))
            new = to_shape(NewEntry, {"fields": fields_of(entry_context, form.typed), "source": source})
            entry_id = await entries.add_entry(tx, context.actor, BoardId(board_id), new, context.screen)
            return await show_entry(tx, context.actor, entry_id)

        response = await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        entry_id = msgspec.json.decode(response.body, type=Entry).id
        return redirect(f"/b/{board_id}/entries/{entry_id}", done="added")

    page = partial(render_entry_form, context, BoardId(board_id), None)
    return await submit(Form(typed=typed), add, page)


@get("/b/{board_id:int}/entries/{entry_id:int}", include_in_schema=False)
async def show_entry_page(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show an entry; raise NotFound."""
    return await render_entry(context, BoardId(board_id), EntryId(entry_id), Form())


@get("/b/{board_id:int}/entries/{entry_id:int}/history", include_in_schema=False)
async def show_history(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the versions of an entry."""
    async with context.db.read() as tx:
        entry = await load_entry(tx, context, board_id, entry_id)
        versions = (await read_versions(tx, context.actor, EntryId(entry_id))).items
        entry_context = await load_entry_context(tx, BoardId(board_id))
    shown = [(one, values_with(entry_context, entry, one.fields)) for one in versions]
    return context.renderer.page(
        context.request,
        context.actor,
        "boards/entry_history.html",
        board_id=board_id,
        entry=entry,
        versions=shown,
    )


@get("/b/{board_id:int}/entries/{entry_id:int}/edit", include_in_schema=False)
async def show_edit(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the form that changes an entry."""
    async with context.db.read() as tx:
        entry = await load_entry(tx, context, board_id, entry_id)
        entry_context = await load_entry_context(tx, BoardId(board_id))
    return await render_entry_form(
        context, BoardId(board_id), entry, Form(typed=typed_of(entry_context, entry), version=entry.version)
    )


@post(
    "/b/{board_id:int}/entries/{entry_id:int}/edit",
    include_in_schema=False,
    request_max_body_size=LARGEST_FORM,
)
async def change_entry(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Change an entry; changes of other members in other fields are kept."""
    typed, uploads = await read_form_with_files(context.request)

    async def change(form: Form) -> Response[bytes]:
        form.typed = await _with_files(context, board_id, form.typed, uploads, entry_id)
        async with context.db.begin() as tx:
            await load_entry(tx, context, board_id, entry_id)
            entry_context = await load_entry_context(tx, BoardId(board_id))
            wanted = EntryChange(fields=fields_of(entry_context, form.typed))
            await entries.change_entry(
                tx, context.actor, EntryId(entry_id), wanted, form.version, context.screen
            )
        return redirect(f"/b/{board_id}/entries/{entry_id}", done="saved")

    form = Form(typed=typed, version=number_in(text_in(typed, "version")))
    return await submit(form, change, partial(_change_again, context, board_id, entry_id))


async def _change_again(
    context: PageContext, board_id: int, entry_id: int, form: Form, status: int
) -> Response[bytes]:
    is_stale = status == STATUS[Stale]
    async with context.db.read() as tx:
        entry = await load_entry(tx, context, board_id, entry_id)
        if is_stale:
            # The current values are shown above the form; sending the form again applies the member's changes to them.
            entry_context = await load_entry_context(tx, BoardId(board_id))
            started = await _fields_at(tx, context, EntryId(entry_id), form.version)
            form.typed = rebase_form(entry_context, form.typed, started, entry)
            form.version = entry.version
    return await render_entry_form(context, BoardId(board_id), entry, form, status, stale=is_stale)


@post("/b/{board_id:int}/entries/{entry_id:int}/act", include_in_schema=False)
async def apply_entry_action(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Apply a button of an entry's page: confirm, withdraw, restore, merge, decide, or request a change."""
    form = await form_of(context)
    action = ENTRY_ACTIONS.get(form.value("act"))
    if action is None:
        raise BadButton

    async def apply(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            await load_entry(tx, context, board_id, entry_id)
            await action(tx, context, EntryId(entry_id), form.typed)
        return redirect(f"/b/{board_id}/entries/{entry_id}")

    return await submit(form, apply, partial(render_entry, context, BoardId(board_id), EntryId(entry_id)))


@post("/b/{board_id:int}/entries/{entry_id:int}/age", include_in_schema=False)
async def verify_or_outdate(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Verify that an entry is still correct, or report it as outdated."""

    async def apply(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            await load_entry(tx, context, board_id, entry_id)
            if text_in(form.typed, "holds"):
                await verification.verify_entry(tx, context.actor, EntryId(entry_id))
            else:
                new = to_shape(OutdatedMark, {"reason": text_in(form.typed, "reason")})
                await verification.outdate_entry(tx, context.actor, EntryId(entry_id), new, context.screen)
        return redirect(f"/b/{board_id}/entries/{entry_id}")

    form = await form_of(context)
    form.action = "age"
    page = partial(render_entry, context, BoardId(board_id), EntryId(entry_id))
    return await submit(form, apply, page, let_through=(401, 403, 404))


async def _with_files(
    context: PageContext,
    board_id: int,
    typed: Typed,
    uploads: Mapping[str, Upload],
    entry_id: int | None = None,
) -> Typed:
    """Store the uploaded files if the actor can add or change the entry, and return the form with their ids."""
    if not uploads:
        return typed
    async with context.db.read() as tx:
        board = await get_board(tx, context.actor, BoardId(board_id))
        if entry_id is None:
            ensure_can_contribute(context.actor, board, clock.now())
        else:
            await load_entry(tx, context, board_id, entry_id)
            _, found = await get_entry(tx, context.actor, EntryId(entry_id))
            ensure_can_change_entry(context.actor, board, found, clock.now())
        entry_context = await load_entry_context(tx, BoardId(board_id))
    return await store_files(context, entry_context, typed, uploads)


async def _fields_at(
    tx: Reader, context: PageContext, entry_id: EntryId, version: int | None
) -> Mapping[str, Any]:
    versions = (await read_versions(tx, context.actor, entry_id)).items
    return next((one.fields for one in versions if one.version == version), {})


routes = [
    show_new_entry,
    add_entry,
    show_entry_page,
    show_history,
    show_edit,
    change_entry,
    apply_entry_action,
    verify_or_outdate,
]
