"""Live pages in a real browser: changes appear in place, lost connections recover, and no text is lost."""

import re

from playwright.async_api import WebSocketRoute, expect

from tests.support.browser import PHONE, Windows, read_up_to, settled, stable_box
from tests.support.people import a_person, a_reply, a_topic
from tests.support.rooms.page_rooms import a_room
from tests.support.service import Service


async def test_a_reply_appears_in_other_browsers_below_its_parent(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = await a_topic(amina)
    first = await a_reply(amina, topic["id"], "The first answer.")
    await a_reply(amina, topic["id"], "The second answer.")
    address = f"/t/{topic['id']}/cobalt-tracing"
    one = await settled(await windows.open(address, jonas, app.urls[0]))
    other = await settled(await windows.open(address, url=app.urls[-1], viewport=PHONE))

    await one.locator("#p2 .act.reply").click()
    await one.locator("#p2 textarea").fill("It goes **under** the first.")
    await one.locator("#p2 [name=preview]").click()
    await expect(one.locator("#p2 .preview strong")).to_have_text("under")
    await one.locator("#p2 form .first").click()

    arrived = other.locator(f'.post[data-parent="{first["id"]}"]')
    await expect(arrived).to_contain_text("It goes under the first.")
    for page in (one, other):
        order = await page.locator(".post").evaluate_all(
            "posts => posts.map(post => post.id + post.className.match(/d\\d/)[0])"
        )
        assert order == ["p1d0", "p2d0", "p4d1", "p3d0"]
    await expect(one.locator("#p4")).to_be_focused()
    offered = "links => links.map(link => link.getAttribute('href')).filter(link => link.startsWith('/p/')).join(' ')"
    assert re.fullmatch(
        r"/p/(\d+)/reply /p/\1/bookmark /p/\1 /p/\1/reply\?quote=1 /p/\1/edit /p/\1/language /p/\1/withdraw",
        await one.locator("#p4 .can a").evaluate_all(offered),
    )
    await expect(other.locator("#count")).to_have_text("4 posts")


async def test_new_replies_above_the_viewport_wait_behind_a_button(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    posts = [await a_reply(amina, topic["id"], "Words. " * 60) for _ in range(12)]
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", viewport=PHONE))
    await page.locator("#p10").scroll_into_view_if_needed()
    before = await stable_box(page.locator("#p10"))

    await a_reply(amina, topic["id"], "Far above.", posts[0]["id"])
    pill = page.locator(".pill")
    await expect(pill).to_have_text("1 new reply above")
    assert await page.locator("#p10").bounding_box() == before, "nothing moved under the reader's eye"
    await pill.click()
    await expect(page.locator("#p14")).to_be_in_viewport()
    await expect(pill).to_have_count(0)


async def test_edits_reactions_and_withdrawals_appear_immediately(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = await a_topic(amina)
    post = await a_reply(amina, topic["id"], "First version.")
    address = f"/t/{topic['id']}/cobalt-tracing"
    mine = await settled(await windows.open(address, amina))
    other = await settled(await windows.open(address, jonas))

    await other.locator("#p2 summary").click()
    await other.locator("#p2").get_by_role("button", name="Thanks").click()
    # Authors see the counts of their own posts without buttons.
    await expect(mine.locator("#p2 span.act", has_text="Thanks 1")).to_have_count(1)
    await expect(mine.locator("#p2 button[name=set]")).to_have_count(0)
    await expect(other.locator("#p2").get_by_role("button", name="Thanks 1")).to_have_attribute(
        "aria-pressed", "true"
    )
    await mine.locator("#p2 summary").click()
    await mine.locator("#p2 .act.edit").click()
    await mine.locator("#p2 textarea").fill("Second version.")
    # Somebody has reacted to the post, so the edit is marked.
    await mine.locator("#p2 form .first").click()
    await expect(other.locator("#p2 .said")).to_have_text("Second version.")
    await expect(other.locator("#p2 .by")).to_contain_text("edited")
    for page in (mine, other):
        await expect(page.locator("#p2 .menu [href$='/history']")).to_have_count(1)

    await amina.delete(f"/posts/{post['id']}")
    await expect(other.locator("#p2 .said")).to_have_text("The author withdrew this post.")
    await amina.delete(f"/posts/{post['id']}/withdrawal")
    await expect(other.locator("#p2 .said")).to_have_text("Second version.")

    await amina.delete(f"/posts/{post['id']}")
    late = await settled(await windows.open(address, jonas))
    await expect(late.locator("#p2 .act")).to_have_count(0)
    await amina.delete(f"/posts/{post['id']}/withdrawal")
    await expect(late.locator("#p2 .act.reply")).to_be_visible()


async def test_a_lost_connection_is_shown_and_missed_events_are_loaded(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    page = await windows.open("/help")
    lines: list[WebSocketRoute] = []
    is_up = True

    async def connect(line: WebSocketRoute) -> None:
        if is_up:
            lines.append(line)
            line.connect_to_server()
        else:
            await line.close(code=1011)

    await page.route_web_socket("**/live", connect)
    await page.goto(f"/t/{topic['id']}/cobalt-tracing")
    await settled(page)
    is_up = False
    await lines[-1].close(code=1011)
    await expect(page.locator("#state")).to_contain_text("Reconnecting. This page has not been updated since")
    await a_reply(amina, topic["id"], "Said meanwhile.")
    await page.wait_for_timeout(300)
    assert await page.locator(".post").count() == 1

    is_up = True
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator("#p2")).to_contain_text("Said meanwhile.")
    await expect(page.locator("#state")).to_be_hidden()
    assert await page.locator("#p2").count() == 1


async def test_a_page_that_missed_too_much_reloads_its_content(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    page = await windows.open("/help")

    async def connect(line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        said = False

        def tell(message: str | bytes) -> None:
            nonlocal said
            if not said and '"joined"' in str(message):
                said = True
                reset = str(message).replace('"joined"', '"reset"')
                line.send(reset)
            else:
                line.send(message)

        server.on_message(tell)

    await page.route_web_socket("**/live", connect)
    await page.goto(f"/t/{topic['id']}/cobalt-tracing")
    await a_reply(amina, topic["id"], "Read again.")
    await expect(page.locator("#p2")).to_contain_text("Read again.")
    await settled(page)
    assert await page.locator("#p1").count() == 1


async def test_drafts_survive_a_reload_and_end_when_posted(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    page = await windows.open(f"/t/{topic['id']}/cobalt-tracing", amina)
    text = page.locator("#reply textarea")
    await text.fill("Half a thought")
    await expect(page.locator("#reply .kept")).to_have_text("Draft saved in this browser")
    await page.reload()
    await expect(text).to_have_value("Half a thought")
    await page.locator("#reply form .first").click()
    await expect(page.locator("#p2")).to_contain_text("Half a thought")
    await expect(text).to_have_value("")
    await page.reload()
    await expect(text).to_have_value("")


async def test_a_refusal_keeps_the_text_and_says_why(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    topic = await a_topic(amina)
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", amina))
    await page.locator("#p1 .act.reply").click()
    await page.locator("#p1 textarea").fill("Just in time?")
    await moderator.put(f"/topics/{topic['id']}/lock")
    await expect(page.locator("#main > .notice")).to_contain_text("is now locked")
    await page.locator("#p1 form .first").click()
    await expect(page.locator("#p1 form [role=alert]")).to_contain_text("This topic is locked")
    await expect(page.locator("#p1 textarea")).to_have_value("Just in time?")
    assert len(windows.complaints) == 1 and "403" in windows.complaints.pop()


async def test_a_branch_stays_open_during_a_reply_and_counts_new_posts(
    app: Service, windows: Windows
) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    parent = None
    for depth in range(8):
        parent = (await a_reply(amina, topic["id"], f"At depth {depth + 1}.", parent))["id"]
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", amina))
    branch = page.locator("details.branch > summary")
    await expect(branch).to_have_text("3 more replies in this branch")
    await branch.click()
    await page.locator("#p8 .act.reply").click()
    await page.locator("#p8 textarea").fill("Deep down.")
    await page.locator("#p8 form .first").click()
    await expect(page.locator("#p10")).to_be_focused()
    await expect(branch).to_have_text("4 more replies in this branch")


async def test_keyboard_shortcuts_move_fold_and_reply(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina)
    first = await a_reply(amina, topic["id"], "One.")
    await a_reply(amina, topic["id"], "Under one.", first["id"])
    await a_reply(amina, topic["id"], "Two.")
    page = await settled(await windows.open(f"/t/{topic['id']}/cobalt-tracing", amina))
    for key, number in (("j", 1), ("j", 2), ("j", 3), ("p", 2)):
        await page.keyboard.press(key)
        await expect(page.locator(f"#p{number}")).to_be_focused()
    await page.keyboard.press("o")
    await expect(page.locator("#p3")).to_be_hidden()
    await page.reload()
    await expect(page.locator("#p3")).to_be_hidden()
    await page.get_by_role("button", name="Unfold 1 reply").click()
    await expect(page.locator("#p3")).to_be_visible()
    await page.locator("#p4").focus()
    await page.keyboard.press("r")
    await expect(page.locator("#p4 textarea")).to_be_focused()
    await page.keyboard.type("jkr")
    await expect(page.locator("#p4 textarea")).to_have_value("jkr")

    await page.goto("/help")
    await page.locator("#keys-on").uncheck()
    await page.goto(f"/t/{topic['id']}/cobalt-tracing")
    await page.keyboard.press("j")
    await expect(page.locator("#p1")).not_to_be_focused()


async def test_questions_votes_and_states_appear_for_all_attendees(app: Service, windows: Windows) -> None:
    host = await a_person(app, "Hana", duties=[("administrator", None)])
    jonas, fatou = await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    await jonas.post(f"/rooms/{room}/questions", {"body": "Who pays?"})
    stage = await settled(await windows.open(f"/r/{room}", host, app.urls[0]))
    phone = await settled(await windows.open(f"/r/{room}", fatou, app.urls[-1], viewport=PHONE))
    await expect(stage.locator("#here")).to_have_text("2")

    await phone.locator(".vote").click()
    await expect(phone.locator("button.vote")).to_have_text("1 Voted")
    await expect(stage.locator(".vote b")).to_have_text("1")
    await phone.locator("#ask textarea").fill("And who is not paid?")
    await phone.locator("#ask [name=anonymous]").check()
    await phone.locator("#ask .first").click()
    await expect(phone.locator(".asked", has_text="not paid")).to_contain_text("Anonymous (you)")
    asked = stage.locator(".asked", has_text="not paid")
    await expect(asked).to_contain_text("Anonymous")
    assert "Fatou" not in await asked.inner_text()

    await asked.get_by_role("button", name="Mark as answered").click()
    await expect(stage.locator('[data-count="answered"]')).to_have_text("1")
    await expect(phone.locator('[data-count="answered"]')).to_have_text("1")
    await stage.get_by_role("button", name="Close room").click()
    await expect(phone.locator("[data-room-state]")).to_have_text("Closed")


async def test_a_question_asked_offline_is_shown_and_sent_once(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    fatou = await a_person(app, "Fatou")
    room = await a_room(host)
    phone = await settled(await windows.open(f"/r/{room}", fatou, viewport=PHONE))
    await phone.context.set_offline(True)
    await phone.locator("#ask textarea").fill("Does it arrive?")
    await phone.locator("#ask .first").click()
    await expect(phone.locator(".waiting")).to_contain_text("Will be sent when")
    await expect(phone.locator(".waiting").get_by_role("button", name="Cancel")).to_be_visible()
    await phone.context.set_offline(False)
    await expect(phone.locator(".asked:not(.waiting)")).to_contain_text("Does it arrive?")
    await expect(phone.locator(".waiting")).to_have_count(0)
    assert (await host.get(f"/rooms/{room}")).json()["counts"]["live"] == 1


async def test_votes_do_not_move_questions_while_they_are_read(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    fatou = await a_person(app, "Fatou")
    room = await a_room(host)
    for body in ("First?", "Second?"):
        await host.post(f"/rooms/{room}/questions", {"body": body})
    page = await settled(await windows.open(f"/r/{room}", fatou))
    await page.locator(".asked .act").first.focus()
    # The order on this page: questions asked at almost the same time may be ordered differently in another request.
    ids = [await page.locator(".asked").nth(place).get_attribute("data-id") for place in (0, 1)]
    jonas = await a_person(app, "Jonas")
    await jonas.put(f"/questions/{ids[1]}/vote", {"value": 1})
    pill = page.locator(".pill")
    await expect(pill).to_contain_text("update")
    await expect(page.locator(".asked").first).to_have_attribute("data-id", str(ids[0]))
    await pill.click()
    await expect(page.locator(".asked").first).to_have_attribute("data-id", str(ids[1]))


async def test_posts_and_questions_work_without_scripts(app: Service, windows: Windows) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    amina = await a_person(app)
    room = await a_room(host)
    await host.post(f"/rooms/{room}/questions", {"body": "Who pays?"})
    page = await windows.open("/s/mobility", amina, java_script_enabled=False)
    await page.get_by_role("link", name="Start a topic").click()
    await page.get_by_label("Title").fill("Without scripts")
    await page.get_by_label("Text", exact=True).fill("It works.")
    await page.get_by_role("button", name="Start the topic").click()
    await expect(page.locator("h1")).to_have_text("Without scripts")
    await page.locator("#p1 .act.reply").click()
    await page.get_by_label("Your text", exact=True).fill("It does.")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator(".preview")).to_contain_text("It does.")
    await page.get_by_role("button", name="Reply").click()
    await expect(page.locator("#p2.d1")).to_contain_text("It does.")
    await expect(page.locator(".fold, .scripted:visible")).to_have_count(0)

    await page.goto(f"/r/{room}")
    await page.get_by_role("button", name="Vote").click()
    await expect(page.locator("button.vote")).to_have_attribute("aria-pressed", "true")
    await page.get_by_label("Your question", exact=True).fill("And without them?")
    await page.get_by_role("button", name="Ask").click()
    await expect(page.locator("#questions")).to_contain_text("And without them?")


async def test_the_read_state_is_shared_between_windows(app: Service, windows: Windows) -> None:
    """Slow: two browser windows scroll through a topic at the pace of a reader."""
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = await a_topic(amina)
    for number in range(2, 9):
        await a_reply(amina, topic["id"], f"No. {number}\n\n" + "It goes on.\n\n" * 12)
    await jonas.put(f"/topics/{topic['id']}/reading", {"number": 3})
    address = f"/t/{topic['id']}/cobalt-tracing"
    other = await settled(await windows.open(address, jonas, app.urls[0]))
    await expect(other.locator("#since .state")).to_have_text("5 new")

    one = await windows.open(address, jonas, app.urls[-1])
    await one.locator("#since a").click()
    await expect(one.locator("#p4")).to_be_in_viewport()
    await one.keyboard.press("n")
    await expect(one.locator("#p5")).to_be_focused()
    await one.locator("#p5 .can").scroll_into_view_if_needed()
    await expect(other.locator("#since .state")).not_to_have_text("5 new")

    for number in (4, 5, 6, 7, 8):
        found = await read_up_to(one, jonas, topic["id"], number)
    await expect(other.locator("#since .state")).to_have_text("All read")
    assert (found["number"], found["unread"]) == (8, 0)
