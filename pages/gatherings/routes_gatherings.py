"""Gatherings: the list, one of them with its rooms, announcing one, adding a room."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from markupsafe import escape

from core import clock
from core.actor import Actor
from core.errors import Refusal, allowed
from core.http import PathId, status_of
from core.ids import GatheringId
from forum.text.markdown import render
from gatherings import gatherings, snapshot
from gatherings.policy import ensure_can_announce
from gatherings.programme.reading import read_current_sessions
from gatherings.room_setup import planning
from gatherings.rooms import rooms
from gatherings.shapes.gatherings import Gathering, NewGathering
from gatherings.shapes.rooms import NewRoom, Room
from members.profiles.duties import read_hosts
from members.shapes import Taxonomies
from pages.gatherings.programme_view import on_now, slots_of
from pages.shell.datetime_fields import moment_of, zone_of
from pages.shell.forms import Form, Typed, once_of, read_form, text_in, to_shape
from pages.shell.renderer import AnyRequest, Renderer, go_to, safe
from storage.database import Database, Transaction


@get("/g", include_in_schema=False)
async def show_gatherings(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """What goes on, what comes, what was."""
    async with db.read() as tx:
        coming = (await gatherings.read_gatherings(tx, "upcoming")).items
        past = (await gatherings.read_gatherings(tx, "past")).items
        running = await read_current_sessions(tx, actor)
        of_running = await gatherings.find_gatherings(tx, [session.gathering for session in running])
        open_rooms = await rooms.read_open_rooms(tx, actor)
    return renderer.page(
        request,
        actor,
        "gatherings/gatherings.html",
        coming=coming,
        past=past,
        can_create=allowed(ensure_can_announce, actor, clock.now()),
        on=on_now(running, of_running, open_rooms),
    )


@get("/g/new", include_in_schema=False)
async def show_new_gathering(
    request: AnyRequest, actor: NamedDependency[Actor], renderer: NamedDependency[Renderer]
) -> Response[bytes]:
    """The form that announces a gathering."""
    ensure_can_announce(actor, clock.now())
    return renderer.page(
        request, actor, "gatherings/new_gathering.html", form=Form(typed={"time_zone": ["UTC"]})
    )


@post("/g/new", include_in_schema=False)
async def announce_gathering(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Announce a gathering."""
    typed = await read_form(request)
    try:
        new = _new_gathering(typed)

        async def verb(tx: Transaction) -> Gathering:
            gathering_id = await gatherings.announce_gathering(tx, actor, new)
            return await snapshot.show_gathering(tx, actor, gathering_id, db.epoch)

        answer = await once_of(request, actor, typed).respond(db, verb, 201)
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return renderer.page(request, actor, "gatherings/new_gathering.html", status_of(refusal), form=form)
    return go_to(f"/g/{msgspec.json.decode(answer.body, type=Gathering).id}")


@get("/g/{gathering_id:int}", include_in_schema=False)
async def show_gathering(
    gathering_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    presence: NamedDependency[rooms.Presence],
) -> Response[bytes]:
    """A gathering and its rooms."""
    return await _show_column(renderer, request, actor, db, presence, gathering_id, Form())


@post("/g/{gathering_id:int}/rooms", include_in_schema=False)
async def plan_room(
    gathering_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
    presence: NamedDependency[rooms.Presence],
    taxonomies: NamedDependency[Taxonomies],
) -> Response[bytes]:
    """Add a room to a gathering."""
    typed = await read_form(request)
    try:
        facts = {
            "title": text_in(typed, "title"),
            "rules": {"anonymous": bool(text_in(typed, "allows_anonymous"))},
        }
        new = to_shape(NewRoom, facts)
        idempotent = once_of(request, actor, typed)
        answer = await idempotent.respond(
            db,
            lambda tx: planning.plan_room(tx, actor, GatheringId(gathering_id), new, taxonomies.committees),
            201,
        )
    except Refusal as refusal:
        form = Form(typed=typed).refuse(refusal)
        return await _show_column(
            renderer, request, actor, db, presence, gathering_id, form, status_of(refusal)
        )
    return go_to(f"/r/{msgspec.json.decode(answer.body, type=Room).id}")


async def _show_column(
    renderer: Renderer,
    request: AnyRequest,
    actor: Actor,
    db: Database,
    presence: rooms.Presence,
    gathering_id: int,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    async with db.read() as tx:
        gathering = await snapshot.show_gathering(tx, actor, GatheringId(gathering_id), db.epoch)
        hosts = await read_hosts(tx, GatheringId(gathering_id))
    return renderer.page(
        request,
        actor,
        "gatherings/gathering.html",
        status,
        gathering=gathering,
        rooms=[rooms.with_presence(room, presence) for room in gathering.rooms or []],
        hosts=hosts,
        about=safe(_about(gathering.about, db.site)),
        slots=slots_of(gathering, clock.now()),
        sector_name=gathering.sector_name,
        is_host=actor.hosts_at(GatheringId(gathering_id)),
        form=form,
    )


def _about(text: str, site: str) -> str:
    """The description as Markdown; one that is too intricate for that, as a host may have written it, as it stands."""
    try:
        return render(text, site=site).html
    except Refusal:
        return f"<p>{escape(text)}</p>"


def _new_gathering(typed: Typed) -> NewGathering:
    names = ("sector", "title", "kind", "mode", "about", "place", "time_zone")
    facts: dict[str, object] = {name: text_in(typed, name).strip() for name in names}
    zone = zone_of(str(facts["time_zone"]))
    for name in ("starts_at", "ends_at"):
        facts[name] = moment_of(text_in(typed, name), name, zone)
    return to_shape(NewGathering, facts)


routes = [show_gatherings, show_new_gathering, announce_gathering, show_gathering, plan_room]
