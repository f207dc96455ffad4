"""Noticeboards in a real browser: live on all open pages and on the projector, and accessible."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.support.accessibility import CHECK, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows, settled, stable_box
from tests.support.people import Person, a_person
from tests.support.rooms.page_rooms import a_board
from tests.support.service import Service


async def a_notice(who: Person, room: int, column: int, title: str, **more: object) -> int:
    given = {"column": column, "title": title, "body": "Come **and** see."} | more
    answer = await who.post(f"/rooms/{room}/notices", given)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


async def test_a_notice_appears_in_other_browsers_and_on_the_projector(
    app: Service, windows: Windows
) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    one = await settled(await windows.open(f"/r/{room}/board", jonas, app.urls[0]))
    other = await settled(await windows.open(f"/r/{room}/board", amina, app.urls[-1], viewport=PHONE))
    wall = await settled(await windows.open(f"/r/{room}/wall", url=app.urls[-1]))

    await one.locator(f"#c{columns[1]} [data-write]").click()
    await expect(one.locator("#title")).to_be_focused()
    await one.locator("#title").fill("Need: a smelter")
    await one.locator("#body").fill("Who **knows** one?")
    await one.locator("#write form .first").click()
    for page in (one, other):
        await expect(page.locator(f"#c{columns[1]} .note h3")).to_have_text("Need: a smelter")
        await expect(page.locator(f"#c{columns[1]} .said strong")).to_have_text("knows")
        await expect(page.locator(f"h2 [data-count='{columns[1]}']")).to_have_text("1")
        await expect(page.locator(f"#c{columns[1]} .empty")).to_be_hidden()
    await expect(wall.locator(".note h3")).to_have_text("Need: a smelter")
    await expect(one.locator("#write > summary")).to_be_focused()

    await other.locator(".note .thanks").click()
    await expect(other.locator(".note .thanks")).to_have_attribute("aria-pressed", "true")
    await expect(one.locator(".note .thanks i")).to_have_text("1")
    post = (await amina.get(f"/rooms/{room}/notices")).json()["items"][0]["post"]
    topic = (await amina.get(f"/rooms/{room}")).json()["topic"]
    await amina.post(f"/topics/{topic}/posts", {"body": "I do.", "parent": post})
    await expect(one.locator(".note .replies")).to_have_text("1 reply")

    await one.locator(".note .more summary").click()
    await one.get_by_role("button", name="Move to Contacts").click()
    await expect(other.locator(".pill")).to_have_text("1 update")
    await other.locator(".pill").click()
    for page in (one, other):
        await expect(page.locator(f"#c{columns[3]} .note h3")).to_have_text("Need: a smelter")
    await one.locator(".note .more summary").click()
    await one.get_by_role("button", name="Withdraw").click()
    for page in (one, wall):
        await expect(page.locator(".note")).to_have_count(0)


async def test_hosts_approve_with_one_click(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    room, columns = await a_board(host)
    version = (await host.get(f"/rooms/{room}")).json()["version"]
    rules = {"rules": {"premoderated": True}}
    ruled = await host.patch(f"/rooms/{room}", rules, headers={"If-Match": f'"{version}"'})
    assert ruled.status_code == 200, ruled.text
    first = await a_notice(amina, room, columns[0], "Offer: ore")
    host_page = await settled(await windows.open(f"/r/{room}/board", host, viewport=PHONE))
    open_room = await settled(await windows.open(f"/r/{room}/board", jonas))
    second = await a_notice(amina, room, columns[0], "Offer: slag")
    # What arrives later waits for a moment, because the host has just pressed a button there.
    await expect(host_page.locator(f"#n{second}")).to_be_visible()
    for notice in (first, second):
        item = host_page.locator(f"#n{notice}")
        await expect(item.get_by_role("button", name="Decline")).to_be_visible()
        await item.get_by_role("button", name="Approve").click()
        await expect(open_room.locator(f"#n{notice}")).to_be_visible()
        await expect(item.locator(".approval").first).to_be_hidden()
    await expect(open_room.get_by_role("button", name="Approve")).to_have_count(0)


async def test_new_notices_do_not_move_what_is_being_read(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas = await a_person(app, "Jonas")
    room, columns = await a_board(host)
    for number in range(12):
        await a_notice(host, room, columns[0], f"Notice {number}")
    page = await settled(await windows.open(f"/r/{room}/board?column={columns[0]}", jonas, viewport=PHONE))
    await page.locator(".note").nth(8).scroll_into_view_if_needed()
    before = await stable_box(page.locator(".note").nth(8))

    for title in ("One more", "Another"):
        await a_notice(host, room, columns[0], title)
    await a_notice(host, room, columns[1], "Elsewhere")
    pill = page.locator(".pill")
    await expect(pill).to_have_text("2 new notices")
    assert await page.locator(".note").nth(8).bounding_box() == before
    await pill.click()
    await expect(page.locator(".note h3").nth(0)).to_have_text("Another")
    await expect(page.locator(".note h3").nth(1)).to_have_text("One more")
    await expect(pill).to_have_count(0)


async def test_expired_notices_disappear_and_missed_notices_are_loaded(
    app: Service, windows: Windows
) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas = await a_person(app, "Jonas")
    room, columns = await a_board(host)
    soon = datetime.now(UTC) + timedelta(seconds=4)
    await a_notice(host, room, columns[0], "For a moment", expires_at=soon.isoformat())
    page = await settled(await windows.open(f"/r/{room}/board", jonas))
    wall = await settled(await windows.open(f"/r/{room}/wall"))
    await expect(page.locator(".note")).to_have_count(1)
    for one in (page, wall):
        await expect(one.locator(".note")).to_have_count(0)

    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await a_notice(host, room, columns[2], "While away")
    await page.context.set_offline(False)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator(f"#c{columns[2]} .note h3")).to_have_text("While away")


async def test_a_draft_is_kept(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    room, _ = await a_board(host)
    page = await settled(await windows.open(f"/r/{room}/board", host))
    await page.get_by_text("Post a notice").click()
    await page.locator("#body").fill("Half a thought")
    await expect(page.locator("#write .kept")).to_have_text("Draft saved in this browser")
    await page.reload()
    await page.get_by_text("Post a notice").click()
    await expect(page.locator("#body")).to_have_value("Half a thought")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_noticeboards_are_accessible(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks every page of a noticeboard in a real browser."""
    source = axe_source()
    host = await a_person(app, duties=[("administrator", None)])
    empty, _ = await a_board(host)
    room, columns = await a_board(host)
    for number in range(6):
        await a_notice(
            host, room, columns[number % 2], "مختبر" if number == 3 else f"Notice {number} " + "x" * 90
        )
    notice = await a_notice(host, room, columns[0], "Pinned")
    await host.put(f"/notices/{notice}/pin")
    board = f"/r/{room}/board"
    page = await windows.open(board, host, viewport=size, color_scheme=scheme)
    wrong = []
    for path in (
        f"/r/{empty}/board", board, f"{board}?column={columns[0]}", f"{board}?q=pinned", f"{board}/{notice}",
        f"{board}/{notice}/edit", f"{board}/columns", f"/r/{room}/wall",
    ):  # fmt: skip
        await page.goto(path)
        for closed in await page.locator("details:not(.more)").all():
            await closed.evaluate("one => { one.open = true; }")
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
        if size is PHONE:
            wrong += [f"{path} too small: {found}" for found in await page.evaluate(SMALL)]
            for direction in ("ltr", "rtl"):
                await page.evaluate(f"() => {{ document.documentElement.dir = '{direction}'; }}")
                if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wrong.append(f"{path} {direction} scrolls sideways: {await page.evaluate(WIDE)}")
    assert wrong == []
