"""Moves of posts on pages: a moderator selects posts, readers see a note, old addresses redirect, and open pages update."""

from playwright.async_api import WebSocketRoute, expect

from tests.support.browser import PHONE, Windows, settled
from tests.support.discussion import a_discussion, a_moderator
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service


async def test_a_moderator_splits_posts_off_and_open_pages_follow(app: Service, windows: Windows) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic, ids = await a_discussion(amina, jonas)
    address = f"/t/{topic}/cobalt-tracing"
    reader = await settled(await windows.open(address, viewport=PHONE))
    author = await settled(await windows.open(address, jonas, app.urls[-1]))
    page = await windows.open(f"{address}?order=time", fatou)
    await page.locator("#p4 details.more summary").click()
    await page.locator("#p4").get_by_role("link", name="Move").click()
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    await page.get_by_label("Title of the new topic").fill("Who audits?")
    await page.get_by_role("button", name="Split into a new topic").click()

    await expect(page.locator(".moved")).to_contain_text("2 posts moved to Who audits?")
    for window in (reader, author):
        await expect(window.locator("#p4")).to_have_count(0)
        await expect(window.locator("#p2 + .moved")).to_contain_text("2 posts moved to Who audits?")
        await expect(window.locator("#count")).to_have_text("3 posts")
        before = await window.locator("#posts").inner_text()
        await window.reload()
        assert await window.locator("#posts").inner_text() == before

    await reader.goto(f"{address}/5")
    await expect(reader.locator("h1")).to_have_text("Who audits?")
    await expect(reader.locator("#p1 .answers")).to_have_text("in reply to #2 in Cobalt tracing")
    await expect(reader.locator("#p2")).to_have_class("post d1 here")
    await reader.locator("#p1 .answers a").click()
    await expect(reader.locator("#p2")).to_be_in_viewport()
    await settled(reader)

    await page.get_by_role("button", name="Undo this move").click()
    await expect(page.locator(".moved")).to_have_count(0)
    await expect(page.locator("#p4")).to_have_attribute("data-id", str(ids["fourth"]))
    await expect(reader.locator("#p4")).to_have_attribute("data-id", str(ids["fourth"]))
    await expect(reader.locator(".moved")).to_have_count(0)


async def test_readers_of_a_merged_topic_are_redirected(app: Service, windows: Windows) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic = (await a_topic(amina))["id"]
    reply = await a_reply(amina, topic, "An answer.")
    other = (await a_topic(amina, "Nickel"))["id"]
    reader = await settled(await windows.open(f"/t/{topic}/cobalt-tracing"))
    target = await settled(await windows.open(f"/t/{other}/nickel", viewport=PHONE))
    page = await windows.open(f"/move/{topic}", fatou)
    await page.get_by_label("Merge it into another topic").fill("no address")
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Enter the address of a topic")
    assert len(windows.complaints) == 1  # the browser logs the refusal
    windows.complaints.clear()
    await page.get_by_label("Merge it into another topic").fill(f"{app.url}/t/{other}/nickel")
    await page.get_by_role("button", name="Merge", exact=True).click()

    await expect(page.locator("h1")).to_have_text("Nickel")
    await expect(reader.locator("h1")).to_have_text("Nickel")
    await expect(target.locator(f'.post[data-id="{reply["id"]}"]')).to_be_visible()
    await expect(target.locator(".moved")).to_contain_text(
        "Cobalt tracing was merged into this topic: 2 posts"
    )
    # Sent from a page that has not updated yet: the reply goes to the merged topic.
    sent = await amina.client.post(
        f"/t/{topic}/reply", data={"body": "Late."}, headers={"Accept": "text/html"}, follow_redirects=True
    )
    assert f"/t/{other}/nickel/" in str(sent.url)


async def test_a_reader_whose_line_was_down_is_led_to_the_merged_topic(
    app: Service, windows: Windows
) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic, other = (await a_topic(amina))["id"], (await a_topic(amina, "Nickel"))["id"]
    reader = await windows.open("/")
    is_down = True

    async def connect(line: WebSocketRoute) -> None:
        if is_down:
            await line.close()
        else:
            line.connect_to_server()

    await reader.route_web_socket("**/live", connect)
    await reader.goto(f"/t/{topic}/cobalt-tracing")
    merged = await fatou.post(f"/topics/{topic}/moves", {"into": other})
    assert merged.status_code < 300, merged.text
    is_down = False

    await expect(reader.locator("h1")).to_have_text("Nickel")
