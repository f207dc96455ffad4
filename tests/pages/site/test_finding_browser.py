"""Finding by keyboard in a browser: the box of search, the palette, lists, and the menu of a phone."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, Windows, settled
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

PHONE = {"width": 375, "height": 740}


async def check(page: Page) -> None:
    """Axe finds no fault, nothing scrolls sideways, and every option is large enough to be touched."""
    await page.evaluate(axe_source())
    assert await page.evaluate(CHECK) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = await page.locator("[role=option]:visible").evaluate_all(
        "all => all.map(one => one.offsetHeight)"
    )
    assert heights
    assert min(heights) >= 44


async def marked(page: Page) -> str:
    """Return the option that the focused field names as its active one."""
    found: str = await page.evaluate(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText ?? ''"
    )
    return found.split("\n")[0]


@pytest.mark.parametrize(
    ("size", "language"), [(DESKTOP, "en"), (PHONE, "en"), (PHONE, "ar"), (DESKTOP, "ar")]
)
async def test_the_search_offers_while_one_types(
    app: Service, windows: Windows, size: dict[str, int], language: str
) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing", tags=["cobalt"])
    await app.run_jobs()
    page = await windows.open(f"/search?lang={language}", amina, viewport=size)
    field = page.locator("#q")
    await expect(field).to_be_focused()
    await page.keyboard.type("cob")
    await expect(page.get_by_role("option")).to_have_count(2)
    await expect(field).to_have_attribute("aria-expanded", "true")
    await expect(field).to_have_role("combobox")
    assert await marked(page) == ""
    await check(page)
    await page.keyboard.press("ArrowDown")
    assert await marked(page) == "Cobalt tracing"
    await page.keyboard.press("ArrowUp")
    assert await marked(page) == ("#الكوبالت" if language == "ar" else "#cobalt")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await expect(field).to_have_value("cob")
    await page.keyboard.type("al")
    await expect(page.get_by_role("option")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/t/{topic['id']}**")


async def test_enter_without_a_mark_searches_and_the_script_comes_with_the_first_use(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app)
    await a_topic(amina, "Cobalt tracing")
    await app.run_jobs()
    page = await windows.open("/tags", amina)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.reload(wait_until="networkidle")
    assert not [one for one in loaded if "/finding" in one]
    await page.keyboard.press("/")
    await expect(page.locator("#find")).to_be_focused()
    await page.keyboard.type("cobal")
    await expect(page.get_by_role("option")).to_have_count(1)
    assert [one for one in loaded if "/finding" in one]
    await check(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=cobal")


@pytest.mark.console_errors("ERR_FAILED")
async def test_an_answer_that_comes_late_or_never_changes_nothing(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    for title in ("Cobalt tracing", "Copper tracing"):
        await a_topic(amina, title)
    await app.run_jobs()
    page = await windows.open("/search", amina)
    asked: list[Any] = []

    async def hold(route: Any) -> None:
        if "q=co&" in route.request.url:
            asked.append(route)
        elif "q=cop" in route.request.url:
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/offers?*", hold)
    async with page.expect_request("**/offers?q=co&*"):
        await page.keyboard.type("co")
    await page.keyboard.type("b")
    await expect(page.get_by_role("option")).to_have_text("Cobalt tracing Mobility")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("p")
    await expect(page.get_by_role("option")).to_have_count(0)
    assert len(asked) == 1
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=cop")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_palette_does_what_the_page_does_and_gives_the_focus_back(
    app: Service, windows: Windows, size: dict[str, int]
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = await a_topic(amina, "Cobalt tracing")
    await a_reply(amina, topic["id"], "Which list?")
    await app.run_jobs()
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", jonas, viewport=size))
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    before = await page.evaluate("document.activeElement.id")
    await page.keyboard.press("Control+k")
    palette = page.locator("dialog.palette")
    field = palette.get_by_role("combobox")
    await expect(field).to_be_focused()
    await expect(palette.get_by_role("option", name="Reply to this post", exact=False)).to_be_visible()
    for name in (
        "Inbox",
        "Sectors",
        "Stock-takes",
        "Events",
        "Appearance",
        "Deutsch",
        "Show the keyboard shortcuts",
    ):
        await expect(palette.get_by_role("option", name=name).first).to_be_attached()
    await expect(palette.get_by_role("option", name="Administration")).to_have_count(0)
    await check(page)
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()
    assert await page.evaluate("document.activeElement.id") == before

    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type("reply to this")
    await expect(palette.get_by_role("option").first).to_contain_text("Reply to this post")
    await page.keyboard.press("Enter")
    await expect(palette).to_be_hidden()
    await expect(page.locator("#p2 textarea")).to_be_focused()
    # In a text the key makes a link.
    await page.keyboard.type("see this")
    await page.keyboard.press("Shift+Home")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#p2 textarea")).to_have_value("[see this](https://)")
    await expect(palette).to_be_hidden()
    await page.keyboard.type("https://example.org")
    await expect(page.locator("#p2 textarea")).to_have_value("[see this](https://example.org)")


async def test_the_palette_goes_to_pages_and_offers_what_the_search_offers(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    topic = await a_topic(amina, "Inboxes of the field")
    await app.run_jobs()
    page = await windows.open("/tags?lang=ar", amina)
    await page.keyboard.press("Meta+k")
    palette = page.locator("dialog.palette")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("الوارد")
    await expect(palette.get_by_role("option").first).to_contain_text("صندوق الوارد")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox")
    await page.keyboard.press("Control+k")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("inbox")
    option = palette.get_by_role("option", name="Inboxes of the field")
    await expect(option).to_be_visible()
    await option.click()
    await page.wait_for_url(f"**/t/{topic['id']}**")
    await page.keyboard.press("Control+k")
    await expect(palette.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("nothing like this")
    await expect(palette.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=nothing+like+this")


async def test_lists_are_walked_by_keys(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    first = await a_topic(amina, "Cobalt tracing")
    second = await a_topic(amina, "Cobalt audits")
    for topic in (first, second):
        await a_reply(jonas, topic["id"], "Which list?")
    await app.run_jobs()
    for address in ("/s/mobility?order=new", "/search?q=cobalt&sort=newest", "/inbox"):
        page = await windows.open(address, amina)
        titles = page.locator("main .rows > li :is(h2, h3) a")
        await expect(titles).to_have_count(2)
        await page.evaluate("document.activeElement.blur()")
        for key, at in (("j", 0), ("j", 1), ("k", 0), ("j", 1)):
            await page.keyboard.press(key)
            await expect(titles.nth(at)).to_be_focused()
        leads_to = await titles.nth(1).get_attribute("href") or ""
        async with page.expect_request(f"**{leads_to}"):
            await page.keyboard.press("o")


def roles() -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Return the people who see different navigations, each with a role."""
    return [
        ("member", []),
        ("moderator", [("moderator", "mobility")]),
        ("administrator", [("administrator", None)]),
    ]


LINKS = """all => all.filter(one => one.checkVisibility())
    .map(one => [one.getAttribute('href'), one.innerText.replace(/\\s+/g, ' ').trim()])"""


async def test_a_phone_reaches_by_the_same_words_what_the_desktop_reaches(
    app: Service, windows: Windows
) -> None:
    people: dict[str, Person | None] = {"visitor": None}
    people |= {name: await a_person(app, name.title(), duties=duties) for name, duties in roles()}
    seen = {}
    for name, person in people.items():
        page = await windows.open("/help", person)
        wide = {tuple(one) for one in await page.locator(".rail a, .foot a").evaluate_all(LINKS)}
        await page.set_viewport_size(PHONE)
        await expect(page.locator(".rail")).to_be_hidden()
        await page.get_by_role("button", name="Menu").click()
        narrow = {tuple(one) for one in await page.locator(".rail a, .foot a").evaluate_all(LINKS)}
        assert wide <= narrow, name
        # The bar at the foot repeats some of them, and leads to all sectors.
        bar = dict(await page.locator(".bottom a").evaluate_all(LINKS))
        words = {"/s": "Sectors"} | dict(await page.locator(".rail li a").evaluate_all(LINKS))
        assert bar == {address: "Me" if "/m/" in address else words[address] for address in bar}
        sizes = await page.locator(".rail li a").evaluate_all("all => all.map(one => one.offsetHeight)")
        assert min(sizes) >= 44
        await page.keyboard.press("Escape")
        await expect(page.locator(".rail")).to_be_hidden()
        seen[name] = {address.partition("?")[0] for address, _ in wide}
    assert "/signin" in seen["visitor"] and "/inbox" not in seen["visitor"]
    assert {"/inbox", "/unread"} <= seen["member"] and not {"/queue", "/admin"} & seen["member"]
    assert "/queue" in seen["moderator"] and "/admin" not in seen["moderator"]
    assert {"/queue", "/admin"} <= seen["administrator"]


async def test_the_menu_of_a_phone_opens_without_scripts(app: Service, windows: Windows) -> None:
    page = await windows.open("/help", viewport=PHONE, java_script_enabled=False)
    await page.get_by_role("button", name="Menu").click()
    await expect(page.get_by_role("link", name="Stock-takes").first).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    await expect(page.locator(".rail")).to_be_hidden()
    await page.get_by_role("link", name="Search").click()
    await page.locator("#q").fill("cobalt")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/search?q=cobalt")
