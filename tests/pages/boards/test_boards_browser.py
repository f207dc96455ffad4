"""Stock-taking boards in a real browser: by mouse and keyboard, live, without scripts, and accessible."""

import asyncio
import itertools
import re
from datetime import datetime

import pytest
from playwright.async_api import expect

from tests.support.accessibility import CHECK, CLOCKS, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.boards import Table, a_board
from tests.support.browser import DESKTOP, PHONE, Windows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

SEND_TWICE = """() => {
    const form = document.querySelector("main form");
    form.requestSubmit();
    const said = form.querySelector("[role=status]").textContent;
    form.requestSubmit();
    return said;
}"""


async def a_full_board(app: Service) -> Table:
    """Create a board with entries, a duplicate, a claim, a view, a change request, an edition and an import."""
    table = await a_board(app)
    said = {
        "kind": "sectoral",
        "issues": ["forced-labour"],
        "country": "CD",
        "amount": 3,
        "since": "2024-03-01",
    }
    text = {"link": "https://a.example/report", "what": "A long story.\n\nIn two parts."}
    first = await table.add("Responsible Cobalt Initiative", **said, **text)
    await table.add(
        "=1+1 <b>ض</b> " + "long " * 40, kind="technology", issues=["living-wage", "money-laundering"]
    )
    await table.member.put(f"/entries/{first['id']}/confirmations/do_too", {"note": "In Kolwezi."})
    await table.member.post(
        f"/boards/{table.id}/gap-claims", {"cell": {"kind": "reporting", "issues": "asm"}}
    )
    view = {"title": "Sectoral", "query": "where=kind:sectoral", "shared": True}
    await table.curator.post(f"/boards/{table.id}/views", view)
    await table.curator.post(f"/entries/{first['id']}/requests", {"body": "Which year?"})
    await table.change(consolidates_at="2020-02-01T00:00:00Z")
    assert (await table.curator.post(f"/boards/{table.id}/editions", {"note": "One"})).status_code == 201
    content = "Q2FzZSxBbW91bnQKUmVzcG9uc2libGUgQ29iYWx0IEluaXRpYXRpdmUsNwpHb2xkLHgK"
    looked = await table.curator.post(f"/boards/{table.id}/imports", {"name": "a.csv", "content": content})
    assert looked.json()["counts"] == {"new": 0, "changed": 1, "same": 0, "wrong": 1}, looked.text
    return table


def addresses(table: Table, entry: int, looked: int) -> list[str]:
    base = f"/b/{table.id}"
    views = (
        "",
        "?group=kind&where=issues:living-wage&q=long",
        "/matrix",
        "/numbers",
        "/settings",
        "/import",
        "/editions",
    )
    below = "/matrix?rows=issues&columns=kind&within=social-lsm"
    one = (f"/entries/{entry}", f"/entries/{entry}/edit", f"/entries/{entry}/history", "/entries/new")
    others = (below, f"/import/{looked}", f"/import/{looked}/columns", "/editions/1")
    return ["/b", "/s/mobility/boards/new", *(base + path for path in (*views, *one, *others))]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_boards_are_accessible(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks every page of a board in a real browser."""
    table, source = await a_full_board(app), axe_source()
    ids = (await table.member.get(f"/boards/{table.id}/entries")).json()["items"]
    page = await windows.open("/b", table.curator, viewport=size, color_scheme=scheme)
    wrong = []
    async with app.db.read() as tx:
        looked = await tx.connection.fetchval("SELECT id FROM board_imports")
    for path in addresses(table, ids[0]["id"], looked):
        await page.goto(path)
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
        wrong += [f"{path} shows a date as a clock time: {found}" for found in await page.evaluate(CLOCKS)]
        if size is PHONE:
            wrong += [f"{path} too small: {found}" for found in await page.evaluate(SMALL)]
            for direction in ("ltr", "rtl"):
                await page.evaluate(f"document.documentElement.dir = '{direction}'")
                found = await page.evaluate(WIDE.replace(".said table", ".scroll *, .said table"))
                wrong += [f"{path} {direction} too wide: {one}" for one in found]
    assert wrong == [], "\n".join(wrong)
    assert windows.complaints == []


async def test_an_edition_of_today_is_cited_with_its_date(app: Service, windows: Windows) -> None:
    table = await a_full_board(app)
    at = datetime.fromisoformat(
        (await table.member.get(f"/boards/{table.id}/editions/1")).json()["edition"]["published_at"]
    )
    day = f"{at.day} {at:%b %Y}"
    page = await windows.open(f"/b/{table.id}/editions/1", table.member, timezone_id="Pacific/Kiritimati")

    await expect(page.locator("section[aria-labelledby=cite] p").first).to_contain_text(f"edition 1, {day}.")
    assert await page.evaluate(CLOCKS) == []


async def test_entries_are_added_by_keyboard_and_duplicates_are_shown(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    await table.add("Responsible Cobalt Initiative")
    page = await windows.open(f"/b/{table.id}/entries/new", table.member)

    await page.get_by_label("Case", exact=True).focus()
    await page.keyboard.type("Responsible cobalt initative")
    await expect(page.locator("#twins a")).to_have_text("Responsible Cobalt Initiative")
    await page.get_by_label("Case", exact=True).fill("The Copper Mark")
    await page.get_by_label("Kind of case").select_option("value-chain")
    await page.get_by_label("Forced relocation of communities").check()
    await page.get_by_label("Amount").fill("1 250,5")
    await page.get_by_label("Amount").press("Enter")

    await expect(page.get_by_role("heading", level=1)).to_have_text("The Copper Mark")
    await expect(page.locator("dl.says").first).to_contain_text("1250.5")
    assert await table.titles() == ["Responsible Cobalt Initiative", "The Copper Mark"]


@pytest.mark.console_errors("412 (Precondition Failed)")
async def test_the_second_editor_of_a_field_sees_both_versions(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    entry = await table.add(what="First.", amount=1)
    path = f"/b/{table.id}/entries/{entry['id']}/edit"
    one, other = await windows.open(path, table.member), await windows.open(path, table.curator)

    await one.get_by_label("What it is").fill("Amina says so.")
    await one.get_by_role("button", name="Save").click()
    await expect(one.get_by_role("heading", level=1)).to_have_text("Cobalt tracing")
    await other.get_by_label("Amount").fill("9")
    await other.get_by_label("What it is").fill("The curator says otherwise.")
    await other.get_by_role("button", name="Save").click()
    await expect(other.locator(".mine-and-theirs")).to_contain_text("Amina says so.")
    await expect(other.get_by_label("What it is")).to_have_value("The curator says otherwise.")
    await other.get_by_role("button", name="Save").click()
    await expect(other.get_by_role("heading", level=1)).to_have_text("Cobalt tracing")

    now = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert (now["fields"]["what"], now["fields"]["amount"], now["version"]) == (
        "The curator says otherwise.",
        9,
        3,
    )


@pytest.mark.timeout(120)
@pytest.mark.console_errors("412 (Precondition Failed)")
async def test_curators_in_many_windows_do_not_overwrite_each_other(app: Service, windows: Windows) -> None:
    """Slow: eight browser windows edit the same entry."""
    table = await a_board(app)
    entry = await table.add()
    people = [await a_person(app, f"C{n}", duties=[("moderator", "mobility")]) for n in range(8)]
    labels = ["What it is", "Amount", "Source", "Since", "Case"]
    path = f"/b/{table.id}/entries/{entry['id']}/edit"

    async def change(place: int, person: Person) -> None:
        page = await windows.open(path, person)
        label = labels[place % len(labels)]
        said = {
            "Amount": f"{place + 10}",
            "Source": f"https://a.example/{place}",
            "Since": f"2024-01-{place + 10}",
        }
        await page.get_by_label(label, exact=label == "Case").fill(said.get(label, f"Said by {place}"))
        for _ in range(len(people)):
            async with page.expect_navigation():
                await page.get_by_role("button", name="Save").click()
            if not await page.locator(".mine-and-theirs").count():
                break
        await expect(page.get_by_text("Your changes are saved.")).to_be_visible()

    await asyncio.gather(*(change(place, person) for place, person in enumerate(people)))

    now = (await table.member.get(f"/entries/{entry['id']}")).json()
    assert now["version"] == 1 + len(people)
    versions = (await table.member.get(f"/entries/{entry['id']}/versions")).json()["items"]
    for newer, older in itertools.pairwise(versions):
        new, old = newer["fields"], older["fields"]
        differing = {key for key in new | old if new.get(key) != old.get(key)}
        assert len(differing) == 1, "each window changed its own field and no other"


async def test_changes_are_announced_without_moving_rows(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    await table.add("Cobalt")
    page = await windows.open(f"/b/{table.id}", table.member, app.urls[0])
    await expect(page.locator("#state")).to_be_hidden()

    await table.add("Tin")

    pill = page.get_by_role("button", name="1 update")
    await expect(pill).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await pill.click()
    await expect(page.locator("tbody tr")).to_have_count(2)


async def test_a_post_becomes_an_entry_from_its_menu_and_a_gap_is_claimed(
    app: Service, windows: Windows
) -> None:
    table = await a_board(app)
    topic = await a_topic(table.member)
    post = await a_reply(table.member, topic["id"], "The Copper Mark does this.")
    page = await windows.open(f"/t/{topic['id']}", table.curator)

    more = page.locator(f"#p{post['number']} details.more")
    await more.locator("summary").click()
    await more.get_by_role("link", name="Add to a stock-take").click()
    await page.get_by_role("link", name="Good practice").click()
    await page.get_by_label("Case", exact=True).fill("The Copper Mark")
    await page.get_by_role("button", name="Add the entry").click()
    await expect(page.get_by_role("link", name="#2 in “Cobalt tracing”").first).to_be_visible()

    await page.goto(f"/b/{table.id}/matrix?rows=kind&columns=issues")
    await page.get_by_role("button", name=re.compile("I’ll look into it.*technology.*Artisanal")).click()
    await expect(page.get_by_text("is looking into this until")).to_be_visible()


async def test_tables_of_a_board_fit_on_a_laptop(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    await table.add("Cobalt tracing", kind="sectoral", issues=["forced-labour"])
    page = await windows.open(f"/b/{table.id}", table.curator, viewport={"width": 1280, "height": 800})
    headings = ["Entry", "Kind of case", "Impact areas", "Supporters", "Changed"]
    await expect(page.get_by_role("columnheader")).to_have_text([re.compile(one) for one in headings])
    await expect(
        page.get_by_text("3 columns without values not shown: Country, Amount and Since")
    ).to_be_visible()
    for path in ("", "/matrix", "/settings"):
        await page.goto(f"/b/{table.id}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        # Only what is in a positioned box scrolls with it.
        positions = "[...document.querySelectorAll('.scroll')].map(one => getComputedStyle(one).position)"
        assert set(await page.evaluate(positions)) == {"relative"}, path
    sizes = "(one => [one.clientWidth, one.scrollWidth])(document.querySelector('.scroll'))"
    visible, needed = await page.evaluate(sizes)
    assert needed <= visible, "the table of the settings is whole"


async def test_columns_are_mapped_with_the_keyboard_alone_on_a_phone(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    page = await windows.open(
        f"/b/{table.id}/import", table.curator, viewport=PHONE, java_script_enabled=False
    )
    content = b"Minerai;Depuis\nCobalt;03/04/2026\n"
    await page.get_by_label("Table").set_input_files(
        files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": content}]
    )
    await page.get_by_role("button", name="Upload and preview").press("Enter")
    first = page.get_by_label(re.compile("Minerai"))
    await first.focus()
    await first.press("C")
    await expect(first).to_have_value("title")
    await first.press("Tab")
    await page.keyboard.press("S")
    await expect(page.get_by_label(re.compile("Depuis"))).to_have_value("since")
    await page.get_by_role("button", name="Show the preview").press("Enter")

    await expect(page.get_by_text("can be 2026-04-03 or 2026-03-04")).to_be_visible()
    await page.get_by_role("link", name="Change columns").press("Enter")
    dates = page.get_by_label(re.compile("Dates such as 03/04/2026"))
    await dates.focus()
    await dates.press("D")
    await page.get_by_role("button", name="Show the preview").press("Enter")
    await page.get_by_role("button", name="Apply changes").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Applied changes")
    assert await table.titles() == ["Cobalt"]
    await page.go_back()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], "nothing is wider than the phone"


async def test_boards_work_without_scripts(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    page = await windows.open(f"/b/{table.id}", table.curator, java_script_enabled=False)

    await page.get_by_role("link", name="Add an entry").click()
    await page.get_by_label("Case", exact=True).fill("Cobalt")
    await page.get_by_label("Kind of case").select_option("sectoral")
    await page.get_by_role("button", name="Add the entry").click()
    await page.locator("summary", has_text="We do this too").click()
    await page.get_by_role("button", name="We do this too").click()
    await page.goto(f"/b/{table.id}?where=kind:sectoral")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("Save this view as").fill("Sectoral")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("link", name="Sectoral", exact=True).first).to_be_visible()
    await page.goto(f"/b/{table.id}/import")
    await page.get_by_label("Table").set_input_files(
        files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"Case,Amount\nCobalt,3\nTin,4\n"}]
    )
    await page.get_by_role("button", name="Upload and preview").click()
    await page.get_by_role("button", name="Apply changes").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Applied changes")
    assert await table.titles() == ["Cobalt", "Tin"]


async def test_an_upload_says_that_it_takes_a_while_and_is_sent_once(app: Service, windows: Windows) -> None:
    table = await a_board(app)
    page = await windows.open(f"/b/{table.id}/import", table.curator, viewport=PHONE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    await page.get_by_label("Table").set_input_files(
        files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"Case,Amount\nCobalt,3\n"}]
    )

    said = await page.evaluate(SEND_TWICE)

    assert said == "The table is being read. This can take up to 20 seconds."
    await expect(page.get_by_role("heading", level=1)).to_have_text("Preview of changes")
    assert sent.count("POST") == 1
    await page.go_back()
    await expect(page.locator("[data-while-sending]")).to_be_empty()
