"""A real browser on the real service: people with windows, whose consoles must stay silent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.support.people import Person
from tests.support.programs import CHROMIUM_FLAGS, chromium_path
from tests.support.service import Service

# From the commit to the other browser's page.
DELIVERY_MS = 2500


SELECT = """words => {
    const text = document.evaluate(`//p[contains(., "${words}")]/text()`, document).iterateNext();
    const at = text.data.indexOf(words);
    document.getSelection().setBaseAndExtent(text, at, text, at + words.length);
}"""


PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
# Milliseconds that a busy machine is given before something counts as not happening.
TIMEOUT_MS = 20_000

expect.set_options(timeout=TIMEOUT_MS)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests of a run; each window has a browser context of its own."""
    async with a_browser() as browser:
        yield browser


@pytest_asyncio.fixture
async def windows(
    chromium: Browser, app: Service, request: pytest.FixtureRequest
) -> AsyncIterator["Windows"]:
    """Browser windows on the service. At the end no console may hold an error, except those that contain the text of a
    `console_errors` mark."""
    opened = Windows(chromium, app)
    yield opened
    for context in chromium.contexts:
        await context.close()
    expected = [mark.args[0] for mark in request.node.iter_markers("console_errors")]
    assert [text for text in opened.complaints if not any(part in text for part in expected)] == []


class Windows:
    """The windows of one test; what their consoles complained of is in `complaints`."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.browser = browser
        self.service = service
        self.complaints: list[str] = []

    async def open(
        self, path: str, person: Person | None = None, url: str | None = None, **options: Any
    ) -> Page:
        """A window of a browser of one's own, at an address."""
        base = url or self.service.url
        context = await self.browser.new_context(base_url=base, **{"viewport": DESKTOP} | options)
        if person:
            await context.add_cookies([{"name": "tertulia", "value": person.token, "url": base}])
        page = await context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.complaints.append(message.text)


async def settled(page: Page) -> Page:
    """The page once its line is open: it has heard of its place in the channel."""
    await expect(page.locator("#state")).to_be_hidden()
    await page.wait_for_timeout(300)
    return page
