"""Titles and descriptions of stock-takes and events in several languages: written by form or API, shown to each reader."""

from collections.abc import Awaitable, Callable
from gettext import NullTranslations
from typing import Any

import pytest
from msgspec import Struct

from core.languages.languages import Language, make_language
from tests.support.boards import a_board
from tests.support.pages import open_page
from tests.support.people import Person, a_person
from tests.support.service import Service

FRENCH, ITALIAN = (make_language(tag, NullTranslations()) for tag in ("fr", "it"))
NAMES = {"fr": {"title": "Bonnes <pratiques>", "description": "Ce qui **marche**."}}


class Named(Struct):
    """What has translations: its address in the API and on pages, and who writes them."""

    person: Person
    api: str
    page: str
    description: str
    lists: tuple[str, ...]


async def a_named_board(app: Service) -> Named:
    table = await a_board(app, purpose="What works.")
    return Named(table.curator, f"/boards/{table.id}", f"/b/{table.id}", "What works.", ("/b", "/s/mobility"))


async def a_named_gathering(app: Service) -> Named:
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    given = {"sector": "mobility", "title": "Good practice", "about": "What works."}
    times = {"starts_at": "2099-01-01T10:00:00Z", "ends_at": "2099-01-01T12:00:00Z"}
    id = (await ada.post("/gatherings", given | times)).json()["id"]
    return Named(ada, f"/gatherings/{id}", f"/g/{id}", "What works.", ("/g", "/s/mobility"))


EACH = pytest.mark.parametrize("make", [a_named_board, a_named_gathering])
Make = Callable[[Service], Awaitable[Named]]


def read_in(monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    monkeypatch.setattr("tertulia.http.languages.languages", lambda: {"en": language})


async def write(named: Named, **typed: str) -> Any:
    return await named.person.client.post(f"{named.page}/translations", data=typed, follow_redirects=False)


@EACH
async def test_readers_see_their_language_or_the_original(
    app: Service, monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    named = await make(app)
    changed = await named.person.patch(named.api, {"translations": NAMES})
    assert changed.status_code == 200, changed.text
    assert changed.json()["translations"] == NAMES
    read = (await named.person.get(named.api)).json()
    assert (read["title"], read["translations"]) == ("Good practice", NAMES)
    assert "Bonnes" not in await open_page(named.person, named.page)

    read_in(monkeypatch, FRENCH)
    page = await open_page(named.person, named.page)
    assert "Bonnes &lt;pratiques&gt;" in page and "Ce qui <strong>marche</strong>." in page
    assert "Good practice" not in page and "What works." not in page
    for address in named.lists:
        assert "Bonnes &lt;pratiques&gt;" in await open_page(named.person, address), address
    read_in(monkeypatch, ITALIAN)
    assert "Good practice" in await open_page(named.person, named.page)


async def test_calendars_are_in_the_readers_language(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    named = await a_named_gathering(app)
    await named.person.patch(named.api, {"translations": NAMES})
    read_in(monkeypatch, FRENCH)
    for name in (f"gatherings/{named.page.removeprefix('/g/')}", "sectors/mobility"):
        calendar = (await named.person.client.get(f"/feeds/{name}.ics")).text
        assert "SUMMARY:Bonnes <pratiques>" in calendar and "DESCRIPTION:Ce qui **marche**." in calendar, name


@EACH
async def test_the_form_writes_the_languages_of_the_community_and_keeps_others(
    app: Service, make: Make
) -> None:
    named = await make(app)
    await named.person.patch(named.api, {"translations": {"it": {"title": "Buone pratiche"}} | NAMES})
    page = await open_page(named.person, f"{named.page}/translations")
    assert 'value="Bonnes &lt;pratiques&gt;"' in page and 'name="description_ar"' in page
    version = str((await named.person.get(named.api)).json()["version"])

    for wrong in ({"title_de": "ab"}, {"description_de": "Was wirkt."}):
        refused = await write(named, version=version, title_zh="良好做法", **wrong)
        assert (
            refused.status_code == 422
            and "良好做法" in refused.text
            and 'id="title_de-wrong"' in refused.text
        )
    saved = await write(named, version=version, title_de="Gute Praxis", description_de="Was wirkt.")
    assert saved.status_code == 303, saved.text
    assert (await named.person.get(named.api)).json()["translations"] == {
        "de": {"title": "Gute Praxis", "description": "Was wirkt."},
        "it": {"title": "Buone pratiche", "description": ""},
    }
    stale = await write(named, version=version, title_de="Zu spät")
    assert stale.status_code == 412


@EACH
async def test_translations_are_refused_that_are_none(app: Service, make: Make) -> None:
    named = await make(app)
    for wrong in (
        {"Français": NAMES["fr"]},
        {"fr": {"title": "ab"}},
        {"fr": {"title": " a "}},  # As it is stored it would be too short to be read again.
        {"fr": {"title": "\ufb2c" * 300}},
        {"fr": {"description": "Sans titre."}},
        {"fr": NAMES["fr"] | {"place": "Paris"}},
        {f"x{letter}": NAMES["fr"] for letter in "abcdefghijklmnopqrstu"},
    ):
        assert (await named.person.patch(named.api, {"translations": wrong})).status_code == 422
    assert (await named.person.get(named.api)).json()["translations"] == {}
