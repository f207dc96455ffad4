"""The bodies of the community, for administrators: who sits on which."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from core.errors import NotFound, Refusal
from core.http import status_of
from members.policy import ensure_can_manage_duties
from members.profiles import committees
from pages.shell.context import PageContext
from pages.shell.forms import FieldNotAcceptable, Form, read_form, text_in
from pages.shell.renderer import go_to


@get("/admin/bodies", include_in_schema=False)
async def show_bodies(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Who sits on which body."""
    return await _page(context, Form())


@post("/admin/bodies", include_in_schema=False)
async def change_bodies(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Give somebody a seat, or take it."""
    typed = await read_form(context.request)
    known, slug = context.taxonomies.committees, text_in(typed, "body")
    handle = text_in(typed, "handle").strip().removeprefix("@")
    verb = committees.remove_committee_member if text_in(typed, "remove") else committees.add_committee_member
    try:
        async with context.db.begin() as tx:
            await verb(tx, context.actor, known, slug, handle)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            refusal = FieldNotAcceptable("Nobody here has this handle.", field="handle")
        return await _page(context, Form(typed=typed).refuse(refusal), status_of(refusal))
    return go_to("/admin/bodies", done="people")


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    ensure_can_manage_duties(context.actor)
    async with context.db.read() as tx:
        seated = [
            (
                slug,
                name,
                (
                    await committees.read_committee_members(
                        tx, context.actor, context.taxonomies.committees, slug
                    )
                ).items,
            )
            for slug, name in context.taxonomies.committees.items()
        ]
    return context.renderer.page(
        context.request,
        context.actor,
        "members/committees.html",
        status,
        bodies=seated,
        options=list(context.taxonomies.committees.items()),
        form=form,
    )


routes = [show_bodies, change_bodies]
