"""Attendance: who was in a room on which day, and how many of which group, sector and country; never a finer time."""

from collections.abc import Mapping, Sequence
from datetime import date

from core import clock
from core.ids import RoomId
from gatherings.shapes.record import Attendance, Day
from gatherings.small_cells import find_revealing_cells, publishable_cells, publishable_parts, sort_cells
from storage.database import Database, Reader
from storage.statements import statement

NOT_SAID = ""

Counted = Mapping[str, Mapping[str, int]]
Tables = tuple[dict[str, int], dict[str, int], dict[str, int]]

# In one statement for all rooms; those who come to a room that is not open are looking at it, not attending.
_ATTEND = statement("""
INSERT INTO attendance (room_id, member_id, day)
SELECT rooms.id, come.member_id, :day
FROM unnest(CAST(:rooms AS bigint[]), CAST(:members AS bigint[])) AS come (room_id, member_id)
JOIN rooms ON rooms.id = come.room_id AND rooms.state = 'open'
JOIN members ON members.id = come.member_id
ON CONFLICT DO NOTHING
""")
_DAYS = statement("""
SELECT day, CAST(count(DISTINCT member_id) AS integer) AS members
FROM attendance WHERE room_id = ANY(CAST(:rooms AS bigint[])) GROUP BY day ORDER BY day
""")
_PEOPLE = statement("SELECT DISTINCT member_id FROM attendance WHERE room_id = ANY(CAST(:rooms AS bigint[]))")
# Only what members let everybody see is counted; the others stand together.
_CELLS = statement("""
WITH people AS (SELECT * FROM members WHERE id = ANY(CAST(:members AS bigint[])))
SELECT 'group' AS of, coalesce("group", '') AS cell, count(*) AS n
FROM public_authors WHERE id = ANY(CAST(:members AS bigint[])) GROUP BY 2
UNION ALL
SELECT 'country', CASE WHEN 'country' = ANY(public) THEN coalesce(country, '') ELSE '' END, count(*) FROM people GROUP BY 2
UNION ALL
SELECT 'sector', sector, count(DISTINCT id) FROM people, unnest(sectors) AS sector WHERE 'sectors' = ANY(public) GROUP BY 2
""")


async def record_attendance(db: Database, come: Mapping[int, Sequence[int]]) -> None:
    """Note for each room the members who have come to it, with the day; those who came before are passed over."""
    pairs = [(room, member) for room, members in sorted(come.items()) for member in sorted(members)]
    async with db.begin() as tx:
        await tx.run(
            _ATTEND,
            rooms=[room for room, _ in pairs],
            members=[member for _, member in pairs],
            day=clock.now().date(),
        )


async def show_presence(tx: Reader, room_id: int, members: Sequence[int]) -> dict[str, dict[str, int]]:
    """Which groups and sectors the members present speak for, as far as they let it be seen and enough of them do."""
    cells = await _count(tx, members)
    groups = publishable_parts(cells["group"])
    groups.pop(NOT_SAID, None)
    return {"groups": groups, "sectors": publishable_cells(cells["sector"])}


async def read_attendance(
    tx: Reader, room_ids: Sequence[RoomId], is_exact: bool, beside: Sequence[Attendance] = ()
) -> Attendance:
    """How many members were in any of the rooms, by day, group, sector and country; small cells only if `is_exact`.

    `beside` is what is told of single ones of the rooms: where this less that would be a small cell, it is not told.
    """
    people = [row["member_id"] for row in await tx.rows(_PEOPLE, rooms=list(room_ids))]
    cells = await _count(tx, people)
    told = _all if is_exact else suppress_small_cells
    groups, countries, sectors = told(cells, beside)
    return Attendance(
        members=len(people),
        days=[Day(_day(row["day"]), row["members"]) for row in await tx.rows(_DAYS, rooms=list(room_ids))],
        groups=groups,
        countries=countries,
        sectors=sectors,
        is_exact=is_exact,
    )


def _all(cells: Counted, _: Sequence[Attendance]) -> Tables:
    return sort_cells(cells["group"]), sort_cells(cells["country"]), sort_cells(cells["sector"])


def suppress_small_cells(cells: Counted, beside: Sequence[Attendance]) -> Tables:
    # Groups and countries add up to all who were there, so leaving one cell out would not hide it: then none is told.
    groups = (
        {}
        if find_revealing_cells(cells["group"], [one.groups for one in beside])
        else publishable_parts(cells["group"])
    )
    countries = (
        {}
        if find_revealing_cells(cells["country"], [one.countries for one in beside])
        else publishable_parts(cells["country"])
    )
    close = find_revealing_cells(cells["sector"], [one.sectors for one in beside])
    sectors = {name: n for name, n in publishable_cells(cells["sector"]).items() if name not in close}
    return groups, countries, sectors


async def _count(tx: Reader, members: Sequence[int]) -> dict[str, dict[str, int]]:
    cells: dict[str, dict[str, int]] = {"group": {}, "country": {}, "sector": {}}
    for row in await tx.rows(_CELLS, members=list(members)) if members else ():
        cells[row["of"]][row["cell"]] = row["n"]
    return cells


def _day(day: date) -> str:
    return day.isoformat()
