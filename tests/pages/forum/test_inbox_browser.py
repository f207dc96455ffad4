"""The inbox in a browser: archived notifications disappear immediately, and the keyboard focus stays in the list."""

import re

import pytest
from playwright.async_api import expect

from tests.support.browser import Windows
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service

# The second of two simultaneous decisions is refused with 409, which browsers log.
pytestmark = pytest.mark.console_errors("409")


async def test_archiving_a_group_moves_the_focus_to_the_next(app: Service, windows: Windows) -> None:
    mine, other = await a_person(app, "Mine"), await a_person(app, "Other")
    for title in ("First", "Second", "Third"):
        topic = (await a_topic(mine, title))["id"]
        await a_reply(other, topic, f"About the {title.lower()}")
    await app.run_jobs()
    page = await windows.open("/inbox", mine)

    await page.get_by_role("button", name=re.compile("^Archive ?: Second$")).click()

    await expect(page.locator("#told > li")).to_have_count(2)
    await expect(page.get_by_role("link", name="Other replied in First")).to_be_focused()
    await expect(page.locator("#unread")).to_have_text("2 unread notifications")
    await page.get_by_text("Filter", exact=True).click()
    await page.get_by_role("link", name="Archived").click()
    await expect(page.get_by_role("link", name="Other replied in Second")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Move to the inbox ?: Second$")).click()
    await expect(page.locator("#told > li")).to_have_count(0)
    await page.goto("/inbox")
    await expect(page.locator("#told > li")).to_have_count(3)
    assert windows.complaints == []
