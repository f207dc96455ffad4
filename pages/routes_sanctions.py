"""What was decided against oneself: what, why, until when, and how to appeal."""

from litestar import Response, get
from litestar.di import NamedDependency

from moderation.sanctions import read_own
from pages.queue_view import ACTIONS
from pages.routes_posts import Desk


@get("/sanctions", include_in_schema=False)
async def show_sanctions(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What holds, or held, against whoever looks."""
    async with desk.db.read() as tx:
        found = await read_own(tx, desk.actor)
    return desk.press.page(desk.request, desk.actor, "sanctions.html", items=found.items, actions=ACTIONS)


routes = [show_sanctions]
