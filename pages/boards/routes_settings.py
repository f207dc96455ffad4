"""The settings of a board: title, fields, phases and curators."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from boards.boards.boards import appoint_curator, change_board
from boards.forms import CHOICE_TYPES
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_appoint, ensure_can_curate
from boards.shapes import Board, BoardChange, Taxonomy
from boards.taxonomies import find_taxonomies
from core import clock
from core.errors import Collector, allowed, every_refusal
from core.http import PathId
from core.ids import BoardId
from core.languages.texts import gettext, translatable
from pages.shell.context import PageContext
from pages.shell.forms import FieldNotAcceptable, Form, Typed, form_of, number_in, submit, text_in, to_shape
from pages.shell.renderer import redirect
from pages.shell.translations import translations_in, translations_page

# How many fields can be added in one form.
_NEW_FIELDS = 3
_FIELD_TYPES = (
    ("text", translatable("Short text")),
    ("long_text", translatable("Long text")),
    ("number", translatable("Number")),
    ("date", translatable("Date")),
    ("country", translatable("Country")),
    ("link", translatable("Web address")),
    ("file", translatable("File")),
    ("reference", translatable("Reference to a topic, post, member or entry")),
)
_DATES = ("opens_at", "consolidates_at", "publishes_at")


@get("/b/{board_id:int}/settings", include_in_schema=False)
async def show_settings(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the settings of a board."""
    return await _page(context, BoardId(board_id), Form())


@post("/b/{board_id:int}/settings", include_in_schema=False)
async def save_settings(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save the settings of a board."""

    async def save(form: Form) -> Response[bytes]:
        version = number_in(text_in(form.typed, "version"))
        async with context.db.begin() as tx:
            board = await show_board(tx, context.actor, BoardId(board_id))
            with every_refusal() as each:
                change = to_shape(BoardChange, _change_in(board, form.typed, each))
            await change_board(tx, context.actor, BoardId(board_id), change, version)
        return redirect(f"/b/{board_id}/settings", done="saved")

    return await submit(await form_of(context), save, partial(_page, context, BoardId(board_id)))


@post("/b/{board_id:int}/curators", include_in_schema=False)
async def change_curators(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Appoint a curator, or remove one."""

    async def change(form: Form) -> Response[bytes]:
        handle = text_in(form.typed, "handle").strip().removeprefix("@")
        is_appointment = not text_in(form.typed, "remove")
        async with context.db.begin() as tx:
            await appoint_curator(tx, context.actor, BoardId(board_id), handle, is_appointment)
        return redirect(f"/b/{board_id}/settings", done="people")

    async def page(form: Form, status: int) -> Response[bytes]:
        return await _page(context, BoardId(board_id), Form(), status, form)

    return await submit(await form_of(context), change, page)


@get("/b/{board_id:int}/translations", include_in_schema=False)
async def show_translations(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form for the title and the purpose in other languages to curators; raise NotFound or NotACurator."""
    return await _translations_page(context, BoardId(board_id), Form())


@post("/b/{board_id:int}/translations", include_in_schema=False)
async def save_translations(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save the title and the purpose of a board in other languages."""

    async def save(form: Form) -> Response[bytes]:
        version = number_in(text_in(form.typed, "version"))
        async with context.db.begin() as tx:
            stored = (await show_board(tx, context.actor, BoardId(board_id))).translations
            wanted = translations_in(form.typed, stored, context.renderer.community)
            change = to_shape(BoardChange, {"translations": wanted})
            await change_board(tx, context.actor, BoardId(board_id), change, version)
        return redirect(f"/b/{board_id}/settings", done="saved")

    return await submit(await form_of(context), save, partial(_translations_page, context, BoardId(board_id)))


async def _translations_page(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        facts = await get_board(tx, context.actor, board_id)
    ensure_can_curate(context.actor, facts, clock.now())
    return translations_page(context, board, f"/b/{board_id}", form, status)


async def _page(
    context: PageContext, board_id: BoardId, form: Form, status: int = 200, curator: Form | None = None
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        facts = await get_board(tx, context.actor, board_id)
        lists = await find_taxonomies(tx)
    ensure_can_curate(context.actor, facts, clock.now())
    if not form.typed:
        form.typed = _typed_of(board)
    kinds = _field_types(lists.values())
    shown = {
        "board": board,
        "form": form,
        "curator": curator or Form(),
        "kinds": kinds,
        "words": dict(kinds),
        "new": range(_NEW_FIELDS),
        "keyed": [
            ("", gettext("Title")),
            *((one.key, one.label) for one in board.form.fields if one.type in ("text", "number", "link")),
        ],
        "can_appoint": allowed(ensure_can_appoint, context.actor, facts, clock.now()),
    }
    return context.renderer.page(
        context.request, context.actor, "boards/board_settings.html", status, **shown
    )


def _field_types(lists: Iterable[Taxonomy]) -> list[tuple[str, str]]:
    """Return the types that a field can have, each with its name."""
    types = [(key, gettext(name)) for key, name in _FIELD_TYPES]
    for one in lists:
        # NOTE: types of fields, with the list of terms from which people choose.
        types.append((f"one_of:{one.slug}", gettext("Single choice: %(list)s", list=gettext(one.name))))
    for one in lists:
        types.append((f"some_of:{one.slug}", gettext("Multiple choice: %(list)s", list=gettext(one.name))))
    return types


def _typed_of(board: Board) -> dict[str, Sequence[str]]:
    dates = {name: getattr(board, name) for name in _DATES}
    return {
        "title": [board.title],
        "purpose": [board.purpose],
        "readers": [board.readers],
        "key_field": [board.key_field or ""],
        "verify_days": [str(board.verify_days)],
        **{name: [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}" if at else ""] for name, at in dates.items()},
        **_typed_fields(board),
    }


def _typed_fields(board: Board) -> dict[str, Sequence[str]]:
    typed: dict[str, Sequence[str]] = {}
    for place, one in enumerate(board.form.fields, 1):
        typed |= {
            f"place_{one.key}": [str(place)],
            f"label_{one.key}": [one.label],
            f"help_{one.key}": [one.help],
        }
        typed |= {f"required_{one.key}": ["1"] if one.required else []}
        typed |= {f"asked_{one.key}": [] if one.retired else ["1"]}
    return typed


def _change_in(board: Board, typed: Typed, each: Collector) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "title": text_in(typed, "title"),
        "purpose": text_in(typed, "purpose"),
        "readers": text_in(typed, "readers"),
        "key_field": text_in(typed, "key_field") or None,
        "verify_days": number_in(text_in(typed, "verify_days")) or 0,
        "form": {"fields": [*_existing_fields(board, typed), *_new_fields(board, typed)]},
    }
    for name in _DATES:
        with each.check():
            facts[name] = _time_in(typed, name)
    return facts


def _existing_fields(board: Board, typed: Typed) -> list[dict[str, Any]]:
    """Return the existing fields in the order of their positions; a field that is not ticked is retired."""
    placed = []
    for place, field in enumerate(board.form.fields, 1):
        wanted = number_in(text_in(typed, f"place_{field.key}")) or place
        made = {
            "key": field.key,
            "label": text_in(typed, f"label_{field.key}").strip() or field.label,
            "type": field.type,
            "help": text_in(typed, f"help_{field.key}").strip(),
            "taxonomy": field.taxonomy,
            "required": bool(text_in(typed, f"required_{field.key}")),
            "retired": not text_in(typed, f"asked_{field.key}"),
        }
        placed.append((wanted, place, made))
    return [made for _, _, made in sorted(placed, key=lambda one: one[:2])]


def _new_fields(board: Board, typed: Typed) -> list[dict[str, Any]]:
    known = {field.key for field in board.form.fields}
    made = []
    for place in range(_NEW_FIELDS):
        if label := text_in(typed, f"new_label_{place}").strip():
            kind, _, taxonomy = text_in(typed, f"new_type_{place}").partition(":")
            key = _new_key(label, known)
            known.add(key)
            field = {"key": key, "label": label, "type": kind or "text"}
            made.append(field | ({"taxonomy": taxonomy} if kind in CHOICE_TYPES else {}))
    return made


def _new_key(label: str, known: set[str]) -> str:
    words = "_".join(re.findall(r"[a-z0-9]+", label.lower()))[:30].strip("_")
    name = words if words[:1].isalpha() else f"field_{words}".rstrip("_")
    return next(key for key in (name, *(f"{name}_{n}" for n in range(2, 1_000))) if key not in known)


def _time_in(typed: Typed, name: str) -> datetime | None:
    text = text_in(typed, name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise FieldNotAcceptable(translatable("Enter a date and a time."), field=name) from None


routes = [show_settings, save_settings, change_curators, show_translations, save_translations]
