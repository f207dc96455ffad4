"""Dates of entries on pages: as the reader's language writes them."""

from tests.support.boards import a_board
from tests.support.pages import BROWSER
from tests.support.service import Service


async def test_the_dates_of_an_entry_are_as_the_reader_writes_them(app: Service) -> None:
    table = await a_board(app)
    entry = await table.add("Cobalt", kind="sectoral", issues=["asm"], since="2024-03-05")
    for language, words in (
        ("en", "5 Mar 2024"),
        ("fr", "5 mars 2024"),
        ("zh", "2024年3月5日"),
        ("ar", "5 مارس 2024"),
    ):
        for path in (f"/b/{table.id}", f"/b/{table.id}/entries/{entry['id']}"):
            headers = BROWSER | {"Accept-Language": language}
            page = (await table.member.client.get(path, headers=headers)).text
            assert words in page and "2024-03-05" not in page, (language, path)
    page = (await table.member.client.get(f"/b/{table.id}/entries/{entry['id']}", headers=BROWSER)).text
    assert '<dd dir="auto">5 Mar 2024</dd>' in page, "line breaks of the template are not shown"
