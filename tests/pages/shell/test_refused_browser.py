"""Refused forms in a real browser: the summary takes the focus and leads to the fields, also when a script sends them."""

import pytest
from playwright.async_api import Page, expect

from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import PHONE, Windows, settled
from tests.support.people import a_person
from tests.support.rooms.page_rooms import a_board
from tests.support.service import Service

# What browsers check themselves is no test of the service.
_UNCHECKED = "for (const form of document.forms) form.noValidate = true"


async def faults_of(page: Page) -> list[str]:
    # Bars cover other elements until the reader scrolls; that is not a fault of what they cover.
    await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    await page.evaluate(axe_source())
    found: list[str] = await page.evaluate(CHECK)
    return found


@pytest.mark.console_errors("422")
async def test_the_summary_of_a_refused_form_leads_to_its_fields(app: Service, windows: Windows) -> None:
    page = await windows.open("/register", viewport=PHONE, locale="fr")
    await page.evaluate(_UNCHECKED)
    await page.locator("#handle").fill("amina-k")
    await page.locator("#email").fill("nobody")
    await page.locator("#password").fill("short")
    await page.locator("form.form button.first").click()

    await expect(page.locator("#refused")).to_be_focused()
    links = page.locator("#refused a")
    await expect(links).to_have_count(2)
    await expect(links.first).to_contain_text("Adresse électronique")
    await links.first.click()
    await expect(page.locator("#email")).to_be_focused()
    await expect(page.locator("#email")).to_have_value("nobody")
    await expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#handle")).to_have_value("amina-k")
    assert await faults_of(page) == []


@pytest.mark.console_errors("422")
async def test_a_form_that_a_script_sends_shows_all_wrong_fields(app: Service, windows: Windows) -> None:
    host, amina = await a_person(app, duties=[("administrator", None)]), await a_person(app)
    room, _ = await a_board(host)
    page = await settled(await windows.open(f"/r/{room}/board", amina))
    await page.locator("#write > summary").click()
    await page.locator("#title").fill("\u200b\u200b\u200b")
    await page.locator("#body").fill("\u200b\u200b\u200b")
    await page.locator("#write form .first").click()

    await expect(page.locator("#title-wrong")).to_be_visible()
    await expect(page.locator("#body-wrong")).to_be_visible()
    await expect(page.locator("#title")).to_have_attribute("aria-describedby", "title-wrong")
    await expect(page.locator("#write .notice a")).to_have_count(2)
    assert await faults_of(page) == []

    await page.locator("#title").fill("Need: a smelter")
    await page.locator("#body").fill("Who knows one?")
    await page.locator("#write form .first").click()
    await expect(page.locator(".note h3")).to_have_text("Need: a smelter")
    await expect(page.locator("#write .wrong, #write .notice")).to_have_count(0)
