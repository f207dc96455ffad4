"""Imports over HTTP and on pages: columns are mapped and remembered, questions answered, and good rows go in alone."""

import base64
import io
from typing import Any

import pytest
import pytest_asyncio
import xlsxwriter

from boards.imports import imports
from boards.imports.shapes import ImportOptions
from boards.imports.stored_imports import IMPORTS_KEPT_FOR, delete_unapplied_imports
from boards.imports.workbooks import parse_table
from core import clock
from tests.support.boards import Table, a_board
from tests.support.pages import send
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


@pytest_asyncio.fixture
async def table(app: Service) -> Table:
    return await a_board(app)


async def bring(table: Table, content: bytes, name: str = "a.csv", **options: Any) -> Any:
    given = {"name": name, "content": base64.b64encode(content).decode(), "options": options}
    answer = await table.curator.post(f"/boards/{table.id}/imports", given)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def choose(table: Table, looked: Any, status: int = 200, **options: Any) -> Any:
    answer = await table.curator.put(f"/imports/{looked['id']}/options", options)
    assert answer.status_code == status, answer.text
    return answer.json()


def mapped(looked: Any) -> dict[str, str | None]:
    return {column["name"]: column["field"] for column in looked["columns"]}


def problems(looked: Any) -> dict[int, list[str]]:
    return {line["number"]: [one["message"] for one in line["problems"]] for line in looked["lines"]}


async def test_columns_are_mapped_and_the_board_remembers_them(table: Table) -> None:
    content = b"Minerai,Pays,Amount,Note\nCobalt,RDC,3,x\n"

    looked = await bring(table, content)
    assert mapped(looked) == {"Minerai": None, "Pays": "country", "Amount": "amount", "Note": None}
    assert looked["columns"][1]["samples"] == ["RDC"]
    assert looked["counts"]["wrong"] == 1, "the title is missing"
    refused = await table.curator.put(f"/imports/{looked['id']}/application")
    assert refused.json()["code"] == "import_has_errors"

    looked = await choose(table, looked, columns={"Minerai": "title", "Pays": "country", "Amount": None})
    assert looked["left_out"] == ["Amount", "Note"] and looked["counts"]["new"] == 1
    applied = (await table.curator.put(f"/imports/{looked['id']}/application")).json()
    assert applied["applied_at"] is not None
    entry = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"][0]
    assert entry["fields"] == {"title": "Cobalt", "country": "CD"}

    again = await bring(table, content.replace(b"Pays", b" PAYS ").replace(b"Cobalt", b"Tin"))
    assert list(mapped(again).values()) == ["title", "country", None, None]


async def test_a_mapping_that_cannot_be_is_refused(table: Table) -> None:
    looked = await bring(table, b"A,B\n1,2\n")

    for columns, code in (
        ({"A": "title", "B": "title"}, "field_mapped_twice"),
        ({"C": "title"}, "column_unknown"),
        ({"A": "nothing"}, "column_unknown"),
    ):
        assert (await choose(table, looked, 422, columns=columns))["code"] == code
    nothing = await table.curator.put(f"/imports/{looked['id']}/application")
    assert nothing.json()["code"] == "nothing_matches"
    stranger = await table.member.put(f"/imports/{looked['id']}/options", {"columns": {"A": "title"}})
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_a_curator")


async def test_ambiguous_dates_and_numbers_are_asked_and_the_answer_decides(table: Table) -> None:
    content = b"Case;Amount;Since\nCobalt;1.234;03/04/2026\nTin;5.678;05/06/2026\n"

    looked = await bring(table, content)
    assert looked["questions"] == [
        {"what": "decimals", "example": "5.678"},
        {"what": "dates", "example": "05/06/2026"},
    ]
    assert problems(looked)[2] == [
        "“1.234” can be 1.234 or 1234.",
        "“03/04/2026” can be 2026-04-03 or 2026-03-04.",
    ]

    looked = await choose(table, looked, dates="mdy", decimals=",")
    assert looked["questions"] == [] and looked["counts"]["new"] == 2
    await table.curator.put(f"/imports/{looked['id']}/application")
    entries = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"]
    assert {entry["title"]: entry["fields"]["amount"] for entry in entries} == {"Cobalt": 1234, "Tin": 5678}
    assert {entry["fields"]["since"] for entry in entries} == {"2026-03-04", "2026-05-06"}
    late = await choose(table, looked, 409, dates="dmy")
    assert late["code"] == "import_already_applied"


async def test_the_habits_of_a_file_decide_without_a_question(table: Table) -> None:
    content = b"Case;Amount;Since\nCobalt;1.234;03/04/2026\nTin;5,5;31/12/2025\n"

    looked = await bring(table, content)

    assert looked["questions"] == [] and looked["counts"]["new"] == 2
    await table.curator.put(f"/imports/{looked['id']}/application")
    entries = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"]
    assert {entry["title"]: (entry["fields"]["amount"], entry["fields"]["since"]) for entry in entries} == {
        "Cobalt": (1234, "2026-04-03"),
        "Tin": (5.5, "2025-12-31"),
    }


async def test_good_rows_go_in_and_wrong_ones_stay_listed_for_correction(table: Table) -> None:
    content = b'Case;Amount;Country\nCobalt;3;UK\nTin;#DIV/0!;PE\nGold;1.234,5;Atlantis\n"=1+1";x;PE\n'

    looked = await bring(table, content)
    assert looked["counts"] == {"new": 1, "changed": 0, "same": 0, "wrong": 3}
    assert problems(looked)[3] == ["The cell has the error #DIV/0!."]
    page = await table.curator.client.get(f"/b/{table.id}/import/{looked['id']}")
    assert "Import 1 row without errors" in page.text

    done = await send(table.curator, f"/b/{table.id}/import/{looked['id']}", skip="1")
    assert done.status_code == 303 and await table.titles() == ["Cobalt"]
    after = (await table.curator.get(f"/imports/{looked['id']}")).json()
    assert after["applied_at"] is not None and after["counts"]["wrong"] == 3
    rows = await table.curator.client.get(f"/b/{table.id}/import/{looked['id']}/wrong-rows.csv")
    assert rows.content.decode("utf-8-sig").splitlines() == [
        "Case;Amount;Country;What is wrong",
        "Tin;#DIV/0!;PE;Amount: The cell has the error #DIV/0!.",
        "Gold;1.234,5;Atlantis;Country: “Atlantis” is not the name or code of a country.",
        "'=1+1;x;PE;Amount: “x” is not a number.",
    ]
    corrected = await bring(table, rows.content.replace(b"Atlantis", b"Peru", 1).replace(b";x;", b";5;"))
    assert (corrected["counts"]["new"], corrected["left_out"]) == (2, []), "the reasons are no column"
    await table.curator.put(f"/imports/{corrected['id']}/application?skip_wrong=true")
    assert set(await table.titles()) == {"Cobalt", "Gold", "=1+1"}
    stranger = await table.member.client.get(f"/b/{table.id}/import/{looked['id']}/wrong-rows.csv")
    assert stranger.status_code == 403


async def test_an_error_in_a_workbook_is_a_wrong_row(table: Table) -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Case", "Amount"])
        sheet.write_row(1, 0, ["Cobalt"])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")

    looked = await bring(table, kept.getvalue(), "a.xlsx")

    assert problems(looked) == {2: ["The cell has the error #DIV/0!."]}


async def test_amounts_with_a_currency_are_numbers_unless_a_column_has_several(table: Table) -> None:
    good = await bring(table, "Case;Amount\nCobalt;€ 1.234,50\nTin;(7 €)\n".encode())
    assert good["counts"]["new"] == 2
    mixed = await bring(table, "Case;Amount\nCobalt;€ 5\nTin;$ 7\nGold;12 %\n".encode())
    assert problems(mixed) == {
        2: ["“€ 5” has a unit that not all rows have."],
        3: ["“$ 7” has a unit that not all rows have."],
        4: ["“12 %” has a unit that not all rows have. Write it without the percent sign."],
    }


async def test_percentages_among_other_numbers_are_asked_about(table: Table) -> None:
    hint = "Write it without the percent sign."
    written = await bring(table, b"Case,Amount\nCobalt,12 %\nTin,0.5\n")
    assert [hint in told for told in problems(written)[2]] == [True]
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((["Case", "Amount"], ["Cobalt", "12 %"], ["Tin", 0.5])):
            sheet.write_row(row, 0, cells)
    of_workbook = await bring(table, kept.getvalue(), "a.xlsx")
    assert [hint in told for told in problems(of_workbook)[2]] == [True]


async def test_a_column_of_percentages_has_the_numbers_that_are_shown(table: Table) -> None:
    written = await bring(table, "Case;Amount\nCobalt;12,5 %\nTin;%7\nGold;٪3\n".encode())
    assert written["counts"]["new"] == 3
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Case", "Amount"])
        for row, (code, share) in enumerate([("0%", 0.07), ("0.00%", 0.125), ('0.0"of 100"%', 1)], 1):
            sheet.write(row, 0, f"Case {row}")
            sheet.write(row, 1, share, book.add_format({"num_format": code}))
        sheet.set_row(3, options={"hidden": True})

    looked = await bring(table, kept.getvalue(), "a.xlsx")

    assert looked["counts"]["new"] == 3
    assert next(one["samples"] for one in looked["columns"] if one["name"] == "Amount") == [
        "7%",
        "12.5%",
        "100%",
    ]
    assert looked["hidden_rows"] == 1
    page = await table.curator.client.get(f"/b/{table.id}/import/{looked['id']}")
    assert "1 row is hidden in the workbook" in " ".join(page.text.split())


def test_a_percent_sign_in_the_words_of_a_format_makes_no_percentage() -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Case", "Amount"])
        sheet.write_row(1, 0, ["Tin", 0.5], book.add_format({"num_format": '0.0" % of all"'}))

    assert parse_table("a.xlsx", kept.getvalue()).rows[0].cells["Amount"] == 0.5


async def test_one_sheet_of_a_workbook_is_read_and_another_can_be_chosen_on_the_page(table: Table) -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        book.add_worksheet("Read me").write(0, 0, "Please fill in the second sheet")
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Case", "Amount"])
        sheet.write_row(1, 0, ["Cobalt", 1.234])
    looked = await bring(table, kept.getvalue(), "a.xlsx")
    assert (looked["sheet"], looked["sheets"]) == ("Read me", ["Read me", "Data"])

    path = f"/b/{table.id}/import/{looked['id']}"
    assert "Only the sheet" in (await table.curator.client.get(path)).text
    await send(table.curator, f"{path}/columns", sheet="Data", heading="1")

    now = (await table.curator.get(f"/imports/{looked['id']}")).json()
    assert (now["sheet"], mapped(now), now["counts"]["new"]) == (
        "Data",
        {"Case": "title", "Amount": "amount"},
        1,
    )


async def test_an_import_without_any_mapped_column_is_explained_on_its_pages(table: Table) -> None:
    looked = await bring(table, b"X,Y\n1,2\n")
    path = f"/b/{table.id}/import/{looked['id']}"
    assert (
        "No column is mapped to a field of this stock-take yet" in (await table.curator.client.get(path)).text
    )

    empty = await send(
        table.curator, f"{path}/columns", column1="", column2="", heading="1", encoding="utf-8"
    )
    assert empty.status_code == 422 and "Map at least one column" in empty.text
    one = await send(
        table.curator, f"{path}/columns", column1="title", column2="", heading="1", encoding="utf-8"
    )
    assert one.status_code == 303


async def test_a_preview_asks_first_and_shows_the_rows_with_errors_first(table: Table) -> None:
    rows = "".join(f"Case {n};1,5;13/04/2026\n" for n in range(400))
    looked = await bring(table, f"Case;Amount;Since\n{rows}Last;1.234;x\nOther;2,5;13/13/2026\n".encode())

    page = (await table.curator.client.get(f"/b/{table.id}/import/{looked['id']}")).text
    assert page.index("“x” is not a date") < page.index("Case 1") and "102 more rows are not shown." in page
    asked = await bring(table, b"Case;Since\nA;03/04/2026\n")
    page = (await table.curator.client.get(f"/b/{table.id}/import/{asked['id']}")).text
    assert "Choose how to read it" in page


async def test_another_row_of_headings_and_another_encoding_are_read_again(table: Table) -> None:
    content = "국가 목록;2026\nCase;제목\nCobalt;콩고\n".encode("cp949")

    looked = await bring(table, content, heading=1)
    assert looked["questions"][0]["what"] == "encoding" and looked["heading"] == 1
    assert [row["number"] for row in looked["first_rows"]] == [1, 2, 3]
    looked = await choose(table, looked, heading=2, columns={})
    assert mapped(looked) == {"Case": "title", "제목": None}
    refused = await table.curator.put(f"/imports/{looked['id']}/application")
    assert refused.json()["code"] == "import_needs_answers"

    looked = await choose(table, looked, heading=2, encoding="euc-kr", columns={"제목": "what"})
    assert (looked["questions"], looked["encoding"]) == ([], "euc-kr")
    await table.curator.put(f"/imports/{looked['id']}/application")
    entry = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"][0]
    assert entry["fields"] == {"title": "Cobalt", "what": "콩고"}


async def test_columns_chosen_for_a_file_that_somebody_reads_anew_meanwhile_are_refused(table: Table) -> None:
    looked = await bring(table, b"Title,Country\nOre,CD\nTin,PE\n")
    curator, db = await table.curator.actor(), table.curator.service.db
    options = ImportOptions(columns={"Title": "title"})
    parsed = await imports.parse_again(db, curator, looked["id"], options)
    await choose(table, looked, heading=2)

    with pytest.raises(imports.ImportReadingChanged):
        async with db.begin() as tx:
            await imports.change_options(tx, curator, looked["id"], options, parsed)

    now = (await table.curator.get(f"/imports/{looked['id']}")).json()
    assert (list(mapped(now)), now["options"]["heading"]) == (["Ore", "CD"], 2)


async def test_columns_are_mapped_on_a_page_without_a_script(table: Table) -> None:
    content = b"Survey of 2026\nMinerai;Depuis\nCobalt;03/04/2026\n"
    upload = await table.curator.client.post(
        f"/b/{table.id}/import",
        files={"file": ("a.csv", content, "text/csv")},
        headers={"Accept": "text/html"},
    )
    assert upload.status_code == 303 and upload.headers["location"].endswith("/columns")
    path = upload.headers["location"]
    page = (await table.curator.client.get(path)).text
    assert "Minerai" in page and "For example: Cobalt" in page and "Row 2: Minerai, Depuis" in page

    twice = await send(table.curator, path, column1="title", column2="title", heading="2", encoding="utf-8")
    assert twice.status_code == 422 and "same field" in twice.text
    first = await send(table.curator, path, column1="title", column2="since", heading="2", encoding="utf-8")
    assert first.headers["location"] == path.removesuffix("/columns")
    assert "Dates such as 03/04/2026" in (await table.curator.client.get(path)).text
    await send(
        table.curator, path, column1="title", column2="since", heading="2", encoding="utf-8", dates="dmy"
    )
    await send(table.curator, path.removesuffix("/columns"))

    entry = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"][0]
    assert entry["fields"] == {"title": "Cobalt", "since": "2026-04-03"}
    read_again = await send(table.curator, path, heading="1")
    assert read_again.status_code == 409, "what was applied is not read again"


async def test_an_import_that_nobody_applies_is_kept_for_a_month_and_a_file_until_it_is_applied(
    app: Service, table: Table
) -> None:
    applied, left = await bring(table, b"Case\nCobalt\n"), await bring(table, b"Case\nTin\n")
    await table.curator.put(f"/imports/{applied['id']}/application")
    kept = "SELECT id FROM board_imports WHERE content IS NOT NULL"
    assert await raw_sql(app.db).fetchval(kept) == left["id"]

    async with app.db.begin() as tx:
        await delete_unapplied_imports(tx, clock.now() + IMPORTS_KEPT_FOR / 2)
    assert await raw_sql(app.db).fetchval(kept) == left["id"]
    async with app.db.begin() as tx:
        await delete_unapplied_imports(tx, clock.now() + IMPORTS_KEPT_FOR)

    assert await raw_sql(app.db).fetchval(kept) is None
    assert (await choose(table, left, 404, heading=1))["code"] == "not_found"
    assert await raw_sql(app.db).fetchval("SELECT id FROM board_imports") == applied["id"]


async def test_a_board_out_of_sight_shows_nothing_of_its_imports(app: Service, table: Table) -> None:
    looked = await bring(table, b"Case\nCobalt\n")
    other = await a_person(app, "Else")

    assert (await other.put(f"/imports/{looked['id']}/options", {})).status_code == 403
    assert (await other.client.get(f"/b/{table.id}/import/{looked['id']}/columns")).status_code == 403
    wrong_board = await table.curator.client.get(f"/b/999999/import/{looked['id']}/columns")
    assert wrong_board.status_code == 404
