"""A real browser with the running service: windows of members and visitors, and a check that no console reports an error."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    WebSocket,
    async_playwright,
    expect,
)

from tests.support.people import Person
from tests.support.programs import CHROMIUM_FLAGS, chromium_path
from tests.support.service import Service

SELECT = """words => {
    const text = document.evaluate(`//p[contains(., "${words}")]/text()`, document).iterateNext();
    const at = text.data.indexOf(words);
    document.getSelection().setBaseAndExtent(text, at, text, at + words.length);
}"""


PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
# Milliseconds to wait for an expected change on a busy machine.
TIMEOUT_MS = 20_000

# Set when a page with a web socket has joined a channel.
_joined: MutableMapping[Page, asyncio.Event] = WeakKeyDictionary()

expect.set_options(timeout=TIMEOUT_MS)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Start Chromium and close it afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the whole test run; each window has its own browser context."""
    async with a_browser() as browser:
        yield browser


@pytest_asyncio.fixture
async def windows(
    chromium: Browser, app: Service, request: pytest.FixtureRequest
) -> AsyncIterator["Windows"]:
    """Opens browser windows. After the test, no console may contain an error, except errors that contain the text of a
    `console_errors` mark."""
    opened = Windows(chromium, app)
    yield opened
    for context in chromium.contexts:
        await context.close()
    expected = [mark.args[0] for mark in request.node.iter_markers("console_errors")]
    complaints = [text for text in opened.complaints if not any(part in text for part in expected)]
    assert not complaints, "\n".join(complaints)


class Windows:
    """The browser windows of one test; `complaints` collects errors and warnings of their consoles."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.browser = browser
        self.service = service
        self.complaints: list[str] = []

    async def open(
        self, path: str, person: Person | None = None, url: str | None = None, **options: Any
    ) -> Page:
        """Open an address in a new browser context, signed in if a person is given."""
        base = url or self.service.url
        context = await self.browser.new_context(base_url=base, **{"viewport": DESKTOP} | options)
        if person:
            await context.add_cookies([{"name": "tertulia", "value": person.token, "url": base}])
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._listen)
        page.on("websocket", lambda line: _watch_joins(page, line))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)


def _watch_joins(page: Page, line: WebSocket) -> None:
    joined = _joined.setdefault(page, asyncio.Event())
    line.on("framereceived", lambda frame: '"joined"' in str(frame) and joined.set())


async def settled(page: Page) -> Page:
    """Wait until the page has joined its first channel, then return the page."""
    await expect(page.locator("#state")).to_be_hidden()
    if page in _joined:
        async with asyncio.timeout(TIMEOUT_MS / 1000):
            await _joined[page].wait()
    else:
        # A test has replaced the page's web socket, and Playwright reports no frames.
        await page.wait_for_timeout(300)
    return page


async def stable_box(place: Locator) -> FloatRect | None:
    """Return the bounding box of an element as soon as it does not move any more."""
    element = await place.element_handle()
    await element.wait_for_element_state("stable")
    return await place.bounding_box()


async def read_up_to(page: Page, person: Person, topic: int, number: int) -> dict[str, Any]:
    """Scroll to a post, wait until it counts as read by the person, and return their read state of the topic."""
    await page.locator(f"#p{number} .can").scroll_into_view_if_needed()
    async with asyncio.timeout(TIMEOUT_MS / 1000):
        while True:
            found: dict[str, Any] = (await person.get(f"/topics/{topic}/reading")).json()
            if found["number"] >= number:
                return found
            await page.wait_for_timeout(100)
