"""Attendance: who was in a room on which day, counted by group, sector and country. Finer times are never stored."""

from collections.abc import Mapping, Sequence
from datetime import date

from core import clock
from core.ids import RoomId
from gatherings.shapes.record import Attendance, Day
from gatherings.small_cells import find_revealing_cells, publishable_cells, publishable_parts, sort_cells
from storage.database import Database, Reader
from storage.statements import statement

# The name of the cell for members who do not publish their group or country.
NOT_PUBLISHED = ""

CellTables = Mapping[str, Mapping[str, int]]
PublishedTables = tuple[dict[str, int], dict[str, int], dict[str, int]]

# One statement for all rooms. People in a room that is not open are looking at it, not attending.
INSERT_ATTENDANCE = statement("""
INSERT INTO attendance (room_id, member_id, day)
SELECT rooms.id, come.member_id, :day
FROM unnest(CAST(:rooms AS bigint[]), CAST(:members AS bigint[])) AS come (room_id, member_id)
JOIN rooms ON rooms.id = come.room_id AND rooms.state = 'open'
JOIN members ON members.id = come.member_id
ON CONFLICT DO NOTHING
""")
COUNT_ATTENDEES_BY_DAY = statement("""
SELECT day, CAST(count(DISTINCT member_id) AS integer) AS members
FROM attendance WHERE room_id = ANY(CAST(:rooms AS bigint[])) GROUP BY day ORDER BY day
""")
SELECT_ATTENDEES = statement(
    "SELECT DISTINCT member_id FROM attendance WHERE room_id = ANY(CAST(:rooms AS bigint[]))"
)
# Only what members publish is counted by name; all other members are in the cell NOT_PUBLISHED.
COUNT_MEMBERS_BY_CELL = statement("""
WITH people AS (SELECT * FROM members WHERE id = ANY(CAST(:members AS bigint[])))
SELECT 'group' AS of, coalesce("group", '') AS cell, count(*) AS n
FROM public_authors WHERE id = ANY(CAST(:members AS bigint[])) GROUP BY 2
UNION ALL
SELECT 'country', CASE WHEN 'country' = ANY(public) THEN coalesce(country, '') ELSE '' END, count(*) FROM people GROUP BY 2
UNION ALL
SELECT 'sector', sector, count(DISTINCT id) FROM people, unnest(sectors) AS sector WHERE 'sectors' = ANY(public) GROUP BY 2
""")


async def record_attendance(db: Database, arrivals: Mapping[int, Sequence[int]]) -> None:
    """Record for today that members arrived in rooms, given as member ids by room id; repeated arrivals are ignored."""
    pairs = [(room, member) for room, members in sorted(arrivals.items()) for member in sorted(members)]
    async with db.begin() as tx:
        await tx.run(
            INSERT_ATTENDANCE,
            rooms=[room for room, _ in pairs],
            members=[member for _, member in pairs],
            day=clock.now().date(),
        )


async def show_presence(tx: Reader, room_id: int, members: Sequence[int]) -> dict[str, dict[str, int]]:
    """Return how many of the members who are present belong to which group and sector, without small cells."""
    cells = await _count_cells(tx, members)
    groups = publishable_parts(cells["group"])
    groups.pop(NOT_PUBLISHED, None)
    return {"groups": groups, "sectors": publishable_cells(cells["sector"])}


async def read_attendance(
    tx: Reader, room_ids: Sequence[RoomId], is_exact: bool, published: Sequence[Attendance] = ()
) -> Attendance:
    """Return how many members attended any of the rooms, by day, group, sector and country.

    Small cells are included only if `is_exact`. `published` are the attendances of single rooms that readers can have:
    a cell is suppressed if its difference from one of those would be a small cell.
    """
    attendees = [row["member_id"] for row in await tx.rows(SELECT_ATTENDEES, rooms=list(room_ids))]
    cells = await _count_cells(tx, attendees)
    groups, countries, sectors = _all_cells(cells) if is_exact else suppress_small_cells(cells, published)
    days = await tx.rows(COUNT_ATTENDEES_BY_DAY, rooms=list(room_ids))
    return Attendance(
        members=len(attendees),
        days=[Day(_iso_date(row["day"]), row["members"]) for row in days],
        groups=groups,
        countries=countries,
        sectors=sectors,
        is_exact=is_exact,
    )


def suppress_small_cells(cells: CellTables, published: Sequence[Attendance]) -> PublishedTables:
    """Return the groups, countries and sectors that can be published next to the attendances already published."""
    # Groups and countries add up to the total, so suppressing one revealing cell would not hide it: publish none.
    groups = (
        {}
        if find_revealing_cells(cells["group"], [one.groups for one in published])
        else publishable_parts(cells["group"])
    )
    countries = (
        {}
        if find_revealing_cells(cells["country"], [one.countries for one in published])
        else publishable_parts(cells["country"])
    )
    revealing = find_revealing_cells(cells["sector"], [one.sectors for one in published])
    sectors = {
        name: count for name, count in publishable_cells(cells["sector"]).items() if name not in revealing
    }
    return groups, countries, sectors


def _all_cells(cells: CellTables) -> PublishedTables:
    return sort_cells(cells["group"]), sort_cells(cells["country"]), sort_cells(cells["sector"])


async def _count_cells(tx: Reader, members: Sequence[int]) -> dict[str, dict[str, int]]:
    cells: dict[str, dict[str, int]] = {"group": {}, "country": {}, "sector": {}}
    for row in await tx.rows(COUNT_MEMBERS_BY_CELL, members=list(members)) if members else ():
        cells[row["of"]][row["cell"]] = row["n"]
    return cells


def _iso_date(day: date) -> str:
    return day.isoformat()
