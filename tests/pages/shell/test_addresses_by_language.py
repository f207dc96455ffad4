"""What pages say to search engines about their address in each language, and in which language large screens speak."""

import gzip
import re

import httpx2

from core.languages.languages import languages
from tests.support.pages import BROWSER, open_page
from tests.support.people import a_person, a_topic
from tests.support.rooms.page_rooms import a_host, a_room
from tests.support.service import Service

_LINK = re.compile(r'<link rel="(canonical|alternate)" (?:hreflang="([^"]+)" )?href="([^"]+)">')


def addresses_in(page: str) -> dict[str, str]:
    """Return the canonical address of a page, and by language what it is in others."""
    return {language or kind: address for kind, language, address in _LINK.findall(page)}


async def test_what_visitors_read_names_its_address_in_each_language(
    app: Service, client: httpx2.AsyncClient
) -> None:
    topic = await a_topic(await a_person(app), "Cobalt tracing")
    for path in (f"/t/{topic['id']}/cobalt-tracing", "/s/mobility", "/", "/help"):
        plain, french = await open_page(client, path), await open_page(client, f"{path}?lang=fr")
        named = addresses_in(plain)
        canonical = named.pop("canonical")
        assert canonical == named["x-default"] and canonical.endswith(path) and "://" in canonical, path
        expected = {tag: f"{canonical}?lang={tag}" for tag in languages()}
        assert named == expected | {"x-default": canonical}, path
        assert addresses_in(french) == named | {"canonical": named["fr"]}, path
        # A browser that prefers French gets the same text under the address without a language.
        preferred = await client.get(path, headers=BROWSER | {"Accept-Language": "fr"})
        assert addresses_in(preferred.text) == named | {"canonical": canonical}, path
        links = "".join(
            found[0] for found in re.finditer(r"\s*<link rel=\"(?:canonical|alternate)\" .*", plain)
        )
        grown = len(gzip.compress(plain.encode())) - len(gzip.compress(plain.replace(links, "").encode()))
        assert len(links) > 500 and grown < 300, (path, grown)


async def test_no_other_page_names_its_address(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing")
    address = f"/t/{topic['id']}/cobalt-tracing"
    for who, path, status in (
        (amina, address, 200),
        (amina, "/settings", 200),
        (client, "/nothing-here", 404),
        (client, "/settings", 401),
        (client, "/search?q=cobalt", 200),
        (client, "/s/mobility?order=new", 200),
        (client, f"{address}?lang=fr&x=1", 200),
    ):
        assert not addresses_in(await open_page(who, path, status)), path
    assert addresses_in(await open_page(client, address))


async def test_hosts_choose_the_language_of_the_large_screens(app: Service) -> None:
    host = await a_host(app)
    room = await a_room(host)
    await host.patch(f"/rooms/{room}", {"modules": ["questions", "board"]})
    for desk, screen in (("host", "stage"), ("board", "wall")):
        page = await open_page(host, f"/r/{room}/{desk}?lang=de")
        (form,) = re.findall(rf'<form class="screen" method="get" action="(/r/{room}/{screen})">', page)
        assert '<select name="lang"' in page and re.search(r'value="de" lang="de"\s*selected', page)
        shown = await open_page(host, f"{form}?lang=fr")
        assert '<html lang="fr" dir="ltr">' in shown, screen
        assert '<html lang="ar" dir="rtl">' in await open_page(host, f"{form}?lang=ar"), screen
    guest = await open_page(app.client(), f"/r/{room}/board")
    assert 'class="screen"' not in guest and f"/r/{room}/wall" in guest
