"""Pages for readers: complete without scripts, without resources of other hosts, with few statements and small files."""

import asyncio
import re
from contextvars import ContextVar
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from storage.database import Reader
from tertulia.http.middleware import HttpMiddleware
from tests.support.pages import BROWSER, every_address, open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

_in_request: ContextVar[bool] = ContextVar("in request", default=False)


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


async def test_every_page_is_valid_and_uses_only_this_host(app: Service) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    for path in await every_address(amina):
        text = await open_page(amina, path)
        page = Page(text)
        assert len(page.all("h1")) == 1, path
        assert len(page.all("main")) == 1 and len(page.all("title")) == 1, path
        assert page.all("html")[0]["lang"] == "en" and page.all("html")[0]["dir"] == "ltr", path
        for tag, attributes in page.tags:
            assert "style" not in attributes, f"{path}: inline style on {tag}"
            assert not any(name.startswith("on") for name in attributes), f"{path}: inline script on {tag}"
            if tag == "script":
                assert (attributes.get("src") or "").startswith("/static/"), path
            for name in ("src", "href", "action", "formaction"):
                assert not (attributes.get(name) or "/").startswith(("//", "javascript:", "data:")), path
            if tag in ("link", "script", "img") or name == "action":
                assert not re.match("[a-z]+:", attributes.get("src") or attributes.get("href") or ""), path
        identities = [attributes["id"] for tag, attributes in page.tags if "id" in attributes]
        assert len(set(identities)) == len(identities) or "<template" in text, f"{path}: an id twice"
        _assert_labelled(page, path)


def _assert_labelled(page: Page, path: str) -> None:
    labels = {attributes.get("for") for attributes in page.all("label")}
    for tag in ("input", "textarea", "select"):
        for attributes in page.all(tag):
            if attributes.get("type") in ("hidden", "checkbox"):
                continue
            assert attributes.get("id") in labels, f"{path}: {attributes} has no label"


async def test_visitors_read_public_pages_and_are_asked_to_sign_in_elsewhere(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    refused = []
    for path in await every_address(amina):
        response = await client.get(path, headers=BROWSER)
        if response.status_code == 401:
            refused.append(path.rpartition("/")[2])
            assert "/signin?next=" in response.text
        else:
            assert response.status_code == 200, path
            assert amina.token not in response.text
    for word in ("new", "new", "settings", "trust", "assigned"):
        refused.remove(word)
    # Pages for moderators of a topic end with its id.
    refused = [word for word in refused if not word.isdigit()]
    question = next(word.rpartition("=")[2] for word in refused if word.startswith("host?"))
    administration = [
        "bodies", "community", "erase", "members", "members?state=unverified", "merge", "pages", "roles", "rules",
        "sign-out", "suspend", amina.handle,
    ]  # fmt: skip
    assert sorted(refused) == sorted([
        "admin", "appeals", "audit", "bookmark", "bookmarks", "bookmarks?order=reminder",
        "deletion", "drafts", "edit", "following", "health", "held", "host",
        f"host?form=dismiss&q={question}", "inbox", "language", "new", "new?kind=alike", "panel", "queue", "reasons",
        "reply", "reply", "rules", "settings", "spam", "unread", "withdraw", *administration,
    ])  # fmt: skip


async def test_titles_and_names_are_escaped_everywhere(app: Service) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    amina = await a_person(app, duties=[("administrator", None)])
    await amina.patch("/me/profile", {"display_name": nasty, "organisation": nasty, "about": nasty})
    topic = await a_topic(amina, nasty, nasty)
    times = {"starts_at": "2026-01-01T10:00:00Z", "ends_at": "2099-01-01T10:00:00Z"}
    given = {"sector": "mobility", "title": nasty, "about": nasty, "place": nasty, **times}
    gathering = (await amina.post("/gatherings", given)).json()["id"]
    room = (await amina.post(f"/gatherings/{gathering}/rooms", {"title": nasty})).json()["id"]
    address = (await amina.client.get(f"/t/{topic['id']}")).headers["location"]
    for path in (
        "/",
        "/s/mobility",
        address,
        f"/g/{gathering}",
        f"/r/{room}",
        f"/m/{amina.handle}",
        "/settings",
        "/admin/roles",
        "/admin/members",
        f"/admin/members/{amina.handle}",
    ):
        text = await open_page(amina, path)
        assert "<img" not in text, path
        assert "&lt;img" in text, path


async def test_missing_and_invisible_pages_look_the_same(app: Service, client: httpx2.AsyncClient) -> None:
    for path in (
        "/t/999/nothing",
        "/t/999",
        "/p/999",
        "/s/nothing",
        "/g/999",
        "/r/999",
        "/m/nobody",
        "/nothing",
    ):
        text = await open_page(client, path, 404)
        assert "Page not found" in text and "Code: not_found" in text
    assert (await client.get("/nothing")).headers["content-type"] == "application/problem+json"


async def test_a_topic_has_one_address(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing")
    reply = await a_reply(amina, topic["id"])
    for path in (f"/t/{topic['id']}", f"/t/{topic['id']}/other"):
        assert (await client.get(path)).headers["location"] == f"/t/{topic['id']}/cobalt-tracing"
    assert (await client.get(f"/p/{reply['id']}")).headers[
        "location"
    ] == f"/t/{topic['id']}/cobalt-tracing/2#p2"


async def test_every_post_of_a_long_topic_has_a_link(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Long")
    for number in range(60):
        await a_reply(amina, topic["id"], f"Reply {number}")
    for number in (2, 30, 55, 61):
        page = await open_page(client, f"/t/{topic['id']}/long/{number}")
        assert f'here" id="p{number}"' in page
    await open_page(client, f"/t/{topic['id']}/long/62", 404)

    seen: list[str] = []
    path: str | None = f"/t/{topic['id']}/long"
    while path:
        page = await open_page(client, path)
        seen += re.findall(r'<article class="[^"]*" id="p(\d+)"', page.partition("<template")[0])
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert [int(number) for number in seen] == list(range(1, 62))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that requests send to the database, without those of the service's background tasks."""
    sent: list[str] = []
    serve = HttpMiddleware._serve

    async def marked(self: HttpMiddleware, *request: Any) -> None:
        _in_request.set(True)
        await serve(self, *request)

    monkeypatch.setattr(HttpMiddleware, "_serve", marked)
    for name in ("rows", "row", "value", "run"):
        real = getattr(Reader, name)

        async def counted(self: Reader, query: Any, _real: Any = real, **binds: Any) -> Any:
            task = asyncio.current_task()
            # Values that every process reads again each second or so: `Refreshed` in storage/cache.py.
            if _in_request.get() and task and task.get_name() != "refresh a value":
                sent.append(query.text)
            return await _real(self, query, **binds)

        monkeypatch.setattr(Reader, name, counted)
    return sent


async def test_a_topic_costs_at_most_three_statements(
    app: Service, client: httpx2.AsyncClient, statements: list[str]
) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing")
    path = f"/t/{topic['id']}/cobalt-tracing"

    async def read_by(who: Person | httpx2.AsyncClient) -> int:
        statements.clear()
        await open_page(who, path)
        return len(statements)

    # A process that is told of her registration only now reads her session once more.
    assert min([await read_by(amina) for _ in range(1 + 2 * len(app.urls))]) <= 3, statements
    # Each process caches pages for visitors.
    for most in (*(3 for _ in app.urls), 1):
        assert 1 <= await read_by(client) <= most, statements


async def test_unchanged_pages_get_304(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, "Cobalt tracing")
    path = f"/t/{topic['id']}/cobalt-tracing"
    first = await client.get(path)
    etag = first.headers["etag"]
    same = await client.get(path, headers={"If-None-Match": etag})
    assert same.status_code == 304 and same.headers["etag"] == etag and same.content == b""

    await a_reply(amina, topic["id"], "Something new")
    after = await client.get(path, headers={"If-None-Match": etag})
    assert after.status_code == 200 and "Something new" in after.text

    await amina.patch("/me/profile", {"display_name": "Amina Kabongo"})
    renamed = await client.get(path, headers={"If-None-Match": after.headers["etag"]})
    assert renamed.status_code == 200 and "Amina Kabongo" in renamed.text


async def test_static_files_are_cached_for_ever_under_versioned_addresses(
    app: Service, client: httpx2.AsyncClient
) -> None:
    page = Page(await open_page(client, "/"))
    sheet = next(link["href"] for link in page.all("link") if link.get("rel") == "stylesheet")
    script = page.all("script")[0]["src"]
    assert sheet and script
    for path in (sheet, script):
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        for accepted, encoding in (("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip")):
            packed = await client.get(path, headers={"Accept-Encoding": accepted})
            assert packed.headers["content-encoding"] == encoding
            assert "immutable" in packed.headers["cache-control"]
            assert plain.text == packed.text
            assert int(packed.headers["content-length"]) < len(plain.content) / 2
        same = await client.get(path, headers={"If-None-Match": packed.headers["etag"]})
        assert same.status_code == 304
        old = await client.get(re.sub(r"/static/\w+/", "/static/0123456789ab/", path))
        assert old.status_code == 200 and old.headers["cache-control"] == "no-cache"
    for path in ("/static/x/../../press.py", "/static/%2e%2e/press.py", "/static/x/nothing.js", "/static/"):
        assert (await client.get(path)).status_code == 404
