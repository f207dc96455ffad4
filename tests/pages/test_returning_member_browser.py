"""Tasks of a member who returns after some time, each in a real browser from the usual starting point."""

import asyncio
import re
from datetime import timedelta

import pytest_asyncio
from playwright.async_api import Page, Route, expect

from core import clock
from tests.support.browser import PHONE, SELECT, Windows, read_up_to, settled
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.uploads import a_member, a_pdf

TITLE = "Who audits the refiners?"


class Return:
    """Amina opened a topic, read three posts and left; since then there are six new posts and another topic."""

    def __init__(self, app: Service, windows: Windows, amina: Person, jonas: Person) -> None:
        self.app, self.windows, self.amina, self.jonas = app, windows, amina, jonas
        self.topic = 0
        self.posts: list[int] = []

    async def at(self, path: str, who: Person | None = None, **options: object) -> Page:
        """Open an address in a new browser, and wait until the page is connected."""
        return await settled(await self.windows.open(path, who or self.amina, **options))

    @property
    def address(self) -> str:
        return f"/t/{self.topic}/who-audits-the-refiners"


@pytest_asyncio.fixture
async def back(app: Service, windows: Windows) -> Return:
    amina, jonas = await a_member(app), await a_person(app, "Jonas")
    back = Return(app, windows, amina, jonas)
    opened = await a_topic(
        amina, TITLE, "We found four schemes for smelters.", kind="question", tags=["cobalt"]
    )
    back.topic = opened["id"]
    back.posts = [int(await raw_sql(app.db).fetchval("SELECT id FROM posts WHERE topic_id = $1", back.topic))]
    for number in range(2, 10):
        parent = back.posts[1] if number == 5 else None
        body = (
            f"Observation {number}: the chain of custody breaks at the trader. " + "More of it follows. " * 30
        )
        back.posts.append((await a_reply(jonas, back.topic, body, parent))["id"])
    read = await amina.put(f"/topics/{back.topic}/reading", {"number": 3})
    assert read.json()["unread"] == 6, read.text
    await a_topic(jonas, "Mica from small mines", "Sheet mica is sorted by hand.")
    await app.run_jobs()
    return back


async def test_the_home_page_links_to_the_first_unread_post(back: Return) -> None:
    page = await back.at("/")
    await page.get_by_role("link", name="You have unread posts").click()
    await expect(page.locator(".rows")).to_contain_text(TITLE)
    await expect(page.locator(".rows")).to_contain_text("Mica from small mines")
    await page.locator(f'[data-topic="{back.topic}"] .state.new').click()
    await expect(page.locator("#p4")).to_be_in_viewport()
    await expect(page.locator("#p4 .state.new")).to_be_visible()
    await expect(page.locator("#p3 .state.new")).to_have_count(0)


async def test_a_topic_shows_how_many_posts_are_new(back: Return) -> None:
    page = await back.at(back.address)
    await expect(page.locator("#since")).to_contain_text("6 new")
    await page.locator("#since").get_by_role("link", name="First unread").click()
    await expect(page.locator(".post.here")).to_have_attribute("id", "p4")


async def test_the_read_state_is_shared_between_devices(back: Return) -> None:
    computer = await back.at("/")
    await expect(computer.locator('[data-left="mobility"] b')).to_have_text("2")
    # The page reports what was read every few seconds: each further post would take that long.
    await back.amina.put(f"/topics/{back.topic}/reading", {"number": 7})
    phone = await back.at(f"{back.address}/8", viewport=PHONE)
    for number in (8, 9):
        await read_up_to(phone, back.amina, back.topic, number)
    await expect(computer.locator('[data-left="mobility"] b')).to_have_text("1")
    left = (await back.amina.get("/unread")).json()["items"]
    assert [one["topic"]["title"] for one in left] == ["Mica from small mines"]


async def test_all_topics_of_a_sector_are_marked_as_read(back: Return) -> None:
    page = await back.at("/s/mobility")
    await page.get_by_role("button", name="Mark all as read").click()
    await expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    await page.goto("/unread")
    await expect(page.locator("main")).to_contain_text("You have read everything.")


async def test_a_reply_is_written_below_its_parent(back: Return) -> None:
    page = await back.at(f"{back.address}/6")
    await page.locator("#p6 .act.reply").click()
    await page.locator("#p6 textarea").fill("Which trader?")
    await page.locator("#p6 form .first").click()
    mine = page.locator(f'.post[data-parent="{back.posts[5]}"]')
    await expect(mine).to_contain_text("Which trader?")
    await expect(mine).to_be_focused()


async def test_a_quotation_links_to_its_source(back: Return) -> None:
    page = await back.at(f"{back.address}/8")
    await page.evaluate(SELECT, "the chain of custody breaks")
    await page.locator(".pill.quoting").click()
    field = page.locator(".post textarea")
    await expect(field).to_be_focused()
    await page.keyboard.type("Where exactly?")
    await page.locator(".post form .first").click()
    quote = page.locator("#p10 .quote")
    await expect(quote).to_contain_text("the chain of custody breaks")
    await quote.locator(".of a").click()
    await expect(page.locator(".post.here")).to_have_attribute("id", re.compile("p[2-8]"))


async def test_a_mention_notifies_immediately(back: Return) -> None:
    other = await back.at("/inbox", back.jonas)
    page = await back.at(back.address)
    await page.locator("#reply textarea").fill(f"What do you say, @{back.jonas.handle}?")
    await page.locator("#reply form .first").click()
    await expect(page.locator("#p10")).to_be_visible()
    await back.app.run_jobs()
    await expect(other.locator("#told")).to_contain_text("What do you say")
    await other.get_by_role("link", name="mentioned you in").click()
    await expect(other.locator(".post.here")).to_contain_text("What do you say")


async def test_notifications_of_watched_topics_state_the_reason(back: Return) -> None:
    page = await back.at("/s/mobility")
    await page.get_by_role("link", name="Mica from small mines").click()
    await page.locator(".follow summary").click()
    await page.locator(".follow button", has_text="Watching").click()
    await expect(page.locator(".follow summary")).to_contain_text("Watching")
    mica = int(re.search(r"/t/(\d+)", page.url)[1])  # type: ignore[index]
    await a_reply(back.jonas, mica, "And graded by eye.")
    await back.app.run_jobs()
    await page.goto("/inbox")
    told = page.locator(f"#t{mica}")
    await expect(told).to_contain_text("And graded by eye.")
    await expect(told).to_contain_text("You watch this topic")


async def test_muted_topics_do_not_notify(back: Return) -> None:
    page = await back.at(back.address)
    await page.locator(".follow summary").click()
    await page.locator(".follow button", has_text="Muted").click()
    await expect(page.locator(".follow summary")).to_contain_text("Muted")
    before = (await back.amina.get("/inbox")).json()["unread"]
    await a_reply(back.jonas, back.topic, "One more.")
    await back.app.run_jobs()
    assert (await back.amina.get("/inbox")).json()["unread"] == before
    await page.goto("/unread")
    await expect(page.locator("main")).not_to_contain_text(TITLE)


async def test_the_search_tolerates_typing_errors(back: Return) -> None:
    page = await back.at("/")
    await page.locator("#find").fill("obsevation custody in:mobility")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice")).to_contain_text("observation")
    await page.locator(".hits h2 a").first.click()
    await expect(page.locator(".post.here")).to_contain_text("chain of custody")


async def test_a_search_is_narrowed_by_its_facets(back: Return) -> None:
    await a_reply(back.amina, back.topic, "Is a chain of custody what we need?")
    await back.app.run_jobs()
    page = await back.at('/search?q="chain of custody"')
    await expect(page.locator(".facts[role=status]")).to_contain_text("9 results")
    await page.locator(".facets").get_by_role("link", name="Jonas").click()
    await expect(page.locator("#q")).to_have_value(re.compile(rf"by:{back.jonas.handle}"))
    await page.locator("#q").fill(f'"chain of custody" by:{back.jonas.handle} -observation')
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_contain_text("No results.")


async def test_saved_searches_notify_of_new_results(back: Return) -> None:
    page = await back.at("/search?q=graphite")
    await page.locator("#told").select_option("soon")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name="Saved search")).to_be_visible()
    await back.app.run_jobs()
    found = await a_topic(back.jonas, "Anodes", "Natural graphite comes from two provinces.")
    await back.app.run_jobs()
    with clock.stop_at(clock.now() + timedelta(hours=1)):
        await back.app.run_jobs()
    await page.goto("/inbox")
    await expect(page.locator(f"#t{found['id']}")).to_contain_text("graphite")


async def test_drafts_continue_on_another_device(back: Return) -> None:
    computer = await back.at(back.address)
    await computer.locator("#reply textarea").fill("Begun at the desk")
    await expect(computer.locator("#reply .kept")).to_have_text("Draft saved")
    phone = await back.at("/drafts", viewport=PHONE)
    await phone.get_by_role("link", name="Begun at the desk").click()
    field = phone.locator("textarea:visible")
    await expect(field).to_have_value("Begun at the desk")
    await field.fill("Begun at the desk, ended on the train")
    await phone.locator("form.composer:visible .first").click()
    await expect(phone.locator("#p10")).to_contain_text("ended on the train")
    assert (await back.amina.get("/drafts")).json()["items"] == []


async def test_what_is_typed_before_the_script_has_loaded_is_not_replaced(back: Return) -> None:
    await back.amina.put(f"/drafts/topic:{back.topic}", {"body": "Begun", "owner": "desk", "sequence": 0})
    phone = await back.windows.open("/drafts", back.amina, viewport=PHONE)
    scripts: asyncio.Queue[Route] = asyncio.Queue()
    await phone.route("**/js/shell/member.js", scripts.put)
    await phone.get_by_role("link", name="Begun").click()
    field = phone.locator("textarea:visible")
    await field.fill("Begun, and ended on the train")
    script = await scripts.get()
    async with phone.expect_response("**/api/v1/drafts/topic:*"):
        await script.continue_()
    await expect(phone.locator(".kept:visible")).to_have_text("Draft saved")
    await expect(field).to_have_value("Begun, and ended on the train")
    assert len((await back.amina.get("/drafts")).json()["items"]) == 1
    kept = (await back.amina.get(f"/drafts/topic:{back.topic}")).json()
    assert kept["body"] == "Begun, and ended on the train"


async def test_quick_edits_are_silent_and_later_edits_are_marked(back: Return) -> None:
    mine = await a_reply(back.amina, back.topic, "Four schemes audit smelters.")
    page = await back.at(f"/p/{mine['id']}/edit")
    await page.locator("main textarea").fill("Five schemes audit smelters.")
    await page.locator("main form .first").click()
    await expect(page.locator("#p10")).to_contain_text("Five schemes")
    await expect(page.locator("#p10 .edited")).to_have_count(0)
    await raw_sql(back.app.db).execute(
        "UPDATE posts SET posted_at = posted_at - interval '1 hour' WHERE id = $1", mine["id"]
    )
    await page.goto(f"/p/{mine['id']}/edit")
    await page.locator("main textarea").fill("Six schemes audit smelters.")
    await page.locator("main form .first").click()
    await expect(page.locator("#p10 .edited")).to_be_visible()
    await page.goto(f"/p/{mine['id']}/history")
    await expect(page.locator(".changes ins")).to_have_text("Six")
    await expect(page.locator(".changes del")).to_have_text("Five")


async def test_attached_documents_are_found_by_their_text(back: Return) -> None:
    page = await back.at(back.address)
    form = page.locator("#reply form")
    await form.locator("textarea").fill("The list of all of them: ")
    await form.locator(".attach summary").click()
    await form.locator("[type=file]").set_input_files(
        {"name": "list.pdf", "mimeType": "application/pdf", "buffer": a_pdf("Tantalum smelters of Kivu")}
    )
    await expect(form.locator("textarea")).to_have_value(re.compile(r"/files/\d+/list\.pdf"))
    await form.locator(".first").click()
    await expect(page.locator("#p10").get_by_role("link", name="list.pdf")).to_be_visible()
    await back.app.run_jobs()
    await page.goto("/search?q=tantalum kivu")
    await page.locator(".hits h2 a").first.click()
    await expect(page.locator(".post.here")).to_have_attribute("id", "p10")


async def test_the_asker_accepts_an_answer(back: Return) -> None:
    page = await back.at(f"{back.address}/7")
    await page.locator("#p7 details.more summary").click()
    await page.locator("#p7").get_by_role("button", name="Accept as answer").click()
    await expect(page.locator(".accepted")).to_contain_text("Observation 7")
    await page.goto("/s/mobility")
    await expect(page.locator(f'[data-topic="{back.topic}"]')).to_contain_text("Answered")


async def test_a_branch_is_read_alone_and_a_topic_by_time(back: Return) -> None:
    page = await back.at(f"{back.address}?branch=2")
    numbers = "posts => posts.map(post => Number(post.dataset.number))"
    assert await page.locator("#posts .post").evaluate_all(numbers) == [2, 5]
    async with page.expect_navigation():
        await page.get_by_role("button", name="Time", exact=True).click()
    assert await page.locator("#posts .post").evaluate_all(numbers) == list(range(1, 10))
    async with page.expect_navigation():
        await page.get_by_role("button", name="Tree", exact=True).click()
    assert await page.locator("#posts .post").evaluate_all(numbers) == [1, 2, 5, 3, 4, 6, 7, 8, 9]


async def test_old_addresses_of_moved_posts_redirect(back: Return) -> None:
    moderator = await a_person(back.app, "Ruth", duties=[("moderator", "mobility")])
    moves = f"/topics/{back.topic}/moves"
    answer = await moderator.post(moves, {"posts": [back.posts[7]], "title": "Traders"})
    assert answer.status_code == 201, answer.text
    for old in (f"/p/{back.posts[7]}", f"{back.address}/8"):
        page = await back.at(old)
        await expect(page.locator("h1")).to_have_text("Traders")
        await expect(page.locator(".post.here")).to_contain_text("Observation 8")


async def test_posts_are_cited_and_topics_are_downloaded(back: Return) -> None:
    page = await back.at(back.address)
    await page.locator("#about").get_by_role("link", name="Cite").click()
    await expect(page.locator("main")).to_contain_text(TITLE)
    await expect(page.locator("pre", has_text="@")).to_contain_text("title")
    await page.go_back()
    async with page.expect_download() as taken:
        await page.locator("#about").get_by_role("link", name="Markdown").click()
    file = await taken.value
    text = (await file.path()).read_text()
    assert TITLE in text and "Observation 9" in text


async def test_reactions_are_kept_and_the_next_trust_level_is_explained(back: Return) -> None:
    page = await back.at(f"{back.address}/4")
    thanks = page.locator("#p4").get_by_role("button", name="Well argued")
    await thanks.click()
    await expect(thanks).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(page.locator("#p4").get_by_role("button", name="Well argued")).to_contain_text("1")
    await page.goto("/settings")
    await page.get_by_role("link", name="Your trust level").click()
    await expect(page.locator("#next")).to_be_visible()


async def test_similar_topics_are_offered_before_posting(back: Return) -> None:
    page = await back.at("/s/mobility")
    await page.get_by_role("link", name="Start a topic").click()
    await page.get_by_label("Title").fill("Who audits refiners and smelters")
    await expect(page.locator("#similar")).to_contain_text(TITLE)
    async with page.context.expect_page() as opened:
        await page.locator("#similar").get_by_role("link", name=TITLE).click()
    await expect((await opened.value).locator("h1")).to_have_text(TITLE)
    await expect(page.get_by_label("Title")).to_have_value("Who audits refiners and smelters")
