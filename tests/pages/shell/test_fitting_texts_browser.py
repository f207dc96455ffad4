"""Texts of the interface that are longer in other languages fit where they stand."""

import pytest

from tests.support.boards import a_board
from tests.support.browser import PHONE, Windows, expect
from tests.support.people import a_person
from tests.support.rooms.open_room import OpenRoom
from tests.support.service import Service, raw_sql

LONG = ("de", "fr", "es", "pt", "ar")
# The tabs that are wider than the page, and the hints that do not fit into their fields.
CUT_TABS = (
    "[...document.querySelectorAll('.tabs')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
)
CUT_HINTS = """() => [...document.querySelectorAll('input[placeholder]')].filter(one => {
    const style = getComputedStyle(one), pen = document.createElement('canvas').getContext('2d');
    pen.font = style.font;
    const room = one.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd);
    return one.clientWidth && pen.measureText(one.placeholder).width > room;
}).map(one => one.placeholder)"""


@pytest.mark.parametrize("width", [1280, 1000])
async def test_tabs_that_do_not_fit_stand_in_a_second_line(
    app: Service, windows: Windows, width: int
) -> None:
    admin = await a_person(app, "Ada", duties=[("administrator", None), ("moderator", "mobility")])
    page = await windows.open("/help", admin, viewport={"width": width, "height": 800})
    for language in LONG:
        for path in ("/admin", "/queue", "/unread"):
            await page.goto(f"{path}?lang={language}")
            assert not await page.evaluate(CUT_TABS), (language, path)
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), path


async def test_a_shade_shows_on_phones_that_there_are_more_tabs(app: Service, windows: Windows) -> None:
    admin = await a_person(app, "Ada", duties=[("administrator", None)])
    page = await windows.open("/admin?lang=fr", admin, viewport=PHONE)
    tabs = page.locator(".tabs")
    assert await page.evaluate(CUT_TABS) == 1, "they are scrolled"
    expected = ["scroll", "local"]
    shades = await tabs.evaluate("one => getComputedStyle(one).backgroundAttachment")
    assert [one in shades for one in expected] == [True, True]
    before = await tabs.screenshot()
    await page.locator(".tab").last.scroll_into_view_if_needed()
    await expect(page.locator(".tab").last).to_be_in_viewport(ratio=0.9)
    assert await tabs.screenshot() != before


async def test_hints_fit_into_their_fields(open_room: OpenRoom, windows: Windows) -> None:
    await open_room.host.patch(f"/rooms/{open_room.room}", {"modules": ["questions", "board"]})
    cut = {}
    for viewport in ({"width": 1280, "height": 800}, PHONE):
        page = await windows.open("/help", viewport=viewport)
        for language in ("en", "zh", *LONG):
            for path in (f"/r/{open_room.room}/board", f"/r/{open_room.room}", "/search"):
                await page.goto(f"{path}?lang={language}")
                if found := await page.evaluate(CUT_HINTS):
                    cut[language, path, viewport["width"]] = found
    assert not cut


async def test_a_chinese_name_stands_in_one_line(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    entry = await table.add("Cobalt")
    await raw_sql(app.db).execute("UPDATE members SET display_name = '李明' WHERE id = $1", table.member.id)
    page = await windows.open(f"/b/{table.id}/entries/{entry['id']}?lang=zh", table.member)
    lines = "one => one.getClientRects().length"
    assert await page.locator(".facts a.who bdi").evaluate(lines) == 1
