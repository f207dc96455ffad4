"""How files are read: delimiters outside quotes, titles above the headings, error cells, encodings and odd rows."""

import io
from typing import get_args

import pytest
import xlsxwriter

from boards.imports.delimiters import find_delimiter
from boards.imports.shapes import EncodingName
from boards.imports.workbooks import ParsedRow, Reading, parse_table
from core.text_encodings import ENCODINGS


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ('"Name";"Notes";"Remarks, hints, and, more"\n"Delta";"x";"y"\n', ";"),
        ("Name;Amount\na;1,5\nb;2,5\n", ";"),
        ("Name;Amount, kg\na;1\n", ";"),
        ('a,b\n1,"x;y;z"\n2,"u;v"\n', ","),
        ("Report, 2026\n\nName;A;B\n1;2;3\n4;5;6\n", ";"),
        ("Title\tA, B\n1\t2, 3", "\t"),
        ("a|b\n1|2;3\n", "|"),
        ('Name,Size\nScreen 5" wide,3\nB,4\n', ","),
        ('Name,Notes\n"a; b","c\nd; e"\nx,y\n', ","),
        ('Name,Notes\n"he said ""a; b; c""",y\nx,y\n', ","),
    ],
)
def test_only_delimiters_outside_quotes_count(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_commas_in_the_sentences_of_one_column_are_no_delimiters() -> None:
    assert parse_table("a.csv", b"Name\nCobalt, from Kolwezi\nTin\n").rows == [
        ParsedRow(2, {"Name": "Cobalt, from Kolwezi"}),
        ParsedRow(3, {"Name": "Tin"}),
    ]


@pytest.mark.parametrize(
    "above", ["Cases of 2026\n", "Cases of 2026\n\n", "Cases of 2026,,\nSource: survey\n\n", "\n\n", ""]
)
def test_a_title_above_the_headings_is_left_out(above: str) -> None:
    table = parse_table("a.csv", f"{above}Name,Country,Amount\nCobalt,CD,3\nTin,PE,4\n".encode())

    assert table.columns == ["Name", "Country", "Amount"]
    assert [row.cells["Name"] for row in table.rows] == ["Cobalt", "Tin"]


def test_the_row_that_names_fields_is_the_heading_and_another_can_be_chosen() -> None:
    content = b"Survey,2026\nDone by,Kim\nCase,Amount\nCobalt,3\n"

    assert parse_table("a.csv", content, known={"case", "amount"}).heading == 3
    chosen = parse_table("a.csv", content, Reading(heading=2))
    assert (chosen.columns, chosen.heading) == (["Done by", "Kim"], 2)
    assert parse_table("a.csv", content).first_rows[2] == (3, ["Case", "Amount"])


def test_columns_without_a_name_or_with_that_of_another_get_one() -> None:
    assert parse_table("a.csv", b"A,,A,A\n1,2,3,4\n").columns == ["A", "Column 2", "A (2)", "A (3)"]


def test_a_row_with_too_many_cells_is_wrong_and_the_others_are_read() -> None:
    rows = parse_table("a.csv", b"A,B\n1,2,3\n4,5\n6,7\n").rows

    assert [(row.number, bool(row.problem)) for row in rows] == [(2, True), (3, False), (4, False)]


def test_error_cells_of_a_workbook_are_kept_as_errors() -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, ["Name", "Amount"])
        sheet.write_row(3, 1, ["Cobalt"])
        sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(4, 1, ["Tin", 4])

    rows = parse_table("a.xlsx", kept.getvalue()).rows

    assert rows == [
        ParsedRow(4, {"Name": "Cobalt", "Amount": {"error": "#DIV/0!"}}),
        ParsedRow(5, {"Name": "Tin", "Amount": 4}),
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe;Länder\n3;Côte d’Ivoire\n", "windows-1252"),
        ("Название;Страна\nКобальт;Конго\n", "windows-1251"),
        ("العنوان;البلد\nالكوبالت;الكونغو\n", "windows-1256"),
        ("标题;国家\n钴;刚果民主共和国\n", "gbk"),
        ("標題;國家\n鈷;剛果民主共和國\n", "big5"),
        ("題名;国\nコバルト;コンゴ民主共和国\n", "shift_jis"),
        ("标题;国家\n钴;刚果\n", "utf-16le"),
    ],
)
def test_the_encoding_is_recognized(text: str, encoding: str) -> None:
    codec = {"gbk": "gb18030", "shift_jis": "cp932", "utf-16le": "utf-16"}.get(encoding, encoding)
    table = parse_table("a.csv", text.encode(codec))

    assert (table.encoding, table.is_encoding_certain) == (encoding, True)
    assert table.columns == text.split("\n")[0].split(";")


def test_an_encoding_that_is_a_guess_is_said_to_be_one_and_another_can_be_chosen() -> None:
    content = "제목;국가\n코발트;콩고\n".encode("cp949")

    assert not parse_table("a.csv", content).is_encoding_certain
    chosen = parse_table("a.csv", content, Reading(encoding="euc-kr"))
    assert (chosen.columns, chosen.is_encoding_certain) == (["제목", "국가"], True)


def test_each_known_encoding_can_be_chosen() -> None:
    assert set(get_args(EncodingName)) == ENCODINGS.keys()


def test_a_table_that_begins_with_a_bracket_is_no_json() -> None:
    assert parse_table("a.csv", b"[Name],Amount\nCobalt,3\n").columns == ["[Name]", "Amount"]
