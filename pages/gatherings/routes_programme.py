"""The forms that add, change and cancel a session of the programme."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core import clock
from core.errors import Collector, every_refusal
from core.http import PathId
from core.ids import GatheringId, SessionOnProgrammeId
from core.languages.texts import translatable
from gatherings.gatherings import get_gathering
from gatherings.policy import ensure_hosts
from gatherings.programme import programme
from gatherings.programme.reading import show_session
from gatherings.rooms.rooms import read_rooms
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.programme import NewSession, Session, SessionChange
from gatherings.shapes.rooms import Room
from pages.shell.context import PageContext
from pages.shell.datetime_fields import moments_in, typed_of
from pages.shell.forms import (
    NO_STATUS,
    FieldNotAcceptable,
    Form,
    Typed,
    form_of,
    idempotent_request,
    number_in,
    submit,
    text_in,
    to_shape,
)
from pages.shell.renderer import redirect
from pages.shell.translations import translations_in, translations_page


class ProgrammeContext(Struct, frozen=True):
    """The gathering of a programme with its rooms, and the session to change, if any."""

    gathering: Gathering
    rooms: list[Room]
    session: Session | None = None


@get("/g/{gathering_id:int}/programme/new", include_in_schema=False)
async def show_new_session(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that adds a session to the programme."""
    programme_context = await _load_gathering(context, gathering_id)
    gathering = programme_context.gathering
    zone = gathering.time_zone
    typed = {
        "time_zone": [zone],
        **typed_of("starts_at", gathering.starts_at, zone),
        **typed_of("ends_at", gathering.ends_at, zone),
    }
    return await _page(context, programme_context, Form(typed=typed))


@post("/g/{gathering_id:int}/programme/new", include_in_schema=False)
async def plan_session(gathering_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add a session to the programme."""
    programme_context = await _load_gathering(context, gathering_id)

    async def plan(form: Form) -> Response[bytes]:
        with every_refusal() as each:
            new = to_shape(NewSession, _session_in(form.typed, each))
        await idempotent_request(context, form.typed).respond(
            context.db,
            lambda tx: programme.plan_session(tx, context.actor, GatheringId(gathering_id), new),
            201,
        )
        return redirect(f"/g/{gathering_id}", done="programme")

    return await submit(await form_of(context), plan, partial(_page, context, programme_context), NO_STATUS)


@get("/programme/{programme_id:int}/edit", include_in_schema=False)
async def show_session_form(programme_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the form that changes a session."""
    programme_context = await _load_session(context, programme_id)
    assert programme_context.session is not None
    session = programme_context.session
    return await _page(context, programme_context, Form(typed=_typed_of(session), version=session.version))


@post("/programme/{programme_id:int}/edit", include_in_schema=False)
async def change_session(programme_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Change a session, cancel it, or restore a cancelled one."""
    programme_context = await _load_session(context, programme_id)
    form = await form_of(context)
    # A form that is shown again is sent with the current version.
    form.version = programme_context.session.version if programme_context.session else None

    async def change(form: Form) -> Response[bytes]:
        state, version = text_in(form.typed, "state"), number_in(text_in(form.typed, "version"))
        with every_refusal() as each:
            wanted = to_shape(SessionChange, {"state": state} if state else _session_in(form.typed, each))
        session_id = SessionOnProgrammeId(programme_id)
        async with context.db.begin() as tx:
            await programme.change_session(tx, context.actor, session_id, wanted, version)
        return redirect(f"/g/{programme_context.gathering.id}", done="programme")

    return await submit(form, change, partial(_page, context, programme_context), NO_STATUS)


async def _load_gathering(
    context: PageContext, gathering_id: int, session: Session | None = None
) -> ProgrammeContext:
    """Load a gathering for its hosts; raise NotFound or NotHost."""
    async with context.db.read() as tx:
        gathering = await get_gathering(tx, GatheringId(gathering_id))
        ensure_hosts(context.actor, GatheringId(gathering_id), clock.now())
        rooms = await read_rooms(tx, context.actor, GatheringId(gathering_id))
    return ProgrammeContext(gathering, rooms, session)


async def _load_session(context: PageContext, programme_id: int) -> ProgrammeContext:
    async with context.db.read() as tx:
        session = await show_session(tx, context.actor, SessionOnProgrammeId(programme_id))
    return await _load_gathering(context, session.gathering, session)


async def _page(
    context: PageContext, programme_context: ProgrammeContext, form: Form, status: int = 200
) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/session.html",
        status,
        gathering=programme_context.gathering,
        session=programme_context.session,
        rooms=[(str(room.id), room.local_title) for room in programme_context.rooms],
        form=form,
    )


@get("/programme/{programme_id:int}/translations", include_in_schema=False)
async def show_session_translations(
    programme_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the form for the title and the description of a session in other languages to hosts."""
    return await _translations_page(context, programme_id, Form())


@post("/programme/{programme_id:int}/translations", include_in_schema=False)
async def save_session_translations(
    programme_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Save the title and the description of a session in other languages."""
    id = SessionOnProgrammeId(programme_id)

    async def save(form: Form) -> Response[bytes]:
        version = number_in(text_in(form.typed, "version"))
        async with context.db.begin() as tx:
            session = await show_session(tx, context.actor, id)
            wanted = translations_in(form.typed, session.translations, context.renderer.community)
            change = to_shape(SessionChange, {"translations": wanted})
            await programme.change_session(tx, context.actor, id, change, version)
        return redirect(f"/g/{session.gathering}#session-{session.id}", done="programme")

    return await submit(await form_of(context), save, partial(_translations_page, context, programme_id))


async def _translations_page(
    context: PageContext, programme_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    session = (await _load_session(context, programme_id)).session
    assert session is not None
    return translations_page(context, session, f"/programme/{session.id}/edit", form, status)


def _session_in(typed: Typed, each: Collector) -> dict[str, object]:
    facts: dict[str, object] = {
        name: text_in(typed, name).strip() for name in ("title", "about", "language", "time_zone")
    }
    facts |= moments_in(typed, ("starts_at", "ends_at"), str(facts["time_zone"]), each)
    room = text_in(typed, "room")
    facts["room"] = number_in(room)
    with each.check():
        if room and facts["room"] is None:
            raise FieldNotAcceptable(translatable("Choose one of the rooms."), field="room")
    lines = text_in(typed, "speakers").splitlines()
    facts["speakers"] = [_speaker_in(line) for line in lines if line.strip()]
    return facts


def _speaker_in(line: str) -> dict[str, str]:
    rest, _, last = line.strip().rpartition(" ")
    handle = last.removeprefix("@") if rest and last.startswith("@") else ""
    parts = [part.strip() for part in (rest if handle else line).strip(" ,").split(",")]
    speaker = {"name": parts[0]}
    if handle:
        speaker["handle"] = handle
    if organisation := ", ".join(part for part in parts[1:] if part):
        speaker["organisation"] = organisation
    return speaker


def _typed_of(session: Session) -> Typed:
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
        **typed_of("starts_at", session.starts_at, session.time_zone),
        **typed_of("ends_at", session.ends_at, session.time_zone),
        "room": [str(session.room or "")],
        "speakers": ["\n".join(lines)],
    }


routes = [
    show_new_session,
    plan_session,
    show_session_form,
    change_session,
    show_session_translations,
    save_session_translations,
]
