"""Accessibility of every page: axe-core and the project's own checks, on a phone and a desktop, light and dark.

Each test opens every page of the service one after another, in one window, and therefore takes more than 20 seconds.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from tests.support.accessibility import CHECK, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.pages import every_address
from tests.support.people import Person, a_person
from tests.support.service import Service


async def each_page(page: Page, amina: Person) -> AsyncIterator[str]:
    """Open every page in the same window, one after another."""
    for path in await every_address(amina):
        await page.goto(path)
        yield path


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_axe_finds_no_fault_on_any_page(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks every page of the service in a real browser."""
    source = axe_source()
    amina = await a_person(app, duties=[("administrator", None)])
    page = await windows.open("/help", amina, viewport=size, color_scheme=scheme)
    wrong = []
    async for path in each_page(page, amina):
        # Floating elements cover others until the reader scrolls; that is not a fault of the covered elements.
        await page.evaluate("document.querySelector('.docked')?.classList.remove('docked')")
        await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
    assert wrong == []


@pytest.mark.timeout(300)
async def test_phone_pages_have_large_targets_and_no_overflow(app: Service, windows: Windows) -> None:
    """Slow: every page of the service is measured in three layouts."""
    amina = await a_person(app, duties=[("administrator", None)])
    page = await windows.open("/help", amina, viewport={"width": 320, "height": 640})
    wrong = []
    async for path in each_page(page, amina):
        wrong += [f"{path} too small: {found}" for found in await page.evaluate(SMALL)]
        for direction, size in (("ltr", ""), ("rtl", ""), ("ltr", "212.5%")):
            set_up = f"document.documentElement.dir = '{direction}'; document.documentElement.style.fontSize = '{size}'"
            await page.evaluate(f"() => {{ {set_up} }}")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} {direction} {size} scrolls sideways: {await page.evaluate(WIDE)}")
    assert wrong == []


async def test_keyboard_focus_reaches_every_control_and_is_visible(app: Service, windows: Windows) -> None:
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
