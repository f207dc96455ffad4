"""The choice log of a room as a page: what was asked, what was taken up, what was not and why."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from core.http import PathId
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.questions.choices import read_choices
from gatherings.rooms.rooms import show_room
from pages.choice_view import ways_of
from pages.routes_members import Study


@get("/r/{room_id:int}/choices", include_in_schema=False)
async def show_choices(
    room_id: PathId, study: NamedDependency[Study], after: FromQuery[str | None] = None
) -> Response[bytes]:
    """One page of the log; hosts read it at any time, others once the room is closed and publishes it."""
    async with study.db.read() as tx:
        page = await read_choices(tx, study.actor, RoomId(room_id), after)
        room = await show_room(tx, study.actor, RoomId(room_id))
        gathering = await get_gathering(tx, GatheringId(room.gathering))
    return study.press.page(
        study.request,
        study.actor,
        "choices.html",
        room=room,
        gathering=gathering,
        ways=ways_of(page.items),
        next=page.next,
        is_first=after is None,
        is_published=room.state == "closed" and room.rules.publishes_choices,
        groups=dict(study.press.community.groups),
    )


routes = [show_choices]
