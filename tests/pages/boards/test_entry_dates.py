"""Dates and other values of stock-takes on pages: as the reader's language writes them."""

import base64
import csv
import io

import pytest

from tests.support.boards import Table, a_board
from tests.support.pages import BROWSER
from tests.support.people import Person
from tests.support.service import Service

DAYS = (("en", "5 Mar 2024"), ("fr", "5 mars 2024"), ("zh", "2024年3月5日"), ("ar", "5 مارس 2024"))


async def read(person: Person, path: str, language: str) -> str:
    """Return a page in a language."""
    answer = await person.client.get(path, headers=BROWSER | {"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def published(table: Table) -> str:
    """Publish an edition; return its address."""
    await table.change(consolidates_at="2020-01-02T00:00:00Z")
    answer = await table.curator.post(f"/boards/{table.id}/editions", {})
    assert answer.status_code == 201, answer.text
    return f"/b/{table.id}/editions/1"


async def test_the_dates_of_an_entry_are_as_the_reader_writes_them(app: Service) -> None:
    table = await a_board(app)
    entry = await table.add("Cobalt", kind="sectoral", issues=["asm"], since="2024-03-05")
    for language, words in DAYS:
        for path in (f"/b/{table.id}", f"/b/{table.id}/entries/{entry['id']}"):
            page = await read(table.member, path, language)
            assert words in page and "2024-03-05" not in page, (language, path)
    page = (await table.member.client.get(f"/b/{table.id}/entries/{entry['id']}", headers=BROWSER)).text
    assert '<dd dir="auto">5 Mar 2024</dd>' in page, "line breaks of the template are not shown"


async def test_an_edition_shows_its_values_in_the_language_of_the_reader(app: Service) -> None:
    table = await a_board(app)
    topic = table.board["topic"]
    fields = {"kind": "sectoral", "country": "CD", "amount": 1200.125, "since": "2024-03-05"}
    await table.add("Cobalt", said={"kind": "topic", "id": topic}, link="https://a.example/x", **fields)
    address = await published(table)
    for language, words in DAYS:
        page = await read(table.member, address, language)
        assert words in page and "2024-03-05" not in page, language
        assert f'href="/t/{topic}"' in page and f"topic {topic}" not in page
        assert 'href="https://a.example/x" rel="nofollow ugc noopener"' in page
    french = await read(table.member, address, "fr")
    assert "1200,125" in french and "Congo-Kinshasa" in french
    assert "Sectoral or regional cluster" not in french, "terms that are still called so are translated"

    exported = await table.member.client.get(f"{address}/table.csv", headers={"Accept-Language": "fr"})
    rows = list(csv.reader(io.StringIO(exported.content.decode("utf-8-sig"))))
    assert {"2024-03-05", "1200.125", f"topic {topic}"} <= set(rows[1]), "an import can read the file"


async def test_the_statistics_name_months_as_the_reader_does(app: Service) -> None:
    table = await a_board(app)
    await table.add("Cobalt", since="2024-03-05")
    for language, words in (("en", "Mar 2024"), ("de", "März 2024"), ("zh", "2024年3月")):
        page = await read(table.member, f"/b/{table.id}/numbers", language)
        assert words in page and "2024-03" not in page, language


async def test_the_preview_of_an_import_says_in_words_what_changes(app: Service) -> None:
    table = await a_board(app)
    await table.add("Cobalt", kind="sectoral", issues=["asm"], country="CD", amount=1.5, since="2024-03-05")
    rows = "Case;Country;Amount;Since\nCobalt;Chile;2.25;2024-03-06\n"
    given = {"name": "rows.csv", "content": base64.b64encode(rows.encode()).decode()}
    made = (await table.curator.post(f"/boards/{table.id}/imports", given)).json()
    assert [line["what"] for line in made["lines"]] == ["changed"], made
    page = await read(table.curator, f"/b/{table.id}/import/{made['id']}", "fr")
    for before, after in (("5 mars 2024", "6 mars 2024"), ("Congo-Kinshasa", "Chili"), ("1,5", "2,25")):
        assert f'<del dir="auto">{before}</del> → <ins dir="auto">{after}</ins>' in page, page


@pytest.mark.parametrize(("language", "day"), [("fr", "29 mars 2026"), ("zh", "2026年3月29日")])
async def test_a_time_that_does_not_exist_is_named_as_the_reader_writes_it(
    app: Service, language: str, day: str
) -> None:
    table = await a_board(app)
    asked = {"title": "Due diligence", "time_zone": "Europe/Vienna", "sector": "mobility"}
    asked |= {"starts_at": "2026-03-29T02:30", "ends_at": "2026-03-29T04:00"}
    headers = BROWSER | {"Accept-Language": language}
    answer = await table.curator.client.post("/g/new", data=asked, headers=headers)
    assert answer.status_code == 422
    assert day in answer.text and "2026-03-29 " not in answer.text, answer.text
