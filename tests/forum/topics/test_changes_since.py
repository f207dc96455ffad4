"""Tests of the changes in a topic since a member's last visit: visible edits, and changes of the whole topic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from core import clock
from tests.support.browser import Windows, settled
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, plain

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Scene:
    """A question of Jonas with two answers, all of it read by Amina at noon; Ruth moderates."""

    def __init__(self, amina: Person, jonas: Person, ruth: Person, topic: int, posts: list[int]) -> None:
        self.amina, self.jonas, self.ruth = amina, jonas, ruth
        self.topic, self.posts = topic, posts

    async def told(self, who: Person | None = None) -> tuple[list[int], list[str]]:
        """What the API says happened since somebody was there."""
        answer = await (who or self.amina).get(f"/topics/{self.topic}/reading")
        assert answer.status_code == 200, answer.text
        return answer.json()["edited"], answer.json()["changes"]

    async def page(self, who: Person | None = None) -> str:
        """The line at the top of the topic, or nothing."""
        page = await open_page(who or self.amina, f"/t/{self.topic}/who-audits-refiners")
        _, _, line = page.partition('id="changed"')
        return line.partition("</div>")[0]


@pytest_asyncio.fixture
async def scene(app: Service) -> Scene:
    with clock.stop_at(NOON - timedelta(hours=1)):
        amina, jonas = await a_person(app), await a_person(app, "Jonas")
        ruth = await a_person(
            app, "Ruth", duties=[("moderator", "mobility"), ("moderator", "renewable-energy")]
        )
        topic = (await a_topic(jonas, "Who audits refiners?", kind="question"))["id"]
        first = await plain(app.db).fetchval("SELECT id FROM posts WHERE topic_id = $1", topic)
        posts = [first, *[(await a_reply(jonas, topic, f"Scheme {n} does."))["id"] for n in (2, 3)]]
    scene = Scene(amina, jonas, ruth, topic, posts)
    with clock.stop_at(NOON):
        for who in (amina, jonas, ruth):
            await who.put(f"/topics/{topic}/reading", {"number": 3})
    return scene


async def done(answer: Any) -> None:
    assert answer.status_code < 300, answer.text


async def test_nothing_is_said_where_nothing_happened(scene: Scene) -> None:
    assert await scene.told() == ([], []) and await scene.page() == ""


async def test_edits_that_were_read_before_are_told_to_others_once(scene: Scene) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.jonas.patch(f"/posts/{scene.posts[1]}", {"body": "Scheme 4 does, I found."}))
        await a_reply(scene.jonas, scene.topic, "And another one.")
    assert await scene.told() == ([2], [])
    line = await scene.page()
    assert (
        "Also since then" in line and f'/t/{scene.topic}/who-audits-refiners/2#p2">#2</a> was edited' in line
    )
    assert await scene.told(scene.jonas) == ([], []), "one's own edits are not told"

    # What one has not read yet is new anyway, whatever it said before.
    with clock.stop_at(NOON + timedelta(hours=3)):
        newest = (await scene.jonas.get(f"/topics/{scene.topic}/posts?order=time")).json()["items"][-1]["id"]
        await done(await scene.jonas.patch(f"/posts/{newest}", {"body": "Not this one, though."}))
    assert await scene.told() == ([2], [])
    with clock.stop_at(NOON + timedelta(hours=4)):
        await done(await scene.amina.put(f"/topics/{scene.topic}/reading", {"number": 4}))
    assert await scene.told() == ([], []) and await scene.page() == ""


async def test_what_is_put_right_at_once_is_not_told(scene: Scene) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        post = await a_reply(scene.jonas, scene.topic, "A tpyo.")
        await done(await scene.amina.put(f"/topics/{scene.topic}/reading", {"number": 4}))
    with clock.stop_at(NOON + timedelta(hours=1, minutes=2)):
        await done(await scene.jonas.patch(f"/posts/{post['id']}", {"body": "A typo."}))
    assert await scene.told() == ([], [])
    with clock.stop_at(NOON + timedelta(hours=2)):
        await done(await scene.jonas.patch(f"/posts/{post['id']}", {"body": "No typo."}))
    assert await scene.told() == ([4], [])


async def test_a_hidden_edit_is_not_counted(scene: Scene, app: Service) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.jonas.patch(f"/posts/{scene.posts[1]}", {"body": "Something unlawful."}))
    assert await scene.told() == ([2], [])
    await done(await scene.jonas.delete(f"/posts/{scene.posts[1]}"))
    assert await scene.told() == ([], []) and await scene.page() == ""
    assert await scene.told(scene.ruth) == ([], [])


async def test_what_was_done_to_the_topic_is_told_to_all_but_who_did_it(scene: Scene) -> None:
    topic = f"/topics/{scene.topic}"
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.ruth.put(f"{topic}/answer", {"post": scene.posts[2]}))
        await done(await scene.ruth.put(f"{topic}/pin", {}))
        await done(await scene.ruth.put(f"{topic}/lock"))
    for who in (scene.amina, scene.jonas):
        assert await scene.told(who) == ([], ["answered", "closed", "pinned"])
    assert await scene.told(scene.ruth) == ([], []) and await scene.page(scene.ruth) == ""
    line = await scene.page()
    assert "an answer was accepted; the topic was closed; the topic was pinned." in line and "Seen" in line

    # What holds no more is not told, what holds instead is.
    with clock.stop_at(NOON + timedelta(hours=2)):
        await done(await scene.ruth.delete(f"{topic}/lock"))
        await done(await scene.ruth.delete(f"{topic}/pin"))
        await done(await scene.ruth.delete(f"{topic}/answer"))
    assert await scene.told() == ([], ["opened"])
    with clock.stop_at(NOON + timedelta(hours=3)):
        await done(await scene.ruth.post(f"{topic}/moves", {"posts": [scene.posts[2]], "title": "Scheme 3"}))
        await done(await scene.ruth.put(f"{topic}/sector", {"sector": "renewable-energy"}))
    assert await scene.told() == ([], ["opened", "moved", "posts_moved"])

    seen = await scene.amina.client.post(f"/t/{scene.topic}/who-audits-refiners/read")
    assert seen.status_code == 303 and await scene.told() == ([], [])
    assert await scene.told(scene.jonas) == ([], ["opened", "moved", "posts_moved"])


async def test_an_accepted_answer_that_is_gone_is_not_told(scene: Scene) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.ruth.put(f"/topics/{scene.topic}/answer", {"post": scene.posts[2]}))
    assert await scene.told() == ([], ["answered"])
    await done(await scene.jonas.delete(f"/posts/{scene.posts[2]}"))
    assert await scene.told() == ([], [])


async def test_who_has_never_been_there_and_visitors_are_told_nothing(scene: Scene, app: Service) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.ruth.put(f"/topics/{scene.topic}/lock"))
    new = await a_person(app, "Luis")
    assert await scene.told(new) == ([], []) and await scene.page(new) == ""
    async with app.client() as visitor:
        assert 'id="changed"' not in await open_page(visitor, f"/t/{scene.topic}/who-audits-refiners")


async def test_what_was_told_is_not_told_at_the_next_visit(scene: Scene, windows: Windows) -> None:
    address = f"/t/{scene.topic}/who-audits-refiners"
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await scene.ruth.put(f"/topics/{scene.topic}/lock"))
    page = await settled(await windows.open(address, scene.amina))
    await expect(page.locator("#changed")).to_contain_text("the topic was closed")
    async with page.expect_response("**/reading"):
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { value: true });"
            "document.dispatchEvent(new Event('visibilitychange'));"
        )
    await page.goto(address)
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("#changed")).to_have_count(0)

    page = await settled(await windows.open(address, scene.jonas))
    async with page.expect_navigation():
        await page.get_by_role("button", name="Seen").click()
    await expect(page.locator("#changed")).to_have_count(0)
