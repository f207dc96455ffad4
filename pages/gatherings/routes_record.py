"""The summary of a room and of a gathering, as a page that prints well."""

from collections.abc import Mapping

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from core.http import PathId
from core.ids import GatheringId, RoomId
from core.languages.texts import current_language, gettext, npgettext
from gatherings.gatherings import get_gathering
from gatherings.record import records
from gatherings.record.names import question_state_name, room_state_name
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.record import Attendance, GatheringReport, RoomReport, Totals
from members.profiles.countries import country_in
from pages.gatherings.outcomes_view import histories_of
from pages.shell.context import PageContext
from pages.shell.layout import Community
from pages.shell.renderer import safe


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
        totals=_figures(made.totals),
        state_of=_state_of,
        room_state_name=room_state_name,
        histories_of=histories_of,
        groups=dict(context.renderer.community.groups),
        files=f"/api/v1{path}/report",
        back=back,
        safe=safe,
    )


def _figures(totals: Totals) -> list[tuple[str, int]]:
    """Return the totals, each with its name in the singular or the plural."""
    # NOTE: All of these stand below or beside their numbers.
    return [
        (npgettext("figure", "question", "questions", totals.questions), totals.questions),
        (npgettext("figure", "vote", "votes", totals.votes), totals.votes),
        # NOTE: The number of questions that were answered.
        (npgettext("figure", "answered", "answered", totals.answered), totals.answered),
        (npgettext("figure", "notice", "notices", totals.notices), totals.notices),
        (npgettext("figure", "poll", "polls", totals.polls), totals.polls),
    ]


def _state_of(state: str) -> str:
    """Return the name of a question's state after the room was closed."""
    return gettext("Not answered yet") if state == "live" else question_state_name(state)


def _tables(attendance: Attendance, community: Community) -> list[AttendanceTable]:
    groups, sectors = dict(community.groups), dict(community.sectors)
    countries = {code: country_in(current_language(), code) for code in attendance.countries}
    return [
        AttendanceTable(gettext("Stakeholder group"), _named(attendance.groups, groups)),
        AttendanceTable(gettext("Sector of interest"), _named(attendance.sectors, sectors)),
        AttendanceTable(gettext("Country"), _named(attendance.countries, countries)),
    ]


def _named(cells: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(names.get(slug, slug) or gettext("Not given"), count) for slug, count in cells.items()]


routes = [show_room_report, show_gathering_report]
