"""Duties: who has which, giving and taking them."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from core.actor import Actor
from core.errors import NotFound, Refusal
from core.http import status_of
from core.text import Line, Name
from gatherings.gatherings import read_gatherings
from members.policy import ensure_can_manage_duties
from members.profiles import duties
from members.shapes import Duty, DutyKind
from pages.shell.forms import BadButton, FieldNotAcceptable, Form, number_in, read_form, text_in, to_shape
from pages.shell.renderer import AnyRequest, Renderer, go_to
from storage.database import Database


class Typed(Struct, frozen=True):
    """What the form says: whom, and the duty as one of its options."""

    handle: Name
    duty: Line


class Held(Struct, frozen=True):
    """A duty as the page shows it: whose, in words, and as the form's value."""

    duty: Duty
    words: str
    value: str


@get("/admin", include_in_schema=False)
async def show_duties(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Who has which duty."""
    return await _show(renderer, request, actor, db, Form())


@post("/admin/duties", include_in_schema=False)
async def change_duties(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    renderer: NamedDependency[Renderer],
) -> Response[bytes]:
    """Give or revoke a duty."""
    typed = await read_form(request)
    revoke = bool(text_in(typed, "revoke"))
    try:
        handle = text_in(typed, "handle").strip().removeprefix("@")
        wanted = to_shape(Typed, {"handle": handle, "duty": text_in(typed, "duty")})
        kind, where = _duty_in(wanted.duty)
        async with db.begin() as tx:
            await (duties.revoke_duty if revoke else duties.grant_duty)(tx, actor, wanted.handle, kind, where)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            refusal = FieldNotAcceptable("Nobody here has this handle.", field="handle")
        return await _show(
            renderer, request, actor, db, Form(typed=typed).refuse(refusal), status_of(refusal)
        )
    return go_to("/admin", done="revoked" if revoke else "granted")


async def _show(
    renderer: Renderer, request: AnyRequest, actor: Actor, db: Database, form: Form, status: int = 200
) -> Response[bytes]:
    ensure_can_manage_duties(actor)
    async with db.read() as tx:
        found = (await duties.read_duties(tx, actor)).items
        coming = (await read_gatherings(tx, "upcoming")).items
    titles = {gathering.id: gathering.title for gathering in coming}
    held = [_held(duty, renderer, titles) for duty in found]
    options = [("administrator", "Administrator")]
    options += [(f"moderator {slug}", f"Moderator of {name}") for slug, name in renderer.community.sectors]
    options += [(f"host {number}", f"Host of {title}") for number, title in titles.items()]
    return renderer.page(
        request, actor, "members/duties.html", status, duties=held, options=options, form=form
    )


def _held(duty: Duty, renderer: Renderer, titles: dict[int, str]) -> Held:
    if duty.duty == "moderator" and duty.sector:
        name = dict(renderer.community.sectors).get(duty.sector, duty.sector)
        return Held(duty, f"Moderator of {name}", f"moderator {duty.sector}")
    if duty.duty == "host" and duty.gathering:
        title = titles.get(duty.gathering, f"gathering {duty.gathering}")
        return Held(duty, f"Host of {title}", f"host {duty.gathering}")
    return Held(duty, "Administrator", "administrator")


def _duty_in(value: str) -> tuple[DutyKind, str | int | None]:
    kind, _, where = value.partition(" ")
    if kind == "administrator" and not where:
        return "administrator", None
    if kind == "moderator" and where:
        return "moderator", where
    if kind == "host" and (number := number_in(where)):
        return "host", number
    raise BadButton


routes = [show_duties, change_duties]
