"""The appearance of pages in one browser: light or dark, and the size of text."""

import re

import httpx2
import pytest

from core.languages.languages import ENGLISH
from pages.shell.appearance.appearance import SIZES, THEMES, Appearance
from pages.shell.assets.static_files import StaticFiles
from tests.support.pages import BROWSER, open_page
from tests.support.people import a_person, a_topic
from tests.support.service import Service

_STYLES = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


async def choose(
    client: httpx2.AsyncClient, theme: str, size: str, onward: str = "/g", **more: str
) -> httpx2.Response:
    # Browsers say that the form is one of this site.
    headers = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
    given = {"theme": theme, "size": size, "next": onward, **more}
    return await client.post("/appearance", data=given, headers=headers)


async def test_a_choice_is_kept_in_the_browser_and_leads_back(
    app: Service, client: httpx2.AsyncClient
) -> None:
    assert 'href="/appearance?next=/s/mobility"' in await open_page(client, "/s/mobility")
    form = await open_page(client, "/appearance?next=/s/mobility")
    assert 'name="next" value="/s/mobility"' in form
    assert re.findall(r'value="(\w+)" checked', form) == ["system", "normal", "roomy"]

    chosen = await choose(client, "dark", "large", "/s/mobility")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/s/mobility")
    assert "HttpOnly" in chosen.headers["set-cookie"]
    page = await open_page(client, "/s/mobility")
    assert '<meta name="color-scheme" content="dark">' in page
    assert all("/en.dark.large/" in address for address in _STYLES.findall(page))
    form = await open_page(client, "/appearance")
    assert re.findall(r'value="(\w+)" checked', form) == ["dark", "large", "roomy"]

    await choose(client, "dark", "large", density="dense")
    page = await open_page(client, "/s/mobility")
    assert all("/en.dark.large.dense/" in address for address in _STYLES.findall(page))
    form = await open_page(client, "/appearance")
    assert re.findall(r'value="(\w+)" checked', form) == ["dark", "large", "dense"]

    await choose(client, "system", "normal", density="roomy")
    assert "appearance" not in client.cookies
    assert '<meta name="color-scheme" content="light dark">' in await open_page(client, "/s/mobility")


async def test_visitors_with_different_choices_do_not_get_each_others_pages(app: Service) -> None:
    topic = await a_topic(await a_person(app))
    address = f"/t/{topic['id']}/cobalt-tracing"
    async with app.client() as usual, app.client() as dark:
        await choose(dark, "dark", "normal")
        for _ in range(2):
            for client, schemes in ((usual, "light dark"), (dark, "dark")):
                assert f'content="{schemes}"' in await open_page(client, address)
        etag = (await usual.get(address)).headers["etag"]
        assert (await usual.get(address, headers={"If-None-Match": etag})).status_code == 304
        assert (await dark.get(address, headers={"If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize("given", [("blue", "large"), ("dark", "7"), ("", ""), ("dark.large", "large")])
async def test_what_does_not_exist_is_refused(
    app: Service, client: httpx2.AsyncClient, given: tuple[str, str]
) -> None:
    assert (await choose(client, *given)).status_code == 422
    refused = await choose(client, "dark", "large", density="very")
    assert refused.status_code == 422
    assert (await choose(client, "dark", "large", "//elsewhere.example")).headers["location"] == "/"


@pytest.mark.parametrize(
    "cookie", ["blue.large", "dark", "dark.large.", "dark.large.roomy", "../dark", "é", "." * 5_000]
)
async def test_a_cookie_that_says_nothing_changes_nothing(
    app: Service, client: httpx2.AsyncClient, cookie: str
) -> None:
    answer = await client.get("/g", headers={b"Cookie": b"appearance=" + cookie.encode()})
    assert answer.status_code == 200 and 'content="light dark"' in answer.text


async def test_a_theme_takes_the_place_of_what_the_device_prefers() -> None:
    files, name = StaticFiles(), "css/shell/tertulia.css"

    styles: dict[tuple[str, str], str] = {}
    for theme in THEMES:
        for size in SIZES:
            prefix = files.prefix(ENGLISH, Appearance(theme, size)).removeprefix("/static/")
            found, is_current = await files.find(f"{prefix}/{name}")
            assert is_current
            styles[theme, size] = found.plain.decode()

    usual = styles["system", "normal"]
    assert usual.count("prefers-color-scheme: dark") == 2 and "color-scheme: light dark" in usual
    for theme, query in (("dark", "@media all"), ("light", "@media not all")):
        style = styles[theme, "normal"]
        assert "prefers-color-scheme" not in style and style.count(query) == 2
        assert f"color-scheme: {theme};" in style and "light dark" not in style
    assert len(set(styles.values())) == len(THEMES) * len(SIZES)
    assert "font-size: 137.5%" in styles["system", "largest"]


async def test_posts_stand_close_together_only_where_somebody_chose_it(app: Service) -> None:
    topic = await a_topic(await a_person(app))
    async with app.client() as usual, app.client() as dense:
        await choose(dense, "system", "normal", density="dense")
        for _ in range(2):
            for client, count in ((usual, 0), (dense, 1)):
                page = await open_page(client, f"/t/{topic['id']}/cobalt-tracing")
                assert page.count("/css/forum/dense.css") == count


def test_the_colour_of_a_community_follows_the_theme() -> None:
    assert Appearance("light").apply("@media (prefers-color-scheme:dark){}") == "@media not all{}"


async def test_the_style_of_a_colour_has_themes(app: Service, client: httpx2.AsyncClient) -> None:
    usual, dark = [(await client.get(f"/colour/663399{theme}.css")).text for theme in ("", ".dark")]
    assert "prefers-color-scheme" in usual and "prefers-color-scheme" not in dark
    assert (await client.get("/colour/663399.blue.css")).status_code == 404
