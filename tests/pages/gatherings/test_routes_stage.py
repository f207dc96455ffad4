"""The stage on the projector, the panel's view, and the same questions on the phones of attendees."""

import re

import httpx2
import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person
from tests.support.rooms.page_rooms import a_host, a_premoderated_room, a_room, asked, followed
from tests.support.service import Service


async def moved(host: Person, question: int, state: str, **more: object) -> None:
    """Change the state of a question."""
    version = (await host.get(f"/questions/{question}")).json()["version"]
    answer = await host.put(f"/questions/{question}/state", {"state": state, "version": version, **more})
    assert answer.status_code == 200, answer.text


async def switched_on(host: Person, room: int, *modules: str) -> None:
    """Switch modules of a room on."""
    answer = await host.patch(f"/rooms/{room}", {"modules": list(modules)})
    assert answer.status_code == 200, answer.text


async def test_the_stage_shows_one_question_and_hides_anonymous_names(
    app: Service, client: httpx2.AsyncClient
) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    assert "Ask what you would like to know." in await open_page(client, f"/r/{room}/stage")
    hidden = await asked(jonas, room, "Who is not paid?", anonymous=True)
    following = [await asked(jonas, room, f"Then number {number}?") for number in range(4)]
    await moved(host, hidden, "on_stage")
    for question in following:
        await moved(host, question, "shortlisted")
    page = await open_page(client, f"/r/{room}/stage")
    assert "Who is not paid?" in page and "Anonymous" in page and jonas.handle not in page
    shown = re.findall(r"Then number (\d)\?", page)
    assert shown == ["0", "1", "2"] and f"/r/{room}</b>" in page and '<svg role="img"' in page


async def test_the_stage_and_the_phones_update_with_the_cockpit(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    first, second = await asked(host, room, "Who pays?"), await asked(host, room, "And when?")
    stage = await followed(await windows.open(f"/r/{room}/stage", url=app.urls[-1]))
    phone = await followed(await windows.open(f"/r/{room}", jonas, viewport=PHONE))
    await expect(phone.locator("#onstage")).to_be_hidden()
    await moved(host, first, "on_stage")
    await moved(host, second, "shortlisted")
    for page in (stage.locator("#now"), phone.locator("#onstage")):
        await expect(page).to_contain_text("Who pays?")
    await expect(stage.locator("#next")).to_contain_text("And when?")
    await moved(host, second, "on_stage")
    for page in (stage.locator("#now"), phone.locator("#onstage")):
        await expect(page).to_contain_text("And when?")
        await expect(page).not_to_contain_text("Who pays?")
    await moved(host, second, "answered")
    await expect(phone.locator("#onstage")).to_be_hidden()
    await expect(phone.locator('[data-count="answered"]')).to_have_text("1")
    await expect(stage.locator("#now")).not_to_contain_text("And when?")


async def test_the_stage_says_when_it_is_not_current(app: Service, windows: Windows) -> None:
    host = await a_host(app)
    room = await a_room(host)
    lines: list[WebSocketRoute] = []
    is_up = True
    page = await windows.open("/help")

    async def connect(line: WebSocketRoute) -> None:
        if not is_up:
            await line.close()
            return
        lines.append(line)
        line.connect_to_server()

    await page.route_web_socket("**/live", connect)
    await page.goto(f"/r/{room}/stage")
    await followed(page)
    is_up = False
    await lines[-1].close()
    await expect(page.locator("#state")).to_contain_text("This page has not been updated since")
    await moved(host, await asked(host, room, "Who pays?"), "on_stage")
    is_up = True
    await expect(page.locator("#now")).to_contain_text("Who pays?")
    await expect(page.locator("#state")).to_be_hidden()


async def test_askers_see_the_state_of_their_question(app: Service, windows: Windows) -> None:
    host, jonas, fatou = await a_host(app), await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_premoderated_room(host)
    phone = await followed(await windows.open(f"/r/{room}", jonas, viewport=PHONE))
    other = await followed(await windows.open(f"/r/{room}", fatou, viewport=PHONE))
    await phone.locator("#ask textarea").fill("Who pays?")
    await phone.locator("#ask .first").click()
    await expect(phone.locator("#own .asked")).to_contain_text("Waiting for approval")
    question = int(await phone.locator("#own .asked").get_attribute("data-id") or 0)
    await expect(phone.get_by_role("heading", name="Your questions")).to_be_visible()
    await phone.locator("#own summary").click()
    await expect(phone.get_by_label("Your question", exact=True).first).to_have_value("Who pays?")
    await phone.get_by_label("Your question", exact=True).first.fill("Who pays for it?")
    await phone.get_by_role("button", name="Save").click()
    await expect(phone.locator("#own .said")).to_have_text("Who pays for it?")
    await followed(phone)
    await moved(host, question, "dismissed", reason="Not about this session")
    await expect(phone.locator("#own .asked")).to_contain_text("Not about this session")
    await moved(host, question, "pending")
    await expect(other.locator(".asked")).to_have_count(0)
    await moved(host, question, "live")
    await expect(phone.locator("#own")).to_be_hidden()
    for page in (phone, other):
        await expect(page.locator("#questions .asked")).to_contain_text("Who pays for it?")
    await expect(phone.locator("#questions button.vote")).to_have_count(0)
    await expect(other.locator("#questions button.vote")).to_have_count(1)


async def test_pending_questions_are_edited_without_scripts(app: Service) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_premoderated_room(host)
    question = await asked(jonas, room, "Who pais?")
    page = await open_page(jonas, f"/r/{room}")
    change = re.search(rf'value="(edit {question} \d+)"', page)
    assert change and "Waiting for approval" in page
    assert (await send(jonas, f"/r/{room}/act", act=change[1], body="Who pays?")).status_code == 303
    assert "Who pays?" in await open_page(host, f"/r/{room}/host")
    await moved(host, question, "dismissed", reason="Already <asked>")
    assert "Already &lt;asked&gt;" in await open_page(jonas, f"/r/{room}")


async def test_reactions_are_animated_and_tabs_link_to_open_modules(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    assert 'id="reacting"' not in await open_page(jonas, f"/r/{room}")
    await switched_on(host, room, "questions", "board", "polls", "reactions")
    one = await followed(await windows.open(f"/r/{room}", jonas, viewport=PHONE))
    other = await followed(await windows.open(f"/r/{room}", host, reduced_motion="reduce"))
    for name in ("Questions", "Noticeboard", "Polls"):
        await expect(one.locator(".room-tabs").get_by_role("link", name=name)).to_be_visible()
    floated = other.locator("#reacting .float").first.wait_for(state="attached")
    await one.get_by_role("button", name="Applause").click()
    await floated
    assert (await send(jonas, f"/r/{room}/react", kind="heart")).status_code == 303
    assert (await send(jonas, f"/r/{room}/react", kind="nonsense")).status_code == 422


async def test_every_tab_shows_that_a_poll_is_open(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    await switched_on(host, room, "questions", "board", "polls")
    pages = [
        await followed(await windows.open(f"/r/{room}{part}", jonas)) for part in ("", "/board", "/polls")
    ]
    given = {"kind": "single", "title": "Which?", "options": ["One", "Two"]}
    polls = [(await host.post(f"/rooms/{room}/polls", given)).json()["id"] for _ in range(2)]
    for poll, state, is_open in (
        (0, "open", True), (1, "open", True), (0, "closed", True), (1, "closed", False),
    ):  # fmt: skip
        version = (await host.get(f"/polls/{polls[poll]}")).json()["version"]
        move = await host.put(f"/polls/{polls[poll]}/state", {"state": state, "version": version})
        assert move.status_code == 200, move.text
        for page in pages:
            ids = (
                {str(polls[0]), str(polls[1])}
                if (poll, state) == (1, "open")
                else {str(polls[1 if poll == 0 and state == "closed" else poll])}
            )
            wanted = re.compile("^" + (" ?".join(sorted(ids)) if is_open else "") + "$")
            await expect(page.locator("[data-polls]")).to_have_attribute("data-polls", wanted)
            await expect(page.locator("[data-polls]")).to_be_visible(visible=is_open)
        assert ('data-polls=""' in await open_page(jonas, f"/r/{room}/board")) is not is_open


async def test_removed_guests_see_on_every_page_that_they_lost_access(app: Service, windows: Windows) -> None:
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    await switched_on(host, room, "questions", "board", "polls")
    answer = await host.put(f"/rooms/{room}/guests/{jonas.handle}")
    assert answer.status_code == 204, answer.text
    assert (await host.put(f"/rooms/{room}/panel/{jonas.handle}")).status_code == 204
    pages = [
        await windows.open(f"/r/{room}{part}", jonas)
        for part in ("", "/board", "/polls", "/stage", "/wall", "/panel")
    ]
    for page in pages[:4]:
        await followed(page)
    await pages[0].locator("#ask textarea").fill("What I have begun")
    taken = await host.patch(f"/rooms/{room}", {"rules": {"entry": "invited"}})
    assert taken.status_code == 200, taken.text
    await pages[0].wait_for_timeout(1500)
    for kind in ("panel", "guests"):
        assert (await host.delete(f"/rooms/{room}/{kind}/{jonas.handle}")).status_code == 204
    for page in pages:
        await expect(page.locator("#state")).to_have_text("You no longer have access to this room. Home")
        await expect(page.locator("#state a")).to_have_attribute("href", "/")
    await pages[0].wait_for_timeout(2500)
    for page in pages:
        await expect(page.locator("#state")).to_have_text("You no longer have access to this room. Home")
    assert await pages[0].locator("#ask textarea").input_value() == "What I have begun"
    # The pages request the room and get a 404, which browsers log.
    windows.complaints[:] = [one for one in windows.complaints if "404" not in one]


async def test_the_order_of_questions_is_explained_as_it_is_now(app: Service, windows: Windows) -> None:
    host, jonas, fatou = await a_host(app), await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    question = await asked(jonas, room, "Who pays?")
    page = await followed(await windows.open(f"/r/{room}", jonas))
    why = page.locator(f"#q{question} .why")
    await why.locator("summary").click()
    await expect(why).to_contain_text("Nobody has voted yet.")
    await why.locator("summary").click()
    await fatou.put(f"/questions/{question}/vote", {"value": 1})
    await expect(page.locator(f"#q{question} .vote b")).to_have_text("1")
    await why.locator("summary").click()
    await expect(why).to_contain_text("1 of 1 voter wants to hear this question")
    plain = await open_page(jonas, f"/r/{room}")
    assert "Why here?" in plain and "1 of 1 voter wants to hear this question" in plain


async def test_the_panel_answers_in_writing(app: Service, windows: Windows) -> None:
    host, ivo, jonas = await a_host(app), await a_person(app, "Ivo"), await a_person(app, "Jonas")
    room = await a_room(host)
    assert (await host.put(f"/rooms/{room}/panel/{ivo.handle}", None)).status_code < 300
    question = await asked(jonas, room, "Who pays?")
    await moved(host, question, "shortlisted")
    page = await followed(await windows.open(f"/r/{room}/panel", ivo))
    await page.locator(f"#q{question}").get_by_role("link", name="Answer in writing").click()
    await page.get_by_label("Answer").fill("The **buyers**.")
    await page.get_by_role("button", name="Answer").click()
    await expect(page.locator(f"#q{question}")).to_have_count(0)
    answered = await open_page(jonas, f"/r/{room}?show=answered")
    assert "Answered in writing" in answered and "<strong>buyers</strong>" in answered and "Ivo" in answered


@pytest.mark.timeout(120)
async def test_room_pages_are_accessible(app: Service, windows: Windows) -> None:
    """Slow: axe-core checks every page of a room in a real browser."""
    source = axe_source()
    host, jonas = await a_host(app), await a_person(app, "Jonas")
    room = await a_room(host)
    await switched_on(host, room, "questions", "board", "polls", "reactions")
    for body, state in (("Who pays?", "on_stage"), ("And when?", "shortlisted"), ("Where?", "answered")):
        await moved(host, await asked(jonas, room, body), state)
    await asked(host, room, "How?")
    wrong = []
    for size, scheme in ((PHONE, "light"), (DESKTOP, "dark")):
        page = await followed(await windows.open(f"/r/{room}", jonas, viewport=size, color_scheme=scheme))
        for path in (f"/r/{room}", f"/r/{room}?show=answered", f"/r/{room}/stage"):
            await page.goto(path)
            await page.evaluate("document.querySelector('.docked')?.classList.remove('docked')")
            await page.evaluate(source)
            wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
    assert wrong == []
