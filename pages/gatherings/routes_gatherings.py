"""Pages of gatherings: the list, one gathering with its programme and rooms, announcing one, adding a room, and lanes."""

from collections.abc import Sequence
from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup, escape

from core import clock
from core.errors import NotFound, Refusal, allowed, every_refusal
from core.http import PathId
from core.ids import GatheringId
from core.languages.formats import list_in
from core.languages.texts import current_language
from forum.text.rendering import render_text
from gatherings import gatherings, snapshot
from gatherings.lanes import lanes
from gatherings.lanes.open_lanes import lane_cookie_name
from gatherings.policy import ensure_can_announce, ensure_hosts
from gatherings.programme.reading import read_current_sessions
from gatherings.room_setup import planning
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering, GatheringChange, NewGathering
from gatherings.shapes.rooms import NewRoom, Room
from members.profiles.duties import read_hosts
from members.shapes import Author
from pages.gatherings.programme_view import on_now, slots_of
from pages.shell.context import PageContext
from pages.shell.datetime_fields import moments_in
from pages.shell.forms import (
    NO_STATUS,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect, safe
from pages.shell.translations import translations_in, translations_page
from storage.database import Transaction


@get("/g", include_in_schema=False)
async def show_gatherings(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show what is on now, upcoming gatherings and past ones."""
    actor = context.actor
    async with context.db.read() as tx:
        coming = (await gatherings.read_gatherings(tx, "upcoming")).items
        past = (await gatherings.read_gatherings(tx, "past")).items
        running = await read_current_sessions(tx, actor)
        of_running = await gatherings.find_gatherings(tx, [session.gathering for session in running])
        open_rooms = await rooms.read_open_rooms(tx, actor)
    return context.renderer.page(
        context.request,
        actor,
        "gatherings/gatherings.html",
        coming=coming,
        past=past,
        can_create=allowed(ensure_can_announce, actor, clock.now()),
        on=on_now(running, of_running, open_rooms),
    )


@get("/g/new", include_in_schema=False)
async def show_new_gathering(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that announces a gathering."""
    ensure_can_announce(context.actor, clock.now())
    return await _new_page(context, Form(typed={"time_zone": ["UTC"]}))


@post("/g/new", include_in_schema=False)
async def announce_gathering(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Announce a gathering."""

    async def announce(form: Form) -> Response[bytes]:
        new = _gathering_in(form.typed)

        async def verb(tx: Transaction) -> Gathering:
            gathering_id = await gatherings.announce_gathering(tx, context.actor, new)
            return await snapshot.show_gathering(tx, context.actor, gathering_id, context.db.epoch)

        response = await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        return redirect(f"/g/{msgspec.json.decode(response.body, type=Gathering).id}")

    return await submit(await form_of(context), announce, partial(_new_page, context), NO_STATUS)


async def _new_page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    return context.renderer.page(
        context.request, context.actor, "gatherings/new_gathering.html", status, form=form
    )


@get("/g/{gathering_id:int}", include_in_schema=False)
async def show_gathering(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show a gathering with its programme and rooms; raise NotFound."""
    return await _page(context, GatheringId(gathering_id), Form())


@post("/g/{gathering_id:int}/rooms", include_in_schema=False)
async def plan_room(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add a room to a gathering."""

    async def plan(form: Form) -> Response[bytes]:
        rules = {"anonymous": bool(text_in(form.typed, "allows_anonymous"))}
        new = to_shape(NewRoom, {"title": text_in(form.typed, "title"), "rules": rules})

        async def verb(tx: Transaction) -> Room:
            committees = context.taxonomies.committees
            return await planning.plan_room(tx, context.actor, GatheringId(gathering_id), new, committees)

        response = await idempotent_request(context, form.typed).respond(context.db, verb, 201)
        return redirect(f"/r/{msgspec.json.decode(response.body, type=Room).id}")

    page = partial(_page, context, GatheringId(gathering_id))
    return await submit(await form_of(context), plan, page, NO_STATUS)


@get("/lane/{lane_key:str}", include_in_schema=False)
async def enter_lane(lane_key: FromPath[str], context: NamedDependency[PageContext]) -> Response[bytes]:
    """Redirect to the gathering of a link, and note in a cookie that the visitor came with it; raise NotFound."""
    async with context.db.read() as tx:
        found = await lanes.find_gathering_of_lane(tx, lane_key)
    if found is None:
        raise NotFound
    gathering_id, is_open = found
    response = redirect(f"/g/{gathering_id}")
    if is_open:
        response.set_cookie(
            Cookie(
                key=lane_cookie_name(context.cookies.is_secure),
                value=lane_key,
                max_age=int(lanes.OPEN_FOR.total_seconds()),
                path="/",
                httponly=True,
                secure=context.cookies.is_secure,
                samesite="lax",
            )
        )
    return response


@post("/g/{gathering_id:int}/lane", include_in_schema=False)
async def open_lane(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Open the lane of a gathering for an hour."""
    async with context.db.begin() as tx:
        await lanes.open_lane(tx, context.actor, GatheringId(gathering_id), context.db.site)
    return redirect(f"/g/{gathering_id}#lane", done="lane-opened")


@post("/g/{gathering_id:int}/lane/close", include_in_schema=False)
async def close_lane(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Close the lane of a gathering."""
    async with context.db.begin() as tx:
        await lanes.close_lane(tx, context.actor, GatheringId(gathering_id))
    return redirect(f"/g/{gathering_id}#lane", done="lane-closed")


async def _page(
    context: PageContext, gathering_id: GatheringId, form: Form, status: int = 200
) -> Response[bytes]:
    actor = context.actor
    async with context.db.read() as tx:
        gathering = await snapshot.show_gathering(tx, actor, gathering_id, context.db.epoch)
        hosts = await read_hosts(tx, gathering_id)
        is_host = actor.hosts_at(gathering_id)
        lane = await lanes.find_lane(tx, gathering_id, context.db.site) if is_host else None
    return context.renderer.page(
        context.request,
        actor,
        "gatherings/gathering.html",
        status,
        gathering=gathering,
        rooms=[rooms.with_presence(room, context.presence) for room in gathering.rooms or []],
        hosts=_links_to(hosts),
        about=safe(await _render_description(gathering.local_about, context.db.site)),
        slots=slots_of(gathering, clock.now()),
        sector_name=gathering.sector_name,
        is_host=is_host,
        lane=lane,
        form=form,
    )


@get("/g/{gathering_id:int}/translations", include_in_schema=False)
async def show_translations(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form for the title and the description in other languages to hosts; raise NotFound or NotHost."""
    return await _translations_page(context, GatheringId(gathering_id), Form())


@post("/g/{gathering_id:int}/translations", include_in_schema=False)
async def save_translations(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Save the title and the description of a gathering in other languages."""
    id = GatheringId(gathering_id)

    async def save(form: Form) -> Response[bytes]:
        version = number_in(text_in(form.typed, "version"))
        async with context.db.begin() as tx:
            stored = (await gatherings.get_gathering(tx, id)).translations
            wanted = translations_in(form.typed, stored, context.renderer.community)
            change = to_shape(GatheringChange, {"translations": wanted})
            await gatherings.change_gathering(tx, context.actor, id, change, version)
        return redirect(f"/g/{gathering_id}", done="saved")

    return await submit(await form_of(context), save, partial(_translations_page, context, id))


async def _translations_page(
    context: PageContext, gathering_id: GatheringId, form: Form, status: int = 200
) -> Response[bytes]:
    async with context.db.read() as tx:
        gathering = await gatherings.get_gathering(tx, gathering_id)
    ensure_hosts(context.actor, gathering_id, clock.now())
    return translations_page(context, gathering, f"/g/{gathering_id}", form, status)


def _links_to(members: Sequence[Author]) -> Markup:
    """Return members as a list in words, each linked to the profile."""
    links = [
        Markup('<a href="/m/{}"><bdi>{}</bdi></a>').format(one.handle, one.display_name) for one in members
    ]
    return Markup(list_in(current_language(), links))


async def _render_description(text: str, site: str) -> str:
    """Return the description rendered as Markdown, or as escaped text if its Markdown is too complex."""
    try:
        return (await render_text(text, site=site)).html
    except Refusal:
        return f"<p>{escape(text)}</p>"


def _gathering_in(typed: Typed) -> NewGathering:
    names = ("sector", "title", "kind", "mode", "about", "place", "time_zone")
    facts: dict[str, object] = {name: text_in(typed, name).strip() for name in names}
    with every_refusal() as each:
        facts |= moments_in(typed, ("starts_at", "ends_at"), str(facts["time_zone"]), each)
        return to_shape(NewGathering, facts)


routes = [
    show_gatherings,
    show_new_gathering,
    announce_gathering,
    show_gathering,
    plan_room,
    enter_lane,
    open_lane,
    close_lane,
    show_translations,
    save_translations,
]
