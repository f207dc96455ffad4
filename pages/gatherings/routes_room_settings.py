"""The settings of a room, for its hosts: title, modules, access, rules, guests and panel."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.errors import Collector, every_refusal
from core.http import PathId
from core.ids import GatheringId, RoomId
from core.languages.texts import translatable
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
    form_of,
    number_in,
    submit,
    text_in,
    to_shape,
    unknown_handle_refused,
)
from pages.shell.renderer import redirect
from pages.shell.translations import translations_in, translations_page

_TICK_BOXES = ("premoderated", "anonymous", "publishes_choices")
# What a form about people does, by the kind of people and whether the member is removed.
PEOPLE_ACTIONS = {
    ("guests", False): people.invite_guest,
    ("guests", True): people.uninvite_guest,
    ("panel", False): people.seat_panelist,
    ("panel", True): people.unseat_panelist,
}


class RoomSettings(Struct, frozen=True):
    """A room with its gathering, guests and panel members."""

    room: Room
    gathering: Gathering
    guests: list[Author]
    panel: list[Author]


@get("/r/{room_id:int}/settings", include_in_schema=False)
async def show_settings(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the settings of a room."""
    return await _page(context, room_id)


@post("/r/{room_id:int}/settings", include_in_schema=False)
async def change_settings(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change the settings of a room."""

    async def change(form: Form) -> Response[bytes]:
        version = number_in(form.value("version"))
        with every_refusal() as each:
            wanted = to_shape(RoomChange, _room_in(form.typed, each))
        committees = context.taxonomies.committees
        async with context.db.begin() as tx:
            await settings.change_room(tx, context.actor, RoomId(room_id), wanted, version, committees)
        return redirect(f"/r/{room_id}/settings", done="room")

    return await submit(await form_of(context), change, partial(_page, context, room_id))


@post("/r/{room_id:int}/people", include_in_schema=False)
async def change_people(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add or remove a guest or a panel member."""
    form = await form_of(context)
    verb = PEOPLE_ACTIONS.get((form.value("kind"), bool(form.value("remove"))))
    if verb is None:
        raise BadButton
    await _load(context, room_id)

    async def change(form: Form) -> Response[bytes]:
        handle = text_in(form.typed, "handle").strip().removeprefix("@")
        with unknown_handle_refused():
            async with context.db.begin() as tx:
                await verb(tx, context.actor, RoomId(room_id), handle)
        return redirect(f"/r/{room_id}/settings", done="people")

    return await submit(form, change, partial(_people_page, context, room_id))


@get("/r/{room_id:int}/translations", include_in_schema=False)
async def show_room_translations(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form for the title of a room in other languages to hosts."""
    return await _translations_page(context, room_id, Form())


@post("/r/{room_id:int}/translations", include_in_schema=False)
async def save_room_translations(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save the title of a room in other languages."""

    async def save(form: Form) -> Response[bytes]:
        version, committees = number_in(text_in(form.typed, "version")), context.taxonomies.committees
        async with context.db.begin() as tx:
            stored = (await show_room(tx, context.actor, RoomId(room_id))).translations
            wanted = translations_in(form.typed, stored, context.renderer.community)
            change = to_shape(RoomChange, {"translations": wanted})
            await settings.change_room(tx, context.actor, RoomId(room_id), change, version, committees)
        return redirect(f"/r/{room_id}/settings", done="room")

    return await submit(await form_of(context), save, partial(_translations_page, context, room_id))


async def _translations_page(
    context: PageContext, room_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    room = (await _load(context, room_id)).room
    return translations_page(context, room, f"/r/{room_id}/settings", form, status)


async def _load(context: PageContext, room_id: int) -> RoomSettings:
    """Load the settings of a room for its hosts; raise NotFound or NotHost."""
    async with context.db.read() as tx:
        room = await show_room(tx, context.actor, RoomId(room_id))
        guests = await people.read_guests(tx, context.actor, RoomId(room_id))
        panel = await people.read_panel(tx, context.actor, RoomId(room_id))
        gathering = await get_gathering(tx, GatheringId(room.gathering))
    return RoomSettings(room, gathering, guests.items, panel.items)


async def _people_page(context: PageContext, room_id: int, people_form: Form, status: int) -> Response[bytes]:
    return await _page(context, room_id, None, status, people_form)


async def _page(
    context: PageContext,
    room_id: int,
    form: Form | None = None,
    status: int = 200,
    people_form: Form | None = None,
) -> Response[bytes]:
    loaded = await _load(context, room_id)
    if form is None:
        form = _form_for(loaded.room)
    else:
        # A form that is shown again is sent with the current version.
        form.version = loaded.room.version
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/room_settings.html",
        status,
        room=loaded.room,
        gathering=loaded.gathering,
        guests=loaded.guests,
        panel=loaded.panel,
        bodies=list(context.renderer.community.committees),
        form=form,
        people_form=people_form or Form(),
    )


def _form_for(room: Room) -> Form:
    rules = room.rules
    ticked = {name: ["1"] if getattr(rules, name) else [] for name in _TICK_BOXES}
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


def _room_in(typed: Typed, each: Collector) -> dict[str, object]:
    entry = text_in(typed, "entry")
    rules: dict[str, object] = {name: bool(text_in(typed, name)) for name in _TICK_BOXES}
    rules |= {"entry": entry, "writers": text_in(typed, "writers")}
    rules["body"] = (text_in(typed, "body") or None) if entry == "body" else None
    for name in ("slow_seconds", "question_length"):
        text = text_in(typed, name).strip()
        with each.check():
            if not text.isascii() or not text.isdecimal() or len(text) > 6:
                raise FieldNotAcceptable(translatable("Enter a number."), field=name)
            rules[name] = int(text)
    return {"title": text_in(typed, "title"), "modules": list(typed.get("modules", ())), "rules": rules}


routes = [show_settings, change_settings, change_people, show_room_translations, save_room_translations]
