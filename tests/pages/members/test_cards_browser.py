"""The card of a member in a browser: by mouse, keyboard and touch; and who it is about."""

import asyncio

from playwright.async_api import Route, expect

from tests.support.browser import PHONE, Windows
from tests.support.pages import open_page
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def test_a_card_opens_by_mouse_and_keyboard_and_closes_with_escape(
    app: Service, windows: Windows
) -> None:
    amina, jonas = await a_person(app, "Amina"), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    await a_reply(jonas, topic, "Yes.")
    page = await windows.open(f"/t/{topic}", amina)
    name = page.locator("#p2 a.who")
    card = page.locator(".person-card")

    await name.hover()
    await expect(card).to_contain_text("1 post")
    await expect(name).to_have_attribute("aria-describedby", "person-card")
    await card.hover()
    await page.keyboard.press("Escape")
    await expect(card).to_have_count(0)

    # The keyboard: a name that is reached with Tab.
    await page.mouse.move(0, 0)
    await page.locator("#p2").focus()
    await page.keyboard.press("Tab")
    await expect(name).to_be_focused()
    await expect(card).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(card.get_by_role("link", name="Jonas")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(card).to_have_count(0)
    await expect(name).to_be_focused()


async def test_a_card_opens_with_a_tap_and_leads_to_the_profile(app: Service, windows: Windows) -> None:
    amina = await a_person(app, "Amina")
    topic = (await a_topic(amina))["id"]
    page = await windows.open(f"/t/{topic}", amina, viewport=PHONE, has_touch=True)
    # Cards are loaded with the first touch.
    async with page.expect_response("**/cards.js"):
        await page.locator("h1").tap()

    await page.locator("#p1 a.who").tap()
    await page.locator(".person-card").get_by_role("link", name="Amina").tap()

    await page.wait_for_url(f"**/m/{amina.handle}")


async def test_a_card_tells_what_is_public_and_what_the_reader_can_see(app: Service) -> None:
    amina = await a_person(app, "Amina", duties=[("moderator", "mobility")])
    reader = await a_person(app, "Reader")
    topic = (await a_topic(amina))["id"]
    await raw_sql(app.db).execute(
        "UPDATE members SET organisation = 'Ministry', country = 'KE', stakeholder_group = 'industry-upstream',"
        " public = '{organisation}' WHERE id = $1", amina.id
    )  # fmt: skip
    card = await open_page(reader, f"/m/{amina.handle}/card")
    assert "Ministry" in card and "1 post" in card and "Moderator of" in card
    assert "Kenya" not in card and "ndustry" not in card and "<html" not in card
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", topic)
    assert "0 posts" in await open_page(reader, f"/m/{amina.handle}/card")
    await open_page(reader, "/m/nobody-here/card", 404)


async def test_a_card_waits_for_its_styles(app: Service, windows: Windows) -> None:
    amina = await a_person(app, "Amina")
    topic = (await a_topic(amina))["id"]
    page = await windows.open(f"/t/{topic}", amina)
    sheets: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/css/shell/finding.css", sheets.put)
    async with page.expect_response("**/card"):
        await page.locator("#p1 a.who").hover()
    card = page.locator(".person-card")
    await expect(card).to_have_count(0)

    await (await sheets.get()).continue_()
    await expect(card).to_have_css("position", "fixed")


async def test_a_handle_begins_with_its_sign_in_arabic(app: Service, windows: Windows) -> None:
    amina = await a_person(app, "Amina")
    page = await windows.open(f"/m/{amina.handle}?lang=ar", None)
    handle = page.locator("main").get_by_text(f"@{amina.handle}", exact=True)
    await expect(handle).to_have_css("direction", "ltr")
    await expect(handle).to_have_css("unicode-bidi", "isolate")
