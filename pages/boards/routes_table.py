"""The views of a board: table, matrix and statistics; saved views; and claims of gaps in the matrix."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from boards.boards import saved_views
from boards.boards.boards import load_entry_context
from boards.boards.saved_views import NewView, read_views
from boards.cache import cached
from boards.entries.references import label_references
from boards.lookup.board_queries import show_board
from boards.policy import ensure_can_contribute
from boards.shapes import Board
from boards.table import gaps
from boards.table.gaps import NewGapClaim, read_gap_claims
from boards.table.matrix import Matrix, matrix_fields, read_cached_matrix, resolve_axis_fields
from boards.table.query_parameters import (
    FieldKeyParameter,
    SearchParameter,
    SortParameter,
    TermParameter,
    WhereParameter,
    parse_where,
)
from boards.table.statistics import BoardStatistics, read_statistics
from boards.table.table import Disposition, EntryFilter, read_table
from core import clock
from core.errors import allowed
from core.http import Cursor, PathId
from core.ids import BoardId
from core.languages.texts import gettext, pgettext
from forum.text.rendering import render_text
from pages.boards import board_view
from pages.shell.charts import bars, columns
from pages.shell.context import PageContext
from pages.shell.forms import Form, form_of, number_in, read_form, text_in, to_shape
from pages.shell.refused.correction import TextField, submit_or_correct
from pages.shell.renderer import redirect, safe
from storage.cache import VersionedCache
from storage.database import Reader

Source = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
Flag = Annotated[str | None, QueryParameter(max_length=5)]


@get("/b/{board_id:int}", include_in_schema=False)
async def show_table(
    board_id: PathId,
    context: NamedDependency[PageContext],
    cache: NamedDependency[VersionedCache],
    where: WhereParameter = None,
    q: SearchParameter = "",
    sort: SortParameter = "number",
    desc: Flag = None,
    group: FieldKeyParameter = None,
    disposition: FromQuery[Disposition | None] = None,
    outdated: Flag = None,
    after: Cursor = None,
) -> Response[bytes]:
    """Show the table of a board."""
    asked = EntryFilter(
        where=parse_where(where), words=q.strip(), sort=sort, descending=bool(desc), disposition=disposition,
        outdated=bool(outdated), after=after,
    )  # fmt: skip
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, BoardId(board_id), context.db.epoch)
        entry_context = await load_entry_context(tx, BoardId(board_id))
        by = board_view.grouping_field(entry_context, group)
        shown = msgspec.structs.replace(asked, sort=by.key) if by else asked
        page = await read_table(tx, context.actor, entry_context, shown, board.stream, cache)
        named = await label_references(tx, context.actor, board_view.keys_in(entry_context, page.items))
        frame = await _common_values(tx, context, board, asked, "table", group=group)
    fields = board_view.table_fields(entry_context)
    rows = board_view.table_rows(entry_context, page.items, fields, named, by)
    fields, left_out = board_view.drop_empty_columns(fields, [said for _, said, _ in rows])
    groups = [one for one in matrix_fields(entry_context.form) if one.type != "some_of"]
    facts = {
        "page": page,
        "rows": rows,
        "fields": fields,
        "left_out": left_out,
        "left_out_names": board_view.list_of_names(left_out) if left_out else "",
        "group": group if by else None,
        "groups": groups,
    }
    return _page(context, "boards/table.html", entry_context=entry_context, **facts, **frame)


@get("/b/{board_id:int}/matrix", include_in_schema=False)
async def show_matrix(
    board_id: PathId,
    context: NamedDependency[PageContext],
    cache: NamedDependency[VersionedCache],
    rows: FieldKeyParameter = None,
    columns: FieldKeyParameter = None,
    within: TermParameter = None,
    where: WhereParameter = None,
    q: SearchParameter = "",
) -> Response[bytes]:
    """Show the entries of a board by two fields; empty cells are gaps that a member can claim."""
    asked = EntryFilter(where=parse_where(where), words=q.strip())
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, BoardId(board_id), context.db.epoch)
        entry_context = await load_entry_context(tx, BoardId(board_id))
        row, column = resolve_axis_fields(entry_context.form, rows, columns)
        matrix = await read_cached_matrix(
            tx, entry_context, asked, (row.key, column.key), within, board.stream, cache
        )
        claims = await read_gap_claims(tx, BoardId(board_id))
        frame = await _common_values(
            tx, context, board, asked, "matrix", rows=row.key, columns=column.key, within=within
        )
    facts = {
        "matrix": matrix,
        "cells": {(cell.row, cell.column): cell for cell in matrix.cells},
        "most": max((cell.entries for cell in matrix.cells), default=1),
        "claims": _claims_by_cell(claims, matrix),
        "row": row,
        "column": column,
        "within": board_view.term_of(entry_context, row.key, within) if within else "",
        "parents": _terms_with_children(entry_context, row.taxonomy),
        "choices": matrix_fields(entry_context.form),
    }
    return _page(context, "boards/matrix.html", entry_context=entry_context, **facts, **frame)


@get("/b/{board_id:int}/numbers", include_in_schema=False)
async def show_statistics(
    board_id: PathId,
    context: NamedDependency[PageContext],
    cache: NamedDependency[VersionedCache],
    where: WhereParameter = None,
    q: SearchParameter = "",
) -> Response[bytes]:
    """Show the statistics of a board: entries by country and taxonomy, by month, and contributors by group."""
    asked = EntryFilter(where=parse_where(where), words=q.strip())
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, BoardId(board_id), context.db.epoch)
        entry_context = await load_entry_context(tx, BoardId(board_id))
        numbers = await cached(
            cache,
            board.stream,
            ("numbers", asked),
            BoardStatistics,
            lambda: read_statistics(tx, entry_context, asked),
        )
        frame = await _common_values(tx, context, board, asked, "numbers")
    facts = {
        "counted": [
            (one, bars(one.title, [(count.name, count.entries) for count in one.counts]))
            for one in numbers.terms
        ],
        "months": [
            (
                one,
                columns(gettext("Entries per month"), [(count.name, count.entries) for count in one.counts]),
            )
            for one in numbers.months
        ],
        "people": numbers.people,
        "groups": dict(context.renderer.community.groups),
    }
    return _page(context, "boards/statistics.html", entry_context=entry_context, **facts, **frame)


@post("/b/{board_id:int}/views", include_in_schema=False)
async def save_view(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save a view under a name, or delete one."""
    form = await form_of(context)
    here = f"/b/{board_id}?{form.value('query')}"

    async def save(form: Form) -> Response[bytes]:
        async with context.db.begin() as tx:
            if remove := text_in(form.typed, "remove"):
                await saved_views.delete_view(tx, context.actor, number_in(remove) or 0)
            else:
                new = {
                    "title": text_in(form.typed, "title"),
                    "query": text_in(form.typed, "query"),
                    "shared": bool(text_in(form.typed, "shared")),
                }
                await saved_views.save_view(tx, context.actor, BoardId(board_id), to_shape(NewView, new))
        return redirect(here)

    fields = [TextField("title", gettext("Save this view as"), maxlength=80)]
    return await submit_or_correct(context, form, save, fields, pgettext("verb", "Save"), here)


@post("/b/{board_id:int}/gaps", include_in_schema=False)
async def claim_gap(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Claim a gap, or end a claim."""
    typed = await read_form(context.request)
    async with context.db.begin() as tx:
        if end := text_in(typed, "end"):
            await gaps.end_gap_claim(tx, context.actor, number_in(end) or 0)
        else:
            cell = dict(parse_where(list(typed.get("cell", ()))))
            await gaps.claim_gap(tx, context.actor, BoardId(board_id), to_shape(NewGapClaim, {"cell": cell}))
    return redirect(f"/b/{board_id}/matrix?{text_in(typed, 'query')}")


async def _common_values(
    tx: Reader, context: PageContext, board: Board, asked: EntryFilter, view: str, **more: Any
) -> dict[str, Any]:
    """Return the values that all views of a board need."""
    actor = context.actor
    facts = board_view.facts_of(board, actor, await context.renderer.sector_id(tx, board.sector))
    base = f"/b/{board.id}" if view == "table" else f"/b/{board.id}/{view}"
    entry_context = await load_entry_context(tx, BoardId(board.id))
    return {
        "board": board,
        "purpose": safe(await _purpose_of(board)),
        "asked": asked,
        "view": view,
        "base": base,
        "query": board_view.query_of(asked, **more),
        "filters": board_view.filters_of(entry_context, asked, base, **more),
        "views": await read_views(tx, actor, BoardId(board.id)),
        "can_add": allowed(ensure_can_contribute, actor, facts, clock.now()),
        "can_curate": board_view.may_curate(facts, actor),
        "phase": board_view.phase_names()[board.phase],
        "label_of": board_view.label_of,
        "query_of": board_view.query_of,
        "replace": msgspec.structs.replace,
    }


def _page(context: PageContext, template: str, **facts: Any) -> Response[bytes]:
    return context.renderer.page(context.request, context.actor, template, **facts)


def _claims_by_cell(
    claims: list[gaps.GapClaim], matrix: Matrix
) -> dict[tuple[str, str], list[gaps.GapClaim]]:
    found: dict[tuple[str, str], list[gaps.GapClaim]] = {}
    for claim in claims:
        if claim.cell.keys() == {matrix.row_field, matrix.column_field}:
            key = (claim.cell[matrix.row_field], claim.cell[matrix.column_field])
            found.setdefault(key, []).append(claim)
    return found


async def _purpose_of(board: Board) -> str:
    """Return the purpose in the language of the reader as HTML."""
    translated = board.local_purpose
    return board.purpose_html if translated == board.purpose else (await render_text(translated)).html


def _terms_with_children(entry_context: Any, taxonomy: str | None) -> set[str]:
    terms = entry_context.taxonomies[taxonomy].terms if taxonomy in entry_context.taxonomies else []
    return {term.parent for term in terms if term.parent is not None}


routes = [
    show_table,
    show_matrix,
    show_statistics,
    save_view,
    claim_gap,
]
