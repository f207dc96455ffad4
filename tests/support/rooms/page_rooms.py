"""Builders for rooms in tests of pages."""

from typing import Any

from playwright.async_api import Page, expect

from tests.support.pages import send
from tests.support.people import Person, a_person
from tests.support.service import Service

# The times as the API and as the form expect them.
API_TIMES = {"starts_at": "2026-05-03T14:00:00Z", "ends_at": "2099-05-03T16:00:00Z"}
TIMES = {"starts_at": "2026-05-03T14:00", "ends_at": "2099-05-03T16:00", "time_zone": "Europe/Berlin"}


async def a_room(host: Person, **more: Any) -> int:
    """Create an open room by sending forms; return its id."""
    given = {"sector": "mobility", "title": "Due diligence", "kind": "webinar", "mode": "virtual", **TIMES}
    announced = await send(host, "/g/new", **given)
    assert announced.status_code == 303, announced.text
    planned = await send(
        host, f"{announced.headers['location']}/rooms", title="Questions", allows_anonymous="1", **more
    )
    assert planned.status_code == 303, planned.text
    room = int(planned.headers["location"].rpartition("/")[2])
    assert (await send(host, f"/r/{room}/state", state="open")).status_code == 303
    return room


async def a_host(app: Service, name: str = "Hana") -> Person:
    """Create a member who can host every room."""
    return await a_person(app, name, duties=[("administrator", None)])


async def a_premoderated_room(host: Person, **rules: Any) -> int:
    """Create an open room whose hosts approve questions first."""
    room = await a_room(host)
    version = (await host.get(f"/rooms/{room}")).json()["version"]
    answer = await host.patch(
        f"/rooms/{room}",
        {"rules": {"premoderated": True} | rules},
        headers={"If-Match": f'"{version}"'},
    )
    assert answer.status_code == 200, answer.text
    return room


async def asked(person: Person, room: int, body: str, **more: Any) -> int:
    """Submit a question; return it."""
    answer = await person.post(f"/rooms/{room}/questions", {"body": body, **more})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


async def followed(page: Page) -> Page:
    """Wait until the page is connected and counts at least one attendee; return the page."""
    await expect(page.locator("#here")).not_to_have_text("0")
    return page


async def a_board(host: Person) -> tuple[int, list[int]]:
    """Create a room with a noticeboard; return its id and the ids of the columns."""
    given = {"sector": "mobility", "title": "Due diligence", "kind": "conference", **API_TIMES}
    gathering = (await host.post("/gatherings", given)).json()["id"]
    room = (
        await host.post(f"/gatherings/{gathering}/rooms", {"title": "Market", "modules": ["board"]})
    ).json()
    columns = (await host.get(f"/rooms/{room['id']}/columns")).json()["items"]
    return room["id"], [column["id"] for column in columns]
