"""Posts close together, without a script: more of a long topic is in the window, and the text is no smaller."""

from playwright.async_api import Page

from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service

HEIGHT = "posts => posts.getBoundingClientRect().height"
SIZE = "post => getComputedStyle(post).fontSize"


async def measured(page: Page) -> tuple[float, str]:
    posts = page.locator("#posts")
    return await posts.evaluate(HEIGHT), await page.locator("#p2 .said").evaluate(SIZE)


async def test_posts_stand_close_together_where_somebody_chose_it(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    for number in range(2, 12):
        await a_reply(amina, topic, f"Reply {number}.\n\nIn two paragraphs.")
    address = f"/t/{topic}/cobalt-tracing"
    for viewport in (PHONE, DESKTOP):
        page = await windows.open(address, amina, viewport=viewport, java_script_enabled=False)
        height, size = await measured(page)
        await page.goto(f"/appearance?next={address}")
        await page.get_by_label("Posts close together, for long topics").check()
        await page.get_by_role("button", name="Save").click()
        await page.wait_for_url(address, wait_until="load")
        dense, same = await measured(page)
        assert dense < 0.85 * height and same == size
