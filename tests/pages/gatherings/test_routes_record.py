"""The inbox and the summary of a room as pages: complete without scripts, live with scripts, accessible and printable."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from core.ids import MemberId, PostId, TopicId
from forum.notifications import notifications
from tests.support.accessibility import CHECK, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, Windows
from tests.support.people import Person, a_person
from tests.support.rooms.open_room import OpenRoom, make_open_room
from tests.support.rooms.records import a_notice, a_poll
from tests.support.service import Service, raw_sql

PHONE = {"width": 390, "height": 844}
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Past:
    """A closed room with one answered, one open and one anonymous question, and the people who attended."""

    def __init__(self, open_room: OpenRoom, reader: Person, host: Person, post: int) -> None:
        self.open_room, self.reader, self.host, self.post = open_room, reader, host, post

    async def tell(self, kind: str = "answered", who: Person | None = None) -> None:
        """Answer the first question, so that the reader is notified."""
        reasons = {MemberId((who or self.reader).id): "You voted for this question in “Plenary”."}
        async with self.open_room.db.begin() as tx:
            await notifications.notify(tx, kind, TopicId(self.open_room.topic), PostId(self.post), reasons)


@pytest_asyncio.fixture
async def past(app: Service) -> Past:
    open_room = await make_open_room(app)
    asker = await open_room.member()
    answered = await open_room.ask(asker, "How are **smelters** chosen, and by whom?")
    await open_room.vote(await open_room.member(), answered)
    await open_room.ask(asker, "Who pays for the second audit?")
    await open_room.ask(asker, "What if the mine is closed?", anonymous=True)
    await open_room.change_state(open_room.host, answered, "answered")
    reply = {"body": "By the scheme: see its list.", "parent": answered["post"]}
    written = (await open_room.host.post(f"/topics/{open_room.topic}/posts", reply)).json()["id"]
    await raw_sql(open_room.db).execute(
        "UPDATE questions SET answer_post_id = $1, answered_how = 'writing' WHERE id = $2",
        written,
        answered["id"],
    )
    for group, country, count in (
        ("industry-downstream", "AT", 9),
        ("academia", "KE", 6),
        ("policy-eu", "CD", 2),
    ):
        for _ in range(count):
            member = await open_room.member()
            await raw_sql(open_room.db).execute(
                "UPDATE members SET stakeholder_group = $1, country = $2, sectors = '{mobility}' WHERE id = $3",
                group, country, member.id,
            )  # fmt: skip
            await raw_sql(open_room.db).execute(
                "INSERT INTO attendance VALUES ($1, $2, '2026-11-22')", open_room.room, member.id
            )
    await raw_sql(open_room.db).execute(
        "UPDATE rooms SET modules = '{questions,board,polls}', publishes_choices = true WHERE id = $1",
        open_room.room,
    )
    await a_poll(open_room, "Which scheme do you use?", "closed", answers=2)
    await a_poll(open_room, "Rank them", "closed", kind="ranked", options=["IRMA", "TSM", "RMI"])
    await a_notice(open_room, asker, "Scrap wanted")
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    host = await a_person(app, "Hosea", duties=[("host", open_room.gathering)])
    return Past(open_room, await a_person(app, "Rea"), host, answered["post"])


async def test_the_inbox_works_without_scripts(past: Past) -> None:
    await past.tell()
    await past.tell("other")
    headers = BROWSER | {"Cookie": f"tertulia={past.reader.token}"}
    async with past.open_room.app.client() as browser:
        page = (await browser.get("/inbox", headers=headers)).text
        assert "2 unread notifications" in page and page.count("You voted for this question") == 2
        number = page.partition('data-read="')[2].partition('"')[0]

        answer = await browser.post("/inbox/read", data={"read": number}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
        assert "1 unread notification" in (await browser.get("/inbox", headers=headers)).text

        await browser.post("/inbox/read", data={"read": "all"}, headers=headers)
        assert "All read" in (await browser.get("/inbox", headers=headers)).text
        for bad in ("", "none", "999999999", "\0"):
            assert (await browser.post("/inbox/read", data={"read": bad}, headers=headers)).status_code in (
                404,
                422,
            )
        assert (await browser.get("/inbox", headers={"Accept": "text/html"})).status_code == 401


async def test_the_badge_and_the_inbox_update_live(past: Past, windows: Windows) -> None:
    page = await windows.open("/inbox", past.reader)
    badge = page.locator(".rail [data-unread]")
    await expect(badge).to_be_hidden()

    await past.tell()
    await expect(page.locator("#told li")).to_have_count(1)
    await expect(badge).to_contain_text("1")
    await expect(page.locator("#unread")).to_have_text("1 unread notification")

    await page.get_by_role("button", name=re.compile("^Mark as read")).click()
    await expect(badge).to_be_hidden()
    await expect(page.locator("#unread")).to_have_text("All read")

    # Another page of the same member receives it through its existing connection.
    room = await windows.open(f"/r/{past.open_room.room}", past.reader, viewport=PHONE)
    await past.tell("other")
    await expect(room.locator(".bottom [data-unread]")).to_contain_text("1")
    await expect(page.locator("#unread")).to_have_text("1 unread notification")
    await page.locator("[data-read]").first.click()
    await expect(page).to_have_url(re.compile(rf"/t/{past.open_room.topic}/plenary/2$"))
    await expect(room.locator(".bottom [data-unread]")).to_be_hidden()
    assert windows.complaints == []


async def test_summary_pages_have_the_permissions_of_the_summary(past: Past) -> None:
    open_room = past.open_room
    for who, is_host in ((None, False), (past.reader, False), (past.host, True)):
        headers = BROWSER | ({"Cookie": f"tertulia={who.token}"} if who else {})
        async with open_room.app.client() as browser:
            for path in (f"/r/{open_room.room}/report", f"/g/{open_room.gathering}/report"):
                page = (await browser.get(path, headers=headers)).text
                assert "By the scheme: see its list." in page
                assert re.search(r'href="/cite/posts/\d+">Cite<', page)
                assert ("Policy maker, EU" in page) is is_host, path
                assert "Asked anonymously" in page
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "open"})
    async with open_room.app.client() as browser:
        assert (await browser.get(f"/r/{open_room.room}/report", headers=BROWSER)).status_code == 409


async def test_published_choices_have_a_page(past: Past) -> None:
    open_room, path = past.open_room, f"/r/{past.open_room.room}/choices"
    async with open_room.app.client() as browser:
        page = (await browser.get(path, headers=BROWSER)).text
        for told in (
            "Question log",
            "How are **smelters** chosen",
            "Answered, ",
            "Asked anonymously",
            "Open for votes",
        ):
            assert told in page
        assert page.count("How are **smelters** chosen") == 1
        assert f'href="{path}"' in (await browser.get(f"/r/{open_room.room}", headers=BROWSER)).text

        await raw_sql(open_room.db).execute(
            "UPDATE rooms SET publishes_choices = false WHERE id = $1", open_room.room
        )
        assert (await browser.get(path, headers=BROWSER)).status_code == 403
        assert f'href="{path}"' not in (await browser.get(f"/r/{open_room.room}", headers=BROWSER)).text
        as_host = BROWSER | {"Cookie": f"tertulia={past.host.token}"}
        assert "Only hosts can see this page" in (await browser.get(path, headers=as_host)).text


async def test_a_gathering_names_its_hosts_and_its_description_is_markdown(past: Past) -> None:
    open_room, path = past.open_room, f"/g/{past.open_room.gathering}"
    await raw_sql(open_room.db).execute(
        "UPDATE gatherings SET about = $1 WHERE id = $2",
        "What *counts* <script>alert(1)</script>",
        open_room.gathering,
    )
    async with open_room.app.client() as browser:
        page = (await browser.get(path, headers=BROWSER)).text
        assert "<em>counts</em>" in page and "<script>alert" not in page
        assert ">Hosea</bdi>" in page.partition("Hosted by")[2].partition("</dd>")[0]

        await raw_sql(open_room.db).execute("DELETE FROM duties WHERE gathering_id = $1", open_room.gathering)
        assert "Hosted by" not in (await browser.get(path, headers=BROWSER)).text
        chief = await a_person(open_room.app, "Ada", duties=[("administrator", None)])
        headers = BROWSER | {"Cookie": f"tertulia={chief.token}"}
        assert "Assign the role" in (await browser.get(path, headers=headers)).text


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark"), (PHONE, "dark"), (DESKTOP, "light")]
)
async def test_summary_pages_are_accessible(
    past: Past, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks the pages of a summary in a real browser."""
    source = axe_source()
    await past.tell(who=past.host)
    page = await windows.open("/inbox", past.host, viewport=size, color_scheme=scheme)
    wrong = []
    room = f"/r/{past.open_room.room}"
    for path in ("/inbox", f"{room}/report", f"{room}/choices", f"/g/{past.open_room.gathering}/report"):
        await page.goto(path)
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
        if size is PHONE:
            wrong += [f"{path} too small: {found}" for found in await page.evaluate(SMALL)]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} scrolls sideways: {await page.evaluate(WIDE)}")
    assert wrong == []
    assert windows.complaints == []


async def test_a_printed_summary_contains_only_the_summary(past: Past, windows: Windows) -> None:
    page = await windows.open(f"/r/{past.open_room.room}/report", past.host, color_scheme="dark")
    await page.emulate_media(media="print")
    for gone in (".rail", ".bottom", ".buttons", ".foot", ".top"):
        for one in await page.locator(gone).all():
            await expect(one).to_be_hidden()
    assert "white" in await page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--paper')"
    )
    await expect(page.locator("h1")).to_be_visible()
    assert len(await page.pdf()) > 5_000


async def test_days_of_a_summary_are_as_the_reader_writes_them(past: Past) -> None:
    await raw_sql(past.open_room.db).execute(
        "INSERT INTO attendance SELECT room_id, member_id, '2026-11-23' FROM attendance LIMIT 3"
    )
    for language, words in (
        ("en", "23 Nov 2026: 3"),
        ("fr", "23 nov. 2026\u00a0: 3"),
        ("zh", "2026年11月23日：3"),
    ):
        page = await past.host.client.get(f"/r/{past.open_room.room}/report?lang={language}", headers=BROWSER)
        assert words in page.text and "2026-11-23" not in page.text, page.text


async def test_files_of_a_summary_name_groups_and_sectors_in_the_language_of_the_reader(past: Past) -> None:
    path = f"/api/v1/rooms/{past.open_room.room}/report.csv"
    text = (await past.host.client.get(path, headers={"Accept-Language": "fr"})).text
    assert "Industrie aval (fabrication, utilisation, recyclage)" in text and "Industry" not in text, text
    assert "Mobilité" in text and "Mobility" not in text, text
