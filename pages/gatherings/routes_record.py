"""The record as a page that prints well: of a room, and of a gathering."""

from collections.abc import Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from core.http import PathId
from core.ids import GatheringId, RoomId
from gatherings.gatherings import get_gathering
from gatherings.record import records
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.record import Attendance, GatheringReport, RoomReport, Totals
from members.profiles.countries import COUNTRIES
from pages.gatherings.outcomes_view import ways_of
from pages.shell.context import PageContext
from pages.shell.layout import Community
from pages.shell.renderer import safe

NOT_SAID = "Not said"
STATES = {
    "pending": "Waits for approval",
    "live": "Not answered yet",
    "shortlisted": "Shortlisted",
    "on_stage": "On stage",
    "answered": "Answered",
    "dismissed": "Dismissed",
    "merged": "Merged into another one",
    "withdrawn": "Withdrawn",
}


class Table(Struct, frozen=True):
    """People counted by something."""

    by: str
    cells: list[tuple[str, int]]


@get("/r/{room_id:int}/report", include_in_schema=False)
async def show_room_report(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """The record of a room."""
    async with context.db.read() as tx:
        made = await records.read_room_record(tx, context.actor, RoomId(room_id))
        gathering = await get_gathering(tx, GatheringId(made.gathering))
    return _page(context, made, gathering, [made], f"/rooms/{room_id}", f"/r/{room_id}")


@get("/g/{gathering_id:int}/report", include_in_schema=False)
async def show_gathering_report(
    gathering_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """The record of a gathering."""
    async with context.db.read() as tx:
        made = await records.read_gathering_record(tx, context.actor, GatheringId(gathering_id))
        gathering = await get_gathering(tx, GatheringId(gathering_id))
    place = f"/gatherings/{gathering_id}"
    return _page(context, made, gathering, made.rooms, place, f"/g/{gathering_id}")


def _page(
    context: PageContext,
    made: RoomReport | GatheringReport,
    gathering: Gathering,
    rooms: list[RoomReport],
    place: str,
    back: str,
) -> Response[bytes]:
    return context.renderer.page(
        context.request,
        context.actor,
        "gatherings/record.html",
        report=made,
        is_room=isinstance(made, RoomReport),
        gathering=gathering,
        rooms=rooms,
        tables=_tables(made.attendance, context.renderer.community),
        totals=[(name, getattr(made.totals, name)) for name in Totals.__struct_fields__],
        states=STATES,
        ways_of=ways_of,
        groups=dict(context.renderer.community.groups),
        files=f"/api/v1{place}/report",
        back=back,
        safe=safe,
    )


def _tables(attendance: Attendance, community: Community) -> list[Table]:
    groups, sectors = dict(community.groups), dict(community.sectors)
    return [
        Table("Stakeholder group", _validated_title(attendance.groups, groups)),
        Table("Sector of interest", _validated_title(attendance.sectors, sectors)),
        Table("Country", _validated_title(attendance.countries, COUNTRIES)),
    ]


def _validated_title(cells: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(names.get(slug, slug) or NOT_SAID, count) for slug, count in cells.items()]


routes = [show_room_report, show_gathering_report]
