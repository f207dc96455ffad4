"""Every page for everyone: checked by axe-core and by rules of our own, on a phone and a desk, in light and dark."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.pages.test_reading import every_address
from tests.support.axe import axe_source
from tests.support.browser import DESK, PHONE, Windows, a_browser
from tests.support.people import Person, a_person
from tests.support.service import Service

_RULES = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']"
_CHECK = f"""axe.run(document, {{runOnly: {_RULES}}}).then(found => found.violations.map(
    one => one.id + ': ' + one.nodes[0].html.slice(0, 200) + ' ' + one.nodes[0].failureSummary))"""

# What one can press is as large as a thumb; links inside running text and inside lists of facts are text.
_PRESSED = "button, summary, input:not([type=hidden]), select, textarea, .button, .act, .tab, .bottom a"
_SMALL = f"""[...document.querySelectorAll('{_PRESSED}')]
    .filter(one => one.checkVisibility() && !one.closest('.said'))
    .map(one => (one.closest('label.check') ?? one))
    .filter(one => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 43.5)
    .map(one => one.outerHTML.slice(0, 160))"""
_WIDE = """[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('.unseen, .skip, .tabs, .said table, .said pre')).map(one => one.outerHTML.slice(0, 160)).slice(0, 3)"""


@pytest_asyncio.fixture
async def windows(app: Service) -> AsyncIterator[Windows]:
    async with a_browser() as browser:
        yield Windows(browser, app)


async def each_page(page: Page, amina: Person) -> AsyncIterator[str]:
    """Every page, one after the other in the same window."""
    for path in await every_address(amina):
        await page.goto(path)
        yield path


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")])
async def test_axe_finds_nothing(app: Service, windows: Windows, size: dict[str, int], scheme: str) -> None:
    source = axe_source()
    amina = await a_person(app, duties=[("administrator", None)])
    page = await windows.open("/help", amina, viewport=size, color_scheme=scheme)
    wrong = []
    async for path in each_page(page, amina):
        # What floats hides what is under it until one scrolls: that is no fault of what is hidden.
        await page.evaluate("document.querySelector('.docked')?.classList.remove('docked')")
        await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(_CHECK)]
    assert wrong == []


@pytest.mark.timeout(300)
async def test_on_a_phone_everything_can_be_pressed_and_nothing_is_cut_off(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    page = await windows.open("/help", amina, viewport={"width": 320, "height": 640})
    wrong = []
    async for path in each_page(page, amina):
        wrong += [f"{path} too small: {found}" for found in await page.evaluate(_SMALL)]
        for direction, size in (("ltr", ""), ("rtl", ""), ("ltr", "212.5%")):
            set_up = f"document.documentElement.dir = '{direction}'; document.documentElement.style.fontSize = '{size}'"
            await page.evaluate(f"() => {{ {set_up} }}")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} {direction} {size} scrolls sideways: {await page.evaluate(_WIDE)}")
    assert wrong == []


async def test_the_keyboard_comes_everywhere_and_is_seen(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    page = await windows.open("/s/mobility", amina)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            break
        where = "document.activeElement.closest('.rows li') ?? document.activeElement"
        outlines = [f"getComputedStyle({one}).outlineStyle" for one in ("document.activeElement", where)]
        seen = [await page.evaluate(outline) for outline in outlines]
        assert seen != ["none", "none"], await page.evaluate("document.activeElement.outerHTML")
