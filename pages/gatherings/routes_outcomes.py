"""The question log of a room: which questions were taken up, which were not, and why."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.http import PathId
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.questions.outcomes import read_outcomes
from gatherings.rooms.rooms import show_room
from pages.gatherings.outcomes_view import histories_of
from pages.shell.context import PageContext


@get("/r/{room_id:int}/choices", include_in_schema=False)
async def show_choices(
    room_id: PathId, context: NamedDependency[PageContext], after: FromQuery[str | None] = None
) -> Response[bytes]:
    """Show a page of the log; hosts can read it at any time, others when the room is closed and publishes it."""
    async with context.db.read() as tx:
        page = await read_outcomes(tx, context.actor, RoomId(room_id), after)
        room = await show_room(tx, context.actor, RoomId(room_id))
        gathering = await get_gathering(tx, GatheringId(room.gathering))
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/outcomes.html",
        room=room,
        gathering=gathering,
        histories=histories_of(page.items),
        next=page.next,
        is_first=after is None,
        is_published=room.state == "closed" and room.rules.publishes_choices,
        groups=dict(context.renderer.community.groups),
    )


routes = [show_choices]
