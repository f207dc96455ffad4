"""What a first visit of a page loads, in requests and in bytes of compressed content, as a browser counts them."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.support.browser import PHONE, TIMEOUT_MS, settled
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.page_rooms import a_host, a_room, asked
from tests.support.service import Service

# Heads of responses are not counted: behind a proxy with HTTP/2 all but the first take a few bytes.
MAX_BYTES = 30_200
# Members load what can be done with posts, and what keeps drafts and counts what is read.
MAX_BYTES_OF_MEMBERS = 38_600
MAX_REQUESTS = 8
# Prose: what our own documentation says.
WORDS = re.findall(r"[A-Za-z,.;]+", (Path(__file__).parents[2] / "docs" / "operations.md").read_text())


async def visit(chromium: Browser, app: Service, path: str, person: Person | None = None) -> dict[str, int]:
    """Load a page in a browser without cache, and return what it asked for, with the bytes of each response."""
    context = await chromium.new_context(base_url=app.url, viewport=PHONE)
    if person:
        await context.add_cookies([{"name": "tertulia", "value": person.token, "url": app.url}])
    page = await context.new_page()
    line = await context.new_cdp_session(page)
    await line.send("Network.enable")
    addresses: dict[str, str] = {}
    heads: dict[str, int] = {}
    sizes: dict[str, int] = {}

    def asked_for(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"].removeprefix(app.url)

    def answered(event: dict[str, Any]) -> None:
        heads[event["requestId"]] = event["response"]["encodedDataLength"]

    def loaded(event: dict[str, Any]) -> None:
        if (one := event["requestId"]) in addresses:
            sizes[addresses[one]] = event["encodedDataLength"] - heads[one]

    line.on("Network.requestWillBeSent", asked_for)
    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", loaded)
    await page.goto(path)
    await settled(page)
    await page.wait_for_load_state("networkidle", timeout=TIMEOUT_MS)
    await context.close()
    return sizes


async def a_long_topic(app: Service) -> str:
    """Open a topic of 50 posts by five people, and return its address."""
    people = [await a_person(app, name) for name in ("Amina", "Jonas", "Lucía", "Wei", "Omar")]
    opened = await a_topic(people[0], "Who audits the refiners?", words(0))
    for number in range(1, 50):
        await a_reply(people[number % 5], opened["id"], words(number))
    return f"/t/{opened['id']}/who-audits-the-refiners"


def words(number: int) -> str:
    """Return 60 words in sentences, of which no two posts have the same."""
    said = WORDS[number * 60 : number * 60 + 60]
    return " ".join(said[:35]) + "\n\n" + " ".join(said[35:])


@pytest.mark.parametrize("signed_in", [False, True], ids=["visitor", "member"])
async def test_a_first_visit_is_light(app: Service, chromium: Browser, signed_in: bool) -> None:
    host = await a_host(app)
    topic, room = await a_long_topic(app), await a_room(host)
    for number in range(10):
        await asked(host, room, f"What does the register say about site {number}?")
    person = await a_person(app, "Ines") if signed_in else None
    found = {path: await visit(chromium, app, path, person) for path in ("/", topic, f"/r/{room}")}
    limit = MAX_BYTES_OF_MEMBERS if signed_in else MAX_BYTES
    for path, sizes in found.items():
        assert len(sizes) <= MAX_REQUESTS and sum(sizes.values()) <= limit, f"{path}: {sizes}"
