"""The forms of the programme: putting a session on it, changing and cancelling one."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import Refusal
from core.http import PathId, status_of
from core.ids import GatheringId, SessionOnProgrammeId
from gatherings.gatherings import get_gathering
from gatherings.policy import ensure_hosts
from gatherings.programme import programme
from gatherings.programme.reading import show_session
from gatherings.rooms.rooms import read_rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import NewSession, Session, SessionChange
from gatherings.shapes.rooms import Room
from pages.shell.datetime_fields import moment_of, typed_of, zone_of
from pages.shell.forms import (
    FieldNotAcceptable,
    Form,
    Typed,
    number_in,
    once_of,
    read_form,
    text_in,
    to_shape,
)
from pages.shell.renderer import AnyRequest, Renderer, go_to
from storage.database import Database


class Table(Struct, frozen=True):
    """What one needs to plan: the gathering and its rooms, and the session that is there already."""

    gathering: Gathering
    rooms: list[Room]
    session: Session | None = None


@get("/g/{gathering_id:int}/programme/new", include_in_schema=False)
async def show_new_session(
    gathering_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """The form that puts a session on the programme."""
    table = await _table(db, actor, gathering_id)
    zone = table.gathering.time_zone
    typed = {
        "time_zone": [zone],
        "starts_at": [typed_of(table.gathering.starts_at, zone)],
        "ends_at": [typed_of(table.gathering.ends_at, zone)],
    }
    return _page(renderer, request, actor, table, Form(typed=typed))


@post("/g/{gathering_id:int}/programme/new", include_in_schema=False)
async def plan_session(
    gathering_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Put a session on the programme."""
    table = await _table(db, actor, gathering_id)
    typed = await read_form(request)
    try:
        new = to_shape(NewSession, _facts(typed))
        idempotent = once_of(request, actor, typed)
        await idempotent.respond(
            db, lambda tx: programme.plan_session(tx, actor, GatheringId(gathering_id), new), 201
        )
    except Refusal as refusal:
        return _page(renderer, request, actor, table, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to(f"/g/{gathering_id}", done="programme")


@get("/programme/{programme_id:int}/edit", include_in_schema=False)
async def show_session_form(
    programme_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """The form that changes a session."""
    table = await _table_of(db, actor, programme_id)
    assert table.session is not None
    form = Form(typed=_typed(table.session), version=table.session.version)
    return _page(renderer, request, actor, table, form)


@post("/programme/{programme_id:int}/edit", include_in_schema=False)
async def change_session(
    programme_id: PathId,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Change a session, cancel it, or have it take place after all."""
    table = await _table_of(db, actor, programme_id)
    typed = await read_form(request)
    version = number_in(text_in(typed, "version"))
    try:
        state = text_in(typed, "state")
        change = to_shape(SessionChange, {"state": state} if state else _facts(typed))
        async with db.begin() as tx:
            await programme.change_session(tx, actor, SessionOnProgrammeId(programme_id), change, version)
    except Refusal as refusal:
        form = Form(typed=typed, version=table.session.version if table.session else None)
        return _page(renderer, request, actor, table, form.refuse(refusal), status_of(refusal))
    return go_to(f"/g/{table.gathering.id}", done="programme")


async def _table(db: Database, actor: Actor, gathering_id: int, session: Session | None = None) -> Table:
    async with db.read() as tx:
        gathering = await get_gathering(tx, GatheringId(gathering_id))
        ensure_hosts(actor, GatheringId(gathering_id), clock.now())
        return Table(gathering, await read_rooms(tx, actor, GatheringId(gathering_id)), session)


async def _table_of(db: Database, actor: Actor, programme_id: int) -> Table:
    async with db.read() as tx:
        session = await show_session(tx, actor, SessionOnProgrammeId(programme_id))
    return await _table(db, actor, session.gathering, session)


def _page(
    renderer: Renderer, request: AnyRequest, actor: Actor, table: Table, form: Form, status: int = 200
) -> Response[bytes]:
    return renderer.page(
        request,
        actor,
        "gatherings/session.html",
        status,
        gathering=table.gathering,
        session=table.session,
        rooms=[(str(room.id), room.title) for room in table.rooms],
        form=form,
    )


def _facts(typed: Typed) -> dict[str, object]:
    facts: dict[str, object] = {
        name: text_in(typed, name).strip() for name in ("title", "about", "language", "time_zone")
    }
    zone = zone_of(str(facts["time_zone"]))
    for name in ("starts_at", "ends_at"):
        facts[name] = moment_of(text_in(typed, name), name, zone)
    room = text_in(typed, "room")
    facts["room"] = number_in(room)
    if room and facts["room"] is None:
        raise FieldNotAcceptable("Choose one of the rooms.", field="room")
    lines = text_in(typed, "speakers").splitlines()
    facts["speakers"] = [_speaker(line) for line in lines if line.strip()]
    return facts


def _speaker(line: str) -> dict[str, str]:
    rest, _, last = line.strip().rpartition(" ")
    handle = last.removeprefix("@") if rest and last.startswith("@") else ""
    parts = [part.strip() for part in (rest if handle else line).strip(" ,").split(",")]
    speaker = {"name": parts[0]}
    if handle:
        speaker["handle"] = handle
    if organisation := ", ".join(part for part in parts[1:] if part):
        speaker["organisation"] = organisation
    return speaker


def _typed(session: Session) -> Typed:
    lines = [
        ", ".join(
            part for part in (one.name, one.organisation, f"@{one.handle}" if one.handle else "") if part
        )
        for one in session.speakers
    ]
    return {
        "title": [session.title],
        "about": [session.about],
        "language": [session.language],
        "time_zone": [session.time_zone],
        "starts_at": [typed_of(session.starts_at, session.time_zone)],
        "ends_at": [typed_of(session.ends_at, session.time_zone)],
        "room": [str(session.room or "")],
        "speakers": ["\n".join(lines)],
    }


routes = [show_new_session, plan_session, show_session_form, change_session]
