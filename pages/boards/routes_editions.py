"""Editions of a board: publishing one, showing it, and downloading it as a file."""

import asyncio
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from boards.editions import editions
from boards.editions.editions import EditionDetail, NewEdition
from boards.entries.references import label_references
from boards.forms import active_fields
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_publish
from core import clock
from core.errors import allowed
from core.http import PathId
from core.ids import BoardId
from core.languages.texts import gettext, pgettext
from gatherings.record.exports import BYTE_ORDER_MARK, ExportTable, write_csv_rows, write_xlsx
from gatherings.record.routes import XLSX
from pages.boards import board_view, edition_view
from pages.shell.context import PageContext
from pages.shell.forms import Form, form_of, idempotent_request, submit, text_in, to_shape
from pages.shell.renderer import redirect, safe
from storage.database import Transaction

DCAT_NAMESPACE = "https://www.w3.org/ns/dcat#"


@get("/b/{board_id:int}/editions", include_in_schema=False)
async def show_editions(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the editions of a board."""
    return await _editions_page(context, BoardId(board_id), Form())


@post("/b/{board_id:int}/editions", include_in_schema=False)
async def publish_edition(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Publish the current state of a board as a new edition."""
    form = await form_of(context)

    async def publish(form: Form) -> Response[bytes]:
        new = to_shape(NewEdition, {"note": text_in(form.typed, "note")})

        async def verb(tx: Transaction) -> int:
            return await editions.publish_edition(tx, context.actor, BoardId(board_id), new)

        response = await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        return redirect(f"/b/{board_id}/editions/{msgspec.json.decode(response.body, type=int)}")

    return await submit(form, publish, partial(_editions_page, context, BoardId(board_id)))


@get("/b/{board_id:int}/editions/{number:int}", include_in_schema=False)
async def show_edition(
    board_id: PathId, number: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show an edition; raise NotFound."""
    async with context.db.read() as tx:
        whole = await editions.show_edition(tx, context.actor, BoardId(board_id), number)
        edition = await edition_view.load_edition_context(tx, whole.content)
        keys = edition_view.keys_in(edition, whole.content.entries)
        named = await label_references(tx, context.actor, keys)
    fields = active_fields(edition.form)[1:]
    rows = [(row, edition_view.row_values(edition, row, fields, named)) for row in whole.content.entries]
    cited = context.db.site + f"/b/{board_id}/editions/{number}"
    return context.renderer.page(
        context.request,
        context.actor,
        "boards/edition.html",
        whole=whole,
        edition=whole.edition,
        fields=fields,
        rows=rows,
        cited=cited,
        groups=dict(context.renderer.community.groups),
        dispositions=board_view.disposition_names(),
        community=context.renderer.community.name,
    )


@get("/b/{board_id:int}/editions/{number:int}/table.csv", include_in_schema=False)
async def download_edition_csv(
    board_id: PathId, number: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return an edition as CSV."""
    headings, rows = await _table(context, board_id, number)
    name = f"board-{board_id}-edition-{number}.csv"
    return _file(BYTE_ORDER_MARK + write_csv_rows([headings, *rows]), name, "text/csv; charset=utf-8")


@get("/b/{board_id:int}/editions/{number:int}/table.xlsx", include_in_schema=False)
async def download_edition_xlsx(
    board_id: PathId, number: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return an edition as an XLSX workbook."""
    headings, rows = await _table(context, board_id, number)
    sheet = gettext("Edition %(number)s", number=number)
    book = await asyncio.to_thread(write_xlsx, [ExportTable(sheet, tuple(headings), rows)])
    return _file(book, f"board-{board_id}-edition-{number}.xlsx", XLSX)


@get("/b/{board_id:int}/editions/{number:int}/edition.json", include_in_schema=False)
async def download_edition_json(
    board_id: PathId, number: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return the canonical JSON of an edition; if no entry is withheld, its SHA-256 is the edition's hash."""
    whole = await _read(context, board_id, number)
    return _file(
        editions.canonical_json(whole.content), f"board-{board_id}-edition-{number}.json", "application/json"
    )


@get("/b/{board_id:int}/editions/{number:int}/dcat.jsonld", include_in_schema=False)
async def download_edition_dcat(
    board_id: PathId, number: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Return the description of an edition for data catalogues (DCAT 3 in JSON-LD)."""
    whole = await _read(context, board_id, number)
    made = _dcat(whole, f"{context.db.site}/b/{board_id}", str(context.renderer.community.name))
    return _file(
        msgspec.json.encode(made), f"board-{board_id}-edition-{number}.jsonld", "application/ld+json"
    )


async def _read(context: PageContext, board_id: int, number: int) -> EditionDetail:
    async with context.db.read() as tx:
        return await editions.show_edition(tx, context.actor, BoardId(board_id), number)


async def _editions_page(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        facts = await get_board(tx, context.actor, board_id)
        found = await editions.read_editions(tx, context.actor, board_id)
    can_publish = allowed(ensure_can_publish, context.actor, facts, clock.now())
    shown = {
        "board": board,
        "editions": found.items,
        "form": form,
        "can_publish": can_publish,
        "purpose": safe(""),
    }
    return context.renderer.page(context.request, context.actor, "boards/editions.html", status, **shown)


async def _table(
    context: PageContext, board_id: int, number: int
) -> tuple[list[str], list[tuple[str | int, ...]]]:
    async with context.db.read() as tx:
        whole = await editions.show_edition(tx, context.actor, BoardId(board_id), number)
        edition = await edition_view.load_edition_context(tx, whole.content)
    fields = active_fields(edition.form)
    rows: list[tuple[str | int, ...]] = [
        (
            row.number,
            *edition_view.row_cells(edition, row, fields),
            "; ".join(row.contributors),
            row.disposition,
            row.reason,
        )
        for row in whole.content.entries
    ]
    headings = [
        pgettext("of an entry", "Number"),
        *(field.label for field in fields),
        gettext("Contributors"),
        gettext("Decision"),
        gettext("Reason"),
    ]
    return headings, rows


def _dcat(whole: EditionDetail, place: str, community: str) -> dict[str, Any]:
    edition, at = whole.edition, f"{place}/editions/{whole.edition.number}"
    kinds = (("table.csv", "text/csv"), ("table.xlsx", XLSX), ("edition.json", "application/json"))
    return {
        "@context": {
            "dcat": DCAT_NAMESPACE,
            "dct": "http://purl.org/dc/terms/",
            "spdx": "http://spdx.org/rdf/terms#",
        },
        "@id": at,
        "@type": "dcat:Dataset",
        "dct:title": edition.title,
        "dct:description": whole.content.purpose,
        "dct:publisher": {"@type": "dct:Agent", "dct:title": community},
        "dct:issued": edition.published_at,
        "dct:identifier": at,
        "dcat:version": str(edition.number),
        "dcat:landingPage": {"@id": at},
        "dcat:inSeries": {"@id": place},
        "dcat:theme": whole.content.sector,
        "spdx:checksum": {
            "spdx:algorithm": "spdx:checksumAlgorithm_sha256",
            "spdx:checksumValue": edition.sha256,
        },
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dcat:downloadURL": {"@id": f"{at}/{name}"},
                "dcat:mediaType": kind,
            }
            for name, kind in kinds
        ],
    }


def _file(body: bytes, name: str, kind: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=kind, headers=headers)


routes = [
    show_editions,
    publish_edition,
    show_edition,
    download_edition_csv,
    download_edition_xlsx,
    download_edition_json,
    download_edition_dcat,
]
