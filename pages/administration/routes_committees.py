"""The page of committees, on which administrators add and remove members."""

from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency

from members.policy import ensure_can_administer
from members.profiles import committees
from pages.shell.context import PageContext
from pages.shell.forms import NO_STATUS, Form, form_of, submit, text_in, unknown_handle_refused
from pages.shell.renderer import redirect


@get("/admin/bodies", include_in_schema=False)
async def show_committees(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the members of all committees."""
    return await _page(context, Form())


@post("/admin/bodies", include_in_schema=False)
async def change_committees(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Add a member to a committee, or remove one."""

    async def change(form: Form) -> Response[bytes]:
        typed, known = form.typed, context.taxonomies.committees
        slug, handle = text_in(typed, "body"), text_in(typed, "handle").strip().removeprefix("@")
        is_removal = bool(text_in(typed, "remove"))
        verb = committees.remove_committee_member if is_removal else committees.add_committee_member
        with unknown_handle_refused():
            async with context.db.begin() as tx:
                await verb(tx, context.actor, known, slug, handle)
        return redirect("/admin/bodies", done="people")

    return await submit(await form_of(context), change, partial(_page, context), NO_STATUS)


async def _page(context: PageContext, form: Form, status: int = 200) -> Response[bytes]:
    ensure_can_administer(context.actor)
    async with context.db.read() as tx:
        known = context.taxonomies.committees
        listed = [
            (slug, name, (await committees.read_committee_members(tx, context.actor, known, slug)).items)
            for slug, name in context.renderer.community.committees
        ]
    return context.renderer.page(
        context.request,
        context.actor,
        "administration/committees.html",
        status,
        committees=listed,
        options=context.renderer.community.committees,
        form=form,
    )


routes = [show_committees, change_committees]
