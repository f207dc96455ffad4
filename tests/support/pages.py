"""Pages without a browser: open them, find their fields, and send their forms."""

import re
from html import unescape
from typing import Any

import httpx2

from core import clock
from tests.support.people import Person, a_reply, a_topic

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def open_page(person: Person | httpx2.AsyncClient, path: str, status: int = 200) -> str:
    client = person.client if isinstance(person, Person) else person
    response = await client.get(path, headers=BROWSER)
    assert response.status_code == status, f"{path}: {response.status_code} {response.text[:300]}"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


async def every_address(amina: Person) -> list[str]:
    topic = await a_topic(amina, 'Cobalt <tracing> & "audits"', tags=["cobalt"])
    reply = await a_reply(amina, topic["id"], "Ours too.\n\n|a|b|\n|-|-|\n|1|2|")
    times = {"starts_at": "2026-01-01T10:00:00Z", "ends_at": "2099-01-01T10:00:00Z"}
    gathering = (
        await amina.post("/gatherings", {"sector": "mobility", "title": "Due diligence", **times})
    ).json()["id"]
    room = (await amina.post(f"/gatherings/{gathering}/rooms", {"title": "Questions"})).json()["id"]
    await amina.put(f"/rooms/{room}/state", {"state": "open"})
    question = (await amina.post(f"/rooms/{room}/questions", {"body": "Who pays?"})).json()["id"]
    post = reply["id"]
    tended = (await a_topic(amina, "Tended", kind="question"))["id"]
    answer = await a_reply(amina, tended, "So.")
    aside = await a_reply(amina, tended, "By the way.")
    await amina.put(f"/topics/{tended}/answer", {"post": answer["id"]})
    await amina.post(f"/topics/{tended}/moves", {"posts": [aside["id"]], "title": "By the way"})
    await amina.put(f"/topics/{tended}/slow", {"seconds": 60})
    await amina.put(f"/topics/{tended}/timers/remind", {"at": "2099-01-01T10:00:00Z", "note": "Look again."})
    await amina.put(f"/topics/{tended}/assignment", {"member": amina.handle})
    await amina.put(f"/posts/{post}/bookmark", {"note": "Look again.", "remind_at": "2099-01-01T10:00:00Z"})
    await amina.post("/searches", {"query": "cobalt audit"})
    for version in range(2):
        await amina.put(
            "/community-pages/imprint", {"version": version, "texts": {"en": f"Version {version}."}}
        )
    return [
        "/", "/s", "/s/mobility", "/s/mobility?order=discussed&tag=cobalt", "/s/mobility/new",
        f"/t/{topic['id']}/cobalt-tracing-audits", f"/t/{topic['id']}/cobalt-tracing-audits?order=time",
        f"/t/{topic['id']}/cobalt-tracing-audits/2", f"/t/{topic['id']}/cobalt-tracing-audits?branch=2",
        f"/p/{post}/reply", f"/p/{post}/edit", f"/p/{post}/withdraw", f"/p/{post}/language",
        f"/p/{post}/bookmark", "/bookmarks", "/bookmarks?order=reminder",
        f"/p/{post}/history", f"/p/{post}/citations",
        "/g", "/g/new", f"/g/{gathering}", f"/r/{room}", f"/r/{room}?show=answered",
        f"/r/{room}/host", f"/r/{room}/host?form=dismiss&q={question}", f"/r/{room}/panel", f"/r/{room}/stage",
        f"/g/{gathering}/programme/new", f"/r/{room}/settings", "/admin/bodies",
        "/signin", "/register", "/reset", "/reset/token", "/verify/token", "/settings", "/inbox",
        "/unread", "/following", "/admin", "/help", "/appearance",
        "/about/imprint", "/about/imprint?version=1", "/admin/pages", "/admin/pages/rules", "/admin/community",
        "/admin/roles", "/admin/members", "/admin/members?state=unverified", f"/admin/members/{amina.handle}",
        *(f"/admin/members/{amina.handle}/{action}" for action in ("sign-out", "suspend", "erase", "merge")),
        "/drafts", f"/t/{tended}/tended/reply",
        f"/m/{amina.handle}", f"/t/{tended}/tended", f"/tend/{tended}", f"/move/{tended}", "/settings/trust", "/assigned",
        "/settings/deletion",
        "/tags", "/tags/cobalt", f"/change/{tended}",
        "/queue", "/queue/health", "/queue/appeals", "/rules", "/rules/new?kind=alike", "/reasons", "/reasons/spam",
        "/held", "/ledger", "/audit", "/report", f"/transparency/{clock.now().year}",
        "/search", "/search?q=cobalt", "/search?q=cobolt", "/search?q=nothing+in:nowhere",
    ]  # fmt: skip


async def send(person: Person | httpx2.AsyncClient, path: str, **fields: Any) -> httpx2.Response:
    """Send a form as a browser does, without following the redirect."""
    client = person.client if isinstance(person, Person) else person
    return await client.post(path, data=fields, headers=BROWSER)


def text_in(page: str) -> str:
    """Return the content of the page's text field."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.S)
    assert found
    return unescape(found[1])


def key_in(page: str) -> str:
    """Return the idempotency key in the page's form."""
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]
