"""Small cells: no cell under five is published, and none can be computed from the published ones."""

import random
from collections import Counter
from collections.abc import Mapping

import pytest

from gatherings.rooms.attendance import suppress_small_cells
from gatherings.shapes.record import Attendance
from gatherings.small_cells import SMALL_CELL_LIMIT, publishable_cells, publishable_parts


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({}, {}),
        ({"a": 4}, {}),
        ({"a": 5}, {"a": 5}),
        ({"a": 9, "b": 5, "c": 0}, {"a": 9, "b": 5}),
        # What the whole gives away takes the next smallest with it.
        ({"a": 9, "b": 6, "c": 4}, {"a": 9}),
        ({"a": 9, "c": 4}, {}),
        # Two that are left out hide each other, if they are five or six together; seven can only be four and three.
        ({"a": 9, "b": 3, "c": 2}, {"a": 9}),
        ({"a": 9, "b": 4, "c": 3}, {}),
        ({"a": 9, "b": 6, "c": 1, "d": 1}, {"a": 9}),
        ({"b": 7, "a": 7, "c": 1}, {"a": 7}),
    ],
)
def test_what_is_told_of_a_whole(cells: dict[str, int], told: dict[str, int]) -> None:
    assert publishable_parts(cells) == told


def test_nothing_small_is_told_or_can_be_reckoned() -> None:
    chance = random.Random(7)
    for _ in range(2_000):
        cells = {
            name: chance.choice((0, 1, 2, 3, 4, 5, 6, 9, 30)) for name in "abcdef"[: chance.randint(1, 6)]
        }
        told = publishable_parts(cells)
        left_out = sum(cells.values()) - sum(told.values())

        assert all(count >= SMALL_CELL_LIMIT and cells[name] == count for name, count in told.items())
        assert left_out == 0 or left_out >= SMALL_CELL_LIMIT or not told
        assert list(told.values()) == sorted(told.values(), reverse=True)


def test_cells_that_overlap_are_told_one_by_one() -> None:
    assert publishable_cells({"mobility": 9, "mining": 4, "battery": 5}) == {"mobility": 9, "battery": 5}


def test_a_whole_less_a_part_that_is_told_gives_no_small_cell_away() -> None:
    chance, told = random.Random(11), 0
    for _ in range(2_000):
        groups = [chance.choice("abc") for _ in range(chance.randint(5, 60))]
        rooms = [
            {person for person in range(len(groups)) if chance.random() < share} for share in (0.9, 0.6, 0.3)
        ]
        beside = [_attendance(Counter(groups[person] for person in room)) for room in rooms]
        whole = Counter(groups[person] for person in set().union(*rooms))
        table, _, _ = suppress_small_cells({"group": whole, "country": {}, "sector": {}}, beside)
        told += bool(table)

        for room in beside:
            assert not {table[name] - room.groups[name] for name in table.keys() & room.groups} & {1, 2, 3, 4}
    assert told > 100


def _attendance(cells: Mapping[str, int]) -> Attendance:
    return Attendance(
        members=sum(cells.values()),
        days=[],
        groups=publishable_parts(cells),
        countries={},
        sectors={},
        is_exact=False,
    )
