"""The choice of the language of pages, as a visitor and as a member."""

import re
from collections.abc import Iterator
from contextvars import copy_context

import httpx2
import pytest

from core.languages.negotiation import preferred_language
from tertulia.http.languages import speak_language_of_request
from tests.support.languages.marked import marked_language, speaking_also
from tests.support.member_service import PASSWORD, MemberService
from tests.support.pages import BROWSER, open_page, send
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


@pytest.fixture(autouse=True)
def _languages(app: Service) -> Iterator[None]:
    with speaking_also(app, *map(marked_language, ("fr", "ar"))):
        yield


async def test_every_page_offers_the_languages_by_their_own_names(
    app: Service, client: httpx2.AsyncClient
) -> None:
    page = await open_page(client, "/s/mobility")
    assert '<button name="language" value="fr" lang="fr">Français</button>' in page
    assert '<button name="language" value="ar" lang="ar">العربية</button>' in page
    assert '<button name="language" value="en" lang="en" aria-current="true">English</button>' in page
    assert re.search(r'action="/language".*?name="next" value="/s/mobility"', page, re.S)
    refused = await send(client, "/signin", login="nobody", password="x")
    assert 'name="next" value="/"' in refused.text.partition('action="/language"')[2]


async def test_the_choice_is_not_offered_where_the_interface_speaks_one_language(
    app: Service, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.shell.layout.languages", lambda: {"en": None})
    assert 'action="/language"' not in await open_page(client, "/help")


async def test_a_visitor_keeps_the_language_in_a_cookie(app: Service, client: httpx2.AsyncClient) -> None:
    chosen = await send(client, "/language", language="ar", next="/g")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/g")
    cookie = chosen.headers["set-cookie"]
    assert cookie.startswith("language=ar;") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert '<html lang="ar" dir="rtl">' in await open_page(client, "/g")


async def test_a_member_keeps_the_language_in_the_profile(app: Service) -> None:
    amina = await a_person(app)
    version = (await amina.get("/me")).json()["version"]
    assert (await send(amina, "/language", language="fr", next="/")).status_code == 303
    amina.client.cookies.clear()
    me = (await amina.get("/me")).json()
    assert (me["letters_in"], me["version"]) == ("fr", version + 1)
    assert '<html lang="fr" dir="ltr">' in await open_page(amina, "/g")


async def test_the_choice_returns_to_the_page_with_its_query_and_never_to_another_site(
    app: Service, client: httpx2.AsyncClient
) -> None:
    for given in ("https://evil.example", "//evil.example", "/\\evil.example", ""):
        away = await send(client, "/language", language="fr", next=given)
        assert (away.status_code, away.headers["location"]) == (303, "/")
        client.cookies.clear()

    async def onward(referer: str) -> str:
        asked = {"language": "fr", "next": "/search"}
        headers = BROWSER | {"Host": "here.example", "Referer": referer}
        response = await client.post("/language", data=asked, headers=headers)
        client.cookies.clear()
        return str(response.headers["location"])

    here = "https://here.example"
    assert await onward(f"{here}/search?q=cobalt+audit&lang=ar&done=saved") == "/search?q=cobalt+audit"
    for other in ("https://evil.example/search?q=evil", f"{here}/g?q=evil", "https://[", ""):
        assert await onward(other) == "/search"


async def test_an_unknown_language_is_refused(app: Service, client: httpx2.AsyncClient) -> None:
    for given in ("tlh", "", "fr-CA"):
        refused = await send(client, "/language", language=given, next="/")
        assert refused.status_code == 422 and "language_not_available" in refused.text
        assert "set-cookie" not in refused.headers


async def test_who_signs_in_keeps_the_language_that_was_chosen_before(app: Service) -> None:
    """A member who has chosen a language keeps it; others, such as those whom the operator made, get that of the browser."""
    service = MemberService(app)
    for before, after in ((None, "fr"), ("ar", "ar")):
        member = await service.member(password=PASSWORD)
        await raw_sql(app.db).execute(
            "UPDATE members SET letters_in = $1 WHERE handle = $2", before, member.handle
        )
        async with app.client() as browser:
            browser.headers["Origin"] = app.url
            await send(browser, "/language", language="fr", next="/")
            signed_in = await send(browser, "/signin", login=member.handle, password=PASSWORD)
            assert signed_in.status_code == 303
        stored = await raw_sql(app.db).fetchval(
            "SELECT letters_in FROM members WHERE handle = $1", member.handle
        )
        assert stored == after


def test_an_endless_header_is_not_kept() -> None:
    """The preferences of the last thousand headers are remembered, and a header can have 64 kB."""
    preferred_language.cache_clear()
    for number in range(3):
        header = (b"accept-language", b"ar," + b"x" * 600 + str(number).encode())
        copy_context().run(speak_language_of_request, {"headers": [header], "query_string": b""}, "en")
    assert preferred_language.cache_info().currsize == 1
