"""Polls with plain forms and in a real browser: every kind is answered, opened and closed while others watch."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.accessibility import CHECK, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, TIMEOUT_MS, Windows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person
from tests.support.rooms.page_rooms import a_room
from tests.support.service import Service, raw_sql

PHONE = {"width": 390, "height": 844}
FORMS: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {
    "single": ({"options": "Audit\nTrace\n"}, {"choice": "1"}, 1),
    "several": ({"options": "Audit\nTrace\nTalk", "most": "2"}, {"choice": ["2", "0"]}, [0, 2]),
    "ranked": ({"options": "Audit\nTrace\nTalk"}, {"rank-0": "2", "rank-1": "", "rank-2": "1"}, [2, 0]),
    "scale": ({"low": "0", "high": "10", "low_label": "Not at all"}, {"choice": "7"}, 7),
    "words": ({"most": "2"}, {"word": ["Cobalt", ""]}, ["Cobalt"]),
}
NONSENSE: dict[str, dict[str, Any]] = {
    "single": {},
    "several": {"choice": ["0", "1", "2"]},
    "ranked": {"rank-0": "1", "rank-1": "1"},
    "scale": {"choice": "eleven"},
    "words": {"word": [" "]},
}


async def a_poll_room(host: Person) -> int:
    room = await a_room(host)
    await raw_sql(host.service.db).execute(
        "UPDATE rooms SET modules = '{questions,polls}' WHERE id = $1", room
    )
    return room


async def drafted(host: Person, room: int, kind: str, **more: Any) -> int:
    made = await send(host, f"/r/{room}/polls", kind=kind, title=f"What of {kind}?", **FORMS[kind][0] | more)
    assert made.status_code == 303, made.text
    polls = (await host.get(f"/rooms/{room}/polls")).json()["items"]
    return int(polls[-1]["id"])


async def moved(host: Person, room: int, poll: int, state: str) -> None:
    version = (await host.get(f"/polls/{poll}")).json()["version"]
    done = await send(host, f"/r/{room}/polls/{poll}/state", state=state, version=str(version))
    assert done.status_code == 303, done.text


def shown(page: str) -> str:
    """Return the page without the templates that its script uses."""
    return re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("kind", FORMS)
async def test_polls_work_without_scripts(app: Service, kind: str) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room = await a_poll_room(host)
    poll = await drafted(host, room, kind)
    assert f"What of {kind}?" not in await open_page(jonas, f"/r/{room}/polls")
    assert (
        await jonas.client.get(f"/r/{room}/polls?edit={poll}", headers={"Accept": "text/html"})
    ).status_code == 404
    edited = await send(
        host, f"/r/{room}/polls/{poll}/change", title="What now?", version="1", **FORMS[kind][0]
    )
    assert edited.status_code == 303
    assert (await send(host, f"/r/{room}/polls/{poll}/change", title="x", version="2")).status_code == 422
    await moved(host, room, poll, "open")
    refused = await send(jonas, f"/r/{room}/polls/{poll}/ballot", **NONSENSE[kind])
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert (await send(jonas, f"/r/{room}/polls/{poll}/ballot", **FORMS[kind][1])).status_code == 303
    assert (await jonas.get(f"/polls/{poll}")).json()["my_answer"] == FORMS[kind][2]
    page = shown(await open_page(jonas, f"/r/{room}/polls"))
    assert "Change my answer" in page and 'class="outcome"' not in page
    assert "Only hosts can see this" in await open_page(host, f"/r/{room}/polls")
    assert (await send(jonas, f"/r/{room}/polls/{poll}/ballot", take="1")).status_code == 303
    assert (await jonas.get(f"/polls/{poll}")).json()["ballots"] == 0
    await send(jonas, f"/r/{room}/polls/{poll}/ballot", **FORMS[kind][1])
    await moved(host, room, poll, "closed")
    assert 'class="outcome"' in shown(await open_page(jonas, f"/r/{room}/polls"))
    assert (await send(jonas, f"/r/{room}/polls/{poll}/state", state="open", version="4")).status_code == 403


async def test_a_refused_form_keeps_its_values_and_hosts_remove_words(app: Service) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room = await a_poll_room(host)
    refused = await send(host, f"/r/{room}/polls", kind="single", title="What first?", options="Only one")
    assert refused.status_code == 422 and "Only one" in refused.text and "2 and 20" in refused.text
    poll = await drafted(host, room, "words")
    await moved(host, room, poll, "open")
    await send(jonas, f"/r/{room}/polls/{poll}/ballot", word="Rude")
    strike = f"/r/{room}/polls/{poll}/strike"
    assert (await send(jonas, strike, word="rude", reason="No.")).status_code == 403
    assert (await send(host, strike, word="rude", reason="It is rude.")).status_code == 303
    page = await open_page(host, f"/r/{room}/polls")
    assert re.search(r"Removed: <bdi>rude</bdi>, <bdi>It is rude.</bdi>", page) and "No words yet" in page
    assert (await send(host, strike, word="rude", back="1")).status_code == 303
    for nonsense in ({}, {"word": "x" * 81}, {"word": "x"}):
        assert (await send(host, strike, **nonsense)).status_code == 422


async def test_polls_open_and_close_on_open_pages(app: Service, windows: Windows) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room = await a_poll_room(host)
    poll = await drafted(host, room, "single", live="1")
    page = await windows.open(f"/r/{room}/polls", jonas, viewport=PHONE)
    visitor = await windows.open(f"/r/{room}/polls")
    await expect(page.get_by_text("No polls yet.")).to_be_visible()
    await moved(host, room, poll, "open")
    await page.get_by_label("Trace").check()
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="Your answer is saved")).to_be_visible()
    await expect(page.get_by_role("button", name="Change my answer")).to_be_visible()
    row = visitor.get_by_role("row", name="Trace")
    await expect(row.get_by_role("cell").first).to_have_text("1")
    await expect(visitor.locator("[data-ballots]")).to_have_text("1")
    await moved(host, room, poll, "closed")
    await expect(page.get_by_text("Closed", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Change my answer")).to_have_count(0)
    assert windows.complaints == []


async def test_an_unsent_answer_survives_updates(app: Service, windows: Windows) -> None:
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    room = await a_poll_room(host)
    first, second = await drafted(host, room, "words"), await drafted(host, room, "ranked")
    await moved(host, room, first, "open")
    page = await windows.open(f"/r/{room}/polls", jonas)
    await page.get_by_label("Word 1").fill("Coba")
    await moved(host, room, second, "open")
    await expect(page.get_by_role("heading", name="What of ranked?")).to_be_visible()
    assert await page.get_by_label("Word 1").input_value() == "Coba"
    for name, rank in (("Audit", "1"), ("Talk", "1")):
        await page.get_by_label(name).select_option(rank)
    await page.locator(f"#poll{second}").get_by_role("button", name="Answer").click()
    await expect(page.get_by_role("alert")).to_have_text("Choose a different rank for each option.")
    assert windows.complaints == []


_POLLS = """() => [...document.querySelectorAll('.poll')].map(poll => {
  const copy = poll.cloneNode(true);
  for (const one of copy.querySelectorAll('progress')) one.setAttribute('value', one.value);
  return copy.outerHTML.replace(/\\s+/g, ' ').replace(/> /g, '>').replace(/ </g, '<');
})"""


@pytest.mark.timeout(120)
async def test_events_render_polls_exactly_as_pages_do_without_requests(
    app: Service, windows: Windows
) -> None:
    """Slow: every kind of poll is opened, answered and closed in a real browser, and compared with a new page."""
    host, jonas = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    fatou, room = await a_person(app, "Fatou"), await a_poll_room(host)
    polls = {kind: await drafted(host, room, kind) for kind in FORMS}
    more = await drafted(host, room, "scale", by_group="1", live="1", high_label="Much")
    page, visitor = [await windows.open(f"/r/{room}/polls", who) for who in (jonas, None)]
    read: list[str] = []
    for each in (page, visitor):
        await expect(each.locator("#here")).to_have_text("2")
        each.on("request", lambda request: read.append(request.url))

    async def agree() -> None:
        for each, who in ((page, jonas), (visitor, None)):
            fresh = await windows.open(f"/r/{room}/polls", who)
            wanted = await fresh.evaluate(_POLLS)
            await fresh.context.close()
            assert len(wanted) == 6
            async with asyncio.timeout(TIMEOUT_MS / 1000):
                while await each.evaluate(_POLLS) != wanted:
                    await each.wait_for_timeout(100)

    for poll in (*polls.values(), more):
        await moved(host, room, poll, "open")
        await expect(page.locator(f"#poll{poll} form")).to_be_visible()
        await expect(visitor.locator(f"#poll{poll}").get_by_text("Sign in to answer")).to_be_visible()
    await page.wait_for_timeout(1200)
    assert read == []
    await agree()
    for kind, poll in polls.items():
        await send(fatou, f"/r/{room}/polls/{poll}/ballot", **FORMS[kind][1])
        await moved(host, room, poll, "closed")
        await expect(page.locator(f"#poll{poll} .outcome")).to_be_visible()
        if kind != "words":
            assert read == []
    await agree()
    assert windows.complaints == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")])
async def test_poll_pages_are_accessible(
    app: Service, windows: Windows, size: dict[str, int], scheme: str
) -> None:
    """Slow: axe-core checks every kind of poll in a real browser."""
    source = axe_source()
    host = await a_person(app, duties=[("administrator", None)])
    room = await a_poll_room(host)
    page = await windows.open("/help", host, viewport=size, color_scheme=scheme)
    wrong: list[str] = []

    async def look(at: str) -> None:
        await page.goto(f"/r/{room}/polls")
        await page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
        await page.evaluate(source)
        wrong.extend(f"{at} {found}" for found in await page.evaluate(CHECK))
        wrong.extend(f"{at} too small: {found}" for found in await page.evaluate(SMALL))
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{at} scrolls sideways: {await page.evaluate(WIDE)}")

    polls = {kind: await drafted(host, room, kind) for kind in FORMS}
    for state in ("draft", "open", "closed"):
        for kind, poll in polls.items():
            if state != "draft":
                await moved(host, room, poll, state)
            if state == "open":
                await send(host, f"/r/{room}/polls/{poll}/ballot", **FORMS[kind][1])
        await look(state)
    assert wrong == []
