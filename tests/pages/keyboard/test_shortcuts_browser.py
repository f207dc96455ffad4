"""Keyboard shortcuts in a browser: `?` lists the keys of each page, and keys do nothing while somebody writes."""

import pytest
from playwright.async_api import Page, expect

from pages.keyboard.shortcuts import SURFACES, shortcut_lists
from tests.support.boards import a_board
from tests.support.browser import PHONE, Windows, settled
from tests.support.moderation.cases import some_cases
from tests.support.pages import open_page
from tests.support.people import a_person, a_topic
from tests.support.rooms.page_rooms import a_host, a_room, asked, followed
from tests.support.service import Service


async def listed(page: Page) -> list[str]:
    """Press `?` and return the names of the surfaces in the list of keys, in their order; then close it."""
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog.locator("dl").first).to_be_visible()
    names = await dialog.locator("h3").all_inner_texts()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    return names


async def test_a_question_mark_lists_the_keys_of_each_page(app: Service, windows: Windows) -> None:
    host = await a_host(app)
    topic, room, table = await a_topic(host), await a_room(host), await a_board(app)
    await some_cases(app, 1)
    pages = {
        f"/t/{topic['id']}/cobalt-tracing": ["In a topic", "While you write"],
        f"/r/{room}": ["In a room", "While you write"],
        f"/r/{room}/host": ["In the cockpit of a room"],
        f"/b/{table.id}": ["In a stock-take"],
        "/queue": ["In the moderation queue", "While you write"],
        "/tags": [],
    }
    page = await windows.open("/queue", host)
    found = {}
    for address in pages:
        await page.goto(address)
        found[address] = await listed(page)
    assert found == {address: [*own, "On every page"] for address, own in pages.items()}


@pytest.mark.console_errors("ERR_FAILED")
async def test_the_list_opens_from_a_link_and_says_when_it_cannot_be_loaded(
    app: Service, windows: Windows
) -> None:
    await some_cases(app, 1)
    page = await windows.open("/queue?lang=de", await a_host(app))
    await page.route("**/help?*", lambda route: route.abort())
    await page.get_by_role("link", name="Tastenkürzel ?").click()
    dialog = page.get_by_role("dialog", name="Tastenkürzel")
    await expect(dialog).to_contain_text("Die Liste lässt sich nicht laden.")
    await page.unroute("**/help?*")
    await page.keyboard.press("?")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("?")
    await expect(dialog).to_contain_text("die letzte Entscheidung rückgängig machen")
    before = await page.locator("#case").get_attribute("data-case")
    await page.keyboard.press("1")
    assert not await page.locator("[name=template]").first.is_checked(), (
        "the page behind the list does nothing"
    )
    assert await page.locator("#case").get_attribute("data-case") == before
    await dialog.get_by_role("button", name="Schließen").click()
    await expect(dialog).to_be_hidden()


async def test_the_help_lists_all_keys_without_scripts(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    html = await open_page(amina, "/help")
    for _, name, lines in shortcut_lists():
        assert f"<h3>{name}</h3>" in html
        assert all(f'<dd data-action="{line.action}">{line.does}</dd>' in html for line in lines)
    page = await windows.open("/help", amina, java_script_enabled=False, viewport=PHONE)
    await expect(page.locator(".shortcuts h3")).to_have_count(len(SURFACES))
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_keys_do_nothing_while_one_writes_or_holds_another_key(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", amina))
    text = page.locator("main textarea").first
    await text.focus()
    await page.keyboard.type("?/jz")
    await expect(text).to_have_value("?/jz")
    await expect(text).to_be_focused()
    await page.evaluate("document.activeElement.blur()")
    composing = "new KeyboardEvent('keydown', { key: '?', code: 'Slash', isComposing: true, bubbles: true })"
    for event in (
        composing,
        *(composing.replace("isComposing", held) for held in ("ctrlKey", "altKey", "metaKey")),
    ):
        await page.evaluate(f"document.body.dispatchEvent({event})")
        await expect(page.locator("dialog")).to_have_count(0)
    await page.evaluate(f"document.body.dispatchEvent({composing.replace('isComposing: true,', '')})")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


async def test_questions_and_entries_are_walked_by_keys(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    first, second = await asked(host, room, "Who pays?"), await asked(host, room, "Who checks?")
    page = await followed(await windows.open(f"/r/{room}?order=newest", jonas))
    await page.keyboard.press("j")
    await expect(page.locator(f'.asked[data-id="{second}"]')).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(f'.asked[data-id="{first}"]')).to_be_focused()
    await page.keyboard.press("v")
    await expect(page.locator(f'.asked[data-id="{first}"] button.vote')).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.keyboard.press("k")
    await expect(page.locator(f'.asked[data-id="{second}"]')).to_be_focused()
    await page.keyboard.press("c")
    await expect(page.locator("#ask textarea")).to_be_focused()
    await expect(page.locator("#ask textarea")).to_have_value("")

    table = await a_board(app)
    await table.add("Cobalt tracing")
    await table.add("Tin tracing")
    await page.goto(f"/b/{table.id}")
    await page.keyboard.press("j")
    titles = page.locator("[data-entry] th > a")
    await expect(titles.first).to_be_focused()
    await page.keyboard.press("j")
    await expect(titles.nth(1)).to_be_focused()
    address = await titles.nth(1).get_attribute("href") or ""
    await page.keyboard.press("o")
    await page.wait_for_url(f"**{address}")
    await page.go_back()
    await page.keyboard.press("c")
    await page.wait_for_url("**/entries/new")
