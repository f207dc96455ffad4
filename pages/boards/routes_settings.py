"""The settings of a board: what it is called and asks, its phases, its curators."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from boards.boards.boards import appoint_curator, change_board
from boards.forms import CHOICE_TYPES
from boards.lookup.board_queries import show_board
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_appoint, ensure_can_curate
from boards.shapes import Board, BoardChange
from boards.taxonomies import find_taxonomies
from core import clock
from core.errors import NotFound, Refusal, allowed
from core.http import PathId, status_of
from core.ids import BoardId
from pages.shell.context import PageContext
from pages.shell.forms import FieldNotAcceptable, Form, Typed, number_in, read_form, text_in, to_shape
from pages.shell.renderer import go_to

# How many fields can be added at once.
_NEW = 3
_KINDS = (
    ("text", "A line of text"),
    ("long_text", "Longer text"),
    ("number", "A number"),
    ("date", "A date"),
    ("country", "A country"),
    ("link", "An address of the web"),
    ("file", "A file"),
    ("reference", "Something here: topic, post, member, entry"),
)
_DATES = ("opens_at", "consolidates_at", "publishes_at")


@get("/b/{board_id:int}/settings", include_in_schema=False)
async def show_settings(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """What curators can set."""
    return await _page(context, BoardId(board_id), None, Form())


@post("/b/{board_id:int}/settings", include_in_schema=False)
async def save_settings(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save them."""
    typed = await read_form(context.request)
    try:
        async with context.db.begin() as tx:
            board = await show_board(tx, context.actor, BoardId(board_id))
            change = to_shape(BoardChange, _change(board, typed))
            await change_board(
                tx, context.actor, BoardId(board_id), change, number_in(text_in(typed, "version"))
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(
            context, BoardId(board_id), typed, Form(typed=typed).refuse(refusal), status_of(refusal)
        )
    return go_to(f"/b/{board_id}/settings", done="saved")


@post("/b/{board_id:int}/curators", include_in_schema=False)
async def change_curators(board_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Appoint a curator, or dismiss one."""
    typed = await read_form(context.request)
    handle = text_in(typed, "handle").strip().removeprefix("@")
    try:
        async with context.db.begin() as tx:
            await appoint_curator(tx, context.actor, BoardId(board_id), handle, not text_in(typed, "remove"))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(
            context, BoardId(board_id), None, Form(typed=typed).refuse(refusal), status_of(refusal)
        )
    return go_to(f"/b/{board_id}/settings", done="people")


async def _page(
    context: PageContext, board_id: BoardId, typed: Typed | None, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        board = await show_board(tx, context.actor, board_id)
        facts = await get_board(tx, context.actor, board_id)
        lists = await find_taxonomies(tx)
    ensure_can_curate(context.actor, facts, clock.now())
    form.typed = typed or {**_typed(board), **form.typed}
    kinds = [*_KINDS, *((f"one_of:{one.slug}", f"One of: {one.name}") for one in lists.values())]
    kinds += [(f"some_of:{one.slug}", f"Some of: {one.name}") for one in lists.values()]
    shown = {
        "board": board,
        "form": form,
        "kinds": kinds,
        "words": dict(kinds),
        "new": range(_NEW),
        "keyed": [
            ("", "Its title"),
            *((one.key, one.label) for one in board.form.fields if one.type in ("text", "number", "link")),
        ],
        "can_appoint": allowed(ensure_can_appoint, context.actor, facts, clock.now()),
    }
    return context.renderer.page(
        context.request, context.actor, "boards/board_settings.html", status, **shown
    )


def _typed(board: Board) -> dict[str, Sequence[str]]:
    dates = {name: getattr(board, name) for name in _DATES}
    return {
        "title": [board.title],
        "purpose": [board.purpose],
        "readers": [board.readers],
        "key_field": [board.key_field or ""],
        "verify_days": [str(board.verify_days)],
        **{name: [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}" if at else ""] for name, at in dates.items()},
    }


def _change(board: Board, typed: Typed) -> dict[str, Any]:
    return {
        "title": text_in(typed, "title"),
        "purpose": text_in(typed, "purpose"),
        "readers": text_in(typed, "readers"),
        "key_field": text_in(typed, "key_field") or None,
        "verify_days": number_in(text_in(typed, "verify_days")) or 0,
        "form": {"fields": [*_kept(board, typed), *_added(board, typed)]},
        **{name: _moment(typed, name) for name in _DATES},
    }


def _kept(board: Board, typed: Typed) -> list[dict[str, Any]]:
    """The fields there are, in the order their places say; one that is not ticked is asked no more."""
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


def _added(board: Board, typed: Typed) -> list[dict[str, Any]]:
    known = {field.key for field in board.form.fields}
    made = []
    for place in range(_NEW):
        if label := text_in(typed, f"new_label_{place}").strip():
            kind, _, taxonomy = text_in(typed, f"new_type_{place}").partition(":")
            key = _key(label, known)
            known.add(key)
            field = {"key": key, "label": label, "type": kind or "text"}
            made.append(field | ({"taxonomy": taxonomy} if kind in CHOICE_TYPES else {}))
    return made


def _key(label: str, known: set[str]) -> str:
    words = "_".join(re.findall(r"[a-z0-9]+", label.lower()))[:30].strip("_")
    name = words if words[:1].isalpha() else f"field_{words}".rstrip("_")
    return next(key for key in (name, *(f"{name}_{n}" for n in range(2, 1_000))) if key not in known)


def _moment(typed: Typed, name: str) -> datetime | None:
    text = text_in(typed, name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise FieldNotAcceptable("Give a day and a time.", field=name) from None


routes = [show_settings, save_settings, change_curators]
