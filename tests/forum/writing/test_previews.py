"""Tests of previews: they list the members who will be notified, and reveal nothing about others."""

import asyncio
from typing import Any

from playwright.async_api import Route, expect

from storage.database import Database
from tests.support.browser import Windows, settled
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def shown(who: Person, body: str, draft: str | None = None) -> dict[str, Any]:
    answer = await who.post("/previews", {"body": body} | ({"draft": draft} if draft else {}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found | {"told": [one["handle"] for one in found["told"]]}


async def mentioned(db: Database, post: int) -> list[str]:
    """Who was told that a post calls them by name."""
    rows = await raw_sql(db).fetch(
        "SELECT m.handle FROM notifications n JOIN members m ON m.id = n.member_id "
        "WHERE n.post_id = $1 AND n.kind = 'mentioned' ORDER BY n.id",
        post,
    )
    return [row["handle"] for row in rows]


async def test_those_who_will_be_told_are_told(app: Service, db: Database) -> None:
    amina, jonas, ruth = [await a_person(app, name) for name in ("Amina", "Jonas", "Ruth")]
    topic = (await a_topic(amina))["id"]
    body = f"@{ruth.handle} and @{jonas.handle}, but not @nobody-of-this-name, nor myself, @{amina.handle}."
    seen = await shown(amina, body, f"topic:{topic}")
    assert seen["told"] == [ruth.handle, jonas.handle]
    assert (seen["not_told"], seen["too_many"]) == (["nobody-of-this-name"], [])
    assert (await shown(amina, body, "new:mobility"))["told"] == seen["told"]

    post = (await a_reply(amina, topic, body))["id"]
    await app.run_jobs()
    assert sorted(await mentioned(db, post)) == sorted(seen["told"])
    assert (await shown(amina, "Nobody is called.", f"topic:{topic}"))["told"] == []
    assert (await shown(amina, body))["told"] == [], "it is not said where"


async def test_who_cannot_read_is_as_nobody(app: Service, db: Database) -> None:
    amina, jonas, ruth = [await a_person(app, name) for name in ("Amina", "Jonas", "Ruth")]
    topic = (await a_topic(amina))["id"]
    await raw_sql(db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", topic)
    for one in (amina, jonas):
        await raw_sql(db).execute("INSERT INTO topic_readers VALUES ($1, $2)", topic, one.id)
    seen = await shown(amina, f"@{ruth.handle} @{jonas.handle} @nobody", f"topic:{topic}")
    assert (seen["told"], seen["not_told"]) == ([jonas.handle], [ruth.handle, "nobody"])

    post = (await a_reply(amina, topic, f"@{ruth.handle} @{jonas.handle} @nobody"))["id"]
    await app.run_jobs()
    assert await mentioned(db, post) == [jonas.handle]
    # Whoever cannot read it themselves learns nothing at all.
    for draft in (f"topic:{topic}", f"reply:{post}", f"edit:{post}"):
        answer = await ruth.post("/previews", {"body": f"@{jonas.handle}", "draft": draft})
        unknown = await ruth.post(
            "/previews", {"body": f"@{jonas.handle}", "draft": draft.partition(":")[0] + ":99999999"}
        )
        assert (answer.status_code, answer.content) == (404, unknown.content)


async def test_only_so_many_are_called_and_an_edit_tells_the_new_ones(app: Service, db: Database) -> None:
    amina = await a_person(app)
    others = [(await a_person(app, name)).handle for name in ("Jonas", "Ruth", "Luis")]
    topic = (await a_topic(amina))["id"]
    body = " ".join(f"@{handle}" for handle in others)
    seen = await shown(amina, body, f"topic:{topic}")
    assert (seen["told"], seen["too_many"], seen["not_told"]) == (others[:2], others[2:], [])
    post = (await a_reply(amina, topic, f"@{others[0]}"))["id"]
    await app.run_jobs()
    seen = await shown(amina, f"@{others[0]} @{others[1]}", f"edit:{post}")
    assert (seen["told"], seen["not_told"]) == ([others[1]], [])


async def test_the_forms_say_it_with_and_without_a_script(app: Service, windows: Windows) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas <b>")
    jonas_is = jonas.handle.replace(" ", "").replace("<", "").replace(">", "")
    await raw_sql(app.db).execute("UPDATE members SET handle = $1 WHERE id = $2", jonas_is, jonas.id)
    topic = (await a_topic(amina))["id"]
    body = f"What do you say, @{jonas_is} and @nobody?"
    told = "Will be notified, unless they have muted the topic: Jonas <b>."
    not_told = "Will not be notified, because no member who can read this has the handle: @nobody."
    post = (await a_reply(amina, topic))["id"]
    for path, more in (
        (f"/t/{topic}/reply", {}),
        (f"/p/{post}/reply", {}),
        (f"/p/{post}/edit", {}),
        ("/s/mobility/new", {"title": "A title"}),
    ):
        answer = await amina.client.post(path, data={"body": body, "preview": "1"} | more)
        assert answer.status_code == 200, path
        shown = " ".join(answer.text.split())
        assert "<bdi>Jonas &lt;b&gt;</bdi>" in shown and "<bdi>@nobody</bdi>" in shown, path

    page = await settled(await windows.open(f"/t/{topic}/cobalt-tracing", amina))
    form = page.locator("#reply form")
    # The script that shows it in place comes after the button was pressed.
    scripts: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/js/forum/writing.js", scripts.put)
    await form.locator("[name=body]").fill(body)
    await form.locator("[name=preview]").click()
    script = await scripts.get()
    await script.continue_()
    await expect(form.locator(".preview .told")).to_have_text([told, not_told])
    await form.locator("[name=body]").fill("Nobody.")
    await form.locator("[name=preview]").click()
    await expect(form.locator(".preview .said")).to_have_text("Nobody.")
    await expect(form.locator(".preview .told")).to_have_count(0)
