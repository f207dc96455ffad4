"""The cockpit of a room: two hosts at the same time, by keyboard only, and with plain forms."""

import re

from playwright.async_api import expect

from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person
from tests.support.rooms.page_rooms import a_host, a_premoderated_room, a_room, asked, followed
from tests.support.service import Service


async def state_of(host: Person, question: int) -> str:
    """Return the state of a question."""
    return str((await host.get(f"/questions/{question}")).json()["state"])


async def test_the_cockpit_is_for_hosts(app: Service) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    await asked(jonas, room, "Who pays?")
    assert "Who pays?" in await open_page(host, f"/r/{room}/host")
    page = {"Accept": "text/html"}
    for path in (f"/r/{room}/host", f"/r/{room}/panel"):
        assert (await jonas.client.get(path, headers=page)).status_code == 403
        async with app.client() as visitor:
            assert (await visitor.get(path, headers=page)).status_code == 401


async def test_hosts_approve_dismiss_and_undo_without_scripts(app: Service) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_premoderated_room(host)
    first, second = await asked(jonas, room, "Who pays?"), await asked(jonas, room, "Where is lunch?")
    page = await open_page(host, f"/r/{room}/host")

    approve = re.search(rf'value="(live {first} \d+)"', page)
    assert approve
    approved = await send(host, f"/r/{room}/host", do=approve[1])
    assert approved.status_code == 303 and await state_of(host, first) == "live"

    form = await open_page(host, f"/r/{room}/host?form=dismiss&q={second}")
    dismiss = re.search(rf'name="do" value="(dismissed {second} \d+)"', form)
    assert dismiss
    assert (await send(host, f"/r/{room}/host", do=dismiss[1])).status_code == 422, "a reason is needed"
    dismissed = await send(host, f"/r/{room}/host", do=dismiss[1], reason="Not about this session")
    assert dismissed.status_code == 303 and await state_of(host, second) == "dismissed"

    after = await open_page(host, dismissed.headers["location"].partition("#")[0])
    undo = re.search(rf'name="do" value="(pending {second} \d+)">Undo', after)
    assert undo
    assert (await send(host, f"/r/{room}/host", do=undo[1])).status_code == 303
    assert await state_of(host, second) == "pending"
    stale = await send(host, f"/r/{room}/host", do=dismiss[1], reason="Again")
    assert stale.status_code == 409
    for nonsense in ("", "live", "live x 1", f"live {first} x", f"nonsense {first} 1", f"live {'9' * 50} 1"):
        assert (await send(host, f"/r/{room}/host", do=nonsense)).status_code == 422, nonsense
    assert (await send(jonas, f"/r/{room}/host", do=approve[1])).status_code == 403


async def test_the_cockpit_works_in_a_browser_without_scripts(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_premoderated_room(host)
    first, second = await asked(jonas, room, "Who pays?"), await asked(jonas, room, "Where is lunch?")
    page = await windows.open(f"/r/{room}/host", host, java_script_enabled=False)
    await page.locator(f"#q{first}").get_by_role("button", name="Approve").click()
    await expect(page.locator(f"#live #q{first}")).to_be_visible()
    await page.locator(f"#q{second}").get_by_role("link", name="Dismiss").click()
    await page.get_by_label("Reason. The person who asked will see it.").fill("Not about this session")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(page.locator(f"#q{second}")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(f"#pending #q{second}")).to_be_visible()
    await page.locator(f"#q{second}").get_by_role("button", name="Approve").click()
    await page.get_by_role("button", name="Dismiss").click()
    assert await state_of(host, second) == "dismissed"


async def test_the_keyboard_is_enough_from_pending_to_answered_and_back(
    app: Service, windows: Windows
) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_premoderated_room(host)
    question = await asked(jonas, room, "Who pays?")
    page = await followed(await windows.open(f"/r/{room}/host", host))
    keys = page.keyboard
    await keys.press("j")
    await expect(page.locator(f"#pending #q{question}")).to_be_focused()
    for key, column in (("a", "live"), ("s", "shortlisted"), ("t", "on_stage")):
        await keys.press(key)
        await expect(page.locator(f"#{column} #q{question}")).to_be_focused()
    await keys.press("w")
    await expect(page.locator(".ghost", has_text="Answered")).to_be_visible()
    assert await state_of(host, question) == "answered"
    await keys.press("z")
    await expect(page.locator(f"#on_stage #q{question}")).to_be_visible()
    assert await state_of(host, question) == "on_stage"


async def test_questions_are_dismissed_and_merged_by_keyboard(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    one, other = await asked(jonas, room, "Who pays?"), await asked(jonas, room, "And who pays for it?")
    page = await followed(await windows.open(f"/r/{room}/host", host))
    await page.locator(f"#q{other}").focus()
    await page.keyboard.press("m")
    await expect(page.locator(".pill")).to_contain_text("Merging")
    await page.locator(f"#q{one}").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#q{other}")).to_have_count(0)
    assert await state_of(host, other) == "merged"
    await page.keyboard.press("u")
    await expect(page.locator(f"#live #q{other}")).to_be_visible()

    await page.locator(f"#q{one}").focus()
    await page.keyboard.press("d")
    await page.keyboard.type("Already asked")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#q{one}")).to_have_count(0)
    assert await state_of(host, one) == "dismissed"


async def test_hosts_reorder_edit_and_silence(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_premoderated_room(host)
    waiting = await asked(jonas, room, "Who **pais**?")
    first, second = await asked(host, room, "First?"), await asked(host, room, "Second?")
    for question in (first, second):
        await host.put(f"/questions/{question}/state", {"state": "shortlisted", "version": 1})
    page = await followed(await windows.open(f"/r/{room}/host", host, viewport=PHONE))
    await expect(page.locator("#shortlisted")).to_be_hidden()
    await page.locator(f"#q{waiting}").focus()
    await page.keyboard.press("e")
    await expect(page.get_by_label("Question", exact=True)).to_have_value("Who **pais**?")
    await page.get_by_label("Question", exact=True).fill("Who **pays**?")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(f"#q{waiting} strong")).to_have_text("pays")
    await page.locator(f"#q{waiting}").focus()
    await page.keyboard.press("x")
    await page.get_by_label("Reason for silencing").fill("Spam")
    await page.get_by_role("button", name="Silence", exact=True).click()
    await expect(page.locator(".ghost")).to_contain_text("silenced")
    assert (await jonas.post(f"/rooms/{room}/questions", {"body": "Again?"})).status_code == 403
    await page.keyboard.press("u")
    await expect(page.locator(".ghost")).to_have_text("The change was undone.")

    await page.locator(".columns-tabs").get_by_role("button", name="Shortlist").click()
    await page.locator(f"#q{second}").focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.locator("#shortlisted .card").first).to_have_id(f"q{second}")
    await expect(page.locator(f"#q{second}")).to_be_focused()
    await page.keyboard.press("u")
    await expect(page.locator("#shortlisted .card").first).to_have_id(f"q{first}")


async def test_two_hosts_do_not_overwrite_each_other(app: Service, windows: Windows) -> None:
    hana, ivo, jonas = await a_host(app), await a_host(app, "Ivo"), await a_person(app, "Jonas")
    room = await a_room(hana)
    questions = [await asked(jonas, room, f"Question {number}?") for number in range(4)]
    one = await followed(await windows.open(f"/r/{room}/host", hana, app.urls[0]))
    other = await followed(await windows.open(f"/r/{room}/host", ivo, app.urls[-1]))

    await one.locator(f"#q{questions[0]}").focus()
    await expect(other.locator(f"#q{questions[0]} .claim")).to_contain_text("Hana is reviewing this")

    # Both hosts change the same question at the same time: one change is refused, and nothing happens twice.
    pressed = "id => document.querySelector(`#q${id} [data-does=%s]`).click()"
    await one.evaluate(pressed % "shortlist", questions[1])
    await other.evaluate(pressed % "stage", questions[1])
    for page in (one, other):
        await expect(page.locator(f":is(#shortlisted, #on_stage) #q{questions[1]}")).to_be_visible()
    moves = (await hana.get(f"/questions/{questions[1]}")).json()
    for page in (one, other):
        await expect(page.locator(f"#{moves['state']} #q{questions[1]}")).to_be_visible()

    # Another host's change arrives while the host works on the list: it is applied after the host leaves the list.
    await other.locator(f"#q{questions[2]}").get_by_role("button", name="Shortlist").click()
    await expect(one.locator(f"#shortlisted #q{questions[2]}")).to_be_visible()
    versions = {
        question: (await hana.get(f"/questions/{question}")).json()["version"] for question in questions
    }
    for page in (one, other):
        for question, version in versions.items():
            await expect(page.locator(f"#q{question}")).to_have_attribute("data-version", str(version))
    # The browser logs that one of the two requests was refused.
    windows.complaints[:] = [one for one in windows.complaints if "409" not in one]


async def test_a_conflicting_change_shows_what_happened_meanwhile(app: Service, windows: Windows) -> None:
    hana, ivo, jonas = await a_host(app), await a_host(app, "Ivo"), await a_person(app, "Jonas")
    room = await a_room(hana)
    question = await asked(jonas, room, "Who pays?")
    page = await followed(await windows.open(f"/r/{room}/host", hana))
    await page.context.route("**/api/v1/questions/**", lambda route: route.continue_())
    # The state on the page is out of date.
    await ivo.put(f"/questions/{question}/state", {"state": "shortlisted", "version": 1})
    await expect(page.locator(f"#shortlisted #q{question}")).to_be_visible()
    await page.evaluate(f"document.querySelector('#q{question}').dataset.version = '1'")
    await page.locator(f"#q{question}").get_by_role("button", name="Put on stage").click()
    await expect(page.locator(f"#q{question} .meanwhile")).to_contain_text("Ivo: On the shortlist")
    windows.complaints.clear()  # the browser logs the 409


async def test_the_live_column_reorders_only_when_nobody_points_at_it(app: Service, windows: Windows) -> None:
    host, jonas, fatou = await a_host(app), await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    first, second = await asked(jonas, room, "Who pays?"), await asked(jonas, room, "Who knows?")
    page = await followed(await windows.open(f"/r/{room}/host", host))
    cards = page.locator("#live > .card")

    async def ids(wanted: list[int]) -> None:
        for place, number in enumerate(wanted):
            await expect(cards.nth(place)).to_have_attribute("data-id", str(number))

    async def vote(who: Person, question: int) -> None:
        assert (await who.put(f"/questions/{question}/vote", {"value": 1})).status_code == 200

    before = [int(await card.get_attribute("data-id") or 0) for card in await cards.all()]
    last = second if before[0] == first else first
    await vote(fatou, last)
    await ids([last, before[0]])
    await page.locator(f"#q{last}").focus()
    await vote(fatou, before[0])
    await vote(host, before[0])
    pill = page.get_by_role("button", name="New order")
    await expect(pill).to_be_visible()
    await ids([last, before[0]])
    await pill.click()
    await ids([before[0], last])
    await expect(pill).to_have_count(0)
    await cards.first.focus()
    third = await asked(jonas, room, "Who asks?")
    await vote(host, third)
    await vote(fatou, third)
    # The new question is appended, and is sorted after the pointer has left the column.
    await expect(pill).to_be_visible()
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.move(5, 5)
    await expect(cards.first).to_have_attribute("data-id", str(third))
    await expect(pill).to_have_count(0)


async def test_the_cockpit_is_accessible(app: Service, windows: Windows) -> None:
    source = axe_source()
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    questions = [await asked(jonas, room, f"Question {number}?") for number in range(4)]
    for question, state in zip(questions, ("shortlisted", "on_stage", "shortlisted"), strict=False):
        moved = await host.put(f"/questions/{question}/state", {"state": state, "version": 1})
        assert moved.status_code == 200, moved.text
    wrong = []
    for size, scheme in ((PHONE, "light"), (DESKTOP, "dark")):
        page = await followed(await windows.open(f"/r/{room}/host", host, viewport=size, color_scheme=scheme))
        await page.evaluate(f"document.querySelector('#q{questions[3]} .act').focus()")
        for path in ("host", "panel", "stage"):
            await page.goto(f"/r/{room}/{path}")
            await page.evaluate(source)
            wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
    assert wrong == []
