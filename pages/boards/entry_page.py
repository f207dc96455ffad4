"""Pages of one entry: the entry itself, and the form that adds or changes it."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response

from boards.boards.boards import load_entry_context
from boards.curation.change_requests import read_requests
from boards.entries.context import EntryContext
from boards.entries.references import label_references
from boards.forms import active_fields
from boards.lookup.board_queries import show_board
from boards.lookup.entry_queries import read_confirmers, show_entry
from boards.lookup.lookup import get_board, get_entry
from boards.policy import (
    ensure_can_change_entry,
    ensure_can_confirm_entry,
    ensure_can_contribute,
    ensure_can_decide,
)
from boards.shapes import Entry
from core import clock
from core.errors import NotFound, allowed
from core.ids import BoardId, EntryId
from core.languages.texts import current_language
from members.profiles.countries import countries_in
from pages.boards import board_view
from pages.shell.context import PageContext
from pages.shell.forms import Form
from storage.database import Reader


async def load_entry(tx: Reader, context: PageContext, board_id: int, entry_id: int) -> Entry:
    """Return the entry as the viewer sees it; raise NotFound if it belongs to another board."""
    entry = await show_entry(tx, context.actor, EntryId(entry_id))
    if entry.board != board_id:
        raise NotFound
    return entry


def values_with(
    entry_context: EntryContext, entry: Entry, fields: Mapping[str, Any]
) -> list[board_view.ShownValue]:
    """Return the non-empty field values that the entry would show if it had these values."""
    changed = msgspec.structs.replace(entry, fields=dict(fields))
    return [
        one
        for one in board_view.shown_values(entry_context, changed, entry_context.form.fields, {})
        if one.text
    ]


async def render_entry(
    context: PageContext, board_id: BoardId, entry_id: EntryId, form: Form, status: int = 200
) -> Response[bytes]:
    """Render the page of an entry, with what was typed in its form and why it was refused."""
    actor, now = context.actor, clock.now()
    async with context.db.read() as tx:
        board = await show_board(tx, actor, board_id, context.db.epoch)
        entry = await load_entry(tx, context, board_id, entry_id)
        facts, found = await get_entry(tx, actor, entry_id)
        entry_context = await load_entry_context(tx, board_id)
        source = [("post", entry.source)] if entry.source else []
        named = await label_references(tx, actor, [*board_view.keys_in(entry_context, [entry]), *source])
        confirmers, requests = await read_confirmers(tx, entry_id), await read_requests(tx, actor, entry_id)
    shown = {
        "board": board,
        "entry": entry,
        "said": [
            one
            for one in board_view.shown_values(entry_context, entry, active_fields(entry_context.form), named)
            if one.text
        ],
        "source": named.get(("post", entry.source)) if entry.source else None,
        "confirmers": confirmers,
        "requests": requests.items,
        "can_change": allowed(ensure_can_change_entry, actor, facts, found, now),
        "can_confirm": allowed(ensure_can_confirm_entry, actor, facts, found, now),
        "can_curate": board_view.may_curate(facts, actor),
        "can_decide": allowed(ensure_can_decide, actor, facts, now),
        "is_author": found.author_id is not None and found.author_id == actor.id,
        "has_contributed": found.has_contributed,
        "form": form,
        "groups": dict(context.renderer.community.groups),
        "confirmations": board_view.confirmation_names(),
        "dispositions": board_view.disposition_names(),
        "gone": board_view.gone_name(entry.state),
    }
    return context.renderer.page(context.request, actor, "boards/entry.html", status, **shown)


async def render_entry_form(
    context: PageContext,
    board_id: BoardId,
    entry: Entry | None,
    form: Form,
    status: int = 200,
    stale: bool = False,
) -> Response[bytes]:
    """Render the form for a new entry (`entry` is None) or an existing one; raise the refusal of the rule that
    forbids the change."""
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id, context.db.epoch)
        facts = await get_board(tx, context.actor, board_id)
        entry_context = await load_entry_context(tx, board_id)
        if entry is None:
            ensure_can_contribute(context.actor, facts, clock.now())
        else:
            _, found = await get_entry(tx, context.actor, EntryId(entry.id))
            ensure_can_change_entry(context.actor, facts, found, clock.now())
    form.draft = f"entry:{board_id}:{entry.id if entry else 'new'}"
    shown = {
        "board": board,
        "entry": entry,
        "fields": active_fields(entry_context.form),
        "form": form,
        "lists": entry_context.taxonomies,
        "countries": countries_in(current_language()),
        "now": values_with(entry_context, entry, entry.fields or {}) if stale and entry else [],
    }
    return context.renderer.page(context.request, context.actor, "boards/entry_form.html", status, **shown)
