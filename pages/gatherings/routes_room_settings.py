"""A room's settings, for its hosts: its rules, what is on in it, whom it is for, and who sits on its panel."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.errors import NotFound, Refusal
from core.http import PathId, status_of
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.room_setup import people, settings
from gatherings.rooms.rooms import show_room
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.rooms import Room, RoomChange
from members.shapes import Author
from pages.shell.context import PageContext
from pages.shell.forms import (
    BadButton,
    FieldNotAcceptable,
    Form,
    Typed,
    number_in,
    read_form,
    text_in,
    to_shape,
)
from pages.shell.renderer import go_to

_TICKED = ("premoderated", "anonymous", "publishes_choices")
_CHANGES = {
    ("guests", False): people.invite_guest,
    ("guests", True): people.uninvite_guest,
    ("panel", False): people.seat_panelist,
    ("panel", True): people.unseat_panelist,
}


class Papers(Struct, frozen=True):
    """Everything the page shows of a room."""

    room: Room
    gathering: Gathering
    guests: list[Author]
    panel: list[Author]


@get("/r/{room_id:int}/settings", include_in_schema=False)
async def show_settings(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """The rules of a room and its people."""
    papers = await _papers(context, room_id)
    return _page(context, papers, _form_of(papers.room), Form())


@post("/r/{room_id:int}/settings", include_in_schema=False)
async def change_settings(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change what is on in a room, and its rules."""
    typed = await read_form(context.request)
    try:
        change = to_shape(RoomChange, _facts(typed))
        version = number_in(text_in(typed, "version"))
        async with context.db.begin() as tx:
            await settings.change_room(
                tx, context.actor, RoomId(room_id), change, version, context.taxonomies.committees
            )
    except NotFound:
        raise
    except Refusal as refusal:
        papers = await _papers(context, room_id)
        form = Form(typed=typed, version=papers.room.version).refuse(refusal)
        return _page(context, papers, form, Form(), status_of(refusal))
    return go_to(f"/r/{room_id}/settings", done="room")


@post("/r/{room_id:int}/people", include_in_schema=False)
async def change_people(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Invite somebody or no longer, give somebody a seat on the panel or take it."""
    typed = await read_form(context.request)
    verb = _CHANGES.get((text_in(typed, "kind"), bool(text_in(typed, "remove"))))
    if verb is None:
        raise BadButton
    papers = await _papers(context, room_id)
    handle = text_in(typed, "handle").strip().removeprefix("@")
    try:
        async with context.db.begin() as tx:
            await verb(tx, context.actor, RoomId(room_id), handle)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            refusal = FieldNotAcceptable("Nobody here has this handle.", field="handle")
        people_form = Form(typed=typed).refuse(refusal)
        return _page(context, papers, _form_of(papers.room), people_form, status_of(refusal))
    return go_to(f"/r/{room_id}/settings", done="people")


async def _papers(context: PageContext, room_id: int) -> Papers:
    async with context.db.read() as tx:
        room = await show_room(tx, context.actor, RoomId(room_id))
        guests = await people.read_guests(tx, context.actor, RoomId(room_id))
        panel = await people.read_panel(tx, context.actor, RoomId(room_id))
        return Papers(room, await get_gathering(tx, GatheringId(room.gathering)), guests.items, panel.items)


def _page(
    context: PageContext, papers: Papers, form: Form, people_form: Form, status: int = 200
) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/room_settings.html",
        status,
        room=papers.room,
        gathering=papers.gathering,
        guests=papers.guests,
        panel=papers.panel,
        bodies=list(context.taxonomies.committees.items()),
        form=form,
        people_form=people_form,
    )


def _form_of(room: Room) -> Form:
    rules = room.rules
    ticked = {name: ["1"] if getattr(rules, name) else [] for name in _TICKED}
    typed: Typed = {
        "title": [room.title],
        "modules": room.modules,
        "entry": [rules.entry],
        "body": [rules.body or ""],
        "writers": [rules.writers],
        "slow_seconds": [str(rules.slow_seconds)],
        "question_length": [str(rules.question_length)],
        **ticked,
    }
    return Form(typed=typed, version=room.version)


def _facts(typed: Typed) -> dict[str, object]:
    entry = text_in(typed, "entry")
    rules: dict[str, object] = {name: bool(text_in(typed, name)) for name in _TICKED}
    rules |= {"entry": entry, "writers": text_in(typed, "writers")}
    rules["body"] = (text_in(typed, "body") or None) if entry == "body" else None
    for name in ("slow_seconds", "question_length"):
        text = text_in(typed, name).strip()
        if not text.isascii() or not text.isdecimal() or len(text) > 6:
            raise FieldNotAcceptable("Give a number.", field=name)
        rules[name] = int(text)
    return {"title": text_in(typed, "title"), "modules": list(typed.get("modules", ())), "rules": rules}


routes = [show_settings, change_settings, change_people]
