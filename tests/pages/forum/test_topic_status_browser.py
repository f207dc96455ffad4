"""The status of topics on pages: readers see a moderator's changes immediately, and a reloaded page shows the same."""

from playwright.async_api import expect

from tests.support.browser import PHONE, Windows, settled
from tests.support.discussion import a_moderator
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service


async def test_status_changes_appear_on_open_pages(app: Service, windows: Windows) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic = (await a_topic(amina, kind="question"))["id"]
    await a_reply(jonas, topic, "Use the **second** scheme.")
    address = f"/t/{topic}/cobalt-tracing"
    readers = [
        await settled(await windows.open(address, viewport=PHONE)),
        await settled(await windows.open(address, jonas)),
        await settled(await windows.open(address, amina)),
    ]
    asker = readers[-1]
    await asker.locator("#p2 details.more summary").click()
    await asker.get_by_role("button", name="Accept as answer").click()
    page = await windows.open(address, fatou)
    await page.get_by_role("link", name="Manage", exact=True).click()
    await page.get_by_role("button", name="Pin topic").click()
    await page.goto(f"/tend/{topic}")
    await page.get_by_role("textbox", name="Member").fill(jonas.handle)
    await page.get_by_role("button", name="Assign", exact=True).click()
    await page.goto(f"/tend/{topic}")
    await page.get_by_role("button", name="Turn on slow mode").click()
    await page.goto(f"/tend/{topic}")
    await page.get_by_label("Reason for closing").fill("It goes on in Vienna.")
    await page.get_by_role("button", name="Close topic").click()
    for window in (*readers, page):
        said = window.locator("#tended")
        await expect(said).to_contain_text("It goes on in Vienna.")
        await expect(said).to_contain_text("Assigned to Jonas. Not started.")
        await expect(said).to_contain_text(
            "Slow mode: each member can write or edit once per interval (a minute)"
        )
        await expect(said.locator(".accepted strong")).to_have_text("second")
        before = await window.locator(".topic-head").inner_text()
        await window.reload()
        assert await window.locator(".topic-head").inner_text() == before

    own = await windows.open("/assigned", jonas, viewport=PHONE)
    await own.get_by_role("button", name="Mark as done").click()
    await expect(own.get_by_role("button", name="Reopen")).to_be_visible()
    await expect(page.locator("#tended")).to_contain_text("Assigned to Jonas. Done.")
