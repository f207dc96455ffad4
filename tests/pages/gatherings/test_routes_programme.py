"""The programme, the settings of rooms and the committees, with plain forms and in a browser."""

import os
import re
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from tests.support.accessibility import CHECK, SMALL, WIDE
from tests.support.axe import axe_source
from tests.support.browser import DESKTOP, Windows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person
from tests.support.requests import GATHERING
from tests.support.service import Service

BODY = "steering-committee"


async def a_conference(host: Person) -> dict[str, Any]:
    """Create a gathering with an open room and four sessions: one over, one running, one cancelled, one upcoming."""
    now = clock.now().replace(second=0, microsecond=0)
    given = GATHERING | {
        "sector": "mobility",
        "title": "Battery passport days",
        "about": "Two days on what the passport asks of those who mine, refine and assemble.",
        "starts_at": f"{now - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    gathering: dict[str, Any] = (await host.post("/gatherings", given)).json()
    room = (await host.post(f"/gatherings/{gathering['id']}/rooms", {"title": "Plenary"})).json()
    closed = {"title": "Steering committee, prepared", "rules": {"entry": "body", "body": BODY}}
    await host.post(f"/gatherings/{gathering['id']}/rooms", closed)
    assert (await host.put(f"/rooms/{room['id']}/state", {"state": "open"})).status_code == 200
    speakers = [
        {"name": "Amina Bello", "organisation": "Kolwezi Cooperative", "handle": host.handle},
        {"name": "J. Ndiaye"},
    ]
    for title, begins, room_id, more in (
        ("Welcome", -3, room["id"], {"language": "en"}),
        (
            "What a passport asks of a mine",
            -1,
            room["id"],
            {"language": "fr", "speakers": speakers, "about": "Talk."},
        ),
        ("Lunch", 1, None, {}),
        ("Auditors answer", 2, room["id"], {"language": "pt-BR", "speakers": speakers[1:]}),
    ):
        times = {
            "starts_at": f"{now + timedelta(hours=begins):%Y-%m-%dT%H:%M:%SZ}",
            "ends_at": f"{now + timedelta(hours=begins, minutes=90):%Y-%m-%dT%H:%M:%SZ}",
        }
        planned = await host.post(
            f"/gatherings/{gathering['id']}/sessions", {"title": title, "room": room_id, **times, **more}
        )
        assert planned.status_code == 201, planned.text
        if title == "Lunch":
            await host.patch(f"/programme/{planned.json()['id']}", {"state": "cancelled"})
    return gathering | {"room": room["id"], "session": planned.json()["id"]}


async def test_the_programme_marks_the_running_session(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    made = await a_conference(host)
    page = await open_page(await a_person(app, "Jonas"), f"/g/{made['id']}")
    assert re.findall(r'<li id="session-\d+"\s+class="([^"]*)"', page) == [" over", "now", " off", ""]
    assert page.count("<span data-now>") == 1 and "Enter the room" in page
    assert "Français" in page and "Português (pt-BR)" in page and "Kolwezi Cooperative" in page
    assert f"/feeds/gatherings/{made['id']}.ics" in page
    assert "/edit" not in page and "Steering committee, prepared" not in page
    for path in ("/", "/g"):
        listed = await open_page(await a_person(app, "Fatou"), path)
        assert "On now" in listed and "What a passport asks of a mine" in listed
        assert "Auditors answer" not in listed
    assert f"/programme/{made['session']}/edit" in await open_page(host, f"/g/{made['id']}")


async def test_a_session_is_planned_changed_and_cancelled_by_forms(app: Service) -> None:
    host, member = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    made = await a_conference(host)
    new = f"/g/{made['id']}/programme/new"
    assert "Add a session" in await open_page(host, new)
    assert (await member.client.get(new, headers={"Accept": "text/html"})).status_code == 403
    given = {
        "title": "Closing words",
        "starts_at": "2027-03-01T10:00",
        "ends_at": "2027-03-01T11:00",
        "time_zone": "Africa/Lubumbashi",
        "room": str(made["room"]),
        "language": "sw",
        "speakers": f"Zawadi M., Union of miners, Kolwezi, @{host.handle}\r\n\r\nK. Ito",
        "about": "Thanks.",
    }
    assert (await send(member, new, **given)).status_code == 403
    assert (await send(host, new, **given)).status_code == 303
    session = (await host.get(f"/gatherings/{made['id']}/sessions")).json()["items"][-1]
    assert session["starts_at"] == "2027-03-01T08:00:00Z"
    assert session["speakers"] == [
        {"name": "Zawadi M.", "organisation": "Union of miners, Kolwezi", "handle": host.handle},
        {"name": "K. Ito"},
    ]
    taken = await send(host, new, **given | {"title": "At the same time"})
    assert taken.status_code == 409 and "At the same time" in taken.text

    edit = f"/programme/{session['id']}/edit"
    page = await open_page(host, edit)
    assert 'value="2027-03-01T10:00"' in page and f"@{host.handle}\nK. Ito" in page
    assert (await send(host, edit, version="1", **given | {"title": "Last words"})).status_code == 303
    late = await send(host, edit, version="1", **given | {"title": "Late words"})
    assert late.status_code == 412 and "Late words" in late.text
    for wrong, words in (
        ({"time_zone": "Mars"}, "not known"),
        ({"starts_at": "soon"}, "date and a time"),
        ({"speakers": "A, @nobody-at-all"}, "Nobody here"),
        ({"room": "x"}, "one of the rooms"),
        ({"language": "Klingon!"}, "not acceptable"),
    ):
        refused = await send(host, edit, version="2", **given | wrong)
        assert refused.status_code == 422 and words in refused.text, wrong
    assert (await send(host, edit, version="2", state="cancelled")).status_code == 303
    assert "Restore the session" in await open_page(host, edit)
    assert (await send(member, edit, version="3", state="planned")).status_code == 403


async def test_a_room_is_set_up_by_forms(app: Service) -> None:
    host, member = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    made = await a_conference(host)
    path = f"/r/{made['room']}/settings"
    assert (await member.client.get(path, headers={"Accept": "text/html"})).status_code == 403
    version = re.search(r'name="version" value="(\d+)"', await open_page(host, path))
    assert version
    given = {
        "title": "Plenary hall",
        "modules": ["questions", "polls"],
        "entry": "invited",
        "writers": "panel",
        "slow_seconds": "30",
        "question_length": "500",
        "premoderated": "1",
        "version": version[1],
    }
    assert (await send(member, path, **given)).status_code == 403
    assert (await send(host, path, **given)).status_code == 303
    room = (await host.get(f"/rooms/{made['room']}")).json()
    assert room["title"] == "Plenary hall" and room["modules"] == ["polls", "questions"]
    assert room["rules"] == {
        "anonymous": False,
        "entry": "invited",
        "body": None,
        "writers": "panel",
        "premoderated": True,
        "slow_seconds": 30,
        "question_length": 500,
        "publishes_choices": False,
    }
    stale = await send(host, path, **given | {"title": "Later"})
    assert stale.status_code == 412 and "Later" in stale.text
    now = given | {"version": str(room["version"])}
    for wrong in ({"entry": "body"}, {"slow_seconds": "x"}, {"question_length": "9"}, {"entry": "me"}):
        assert (await send(host, path, **now | wrong)).status_code == 422, wrong

    people = f"/r/{made['room']}/people"
    assert (await send(member, people, kind="guests", handle=member.handle)).status_code == 404
    assert (await send(host, people, kind="guests", handle="@" + member.handle)).status_code == 303
    assert member.handle in await open_page(host, path)
    assert (await member.get(f"/rooms/{made['room']}")).status_code == 200
    assert (await send(host, people, kind="panel", handle="nobody-at-all")).status_code == 422
    assert (await send(host, people, kind="hosts", handle=member.handle)).status_code == 422
    assert (await send(host, people, kind="guests", handle=member.handle, remove="1")).status_code == 303
    assert (await member.get(f"/rooms/{made['room']}")).status_code == 404


async def test_administrators_add_members_to_committees(app: Service) -> None:
    root, member = await a_person(app, duties=[("administrator", None)]), await a_person(app, "Jonas")
    assert (await member.client.get("/admin/bodies", headers={"Accept": "text/html"})).status_code == 403
    assert (await send(member, "/admin/bodies", body=BODY, handle=member.handle)).status_code == 403
    assert (await send(root, "/admin/bodies", body=BODY, handle=member.handle)).status_code == 303
    assert f"@{member.handle}" in await open_page(root, "/admin/bodies")
    assert (await send(root, "/admin/bodies", body=BODY, handle="nobody-at-all")).status_code == 422
    assert (await send(root, "/admin/bodies", body=BODY, handle=member.handle, remove="1")).status_code == 303
    assert f"@{member.handle}" not in await open_page(root, "/admin/bodies")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
async def test_programme_pages_are_accessible(
    app: Service, windows: Windows, width: int, scheme: str
) -> None:
    """Slow: axe-core checks the pages of a programme in a real browser."""
    source, host = axe_source(), await a_person(app, duties=[("administrator", None)])
    made = await a_conference(host)
    await host.put(f"/rooms/{made['room']}/guests/{host.handle}")
    size = DESKTOP | {"width": width}
    page = await windows.open("/help", host, viewport=size, color_scheme=scheme, timezone_id="Asia/Kolkata")
    wrong = []
    for path in (
        "/",
        "/g",
        f"/g/{made['id']}",
        f"/g/{made['id']}/programme/new",
        f"/programme/{made['session']}/edit",
        f"/r/{made['room']}/settings",
        "/admin/bodies",
    ):
        await page.goto(path)
        await page.evaluate(source)
        wrong += [f"{path} {found}" for found in await page.evaluate(CHECK)]
        wrong += [f"{path} too small: {found}" for found in await page.evaluate(SMALL)]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} scrolls sideways: {await page.evaluate(WIDE)}")
        if folder := os.environ.get("SHOTS"):
            name = path.strip("/").replace("/", "-") or "home"
            await page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
    assert wrong == []
    assert windows.complaints == []


async def test_times_are_shown_in_the_readers_zone_and_changes_are_announced(
    app: Service, windows: Windows
) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    made = await a_conference(host)
    page = await windows.open(f"/g/{made['id']}", timezone_id="Asia/Kolkata")
    begins = await page.text_content(f"#session-{made['session']} time[data-hour]")
    utc = await page.get_attribute(f"#session-{made['session']} time[data-hour]", "datetime")
    assert utc and begins
    minutes = (int(utc[11:13]) * 60 + int(utc[14:16]) + 330) % 1440
    assert begins == f"{minutes // 60:02}:{minutes % 60:02}"
    assert await page.locator("[data-utc]").count() == 0
    assert await page.locator(".slots .now").count() == 1
    changed = await host.patch(f"/programme/{made['session']}", {"title": "Auditors answer at last"})
    assert changed.status_code == 200
    await page.get_by_text("1 update").click()
    await page.get_by_text("Auditors answer at last").wait_for()
    assert windows.complaints == []
