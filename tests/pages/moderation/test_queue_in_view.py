"""The moderation queue on a small phone and a laptop: the reported text and the decision are in view together."""

import pytest
from playwright.async_api import expect

from storage.database import Database
from tests.support.browser import Windows
from tests.support.moderation.cases import some_cases
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

# The visible part of the reported text, and whether the buttons of the decision are in the window and nothing covers them.
IN_VIEW = """() => {
    const isOnTop = (one) => {
        const at = one.getBoundingClientRect();
        // Of a long text, its beginning.
        const hit = document.elementFromPoint(at.left + at.width / 2, at.top + Math.min(12, at.height / 2));
        return one === hit || one.contains(hit);
    };
    const [text, line] = [".reported .said", ".decide > .line"].map((one) => document.querySelector(one));
    const [at, below] = [text.getBoundingClientRect(), line.getBoundingClientRect()];
    const isBeside = below.left >= at.right || below.right <= at.left;
    const end = Math.min(at.bottom, innerHeight, isBeside ? innerHeight : below.top);
    return {
        shown: Math.max(0, end - Math.max(at.top, 0)) / Math.min(at.height, 120),
        text: isOnTop(text.querySelector("p")),
        buttons: [...line.querySelectorAll("button")].map(isOnTop),
        sideways: document.documentElement.scrollWidth > innerWidth,
    };
}"""
SMALL_PHONE, LAPTOP = {"width": 375, "height": 667}, {"width": 1280, "height": 720}


async def a_moderator(app: Service) -> Person:
    return await a_person(app, "Ada", duties=[("moderator", "mobility")])


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("size", [SMALL_PHONE, LAPTOP], ids=["phone", "desktop"])
async def test_the_reported_text_and_the_decision_are_in_view_when_a_case_opens(
    app: Service, windows: Windows, db: Database, size: dict[str, int], language: str
) -> None:
    short, long, titled = await some_cases(app, 3)
    words = {"ar": "اشتروا الكوبالت من هنا بأفضل الأسعار. "}.get(
        language, "Buy cobalt here, at the best price. "
    )
    set_text = "UPDATE posts SET body = $1, html = '<p>' || $1 || '</p>' WHERE body LIKE $2"
    await raw_sql(db).execute(set_text, words * 400, "%number 1%")
    await raw_sql(db).execute(
        "UPDATE topics SET title = $1", f"{'A long title of a topic, ' * 11} which ends"
    )
    page = await windows.open(f"/queue?lang={language}", await a_moderator(app), viewport=size)
    for case, key in ((short, ""), (long, "j"), (titled, "j"), (long, "k")):
        if key:
            await page.keyboard.press(key)
        await expect(page.locator(f'#case[data-case="{case}"]')).to_be_visible()
        seen = await page.evaluate(IN_VIEW)
        assert seen["shown"] >= 1 and seen["text"], f"{case}: {seen}"
        assert seen["buttons"] == [True, True] and not seen["sideways"], f"{case}: {seen}"
    # The decision stays in view while one reads on, and what is folded opens without covering it.
    await page.keyboard.press("o")
    await expect(page.locator("#talk #body")).to_be_visible()
    await page.evaluate(
        "document.querySelector('#talk').scrollIntoView({ block: 'center', behavior: 'instant' })"
    )
    assert (await page.evaluate(IN_VIEW))["buttons"] == [True, True]
    await page.keyboard.press("o")
    await expect(page.locator("#talk #body")).to_be_hidden()


async def test_the_undo_of_a_decision_stays_in_view_on_a_phone(app: Service, windows: Windows) -> None:
    first, second = await some_cases(app, 2)
    page = await windows.open("/queue", await a_moderator(app), viewport=SMALL_PHONE)
    await page.locator("#decide").get_by_text("Advertising").click()
    await page.locator("#decide").get_by_role("button", name="Hide").click()
    await expect(page.locator(f'#case[data-case="{second}"]')).to_be_visible()
    for place in (0, 400):
        await page.evaluate(f"scrollTo({{ top: {place}, behavior: 'instant' }})")
        await expect(page.locator("#told button")).to_be_in_viewport(ratio=1)
        seen = await page.evaluate(IN_VIEW)
        assert seen["buttons"] == [True, True], seen
    await page.locator("#told button").click()
    await expect(page.locator(f'#case[data-case="{first}"]')).to_be_visible()
