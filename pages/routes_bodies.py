"""The bodies of the community, for administrators: who sits on which."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import NotFound, Refusal
from core.http import status_of
from members import bodies
from members.policy import ensure_can_give_duties
from pages.forms import FieldNotAcceptable, Form, read_form, text_in
from pages.press import go_to
from pages.routes_room_settings import Office


@get("/admin/bodies", include_in_schema=False)
async def show_bodies(office: NamedDependency[Office]) -> Response[bytes]:
    """Who sits on which body."""
    return await _page(office, Form())


@post("/admin/bodies", include_in_schema=False)
async def change_bodies(office: NamedDependency[Office]) -> Response[bytes]:
    """Give somebody a seat, or take it."""
    typed = await read_form(office.request)
    known, slug = office.taxonomies.bodies, text_in(typed, "body")
    handle = text_in(typed, "handle").strip().removeprefix("@")
    verb = bodies.unseat_member if text_in(typed, "remove") else bodies.seat_member
    try:
        async with office.db.begin() as tx:
            await verb(tx, office.actor, known, slug, handle)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            refusal = FieldNotAcceptable("Nobody here has this handle.", field="handle")
        return await _page(office, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to("/admin/bodies", done="people")


async def _page(office: Office, form: Form, status: int = 200) -> Response[bytes]:
    ensure_can_give_duties(office.actor)
    async with office.db.read() as tx:
        seated = [
            (slug, name, (await bodies.read_members(tx, office.actor, office.taxonomies.bodies, slug)).items)
            for slug, name in office.taxonomies.bodies.items()
        ]
    return office.press.page(
        office.request,
        office.actor,
        "bodies.html",
        status,
        bodies=seated,
        options=list(office.taxonomies.bodies.items()),
        form=form,
    )


routes = [show_bodies, change_bodies]
