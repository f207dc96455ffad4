"""The summary of a room and of a gathering, as a page that prints well."""

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
from pages.gatherings.outcomes_view import histories_of
from pages.shell.context import PageContext
from pages.shell.layout import Community
from pages.shell.renderer import safe

NOT_GIVEN = "Not given"
STATES = {
    "pending": "Waiting for approval",
    "live": "Not answered yet",
    "shortlisted": "Shortlisted",
    "on_stage": "On stage",
    "answered": "Answered",
    "dismissed": "Dismissed",
    "merged": "Merged into another question",
    "withdrawn": "Withdrawn",
}


class AttendanceTable(Struct, frozen=True):
    """Attendees counted by group, sector or country."""

    by: str
    cells: list[tuple[str, int]]


@get("/r/{room_id:int}/report", include_in_schema=False)
async def show_room_report(room_id: PathId, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the summary of a room; raise NotFound."""
    async with context.db.read() as tx:
        made = await records.read_room_record(tx, context.actor, RoomId(room_id))
        gathering = await get_gathering(tx, GatheringId(made.gathering))
    return _page(context, made, gathering, [made], f"/rooms/{room_id}", f"/r/{room_id}")


@get("/g/{gathering_id:int}/report", include_in_schema=False)
async def show_gathering_report(
    gathering_id: PathId, context: NamedDependency[PageContext]
) -> Response[bytes]:
    """Show the summary of a gathering; raise NotFound."""
    async with context.db.read() as tx:
        made = await records.read_gathering_record(tx, context.actor, GatheringId(gathering_id))
        gathering = await get_gathering(tx, GatheringId(gathering_id))
    path = f"/gatherings/{gathering_id}"
    return _page(context, made, gathering, made.rooms, path, f"/g/{gathering_id}")


def _page(
    context: PageContext,
    made: RoomReport | GatheringReport,
    gathering: Gathering,
    rooms: list[RoomReport],
    path: str,
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
        histories_of=histories_of,
        groups=dict(context.renderer.community.groups),
        files=f"/api/v1{path}/report",
        back=back,
        safe=safe,
    )


def _tables(attendance: Attendance, community: Community) -> list[AttendanceTable]:
    groups, sectors = dict(community.groups), dict(community.sectors)
    return [
        AttendanceTable("Stakeholder group", _named(attendance.groups, groups)),
        AttendanceTable("Sector of interest", _named(attendance.sectors, sectors)),
        AttendanceTable("Country", _named(attendance.countries, COUNTRIES)),
    ]


def _named(cells: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(names.get(slug, slug) or NOT_GIVEN, count) for slug, count in cells.items()]


routes = [show_room_report, show_gathering_report]
