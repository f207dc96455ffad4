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

from boards.imports.workbooks import MAX_FILE_SIZE, MAX_ROWS, NotASheet, ParsedRow, SheetTooBig, parse_table
from core.errors import Refusal
from gatherings.record.exports import escape_csv_formula, unescape_csv_formula

TWO = [ParsedRow(2, {"Title": "Cobalt", "Country": "CD"}), ParsedRow(3, {"Title": "Tin"})]


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
    sheet = parse_table("a.csv", content)

    assert (sheet.columns, sheet.rows) == (["Title", "Country"], TWO)


def test_a_workbook_is_read_by_what_it_is() -> None:
    sheet = parse_table("misnamed.csv", a_workbook([["Title", "Country"], ["Cobalt", "CD"], ["Tin"]]))

    assert (sheet.columns, sheet.rows) == (["Title", "Country"], TWO)


def test_cells_of_a_workbook_are_plain_values() -> None:
    row = ["text", 3, 2.5, True, date(2026, 5, 3), datetime(2026, 5, 3, 14, 30, tzinfo=None), 1e20]
    sheet = parse_table("a.xlsx", a_workbook([list("abcdefg"), row]))

    assert sheet.rows[0].cells == {
        "a": "text", "b": 3, "c": 2.5, "d": True, "e": "2026-05-03", "f": "2026-05-03T14:30:00", "g": 1e20,
    }  # fmt: skip


def test_the_number_of_a_line_is_what_a_spreadsheet_shows() -> None:
    assert parse_table("a.xlsx", a_workbook([[], [], ["Title"], [], ["Tin"]])).rows[0].number == 5
    assert parse_table("a.csv", b'\nTitle\n\n"two\nlines"\nTin\n').rows == [
        ParsedRow(5, {"Title": "two\nlines"}),
        ParsedRow(6, {"Title": "Tin"}),
    ]


def test_objects_become_rows() -> None:
    rows = [
        {"Title": "Cobalt", "Stages": ["mining", "refining"]},
        {"Title": "Tin", "Country": None, "Amount": 3},
    ]
    wanted = [
        ParsedRow(1, {"Title": "Cobalt", "Stages": ["mining", "refining"]}),
        ParsedRow(2, {"Title": "Tin", "Amount": 3}),
    ]

    for content in (rows, {"entries": rows}, {"items": rows, "next": None}):
        sheet = parse_table("a.json", json.dumps(content).encode())
        assert sheet.columns == ["Title", "Stages", "Country", "Amount"]
        assert sheet.rows == wanted


@given(some.text(alphabet="'=+-@＝a;, \t\r\n", max_size=12))
def test_a_cell_that_was_exported_is_read_as_it_was(text: str) -> None:
    assert unescape_csv_formula(escape_csv_formula(text)) == text


def test_what_kept_a_cell_from_being_a_formula_is_taken_off_and_nothing_else() -> None:
    content = "A,B,C,D\n'=1+1,'＝x; '-y,'quoted',it's\n".encode()

    assert parse_table("a.csv", content).rows[0].cells == {
        "A": "=1+1",
        "B": "＝x; -y",
        "C": "'quoted'",
        "D": "it's",
    }


def test_what_western_windows_writes_is_read() -> None:
    assert parse_table("a.csv", "Größe;Länder\n3;Côte d’Ivoire\n".encode("cp1252")).rows[0].cells == {
        "Größe": "3",
        "Länder": "Côte d’Ivoire",
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "nothing in it"),
        (b"\n\n", "nothing in it"),
        (b'A,"B\n1,2\n', "Line 1"),
        (b'A,"B"x\n1,2\n', "Line 1"),
        (b"PK\x03\x04 no archive at all", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old format .* or with a password"),
        (b"<html><body><table><tr><td>A</td></tr></table>", "web page"),
        (b'<?xml version="1.0"?><Workbook></Workbook>', "web page"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not a table"),
        (b"{\\rtf1\\ansi A}", "not a table"),
        (b"[1, 2]", "list of objects"),
        (b'{"a": 1}', "list of objects"),
        (b"[" * 100_000, "20,000 characters"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not a table"),
        (b"A\n" + b"x" * 20_001, "20,000 characters"),
        (",".join(f"c{n}" for n in range(101)).encode(), "100 columns"),
    ],
)
def test_what_is_no_table_is_refused_saying_why(content: bytes, says: str) -> None:
    with pytest.raises(NotASheet, match=says):
        parse_table("a", content)


def test_more_than_one_import_takes_is_refused() -> None:
    with pytest.raises(SheetTooBig):
        parse_table("a.csv", b"A\n" + b"x\n" * (MAX_ROWS + 1))
    assert len(parse_table("a.csv", b"A\n" + b"x\n" * MAX_ROWS).rows) == MAX_ROWS
    with pytest.raises(SheetTooBig):
        parse_table("a.csv", b"x" * (MAX_FILE_SIZE + 1))


def test_what_is_small_only_while_packed_is_refused_before_it_is_unpacked() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 150 * 1024 * 1024)
    bomb = kept.getvalue()
    assert len(bomb) < MAX_FILE_SIZE

    with pytest.raises(SheetTooBig):
        parse_table("a.xlsx", bomb)


@given(some.binary(max_size=400), some.sampled_from([b"", b"PK\x03\x04", b"[{", b"A;B\n", b"\xff\xfe"]))
def test_whatever_comes_is_read_or_refused(content: bytes, start: bytes) -> None:
    with contextlib.suppress(Refusal):
        parse_table("a", start + content)


@given(some.binary(min_size=1, max_size=8), some.integers(min_value=0, max_value=2**31))
def test_a_damaged_workbook_is_read_or_refused(damage: bytes, where: int) -> None:
    book = bytearray(_BOOK)
    place = where % len(book)
    book[place : place + len(damage)] = damage
    with contextlib.suppress(Refusal):
        parse_table("a.xlsx", bytes(book))


_BOOK = a_workbook([["Title", "When"], ["Cobalt", datetime(2026, 5, 3, tzinfo=UTC).replace(tzinfo=None)]])


def a_workbook_with(rows: str, part_of_sheet: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook whose first sheet is written by hand."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><dimension ref="A1:A1"/><sheetData>{rows}</sheetData></worksheet>'
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_BOOK)) as packed,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as anew,
    ):
        for part in packed.namelist():
            anew.writestr(part, sheet if part == part_of_sheet else packed.read(part))
    return kept.getvalue()


def a_cell(reference: str, value: int = 1) -> str:
    """A cell by its reference, alone in its row."""
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{reference}"><v>{value}</v></c></row>'


@pytest.mark.parametrize(
    "rows",
    [
        a_cell("A1") + a_cell("XFD1048576"),
        a_cell("A1") + a_cell("XFD600"),
        a_cell("A1048576"),
        # Without references a cell stands right of the one before, a row under the one before.
        a_cell("A1") + '<row r="1048575"/><row><c><v>1</v></c></row>',
        a_cell("A1") + a_cell("A500") + "<row>" + "<c/>" * 3_000 + "<c><v>1</v></c></row>",
    ],
)
def test_a_cell_far_out_is_refused_before_the_workbook_is_parsed(rows: str) -> None:
    book = a_workbook_with(rows)
    assert len(book) < 10_000

    with pytest.raises(SheetTooBig):
        parse_table("a.xlsx", book)


def test_a_style_far_out_takes_no_room() -> None:
    rows = a_cell("B1", 7) + a_cell("B2", 8) + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'

    assert parse_table("a.xlsx", a_workbook_with(rows)).rows == [ParsedRow(2, {"7": 8})]


def test_as_much_as_an_import_takes_is_read_whatever_stands_on_other_sheets() -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet, other = book.add_worksheet(), book.add_worksheet()
        sheet.write_row(0, 0, [f"Column {n}" for n in range(20)])
        for number in range(1, MAX_ROWS + 1):
            sheet.write_row(number, 0, [f"Case {number}", *range(19)])
        other.write(1_048_575, 16_383, "far out")

    rows = parse_table("a.xlsx", kept.getvalue()).rows

    assert (len(rows), rows[-1].number, rows[-1].cells["Column 0"]) == (MAX_ROWS, 5001, "Case 5000")


def test_a_size_that_the_directory_understates_is_not_believed() -> None:
    book = bytearray(a_workbook_with(a_cell("A1") + a_cell("A2") + " " * 1_000_000))
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        size = packed.getinfo("xl/worksheets/sheet1.xml").file_size
    book = bytearray(bytes(book).replace(size.to_bytes(4, "little"), (300).to_bytes(4, "little")))

    with pytest.raises(NotASheet):
        parse_table("a.xlsx", bytes(book))


def test_other_workbooks_are_refused() -> None:
    for parts, says in (
        (("mimetype", "content.xml"), r"\.ods"),
        (("xl/workbook.bin", "xl/worksheets/sheet1.bin"), r"\.xlsb"),
        (("Index/Document.iwa",), "Numbers"),
        (("word/document.xml",), "not a table"),
        (("xl/workbook.xml",), "damaged"),
        (("a.csv",), "one by one"),
    ):
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w") as packed:
            for part in parts:
                packed.writestr(part, "application/vnd.oasis.opendocument.spreadsheet")
        with pytest.raises(NotASheet, match=says):
            parse_table("a.ods", kept.getvalue())


def test_what_unpacks_without_an_end_is_not_unpacked() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_BOOK)) as packed, zipfile.ZipFile(kept, "w", zipfile.ZIP_BZIP2) as anew:
        for part in packed.namelist():
            anew.writestr(part, packed.read(part))

    with pytest.raises(NotASheet):
        parse_table("a.xlsx", kept.getvalue())
