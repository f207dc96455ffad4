"""Bookmarks in a browser: one press marks a post, the time zone is that of the browser, and links are handed on."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.support.browser import Windows, settled
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service

SHARE = "Object.defineProperty(navigator, 'share', {value: async given => { window.shared = given; }})"


async def test_a_post_is_bookmarked_with_one_press_and_its_mark_leads_to_the_reminder(
    app: Service, windows: Windows
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    await a_reply(amina, topic, "We compared both.")
    page = await settled(
        await windows.open(f"/t/{topic}/cobalt-tracing", jonas, timezone_id="Africa/Lubumbashi")
    )
    post = page.locator("#p2")
    await post.locator("details.more summary").click()
    await post.get_by_role("link", name="Bookmark", exact=True).click()
    mark = post.get_by_role("link", name="Bookmarked")
    await expect(mark).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bookmark #2")
    await expect(page.get_by_label("Your time zone")).to_have_value("Africa/Lubumbashi")
    await page.get_by_label("Note").fill("For Monday")
    await page.get_by_label("Date and time").fill("2099-07-01T10:30")
    await expect(page.get_by_label("Remind me")).to_have_value("at")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your bookmark is saved.")).to_be_visible()
    (item,) = (await jonas.get("/bookmarks")).json()["items"]
    assert (item["note"], item["remind_at"]) == ("For Monday", "2099-07-01T08:30:00Z")
    # Elsewhere the same time is shown as it is there.
    page = await windows.open(f"/p/{item['post']}/bookmark", jonas, timezone_id="Asia/Tokyo")
    await expect(page.get_by_label("Date and time")).to_have_value("2099-07-01T17:30")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Your bookmark is saved.")).to_be_visible()
    assert (await jonas.get("/bookmarks")).json()["items"][0]["remind_at"] == "2099-07-01T08:30:00Z"


async def test_the_key_bookmarks_the_post_also_one_that_arrived(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", jonas))
    await a_reply(amina, topic, "It has just arrived.")
    await page.locator("#p2").focus()
    await page.keyboard.press("f")
    await expect(page.locator("#p2 .bookmarked")).to_be_focused()
    (item,) = (await jonas.get("/bookmarks")).json()["items"]
    assert item["number"] == 2
    await page.locator("#p2").focus()
    await page.keyboard.press("f")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Bookmark #2")


@pytest.mark.console_errors("409")
async def test_a_bookmark_that_is_refused_is_none(
    app: Service, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.bookmarks.bookmarks.MAX_BOOKMARKS", 0)
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", amina))
    await page.locator("#p1").focus()
    await page.keyboard.press("f")
    await expect(page.locator("#p1").get_by_role("alert")).to_contain_text("You have 1,000 bookmarks.")
    await expect(page.locator("#p1 .bookmarked")).to_have_count(0)


async def test_the_link_of_a_post_is_copied_or_given_to_another_app(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "We compared both."))["id"]
    address = f"/t/{topic}/cobalt-tracing"
    page = await settled(
        await windows.open(address, amina, permissions=["clipboard-read", "clipboard-write"])
    )
    await page.locator("#p2 details.more summary").click()
    await page.locator("#p2").get_by_role("link", name="Share").click()
    await expect(page.locator("#p2 .copied")).to_have_text("Link copied")
    assert await page.evaluate("navigator.clipboard.readText()") == f"{app.url}/p/{post}"

    phone = await windows.open(address, amina, has_touch=True, is_mobile=True)
    await phone.add_init_script(SHARE)
    await phone.reload()
    await settled(phone)
    await phone.locator("#p2 details.more summary").tap()
    await phone.locator("#p2").get_by_role("link", name="Share").tap()
    async with asyncio.timeout(20):
        while not await phone.evaluate("window.shared"):
            await phone.wait_for_timeout(50)
    assert await phone.evaluate("window.shared") == {"title": "Cobalt tracing", "url": f"{app.url}/p/{post}"}
    await phone.goto(f"/p/{post}")
    await expect(phone).to_have_url(re.compile(rf"{address}/2#p2$"))
