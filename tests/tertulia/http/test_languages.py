"""Tests of the language of a response: who chooses it, what says it, and that two languages do not mix."""

import asyncio
import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.support.languages.marked import marked_language, speaking_also
from tests.support.pages import BROWSER, send
from tests.support.people import a_person, a_topic
from tests.support.service import Service


@pytest.fixture(autouse=True)
def _languages(app: Service) -> Iterator[None]:
    with speaking_also(app, *map(marked_language, ("fr", "ar", "zh"))):
        yield


async def test_the_address_outweighs_the_member_the_cookie_the_browser_and_the_community(
    app: Service,
) -> None:
    amina = await a_person(app)
    assert (await send(amina, "/settings/profile", display_name="Amina", letters_in="fr")).status_code == 303
    amina.client.cookies.clear()
    asks = {"Cookie": "language=ar", "Accept-Language": "zh-CN,en;q=0.5"}

    async def language(client: httpx2.AsyncClient, path: str = "/help", **headers: str) -> str:
        response = await client.get(path, headers=BROWSER | headers)
        shown = re.search(r'<html lang="(\S+)" dir="(\S+)">', response.text)
        assert shown and response.headers["vary"].startswith("Cookie, Accept-Language")
        assert response.headers["content-language"] == shown[1]
        assert shown[2] == ("rtl" if shown[1] == "ar" else "ltr")
        prefix = shown[1].partition("-")[0]
        assert (f">{prefix}|Skip to content<" in response.text) == (prefix != "en")
        return shown[1]

    async with app.client() as visitor:
        assert await language(amina.client, "/help?lang=en", **asks) == "en"
        assert await language(amina.client, **asks) == "fr"
        assert await language(visitor, **asks) == "ar"
        del asks["Cookie"]
        assert await language(visitor, **asks) == "zh-Hans"
        assert await language(visitor) == "en"
        # What the interface does not speak asks for nothing.
        assert await language(visitor, "/help?lang=tlh", **{"Accept-Language": "tlh"}) == "en"
        assert await language(visitor, **{"Cookie": "language=tlh", "Accept-Language": "ar"}) == "ar"


async def test_refusals_and_error_pages_are_in_the_language_and_their_codes_are_not(
    app: Service, client: httpx2.AsyncClient
) -> None:
    page = await client.get("/nothing-here", headers=BROWSER | {"Accept-Language": "fr"})
    assert page.status_code == 404 and page.headers["content-language"] == "fr"
    assert "<h1>fr|Page not found</h1>" in page.text and "fr|This does not exist" in page.text
    assert "not_found" in page.text and 'action="/language"' in page.text
    answer = await client.get("/api/v1/topics/999999", headers={"Accept-Language": "fr"})
    assert answer.json()["code"] == "not_found" and answer.json()["detail"].startswith(
        "fr|This does not exist"
    )


async def test_the_cached_page_of_a_topic_is_kept_for_each_language(
    app: Service, client: httpx2.AsyncClient
) -> None:
    topic = await a_topic(await a_person(app))
    address = f"/t/{topic['id']}/cobalt-tracing"
    pages = [
        await client.get(address, headers=BROWSER | {"Accept-Language": tag})
        for tag in ("fr", "ar", "fr", "ar", "en")
    ]
    assert [page.headers["content-language"] for page in pages] == ["fr", "ar", "fr", "ar", "en"]
    assert len({page.text for page in pages}) == len({page.headers["etag"] for page in pages}) == 3
    etag = pages[0].headers["etag"]
    again = BROWSER | {"If-None-Match": etag}
    assert (await client.get(address, headers=again | {"Accept-Language": "fr"})).status_code == 304
    assert (await client.get(address, headers=again | {"Accept-Language": "ar"})).status_code == 200


async def test_a_thousand_requests_in_two_languages_do_not_mix(app: Service) -> None:
    topic = await a_topic(await a_person(app))
    paths = [f"/t/{topic['id']}/cobalt-tracing", "/signin", "/nothing-here", "/g", "/s/mobility"]

    async def mixed(visitor: httpx2.AsyncClient, number: int) -> list[str]:
        own, other = ("fr", "ar") if number % 2 else ("ar", "fr")
        path = paths[number // 2 % len(paths)]
        page = await visitor.get(path, headers=BROWSER | {"Accept-Language": own})
        assert page.status_code == (404 if path == "/nothing-here" else 200), page.text
        is_own = page.headers["content-language"] == own and f"{own}|Skip to content" in page.text
        return [] if is_own and f"{other}|" not in page.text else [f"{path} in {own}"]

    async with app.client() as visitor:
        for start in range(0, 1_000, 20):
            found = await asyncio.gather(*(mixed(visitor, n) for n in range(start, start + 20)))
            assert not any(found), found


async def test_a_member_who_chooses_a_language_in_the_settings_reads_pages_in_it(app: Service) -> None:
    amina = await a_person(app)
    saved = await send(amina, "/settings/profile", display_name="Amina", letters_in="ar", about="")
    assert saved.status_code == 303
    page = (await amina.client.get("/settings", headers=BROWSER)).text
    assert '<html lang="ar" dir="rtl">' in page and '<option value="ar" selected>العربية</option>' in page
    assert "ar|The language of pages, of our e-mails to you" in page
