"""Tables as programs and people write them that differ from plain ones: each is read as a careful person reads it."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from boards.imports.workbooks import ParsedRow, Reading, parse_table

AB = ["A", "B"]
ROW = [ParsedRow(2, {"A": "1", "B": "2"})]


@pytest.mark.parametrize(
    "content",
    [
        b"sep=;\nA;B\n1;2\n",
        b'\xef\xbb\xbf"sep=;"\r\nA;B\r\n1;2\r\n',
        b"SEP=\\t\r\nA\tB\r\n1\t2\r\n",
        b"sep=tab\nA\tB\n1\t2\n",
        b"sep=|\rA|B\r1|2\r",
        "sep=,\nA,B\n1,2\n".encode("utf-16"),
        b"A,B\r1,2\r",
        b"A, B\n1, 2\n",
        b'A, "B"\n1, "2"\n',
        b"A,B,,\n1,2,,\n",
        b"A,B\n1,2\n\x1a",
        b'{"A": "1", "B": "2"}\n{"A": "3", "B": "4"}\n',
    ],
)
def test_the_delimiter_is_found_whatever_is_around_it(content: bytes) -> None:
    table = parse_table("a.txt", content)

    assert table.columns == AB
    assert table.rows[0].cells == ROW[0].cells


@pytest.mark.parametrize(
    "text",
    [
        "Opinion\nWell, yes\nNo, never\nMaybe, later\n",
        "Opinion\nyes; no\nno; yes\n",
        "Opinion\nyes\nno\n",
    ],
)
def test_sentences_in_one_column_are_not_divided(text: str) -> None:
    assert parse_table("a.csv", text.encode()).columns == ["Opinion"]


@pytest.mark.parametrize(
    "above",
    [
        "Ministry of Mines\nReport of incidents\nDate: 2026-01-01\n\n",
        "Ministry, of mines\nReport, of incidents\n",
        "Incidents 2026;;\n",
    ],
)
def test_lines_above_a_table_do_not_decide_its_delimiter(above: str) -> None:
    content = f"{above}Name;Country;Amount\nA;CD;1,5\nB;PE;2,5\n".encode()
    table = parse_table("a.csv", content, known={"name", "country"})

    assert table.columns == ["Name", "Country", "Amount"]
    assert table.rows[0].cells == {"Name": "A", "Country": "CD", "Amount": "1,5"}


def test_names_of_fields_decide_between_delimiters() -> None:
    content = b"Title;Countries, all\nA;CD, PE\nB;CD, PE\n"

    assert parse_table("a.csv", content, known={"title"}).columns == ["Title", "Countries, all"]


@pytest.mark.parametrize(
    ("content", "wrong", "right"),
    [
        (b'A,B\n1,"x\n2,y\n3,z\n', [2], [3, 4]),
        (b'A,B\n1,"x\n2,y\n3,"z"\n4,w\n', [2], [3, 4, 5]),
        (b'A,B\n"he said \\"hi\\"",2\n3,4\n', [2], [3]),
        (b'A,B\n"x"y,2\n3,4\n', [2], [3]),
        (b'A,B\n1,"two\nlines"\n3,4\n', [], [3, 4]),
    ],
)
def test_a_misplaced_quotation_mark_costs_one_row(content: bytes, wrong: list[int], right: list[int]) -> None:
    rows = parse_table("a.csv", content).rows

    assert [row.number for row in rows if row.problem] == wrong
    assert [row.number for row in rows if not row.problem] == right


def test_open_quotation_marks_in_every_row_are_read_in_linear_time() -> None:
    rows = parse_table("a.csv", b"A,B\n" + b'1,"x\n2,"y"z\n' * 2_000).rows

    assert sum(bool(row.problem) for row in rows) > 2_000


def test_columns_without_a_heading_and_digits_below_empty_headings_are_kept() -> None:
    assert parse_table("a.csv", b",B,,\n1,2,3,4\n").columns == ["Column 1", "B", "Column 3", "Column 4"]
    assert parse_table("a.csv", b"A,B\n1,2,3\n4,5,6\n7,8,9\n").columns == ["A", "B", "Column 3"]


def test_a_note_below_the_table_is_no_row_and_a_short_row_is_one() -> None:
    rows = parse_table("a.csv", b"A,B\n1,2\n3\n\nSource: a ministry\nAll figures are estimates\n").rows

    assert [(row.number, bool(row.problem)) for row in rows] == [(2, False), (3, False), (5, True), (6, True)]


def test_the_column_of_our_own_reasons_is_left_out_unless_the_board_has_such_a_field() -> None:
    content = b"A,What is wrong\n1,x\n"

    assert parse_table("a.csv", content).columns == ["A"]
    assert parse_table("a.csv", content, known={"what is wrong"}).columns == ["A", "What is wrong"]


def a_book(
    fill: Callable[[Any], None], edit: Callable[[bytes], bytes] | None = None, **options: Any
) -> bytes:
    kept, edited = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, **options}) as book:
        fill(book)
    with zipfile.ZipFile(kept) as packed, zipfile.ZipFile(edited, "w") as anew:
        for part in packed.namelist():
            content = packed.read(part)
            anew.writestr(part, edit(content) if edit and part.endswith("sheet1.xml") else content)
    return edited.getvalue()


def a_sheet(book: Any, name: str, *rows: list[Any]) -> Any:
    sheet = book.add_worksheet(name)
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    return sheet


def test_hidden_and_empty_sheets_are_not_read_and_another_can_be_chosen() -> None:
    def fill(book: Any) -> None:
        hidden = a_sheet(book, "Secret", ["Password"])
        a_sheet(book, "Empty")
        a_sheet(book, "Data", ["Name"], ["Tin"]).activate()
        a_sheet(book, "More", ["Title"], ["Gold"])
        hidden.hide()

    content = a_book(fill)
    table = parse_table("a.xlsx", content)

    assert (table.sheet, table.sheets, table.columns) == ("Data", ["Empty", "Data", "More"], ["Name"])
    assert parse_table("a.xlsx", content, Reading(sheet="More")).columns == ["Title"]
    assert parse_table("a.xlsx", content, Reading(sheet="Secret")).columns == ["Name"]


def test_merged_cells_count_for_each_of_their_rows() -> None:
    def fill(book: Any) -> None:
        sheet = a_sheet(book, "A", ["Country", "Name"], ["", "Tin"], ["", "Gold"], ["PE", "Silver"])
        sheet.merge_range(1, 0, 2, 0, "CD")

    rows = parse_table("a.xlsx", a_book(fill)).rows

    assert [row.cells.get("Country") for row in rows] == ["CD", "CD", "PE"]


def test_headings_in_two_rows_name_the_columns_by_the_second() -> None:
    def fill(book: Any) -> None:
        sheet = a_sheet(book, "A", ["Name", "Amount"], ["", "2024", "2025"], ["Tin", 3, 4], ["Gold", 5, 6])
        sheet.merge_range(0, 0, 1, 0, "Name")

    table = parse_table("a.xlsx", a_book(fill), known={"name"})

    assert (table.columns, table.rows[0].cells) == (
        ["Name", "2024", "2025"],
        {"Name": "Tin", "2024": 3, "2025": 4},
    )


def test_a_formula_that_was_never_computed_is_an_error() -> None:
    def fill(book: Any) -> None:
        a_sheet(book, "A", ["Name", "Amount"], ["Tin"]).write_formula(1, 1, "=1+1", None, 2)

    assert parse_table("a.xlsx", a_book(fill)).rows[0].cells["Amount"] == 2
    bare = a_book(fill, lambda sheet: re.sub(rb"</f><v>[^<]*</v>", b"</f>", sheet))
    assert parse_table("a.xlsx", bare).rows[0].cells["Amount"] == {"error": "no value"}


@pytest.mark.parametrize("is_1904", [False, True])
def test_dates_and_durations_are_the_same_in_both_date_systems(is_1904: bool) -> None:
    def fill(book: Any) -> None:
        sheet = a_sheet(book, "A", ["Day", "Time"])
        start = 44_683.9999999 if is_1904 else 46_145.9999999
        sheet.write_number(1, 0, start, book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_number(1, 1, 1.5, book.add_format({"num_format": "[h]:mm"}))

    cells = parse_table("a.xlsx", a_book(fill, date_1904=is_1904)).rows[0].cells

    assert cells == {"Day": "2026-05-04", "Time": "36:00:00"}
