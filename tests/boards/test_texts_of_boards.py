"""Stock-takes speak the language of whoever reads them: pages, previews, exports; what is stored for all speaks none."""

import base64
from typing import Any

import pytest
import pytest_asyncio
from babel import Locale

from boards.imports.workbooks import (
    MAX_CELL_LENGTH,
    MAX_FILE_SIZE,
    MAX_ROWS,
    NotASheet,
    SheetTooBig,
    parse_table,
)
from core.languages.languages import make_language
from tests.support.boards import Table, a_board
from tests.support.languages.pseudo import PseudoTranslations, pseudo
from tests.support.people import a_person
from tests.support.service import Service

# Its texts are those of the pseudo-language, and its countries French.
FRENCH = make_language("fr-XA", PseudoTranslations(), Locale.parse("fr"))


@pytest_asyncio.fixture
async def table(app: Service) -> Table:
    return await a_board(app)


def speak_french(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service speak French to those who asked for English, as if they had changed their language."""
    for place in ("tertulia.http.languages", "boards.imports.headings"):
        monkeypatch.setattr(f"{place}.languages", lambda: {"en": FRENCH})


async def bring(table: Table, content: bytes) -> Any:
    given = {"name": "a.csv", "content": base64.b64encode(content).decode()}
    return (await table.curator.post(f"/boards/{table.id}/imports", given)).json()


async def test_a_preview_is_told_in_the_language_of_each_reader_and_applied_in_any(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = await bring(table, b'Case,Country\nCobalt,PE\nTin,Atlantis\nGold,"PE"x\n')
    speak_french(monkeypatch)

    read = (await table.curator.get(f"/imports/{looked['id']}")).json()

    told = [[(one["column"], one["message"]) for one in line["problems"]] for line in read["lines"]]
    unknown = pseudo("“%(cell)s” is not the name or code of a country.") % {"cell": "Atlantis"}
    quotes = pseudo("A quotation mark is missing in this row, or in the wrong place.")
    assert told[:2] == [[], [(pseudo("Country"), unknown)]]
    assert told[2][0] == (pseudo("Row"), quotes)
    applied = await table.curator.put(f"/imports/{looked['id']}/application?skip_wrong=true")
    assert applied.status_code == 200, applied.text
    assert await table.titles() == ["Cobalt"]
    rows = await table.curator.client.get(f"/b/{table.id}/import/{looked['id']}/wrong-rows.csv")
    heading, row, *_ = rows.content.decode("utf-8-sig").splitlines()
    assert heading == f"Case,Country,{pseudo('What is wrong')}" and unknown in row
    assert (await bring(table, rows.content))["left_out"] == [], "the reasons are no column"


async def test_an_export_has_headings_and_countries_in_the_language_of_the_reader(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_french(monkeypatch)
    entry = await table.add(country="CL")

    csv = (await table.member.client.get(f"/api/v1/boards/{table.id}/export.csv")).content.decode("utf-8-sig")
    heading, row = csv.splitlines()
    assert heading.startswith(f"{pseudo('Number')},{pseudo('Case')},") and heading.endswith(pseudo("Address"))
    assert ",Chili," in row and "Chile" not in row
    # The post of the entry is for readers of all languages.
    posts = (await table.member.get(f"/topics/{entry['topic']}/posts")).text
    assert "Chile" in posts and "Chili" not in posts


async def test_counts_of_a_board_are_kept_by_language(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    await table.add(country="CL")
    pages = [f"/b/{table.id}/numbers", f"/b/{table.id}/matrix?rows=country&columns=kind"]
    for page in pages:
        assert ">Chile<" in (await table.member.client.get(page)).text.replace("\n", "")
    speak_french(monkeypatch)

    numbers, matrix = [(await table.member.client.get(page)).text for page in pages]

    assert "Chili" in numbers and "Chili" in matrix
    assert pseudo("When it was added") in numbers and ">When it was added<" not in numbers


async def test_the_fields_of_a_template_are_named_in_the_language_of_whoever_uses_it(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    speak_french(monkeypatch)

    made = await curator.post("/sectors/mobility/boards", {"title": "Follow-up", "template": "follow-up"})

    labels = {field["key"]: field["label"] for field in made.json()["form"]["fields"]}
    assert labels["until"] == pseudo("Until when")


async def test_a_refusal_of_a_field_says_its_limit_in_the_language_of_the_reader(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_french(monkeypatch)
    given = {"fields": {"title": "Cobalt", "what": "x" * 5_001}}
    refused = await table.member.post(f"/boards/{table.id}/entries", given)
    assert refused.json()["detail"] == pseudo("At most %(most)s characters.") % {"most": 5_000}


def test_the_limits_of_tables_are_those_that_the_refusals_say() -> None:
    assert f"{MAX_FILE_SIZE // 1024 // 1024} MB and {MAX_ROWS:,} rows" in SheetTooBig.message
    with pytest.raises(NotASheet, match=f"up to {MAX_CELL_LENGTH:,} characters"):
        parse_table("a.csv", b"A\n" + b"x" * (MAX_CELL_LENGTH + 1))
