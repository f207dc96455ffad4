"""Joining from a page: after the form and after the link that confirms the address, people are back where they began."""

import re
from html import unescape
from typing import Any

import httpx2
import pytest

from tests.support.member_service import MemberService
from tests.support.pages import BROWSER, open_page
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service, raw_sql

PASSWORD = "a sentence nobody guesses"


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service, and a worker whose e-mails the tests can read."""
    return MemberService(app)


async def press(browser: httpx2.AsyncClient, path: str, **fields: Any) -> str:
    """Send a form from a page of the service, keep the session that it begins, and return where it leads."""
    sent = await browser.post(path, data=fields, headers={**BROWSER, "Sec-Fetch-Site": "same-origin"})
    assert sent.status_code == 303, sent.text
    if found := re.match(r"tertulia=([^;]+);", sent.headers.get("set-cookie", "")):
        browser.cookies.clear()
        browser.cookies.set("tertulia", found[1])
    return str(sent.headers["location"])


def account(handle: str) -> dict[str, str]:
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD}


def link_in(page: str, path: str) -> str:
    """Return the address of the link in the main column of a page that begins with this path."""
    found = re.search(rf'href="({path}[^"]*)"', page[page.index("<main") :])
    assert found
    return unescape(found[1])


def next_in(page: str) -> str:
    """Return where the form of a page leads on to."""
    found = re.search(r'name="next" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


async def test_who_joins_in_a_live_room_is_back_in_it_after_confirming_the_address(
    member_service: MemberService,
) -> None:
    room = f"/r/{(await make_open_room(member_service.app)).room}"
    async with member_service.app.client() as browser:
        signin = link_in(await open_page(browser, room), "/signin")
        onward = next_in(await open_page(browser, link_in(await open_page(browser, signin), "/register")))
        assert onward == room
        assert await press(browser, "/register", next=onward, **account("amina-r")) == f"{room}?done=welcome"
        await member_service.work()
        token = member_service.sent.token("amina-r@example.org")
        confirmed = await press(browser, "/verify", token=token)
        assert confirmed == f"{room}?done=verified"
        assert "Your e-mail address is confirmed" in await open_page(browser, confirmed)


async def test_the_link_leads_to_the_same_page_when_it_is_opened_in_another_browser(
    member_service: MemberService,
) -> None:
    board = f"/r/{(await make_open_room(member_service.app)).room}/board?show=all&x=%26"
    async with member_service.app.client() as browser, member_service.app.client() as other:
        await press(browser, "/register", next=board, **account("amina-t"))
        await member_service.work()
        signin = await press(other, "/verify", token=member_service.sent.token("amina-t@example.org"))
        page = await open_page(other, signin)
        assert "Your e-mail address is confirmed" in page and next_in(page) == board
        assert await press(other, "/signin", login="amina-t", password=PASSWORD, next=next_in(page)) == board


async def test_another_link_leads_to_the_same_page_also_to_another_address(
    member_service: MemberService,
) -> None:
    async with member_service.app.client() as browser:
        await press(browser, "/register", next="/tags", **account("amina-q"))
        await press(browser, "/settings/address", email="amina-p@example.org", own_password=PASSWORD)
        await press(browser, "/settings/verification")
        await member_service.work()
        token = member_service.sent.token("amina-p@example.org")
        assert await press(browser, "/verify", token=token) == "/tags?done=verified"
        # Later changes of the address have nothing to do with that page.
        await press(browser, "/settings/address", email="amina-o@example.org", own_password=PASSWORD)
        await member_service.work()
        token = member_service.sent.token("amina-o@example.org")
        assert await press(browser, "/verify", token=token) == "/?done=verified"


@pytest.mark.parametrize("onward", ["//evil.example", "/", "https://evil.example", "/\\evil.example"])
async def test_the_link_leads_only_to_pages_of_this_site(member_service: MemberService, onward: str) -> None:
    async with member_service.app.client() as browser:
        assert (
            await press(browser, "/register", next=onward, **account("amina-u")) == "/settings?done=welcome"
        )
        await member_service.work()
        stored = "UPDATE mailed_links SET onward = $1 WHERE onward = '' RETURNING id"
        assert len(await raw_sql(member_service.app.db).fetch(stored, onward)) == 1
        token = member_service.sent.token("amina-u@example.org")
        assert await press(browser, "/verify", token=token) == "/?done=verified"


async def test_signing_in_from_the_navigation_leads_back_to_the_page(app: Service) -> None:
    async with app.client() as visitor:
        for path, onward in (
            ("/tags", "/signin?next=/tags"),
            ("/s/mobility", "/signin?next=/s/mobility"),
            ("/", "/signin"),
            ("/register", "/signin"),
            ("/verify/token", "/signin"),
        ):
            page = await open_page(visitor, path)
            assert page.count(f'href="{onward}"') >= 2, path
        refused = await open_page(visitor, "/drafts?after=a%26b", 401)
        assert link_in(refused, "/signin") == "/signin?next=/drafts%3Fafter%3Da%2526b"
