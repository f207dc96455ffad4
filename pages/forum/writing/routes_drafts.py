"""The list of the member's drafts, and deleting one."""

import re

from litestar import Response, get, post
from litestar.di import NamedDependency

from forum.drafts import drafts
from forum.shapes_drafts import KEY
from pages.shell.context import PageContext
from pages.shell.forms import BadButton, read_form, text_in
from pages.shell.renderer import redirect

_KEY = re.compile(KEY)


@get("/drafts", include_in_schema=False)
async def show_drafts(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show all drafts of the member, newest first."""
    async with context.db.read() as tx:
        found = await drafts.read_drafts(tx, context.actor)
    kept_days = drafts.DRAFTS_KEPT_FOR.days
    return context.renderer.page(
        context.request, context.actor, "forum/writing/drafts.html", drafts=found.items, kept=kept_days
    )


@post("/drafts", include_in_schema=False)
async def delete_draft(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Delete a draft."""
    key = text_in(await read_form(context.request), "drop")
    context.actor.signed_in()
    if not _KEY.match(key):
        raise BadButton
    async with context.db.begin() as tx:
        await drafts.delete_draft(tx, context.actor, key)
    return redirect("/drafts")


routes = [show_drafts, delete_draft]
