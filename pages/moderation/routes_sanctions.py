"""The sanctions of the viewer."""

from litestar import Response, get
from litestar.di import NamedDependency

from moderation.sanctions.sanctions import read_own_sanctions
from pages.moderation.labels import action_labels
from pages.shell.context import PageContext


@get("/sanctions", include_in_schema=False)
async def show_sanctions(context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the viewer's current and past sanctions."""
    async with context.db.read() as tx:
        found = await read_own_sanctions(tx, context.actor)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/sanctions.html",
        items=found.items,
        actions=action_labels(),
    )


routes = [show_sanctions]
