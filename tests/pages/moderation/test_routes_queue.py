"""The moderation queue: two moderators in two browsers, by keyboard only, with plain forms and on a phone; no case is
decided twice."""

import asyncio
from time import monotonic

import pytest
from playwright.async_api import Page, TimeoutError, expect

from storage.database import Database
from tests.support.accessibility import CHECK
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.moderation.cases import some_cases
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

# The second of two simultaneous decisions is refused with 409, which browsers log.
pytestmark = pytest.mark.console_errors("409")

# Three pages of the list.
CASES = 60
_GONE = "was => Number(document.querySelector('#case')?.dataset.case ?? 0) !== was"
_GONE_OR_DECIDED = f"was => ({_GONE})(was) || document.querySelector('#case').dataset.state !== 'open'"
REASON = "It advertises something and adds nothing to the discussion."


async def a_moderator(app: Service, name: str) -> Person:
    return await a_person(app, name, duties=[("moderator", "mobility")])


async def number_of(page: Page) -> int:
    """Return the id of the open case."""
    return int(await page.locator("#case").get_attribute("data-case") or 0)


async def test_one_key_and_a_confirmation_open_the_next_case(app: Service, windows: Windows) -> None:
    first, second, third = await some_cases(app, 3)
    ada = await a_moderator(app, "Ada")
    page = await windows.open("/queue", ada)
    assert await number_of(page) == first
    await expect(page.locator("#case .post.here")).to_contain_text("Buy cobalt number 0")

    await page.keyboard.press("1")
    await expect(page.locator("#decide button[value=hide]")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.locator(f'#case[data-case="{second}"]')).to_be_visible()
    await expect(page.locator("#told")).to_contain_text(f"Case {first}: hidden. ")
    await expect(page.locator(f"#c{first}")).to_have_count(0)
    await expect(page.locator("[data-waiting]").first).to_have_text("2")
    decided = (await ada.get(f"/cases/{first}")).json()["decisions"]
    assert decided[0]["reason"] == {"rule": "House rules: no advertising", "facts": REASON}

    await page.keyboard.press("0")
    await page.keyboard.press("Enter")
    await expect(page.locator(f'#case[data-case="{third}"]')).to_be_visible()
    assert (await ada.get(f"/cases/{second}")).json()["decisions"][0]["action"] == "no_action"


async def test_a_decision_is_undone_on_the_same_page(app: Service, windows: Windows) -> None:
    first, second = await some_cases(app, 2)
    ada = await a_moderator(app, "Ada")
    page = await windows.open("/queue", ada)
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page.locator(f'#case[data-case="{second}"]')).to_be_visible()

    await page.keyboard.press("z")

    await expect(page.locator(f'#case[data-case="{first}"]')).to_be_visible()
    await expect(page.locator("#told")).to_contain_text(f"Case {first} is open again.")
    shown = (await ada.get(f"/cases/{first}")).json()
    assert (shown["state"], shown["decisions"]) == ("open", [])
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#told")).to_contain_text(f"Case {first}: hidden.")
    assert len((await ada.get(f"/cases/{first}")).json()["decisions"]) == 1


async def test_claims_and_decisions_of_others_appear_immediately(app: Service, windows: Windows) -> None:
    first, second = await some_cases(app, 2)
    ada, ben = await a_moderator(app, "Ada"), await a_moderator(app, "Ben")
    hers = await windows.open("/queue", ada)
    await expect(hers.locator("#whose")).to_contain_text("You are reviewing this")
    his = await windows.open("/queue", ben)
    assert await number_of(his) == second, "what she is at is not what he gets first"
    await expect(his.locator(f"#c{first} .at-it")).to_have_text("Ada is reviewing this")

    await hers.locator("#talk > summary").click()
    await hers.locator("#body").fill("I know him.")
    await hers.locator(".note button").click()
    await his.locator(f"#c{first} .open").click()
    await expect(his.locator("#noted")).to_have_text("1")
    await his.locator("#talk > summary").click()
    await expect(his.locator("#discussion")).to_contain_text("I know him.")
    await hers.locator("#body").fill("Very well.")
    await his.locator("#body").fill("Half a thought")
    await hers.locator(".note button").click()
    await expect(his.locator("#discussion")).to_contain_text("Very well.")
    await expect(his.locator("#body")).to_have_value("Half a thought")

    await hers.locator("#case").focus()
    await hers.keyboard.press("1")
    await hers.keyboard.press("Enter")
    await expect(his.locator(".by-script")).to_have_text("Ada has already decided this case: hidden.")
    await expect(his.locator("#body")).to_have_value("Half a thought")
    await his.get_by_role("button", name="Go to the next case").click()
    await expect(his.locator(f'#case[data-case="{second}"]')).to_be_visible()


async def test_several_cases_are_decided_with_one_reason_by_plain_form(
    app: Service, windows: Windows
) -> None:
    cases = await some_cases(app, 3)
    ada, ben = await a_moderator(app, "Ada"), await a_moderator(app, "Ben")
    page = await windows.open("/queue", ada, java_script_enabled=False)
    for case in cases:
        await page.locator(f"#c{case} input").check()
    given = {"version": 1, "action": "no_action"}
    assert (await ben.post(f"/cases/{cases[1]}/decisions", given)).status_code == 201

    await page.locator(".several > summary").click()
    await page.locator(".several").get_by_text("Advertising").click()
    await page.locator(".several").get_by_role("button", name="Hide").click()

    await expect(page.locator("#told")).to_contain_text("2 cases are decided.")
    await expect(page.locator("#told")).to_contain_text(
        f"Case {cases[1]} was not decided: The case has changed meanwhile."
    )
    states = [(await ada.get(f"/cases/{case}")).json()["decisions"][0]["action"] for case in cases]
    assert states == ["hide", "no_action", "hide"]


async def test_the_queue_works_without_scripts(app: Service, windows: Windows) -> None:
    first, second = await some_cases(app, 2)
    ada, ben = await a_moderator(app, "Ada"), await a_moderator(app, "Ben")
    page = await windows.open("/queue", ada, java_script_enabled=False)
    await page.get_by_role("button", name="Review").click()
    await expect(page.locator("#whose")).to_contain_text("You are reviewing this")
    await page.locator("#talk > summary").click()
    await page.locator("#body").fill("He did it before.")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.locator("#discussion")).to_contain_text("He did it before.")
    await page.locator("#talk > summary").click()
    await page.locator("summary").get_by_text("Reassign", exact=True).click()
    await page.locator("#member").fill(ben.handle)
    await page.get_by_role("button", name="Reassign").click()
    await expect(page.locator("#whose")).to_have_text("Ben is reviewing this.")
    await page.locator("#decide").get_by_text("Insult or threat").click()
    await page.locator("#decide").get_by_role("button", name="Hide").click()
    await expect(page.locator("#told")).to_contain_text(f"Case {first} is decided.")
    assert await number_of(page) == second
    await page.locator("#told").get_by_role("button", name="Undo").click()
    assert await number_of(page) == first
    assert (await ada.get(f"/cases/{first}")).json()["state"] == "open"


async def test_filters_are_in_the_address(app: Service, windows: Windows) -> None:
    spam = await some_cases(app, 1)
    danger = await some_cases(app, 1, "danger")
    admin = await a_person(app, "Admin", duties=[("administrator", None)])
    page = await windows.open("/queue", admin)
    assert await number_of(page) == danger[0], "danger comes first"
    await page.locator("select[name=reason]").select_option("spam")
    await page.get_by_role("button", name="Show", exact=True).click()
    assert "reason=spam" in page.url and "language=&" in page.url + "&"
    await expect(page.locator(".case")).to_have_count(1)
    assert await number_of(page) == spam[0]
    await page.goto("/queue")
    await page.locator("select[name=sector]").select_option("electronics")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator("#desk")).to_contain_text("No open cases match these filters.")


async def test_administrators_state_why_they_look_at_reporters(
    app: Service, windows: Windows, db: Database
) -> None:
    (case,) = await some_cases(app, 1)
    page = await windows.open(f"/queue?case={case}", await a_moderator(app, "Ada"))
    await expect(page.locator("#case")).to_be_visible()
    assert await page.locator("#look").count() == 0
    admin = await a_person(app, "Admin", duties=[("administrator", None)])
    page = await windows.open(f"/queue?case={case}", admin)
    await page.locator("summary").get_by_text("Reports").click()
    await page.get_by_text("Who reported it").click()
    await page.locator("#look").fill("The police ask.")
    await page.get_by_role("button", name="Show reporters").click()
    await expect(page.locator("table")).to_contain_text("flagger-")
    assert await raw_sql(db).fetchval("SELECT reason FROM reporter_looks") == "The police ask."


async def test_pictures_are_blurred_until_clicked(app: Service, windows: Windows, db: Database) -> None:
    (case,) = await some_cases(app, 1)
    picture = '<p><img src="/static/x.png" alt="A mine" width="20" height="20"></p>'
    await raw_sql(db).execute("UPDATE posts SET html = $1 WHERE body LIKE 'Buy%'", picture)
    page = await windows.open(f"/queue?case={case}", await a_moderator(app, "Ada"), java_script_enabled=False)
    image = page.locator(".reported img")
    assert "blur" in await image.evaluate("one => getComputedStyle(one).filter")
    await page.locator(".media").click()
    assert await image.evaluate("one => getComputedStyle(one).filter") == "none"
    windows.complaints.clear()  # the file is not a real picture


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_the_queue_is_accessible(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks the queue in a real browser."""
    await some_cases(app, 3)
    admin = await a_person(app, "Admin", duties=[("administrator", None)])
    source, wrong = axe_source(), []
    page = await windows.open("/queue", admin, viewport=size, color_scheme=scheme)
    for path in (
        "/queue",
        "/queue/health",
        "/queue?state=decided",
        "/ledger",
        "/audit",
        "/sanctions",
        "/transparency",
        "/report",
    ):
        await page.goto(path)
        await page.evaluate(
            "document.querySelector('.decide > .line')?.style.setProperty('position', 'static')"
        )
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
        for direction in ("ltr", "rtl"):
            await page.evaluate(f"document.documentElement.dir = '{direction}'")
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} {direction} scrolls sideways")
    assert wrong == []


class FastModerator:
    """A moderator who works through the queue by keyboard only; `took` has the seconds for each case."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        self.took: list[float] = []

    async def work(self) -> None:
        """Decide cases until the queue is empty: leave every third post visible, hide the others, and add a note to
        every tenth case."""
        number = 0
        while await self.page.locator("#decide").count():
            began, case, number = monotonic(), await number_of(self.page), number + 1
            if number % 10 == 0:
                await self.page.keyboard.press("c")
                await self.page.keyboard.type(f"{self.name} {case}")
                await self.page.keyboard.press("Tab")
                await self.page.keyboard.press("Enter")
                await expect(self.page.locator("#discussion")).to_contain_text(f"{self.name} {case}")
                await self.page.keyboard.press("Escape")
            await self.page.keyboard.press("0" if number % 3 == 0 else "1")
            await self.page.keyboard.press("Enter")
            # The next case opens; or a message that somebody else was faster, which a key dismisses.
            if await self.ends(case, _GONE_OR_DECIDED) == case:
                await self.page.keyboard.press("1")
                await self.ends(case, _GONE)
            self.took.append(monotonic() - began)

    async def ends(self, case: int, condition: str) -> int:
        """Wait until a case is closed; return the id of the case that is open then."""
        try:
            await self.page.wait_for_function(condition, arg=case)
        except TimeoutError as error:
            shown = await self.page.locator("main").inner_text()
            raise AssertionError(f"{self.name} is stuck at case {case}: {shown}") from error
        return await self.page.evaluate("Number(document.querySelector('#case')?.dataset.case ?? 0)")


@pytest.mark.timeout(300)
async def test_two_moderators_empty_the_queue_by_keyboard(
    app: Service, windows: Windows, db: Database
) -> None:
    """Slow: two browsers decide many cases one after another, to provoke conflicts and to need more than one page."""
    count = CASES
    cases = await some_cases(app, count)
    ada, ben = await a_moderator(app, "Ada"), await a_moderator(app, "Ben")
    hers, his = await windows.open("/queue", ada), await windows.open("/queue", ben)
    first, second = FastModerator(hers, "Ada"), FastModerator(his, "Ben")

    await asyncio.gather(first.work(), second.work())

    rows = await raw_sql(db).fetch(
        "SELECT case_id, count(*) FROM decisions WHERE undone_at IS NULL GROUP BY case_id"
    )
    assert {row["case_id"]: row["count"] for row in rows} == dict.fromkeys(cases, 1), "each once, none left"
    notes = [row["body"] for row in await raw_sql(db).fetch("SELECT body, case_id FROM case_notes")]
    wanted = {f"{one.name}" for one in (first, second) if len(one.took) >= 10}
    assert {note.split()[0] for note in notes} == wanted
    assert len(notes) == len(first.took) // 10 + len(second.took) // 10, "no note is lost"
    assert min(len(first.took), len(second.took)) > count // 5, "both had their share"
    taken = sorted(first.took + second.took)
    assert sum(taken) / len(taken) < 5
    print(f"{count} cases: median {taken[count // 2]:.2f} s, slowest {taken[-1]:.2f} s")
