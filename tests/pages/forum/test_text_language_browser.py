"""The language of a text in a browser: remembered for the next text, and shown by open pages at once."""

from playwright.async_api import expect

from tests.support.browser import Windows, settled
from tests.support.people import a_person, a_topic
from tests.support.service import Service

FRENCH = "Comment les fonderies tracent-elles l'origine du cobalt ?"


async def test_a_choice_is_remembered_and_open_pages_follow(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    address = f"/t/{topic}/cobalt-tracing"
    reader = await settled(await windows.open(address, jonas))
    page = await settled(await windows.open(address, amina))
    await page.locator("#reply textarea").fill(FRENCH)
    await page.locator("#reply select[name=language]").select_option("es")
    await page.locator("#reply .first").click()
    await expect(reader.locator("#p2 .said")).to_have_attribute("lang", "es")
    await expect(reader.locator("#p2 [href$='/language']")).to_have_count(0)
    await expect(page.locator("#p2 [href$='/language']")).to_have_count(1)

    await page.locator("#p2 .act.reply").click()
    await expect(page.locator("#p2 select[name=language]")).to_have_value("es")
    post = (await amina.get(f"/topics/{topic}/posts")).json()["items"][1]["id"]
    await amina.put(f"/posts/{post}/language", {"language": "fr"})
    await expect(reader.locator("#p2 .said")).to_have_attribute("lang", "fr")
    await amina.put(f"/posts/{post}/language", {"language": "en"})
    await expect(reader.locator("#p2 .said")).not_to_have_attribute("lang", "fr")
    await page.reload()
    await expect(page.locator("#reply select[name=language]")).to_have_value("es")
