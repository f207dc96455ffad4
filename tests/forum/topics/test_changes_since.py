"""Tests of the changes in a topic since a member's last visit: visible edits, and changes of the whole topic."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from playwright.async_api import expect

from core import clock
from tests.support.browser import Windows, settled
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class ReadTopic:
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
async def read_topic(app: Service) -> ReadTopic:
    with clock.stop_at(NOON - timedelta(hours=1)):
        amina, jonas = await a_person(app), await a_person(app, "Jonas")
        ruth = await a_person(
            app, "Ruth", duties=[("moderator", "mobility"), ("moderator", "renewable-energy")]
        )
        topic = (await a_topic(jonas, "Who audits refiners?", kind="question"))["id"]
        first = await raw_sql(app.db).fetchval("SELECT id FROM posts WHERE topic_id = $1", topic)
        posts = [first, *[(await a_reply(jonas, topic, f"Scheme {n} does."))["id"] for n in (2, 3)]]
    read_topic = ReadTopic(amina, jonas, ruth, topic, posts)
    with clock.stop_at(NOON):
        for who in (amina, jonas, ruth):
            await who.put(f"/topics/{topic}/reading", {"number": 3})
    return read_topic


async def done(answer: Any) -> None:
    assert answer.status_code < 300, answer.text


async def test_nothing_is_said_where_nothing_happened(read_topic: ReadTopic) -> None:
    assert await read_topic.told() == ([], []) and await read_topic.page() == ""


async def test_edits_that_were_read_before_are_told_to_others_once(read_topic: ReadTopic) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(
            await read_topic.jonas.patch(f"/posts/{read_topic.posts[1]}", {"body": "Scheme 4 does, I found."})
        )
        await a_reply(read_topic.jonas, read_topic.topic, "And another one.")
    assert await read_topic.told() == ([2], [])
    line = await read_topic.page()
    assert (
        "Also since then" in line
        and f'/t/{read_topic.topic}/who-audits-refiners/2#p2">#2</a> was edited' in line
    )
    assert await read_topic.told(read_topic.jonas) == ([], []), "one's own edits are not told"

    # What one has not read yet is new anyway, whatever it said before.
    with clock.stop_at(NOON + timedelta(hours=3)):
        newest = (await read_topic.jonas.get(f"/topics/{read_topic.topic}/posts?order=time")).json()["items"][
            -1
        ]["id"]
        await done(await read_topic.jonas.patch(f"/posts/{newest}", {"body": "Not this one, though."}))
    assert await read_topic.told() == ([2], [])
    with clock.stop_at(NOON + timedelta(hours=4)):
        await done(await read_topic.amina.put(f"/topics/{read_topic.topic}/reading", {"number": 4}))
    assert await read_topic.told() == ([], []) and await read_topic.page() == ""


async def test_what_is_put_right_at_once_is_not_told(read_topic: ReadTopic) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        post = await a_reply(read_topic.jonas, read_topic.topic, "A tpyo.")
        await done(await read_topic.amina.put(f"/topics/{read_topic.topic}/reading", {"number": 4}))
    with clock.stop_at(NOON + timedelta(hours=1, minutes=2)):
        await done(await read_topic.jonas.patch(f"/posts/{post['id']}", {"body": "A typo."}))
    assert await read_topic.told() == ([], [])
    with clock.stop_at(NOON + timedelta(hours=2)):
        await done(await read_topic.jonas.patch(f"/posts/{post['id']}", {"body": "No typo."}))
    assert await read_topic.told() == ([4], [])


async def test_a_hidden_edit_is_not_counted(read_topic: ReadTopic, app: Service) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(
            await read_topic.jonas.patch(f"/posts/{read_topic.posts[1]}", {"body": "Something unlawful."})
        )
    assert await read_topic.told() == ([2], [])
    await done(await read_topic.jonas.delete(f"/posts/{read_topic.posts[1]}"))
    assert await read_topic.told() == ([], []) and await read_topic.page() == ""
    assert await read_topic.told(read_topic.ruth) == ([], [])


async def test_what_was_done_to_the_topic_is_told_to_all_but_who_did_it(read_topic: ReadTopic) -> None:
    topic = f"/topics/{read_topic.topic}"
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await read_topic.ruth.put(f"{topic}/answer", {"post": read_topic.posts[2]}))
        await done(await read_topic.ruth.put(f"{topic}/pin", {}))
        await done(await read_topic.ruth.put(f"{topic}/lock"))
    for who in (read_topic.amina, read_topic.jonas):
        assert await read_topic.told(who) == ([], ["answered", "closed", "pinned"])
    assert await read_topic.told(read_topic.ruth) == ([], []) and await read_topic.page(read_topic.ruth) == ""
    line = await read_topic.page()
    assert (
        "an answer was accepted, the topic was closed and the topic was pinned." in line
        and "Mark as seen" in line
    )

    # What holds no more is not told, what holds instead is.
    with clock.stop_at(NOON + timedelta(hours=2)):
        await done(await read_topic.ruth.delete(f"{topic}/lock"))
        await done(await read_topic.ruth.delete(f"{topic}/pin"))
        await done(await read_topic.ruth.delete(f"{topic}/answer"))
    assert await read_topic.told() == ([], ["opened"])
    with clock.stop_at(NOON + timedelta(hours=3)):
        await done(
            await read_topic.ruth.post(
                f"{topic}/moves", {"posts": [read_topic.posts[2]], "title": "Scheme 3"}
            )
        )
        await done(await read_topic.ruth.put(f"{topic}/sector", {"sector": "renewable-energy"}))
    assert await read_topic.told() == ([], ["opened", "moved", "posts_moved"])

    seen = await read_topic.amina.client.post(f"/t/{read_topic.topic}/who-audits-refiners/read")
    assert seen.status_code == 303 and await read_topic.told() == ([], [])
    assert await read_topic.told(read_topic.jonas) == ([], ["opened", "moved", "posts_moved"])


async def test_an_accepted_answer_that_is_gone_is_not_told(read_topic: ReadTopic) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(
            await read_topic.ruth.put(f"/topics/{read_topic.topic}/answer", {"post": read_topic.posts[2]})
        )
    assert await read_topic.told() == ([], ["answered"])
    await done(await read_topic.jonas.delete(f"/posts/{read_topic.posts[2]}"))
    assert await read_topic.told() == ([], [])


async def test_who_has_never_been_there_and_visitors_are_told_nothing(
    read_topic: ReadTopic, app: Service
) -> None:
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await read_topic.ruth.put(f"/topics/{read_topic.topic}/lock"))
    new = await a_person(app, "Luis")
    assert await read_topic.told(new) == ([], []) and await read_topic.page(new) == ""
    async with app.client() as visitor:
        assert 'id="changed"' not in await open_page(visitor, f"/t/{read_topic.topic}/who-audits-refiners")


async def test_what_was_told_is_not_told_at_the_next_visit(read_topic: ReadTopic, windows: Windows) -> None:
    address = f"/t/{read_topic.topic}/who-audits-refiners"
    with clock.stop_at(NOON + timedelta(hours=1)):
        await done(await read_topic.ruth.put(f"/topics/{read_topic.topic}/lock"))
    page = await settled(await windows.open(address, read_topic.amina))
    await expect(page.locator("#changed")).to_contain_text("the topic was closed")
    async with page.expect_response("**/reading"):
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', { value: true });"
            "document.dispatchEvent(new Event('visibilitychange'));"
        )
    await page.goto(address)
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("#changed")).to_have_count(0)

    page = await settled(await windows.open(address, read_topic.jonas))
    async with page.expect_navigation():
        await page.get_by_role("button", name="Mark as seen").click()
    await expect(page.locator("#changed")).to_have_count(0)
