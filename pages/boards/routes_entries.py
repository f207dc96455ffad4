"""An entry's pages: what it says and who stands behind it, adding and changing one, and what can be done with it."""

from collections.abc import Mapping
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
from core.errors import Invalid, NotFound, Refusal, Stale, TooBig
from core.http import PathId, status_of
from core.ids import BoardId, EntryId, PostId
from forum.files.uploads import MAX_FILE_SIZE
from forum.posts.post_pages import show_post
from pages.boards.entry_actions import VERBS
from pages.boards.entry_forms import fields_of, rebased, stored, typed_of
from pages.boards.entry_page import load_entry, render_entry, render_entry_form, values_with
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, Form, Typed, number_in, once_of, read_form, text_in, to_shape
from pages.shell.renderer import go_to
from pages.shell.uploads import Upload, read_form_with_files
from storage.database import Reader, Transaction

# A file, and what stands around it.
LARGEST_FORM = MAX_FILE_SIZE + 512 * 1024

Source = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
With = Annotated[list[str] | None, QueryParameter(name="with", max_items=40)]


@get("/b/{board_id:int}/entries/new", include_in_schema=False)
async def show_new_entry(
    board_id: PathId, context: NamedDependency[PageContext], given: With = None, source: Source = None
) -> Response[bytes]:
    """The form that adds an entry; some of it filled in, or made from a post."""
    typed: dict[str, list[str]] = {}
    for field, term in parse_where(given):
        typed.setdefault(f"f_{field}", []).append(term)
    if source:
        async with context.db.read() as tx:
            told = await show_post(tx, context.actor, PostId(source))
        typed |= {"source": [str(source)], "f_said": [f"/p/{source}"]} if told.html else {}
    return await render_entry_form(context, BoardId(board_id), None, Form(typed=typed))


@post("/b/{board_id:int}/entries/new", include_in_schema=False, request_max_body_size=LARGEST_FORM)
async def add_entry(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add an entry."""
    typed, uploads = await read_form_with_files(context.request)
    try:
        typed = await _with_files(context, board_id, typed, uploads)
    except (Invalid, TooBig) as refusal:
        return await render_entry_form(
            context, BoardId(board_id), None, Form(typed=typed).refuse(refusal), status_of(refusal)
        )

    async def verb(tx: Transaction) -> Entry:
        await get_board(tx, context.actor, BoardId(board_id))
        sheet = await load_entry_context(tx, BoardId(board_id))
        given = {"fields": fields_of(sheet, typed), "source": number_in(text_in(typed, "source"))}
        entry_id = await entries.add_entry(
            tx, context.actor, BoardId(board_id), to_shape(NewEntry, given), context.screen
        )
        return await show_entry(tx, context.actor, entry_id)

    try:
        answer = await once_of(context.request, context.actor, typed).respond(context.db, verb, 201)
    except NotFound:
        raise
    except Refusal as refusal:
        return await render_entry_form(
            context, BoardId(board_id), None, Form(typed=typed).refuse(refusal), status_of(refusal)
        )
    return go_to(f"/b/{board_id}/entries/{msgspec.json.decode(answer.body, type=Entry).id}", done="added")


@get("/b/{board_id:int}/entries/{entry_id:int}", include_in_schema=False)
async def show_one(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """An entry."""
    return await render_entry(context, BoardId(board_id), EntryId(entry_id), Form())


@get("/b/{board_id:int}/entries/{entry_id:int}/history", include_in_schema=False)
async def show_history(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """All that an entry has said."""
    async with context.db.read() as tx:
        entry = await load_entry(tx, context, board_id, entry_id)
        versions = (await read_versions(tx, context.actor, EntryId(entry_id))).items
        sheet = await load_entry_context(tx, BoardId(board_id))
    shown = [(one, values_with(sheet, entry, one.fields)) for one in versions]
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
    """The form that changes an entry."""
    async with context.db.read() as tx:
        entry = await load_entry(tx, context, board_id, entry_id)
        sheet = await load_entry_context(tx, BoardId(board_id))
    return await render_entry_form(
        context, BoardId(board_id), entry, Form(typed=typed_of(sheet, entry), version=entry.version)
    )


@post(
    "/b/{board_id:int}/entries/{entry_id:int}/edit",
    include_in_schema=False,
    request_max_body_size=LARGEST_FORM,
)
async def change_entry(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Change an entry; what others changed in other fields meanwhile stays."""
    typed, uploads = await read_form_with_files(context.request)
    version = number_in(text_in(typed, "version"))
    try:
        typed = await _with_files(context, board_id, typed, uploads, entry_id)
        async with context.db.begin() as tx:
            await load_entry(tx, context, board_id, entry_id)
            sheet = await load_entry_context(tx, BoardId(board_id))
            change = EntryChange(fields=fields_of(sheet, typed))
            await entries.change_entry(tx, context.actor, EntryId(entry_id), change, version, context.screen)
    except Refusal as refusal:
        async with context.db.read() as tx:
            entry = await load_entry(tx, context, board_id, entry_id)
        form = Form(typed=typed, version=version).refuse(refusal)
        if isinstance(refusal, Stale):
            # What is there now stands beside what was typed; sent once more, what was changed is what counts.
            form.version = entry.version
            async with context.db.read() as tx:
                started = await _version(tx, context, EntryId(entry_id), version)
            form.typed = rebased(sheet, typed, started, entry)
        return await render_entry_form(
            context, BoardId(board_id), entry, form, status_of(refusal), stale=isinstance(refusal, Stale)
        )
    return go_to(f"/b/{board_id}/entries/{entry_id}", done="saved")


@post("/b/{board_id:int}/entries/{entry_id:int}/act", include_in_schema=False)
async def act(board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Do what the page of an entry offers."""
    typed = await read_form(context.request)
    verb = VERBS.get(text_in(typed, "act"))
    if verb is None:
        raise BadButton
    try:
        async with context.db.begin() as tx:
            await load_entry(tx, context, board_id, entry_id)
            await verb(tx, context, EntryId(entry_id), typed)
    except NotFound:
        raise
    except Refusal as refusal:
        return await render_entry(
            context,
            BoardId(board_id),
            EntryId(entry_id),
            Form(typed=typed).refuse(refusal),
            status_of(refusal),
        )
    return go_to(f"/b/{board_id}/entries/{entry_id}")


@post("/b/{board_id:int}/entries/{entry_id:int}/age", include_in_schema=False)
async def say_age(
    board_id: PathId, entry_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Say that an entry still holds, or is outdated."""
    typed = await read_form(context.request)
    async with context.db.begin() as tx:
        await load_entry(tx, context, board_id, entry_id)
        if text_in(typed, "holds"):
            await verification.verify_entry(tx, context.actor, EntryId(entry_id))
        else:
            new = to_shape(OutdatedMark, {"reason": text_in(typed, "reason")})
            await verification.outdate_entry(tx, context.actor, EntryId(entry_id), new)
    return go_to(f"/b/{board_id}/entries/{entry_id}")


async def _with_files(
    context: PageContext,
    board_id: int,
    typed: Typed,
    uploads: Mapping[str, Upload],
    entry_id: int | None = None,
) -> Typed:
    """The form with its files stored, after asking whether the actor may add the entry or change it."""
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
        sheet = await load_entry_context(tx, BoardId(board_id))
    return await stored(context, sheet, typed, uploads)


async def _version(
    tx: Reader, context: PageContext, entry_id: EntryId, version: int | None
) -> Mapping[str, Any]:
    versions = (await read_versions(tx, context.actor, entry_id)).items
    return next((one.fields for one in versions if one.version == version), {})


routes = [show_new_entry, add_entry, show_one, show_history, show_edit, change_entry, act, say_age]
