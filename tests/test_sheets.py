"""Tables that people bring, as spreadsheets of all places write them; and files that are none."""

import contextlib
import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as some

from boards.sheets import LARGEST_FILE, MOST_ROWS, Line, NotASheet, SheetTooBig, read_sheet
from core.errors import Refusal

TWO = [Line(2, {"Title": "Cobalt", "Country": "CD"}), Line(3, {"Title": "Tin"})]


def a_workbook(rows: list[list[Any]]) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell)
    return kept.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"Title,Country\nCobalt,CD\nTin,\n",
        b"Title;Country\r\nCobalt;CD\r\nTin;\r\n",
        b"\xef\xbb\xbfTitle\tCountry\r\nCobalt\tCD\r\nTin\t\r\n",
        "Title;Country\nCobalt;CD\nTin".encode("utf-16"),
        b" Title , Country \n Cobalt , CD \n Tin ,   ,,,\n",
        b'"Title","Country"\n"Cobalt","CD"\n"Tin",""\n',
        b"Title|Country\nCobalt|CD\nTin|\n\n\n",
    ],
)
def test_a_table_is_the_same_whichever_way_it_was_written(content: bytes) -> None:
    sheet = read_sheet("a.csv", content)

    assert (sheet.columns, sheet.lines) == (["Title", "Country"], TWO)


def test_a_workbook_is_read_by_what_it_is() -> None:
    sheet = read_sheet("misnamed.csv", a_workbook([["Title", "Country"], ["Cobalt", "CD"], ["Tin"]]))

    assert (sheet.columns, sheet.lines) == (["Title", "Country"], TWO)


def test_cells_of_a_workbook_are_plain_values() -> None:
    row = ["text", 3, 2.5, True, date(2026, 5, 3), datetime(2026, 5, 3, 14, 30, tzinfo=None), 1e20]
    sheet = read_sheet("a.xlsx", a_workbook([list("abcdefg"), row]))

    assert sheet.lines[0].cells == {
        "a": "text", "b": 3, "c": 2.5, "d": True, "e": "2026-05-03", "f": "2026-05-03T14:30:00", "g": 1e20,
    }  # fmt: skip


def test_the_number_of_a_line_is_what_a_spreadsheet_shows() -> None:
    assert read_sheet("a.xlsx", a_workbook([[], [], ["Title"], [], ["Tin"]])).lines[0].number == 5
    assert read_sheet("a.csv", b'\nTitle\n\n"two\nlines"\nTin\n').lines == [
        Line(5, {"Title": "two\nlines"}),
        Line(6, {"Title": "Tin"}),
    ]


def test_objects_become_rows() -> None:
    rows = [
        {"Title": "Cobalt", "Stages": ["mining", "refining"]},
        {"Title": "Tin", "Country": None, "Amount": 3},
    ]
    wanted = [
        Line(1, {"Title": "Cobalt", "Stages": ["mining", "refining"]}),
        Line(2, {"Title": "Tin", "Amount": 3}),
    ]

    for content in (rows, {"entries": rows}, {"items": rows, "next": None}):
        sheet = read_sheet("a.json", json.dumps(content).encode())
        assert sheet.columns == ["Title", "Stages", "Country", "Amount"]
        assert sheet.lines == wanted


def test_what_kept_a_cell_from_being_a_formula_is_taken_off_and_nothing_else() -> None:
    content = b"A,B,C,D\n'=1+1,'@x,'quoted',it's\n"

    assert read_sheet("a.csv", content).lines[0].cells == {
        "A": "=1+1",
        "B": "@x",
        "C": "'quoted'",
        "D": "it's",
    }


def test_what_western_windows_writes_is_read() -> None:
    assert read_sheet("a.csv", "Größe;Länder\n3;Côte d’Ivoire\n".encode("cp1252")).lines[0].cells == {
        "Größe": "3",
        "Länder": "Côte d’Ivoire",
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in it"),
        (b"\n\n", "nothing in it"),
        (b"A,,C\n1,2,3\n", "Column 2 has no name"),
        (b"A,A\n1,2\n", "Two columns"),
        (b"A,B\n1,2,3\n", "Line 2 has more cells"),
        (b'A,B\n"1,2\n', "Line"),
        (b'A,B\n"1"x,2\n', "Line"),
        (b"PK\x03\x04 no archive at all", "could not be opened"),
        (b"[1, 2]", "list of objects"),
        (b"[{", "no JSON"),
        (b'{"a": 1}', "list of objects"),
        (b"[" * 100_000, "no JSON"),
        (b"%PDF-1.7\x00\x01", "could not be read"),
        (b"A\n" + b"x" * 20_001, "20,000 characters"),
        (",".join(f"c{n}" for n in range(101)).encode(), "100 columns"),
    ],
)
def test_what_is_no_table_is_refused_saying_why(content: bytes, says: str) -> None:
    with pytest.raises(NotASheet, match=says):
        read_sheet("a", content)


def test_more_than_one_import_takes_is_refused() -> None:
    with pytest.raises(SheetTooBig):
        read_sheet("a.csv", b"A\n" + b"x\n" * (MOST_ROWS + 1))
    assert len(read_sheet("a.csv", b"A\n" + b"x\n" * MOST_ROWS).lines) == MOST_ROWS
    with pytest.raises(SheetTooBig):
        read_sheet("a.csv", b"x" * (LARGEST_FILE + 1))


def test_what_is_small_only_while_packed_is_refused_before_it_is_unpacked() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 150 * 1024 * 1024)
    bomb = kept.getvalue()
    assert len(bomb) < LARGEST_FILE

    with pytest.raises(SheetTooBig):
        read_sheet("a.xlsx", bomb)


@given(some.binary(max_size=400), some.sampled_from([b"", b"PK\x03\x04", b"[{", b"A;B\n", b"\xff\xfe"]))
def test_whatever_comes_is_read_or_refused(content: bytes, start: bytes) -> None:
    with contextlib.suppress(Refusal):
        read_sheet("a", start + content)


@given(some.binary(min_size=1, max_size=8), some.integers(min_value=0, max_value=2**31))
def test_a_damaged_workbook_is_read_or_refused(damage: bytes, where: int) -> None:
    book = bytearray(_BOOK)
    place = where % len(book)
    book[place : place + len(damage)] = damage
    with contextlib.suppress(Refusal):
        read_sheet("a.xlsx", bytes(book))


_BOOK = a_workbook([["Title", "When"], ["Cobalt", datetime(2026, 5, 3, tzinfo=UTC).replace(tzinfo=None)]])
