"""The line of a topic that stays in view: where one is, the ways to the first, unread and last post, and the reply."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import DESKTOP, Windows, settled
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

SMALL = {"width": 375, "height": 667}
# The page scrolls at once, so that what was scrolled can be measured.
CALM: Any = {"reduced_motion": "reduce"}
TITLE = "Cobalt tracing: which scheme survives an audit in a mine that nobody has visited for years?"
LONG = "We compared both schemes. " * 30
# How far down the page the line, the heading and the first post begin.
TOPS = """() => ["#map", "#p1", "#posts"].map(one =>
    Math.round(document.querySelector(one).getBoundingClientRect().top + scrollY))"""
# What overlaps or is cut off in the line.
WIDTHS = """() => [document.documentElement.scrollWidth - innerWidth,
    ...[...document.querySelectorAll("#map :is(a, summary)")].filter(one => one.checkVisibility())
        .map(one => Math.max(0, Math.round(one.getBoundingClientRect().right - innerWidth),
            Math.round(-one.getBoundingClientRect().left)))]"""


async def a_long_topic(author: Person, posts: int = 12) -> str:
    """Start a topic with this many posts, and return its address."""
    topic = await a_topic(author, TITLE)
    for number in range(2, posts + 1):
        await a_reply(author, topic["id"], f"{number}: {LONG}")
    location: str = (await author.client.get(f"/t/{topic['id']}")).headers["location"]
    return location


def place(page: Page, is_phone: bool) -> Any:
    """Return the place that is shown."""
    return page.locator("#map .ways-menu [data-place]" if is_phone else "#map .ways [data-place]")


@pytest.mark.parametrize("viewport", [SMALL, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("lang", ["en", "ar", "de"])
async def test_the_line_says_where_one_is_and_moves_nothing(
    app: Service, windows: Windows, viewport: Any, lang: str
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    address = await a_long_topic(amina)
    page = await settled(await windows.open(f"{address}?lang={lang}", jonas, viewport=viewport, **CALM))
    is_phone = viewport is SMALL
    shown = place(page, is_phone)
    await expect(page.locator("#map .map-title")).to_be_hidden()
    before = await page.evaluate(TOPS)
    await page.locator("#map").hover()
    await expect(shown).to_have_text(re.compile(r"\b1\b.*\b12\b"))

    await page.locator("#p6").evaluate("post => post.scrollIntoView({block: 'start'})")

    await expect(page.locator("#map .map-title")).to_be_visible()
    await expect(shown).to_have_text(re.compile(r"\b6\b.*\b12\b"))
    line = await page.locator("#map").bounding_box()
    assert line and abs(line["y"]) <= 1 and line["height"] <= 56
    assert await page.evaluate("document.querySelector('#map').getBoundingClientRect().top") == 0
    if is_phone:
        assert await page.locator(".top").evaluate("top => top.getBoundingClientRect().bottom <= 0")
    assert set(await page.evaluate(WIDTHS)) <= {0}
    # The post to which one goes begins below the line.
    assert await page.locator("#p6").evaluate("post => post.getBoundingClientRect().top") >= line["height"]
    assert (await page.evaluate(TOPS))[1:] == before[1:]
    scrolled = await page.evaluate("scrollY")
    for one in await page.locator("#map").locator("a, summary").locator("visible=true").all():
        await one.focus()
        assert await page.evaluate("scrollY") == scrolled, "nothing moves when the line has the focus"
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect(shown).to_have_text(re.compile(r"\b12\b.*\b12\b"))


@pytest.mark.parametrize("viewport", [SMALL, DESKTOP], ids=["phone", "desktop"])
async def test_the_ways_and_the_reply_are_at_hand(app: Service, windows: Windows, viewport: Any) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    address = await a_long_topic(amina)
    page = await settled(await windows.open(f"{address}/6#p6", jonas, viewport=viewport))
    is_phone = viewport is SMALL

    async def go(name: str) -> None:
        if is_phone:
            await page.locator("#map summary").click()
        await page.locator("#map").get_by_role("link", name=name, exact=True).click()

    await go("Last")
    await expect(page.locator("#p12")).to_be_focused()
    await expect(page.locator("#map details[open]")).to_have_count(0)
    await go("First")
    await expect(page.locator("#p1")).to_be_focused()
    assert page.url.endswith(f"{address}/6#p6"), "without loading the page again"
    button = page.locator(".bottom, #map .ways").get_by_role("link", name="Reply", exact=True)
    await expect(button).to_be_in_viewport()
    await button.click()
    await expect(page.locator("#reply textarea")).to_be_focused()
    await page.locator("#map .map-title").click()
    await expect(page.locator("h1")).to_be_in_viewport()


async def test_the_keys_lead_to_the_first_and_last_post_and_to_the_reply(
    app: Service, windows: Windows
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    page = await settled(await windows.open(await a_long_topic(amina), jonas))
    await page.keyboard.press("Shift+End")
    await expect(page.locator("#p12")).to_be_focused()
    await page.keyboard.press("Shift+Home")
    await expect(page.locator("#p1")).to_be_focused()
    await page.keyboard.press("c")
    await expect(page.locator("#reply textarea")).to_be_focused()


async def test_what_has_the_focus_is_not_behind_the_line(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    page = await settled(await windows.open(await a_long_topic(amina), jonas, viewport=SMALL, **CALM))
    reply = page.locator("#p5 .act.reply")
    top = "link => link.getBoundingClientRect().top"
    await reply.evaluate("link => scrollBy(0, link.getBoundingClientRect().top - 10)")
    assert await reply.evaluate(top) < 50
    await reply.focus()
    assert await reply.evaluate(top) >= 52


async def test_a_reply_that_arrives_is_counted(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    address = await a_long_topic(amina, 3)
    page = await settled(await windows.open(address, jonas))
    await page.locator("#map").hover()
    await expect(place(page, False)).to_have_text("1 of 3")
    await a_reply(amina, int(address.split("/")[2]), "A further one.")
    await expect(place(page, False)).to_have_text("1 of 4")


async def test_without_a_script_the_ways_are_plain_links(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    address = await a_long_topic(amina)
    page = await windows.open(f"{address}/6#p6", jonas, viewport=SMALL, java_script_enabled=False)
    await expect(page.locator("#map summary")).to_contain_text("12 posts")
    await expect(page.locator("#map")).to_be_in_viewport()
    await page.locator("#map summary").click()
    await page.locator("#map").get_by_role("link", name="Last", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/12#p12$"))
    await expect(page.locator("#p12")).to_be_in_viewport()
    await page.locator(".bottom").get_by_role("link", name="Reply", exact=True).click()
    await expect(page.locator("#reply")).to_be_in_viewport()


async def test_pages_of_a_long_topic_know_their_place(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    posts = [(await a_reply(amina, topic, f"Reply {number}."))["id"] for number in range(2, 61)]
    # An answer to the second post stands before the third in the tree, and comes last in time.
    await amina.post(f"/topics/{topic}/posts", {"body": "An answer.", "parent": posts[0]})
    address = f"/t/{topic}/cobalt-tracing"
    await raw_sql(app.db).execute("UPDATE posts SET state = 'withdrawn' WHERE id = $1", posts[3])
    for path, before in (("", 0), ("/53#p53", 52), ("/53?order=time#p53", 51)):
        for reader in (jonas, app.client()):
            page = await open_page(reader, address + path)
            (found,) = re.findall(r'data-before="(\d+)"', page)
            assert int(found) == before, path
            assert f'href="{address}/61#p61" data-way="last"' in page and f'href="{address}/1#p1"' in page
    page = await open_page(jonas, f"{address}?branch=2")
    assert 'data-before="1"' in page and f'href="{address}/61#p61"' in page


async def test_the_first_unread_post_is_one_of_the_ways(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    for number in range(2, 5):
        await a_reply(amina, topic, f"Reply {number}.")
    await jonas.put(f"/topics/{topic}/reading", {"posts": [1, 2], "seconds": 5})
    address = f"/t/{topic}/cobalt-tracing"
    assert f'href="{address}/3#p3" data-way="unread"' in await open_page(jonas, address)
    assert 'data-way="unread"' not in await open_page(app.client(), address)
    visitor = await open_page(app.client(), address)
    assert f'href="/signin?next={address}">Reply</a>' in visitor
