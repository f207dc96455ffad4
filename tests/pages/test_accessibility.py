"""Accessibility of every page: axe-core and the project's own checks, on a phone and a desktop, light and dark."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page

from core.languages.languages import Language
from tests.support.accessibility import CHECK, CLOCKS, CUT_OFF, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.languages.names import names_in
from tests.support.languages.pages import pseudo_languages
from tests.support.languages.pseudo import ACCENTED, MIRRORED
from tests.support.languages.untranslated import untranslated
from tests.support.pages import every_address
from tests.support.people import a_person
from tests.support.service import Service

__all__ = ["pseudo_languages"]

# What the pages show that members have written.
WRITTEN = {
    *(
        "Due diligence",
        "Tended",
        'Cobalt <tracing> & "audits"',
        "Questions",
        "Who pays?",
        "Amina",
        "cobalt audit",
    ),
    *("By the way", "cobolt", "nothing in:nowhere", "Rosa Quispe", "Look again"),
}
# How many windows share the pages: while one loads a page, others check theirs.
WINDOWS = 3


async def check_every_page(
    app: Service,
    windows: Windows,
    check: Callable[[Page], Awaitable[list[str]]],
    cookies: Any = (),
    **options: Any,
) -> list[str]:
    """Open every page of the service as an administrator; return the faults that `check` finds, with their addresses."""
    amina = await a_person(app, duties=[("administrator", None)])
    waiting = await every_address(amina)
    faults: list[str] = []

    async def work() -> None:
        page = await windows.open("/help", amina, **options)
        await page.context.add_cookies(cookies)
        while waiting:
            path = waiting.pop()
            await page.goto(path)
            faults.extend(f"{path} {fault}" for fault in await check(page))

    await asyncio.gather(*(work() for _ in range(WINDOWS)))
    return sorted(faults)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_axe_finds_no_fault_on_any_page(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks every page of the service in a real browser."""
    source = axe_source()

    async def check(page: Page) -> list[str]:
        # Floating elements cover others until the reader scrolls; that is not a fault of the covered elements.
        await page.evaluate("document.querySelector('.docked')?.classList.remove('docked')")
        await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        await page.evaluate(source)
        found: list[str] = await page.evaluate(CHECK)
        clocks = await page.evaluate(CLOCKS)
        return [*found, *(f"shows a date as a clock time: {one}" for one in clocks)]

    faults = await check_every_page(app, windows, check, viewport=size, color_scheme=scheme)
    assert not faults, "\n".join(faults)


async def overflows(page: Page) -> list[str]:
    """Return what is too small to touch, and what makes the page scroll sideways in either direction or with large text."""
    wrong = [f"too small: {found}" for found in await page.evaluate(SMALL)]
    for direction, size in (("ltr", ""), ("rtl", ""), ("ltr", "212.5%")):
        set_up = f"document.documentElement.dir = '{direction}'; document.documentElement.style.fontSize = '{size}'"
        await page.evaluate(f"() => {{ {set_up} }}")
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{direction} {size} scrolls sideways: {await page.evaluate(WIDE)}")
    return wrong


@pytest.mark.timeout(300)
async def test_phone_pages_have_large_targets_and_no_overflow(app: Service, windows: Windows) -> None:
    """Slow: every page of the service is measured in three layouts."""
    faults = await check_every_page(app, windows, overflows, viewport={"width": 320, "height": 640})
    assert not faults, "\n".join(faults)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("pseudo_languages")
@pytest.mark.parametrize("language", [ACCENTED, MIRRORED], ids=lambda language: language.tag)
async def test_phone_pages_have_room_for_longer_texts(
    app: Service, windows: Windows, language: Language
) -> None:
    """Slow: every page of the service is measured in a language whose texts are longer than English, on a narrow phone. What
    its scripts have put in is translated too."""
    cookie = {"name": "language", "value": language.tag, "url": app.url}
    names = names_in(app, *WRITTEN)

    async def check(page: Page) -> list[str]:
        assert await page.locator("html").get_attribute("dir") == language.direction
        wrong = [f"not translated: {found}" for found in untranslated(await page.content(), names)]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"scrolls sideways: {await page.evaluate(WIDE)}")
        return wrong + [f"cut off: {found}" for found in await page.evaluate(CUT_OFF)]

    size = {"width": 320, "height": 640}
    faults = await check_every_page(app, windows, check, cookies=[cookie], viewport=size)
    assert not faults, "\n".join(faults)


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
