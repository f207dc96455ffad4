"""The kinds of hostile input: each prepares what it needs and returns the requests to send."""

import asyncio
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
from msgspec import Struct

from bench.harness.hostile_files import ARCHIVES, TABLES, UPLOADS
from bench.harness.hostile_texts import HOSTILE
from bench.harness.processes import LOAD_CORE, on_core
from bench.harness.service import API, Community, Person, Service
from members.accounts.cookies import NAME

_BROWSER = {"Accept": "text/html"}


class World(Struct):
    """The running service, a client of it, and who writes where."""

    service: Service
    made: Community
    people: Sequence[Person]
    topic: int
    board: int

    async def send(self, method: str, path: str, body: object = None, person: int = 1) -> httpx2.Response:
        """Send one request as a member and return the answer, whatever it is."""
        headers = {"Authorization": f"Bearer {self.people[person].token}"}
        if not path.startswith(API):
            headers = {"Cookie": f"{NAME}={self.people[person].token}"} | _BROWSER
        return await self.made.http.request(method, path, headers=headers, json=body, follow_redirects=True)

    async def call(self, method: str, path: str, body: object = None, person: int = 1) -> Any:
        """Send one request to the API and return the decoded answer."""
        return await self.made.call(method, path, self.people[person].token, body)


Request = Callable[[], Awaitable[httpx2.Response | None]]
Kind = Callable[[World], Awaitable[Sequence[Request]]]


def _each(world: World, method: str, path: str, bodies: Sequence[object]) -> list[Request]:
    return [lambda body=body: world.send(method, API + path, body) for body in bodies]  # type: ignore[misc]


async def _nothing(world: World) -> Sequence[Request]:
    return [lambda: world.send("GET", f"{API}/topics/{world.topic}") for _ in range(200)]


async def _drafts(world: World) -> Sequence[Request]:
    # As many drafts as a member may have, of every text; then the list of them.
    texts = list(HOSTILE.values())
    for n in range(200):
        change = {"body": texts[n % len(texts)], "sequence": 0, "owner": "w1"}
        await world.send("PUT", f"{API}/drafts/topic:{n + 1}", change)
    lists = [lambda path=path: world.send("GET", path) for path in (f"{API}/drafts", "/drafts")]  # type: ignore[misc]
    return lists * 10


async def _posts(world: World) -> Sequence[Request]:
    return _each(
        world, "POST", f"/topics/{world.topic}/posts", [{"body": text} for text in HOSTILE.values()] * 2
    )


async def _previews(world: World) -> Sequence[Request]:
    draft = f"topic:{world.topic}"
    return _each(
        world, "POST", "/previews", [{"body": text, "draft": draft} for text in HOSTILE.values()] * 2
    )


async def _quotations(world: World) -> Sequence[Request]:
    # Each quotes a hostile post, in words that are compared with all of it.
    bodies = []
    for text in HOSTILE.values():
        answer = await world.send("POST", f"{API}/topics/{world.topic}/posts", {"body": text})
        if answer.status_code == 201:
            post = answer.json()
            lines = "\n".join(f"> {line}" for line in text[:9_000].split("\n"))
            bodies.append({"body": f"> [A, #{post['number']}](/p/{post['id']}):\n{lines}\n\nNo."[:20_000]})
    return _each(world, "POST", f"/topics/{world.topic}/posts", bodies)


async def _histories(world: World) -> Sequence[Request]:
    texts = list(HOSTILE.values())
    requests: list[Request] = []
    for before, after in zip(texts, [*texts[1:], texts[0]], strict=True):
        answer = await world.send("POST", f"{API}/topics/{world.topic}/posts", {"body": before})
        if answer.status_code == 201:
            post = answer.json()["id"]
            for text in (after, before[::-1].strip("\n") or "x", before):
                await world.send("PATCH", f"{API}/posts/{post}", {"body": text})
            requests.append(lambda post=post: world.send("GET", f"/p/{post}/history"))  # type: ignore[misc]
    return requests


async def _pages(world: World) -> Sequence[Request]:
    for text in HOSTILE.values():
        await world.send("POST", f"{API}/topics/{world.topic}/posts", {"body": text})
    paths = (f"/t/{world.topic}", f"/t/{world.topic}?order=time", f"{API}/topics/{world.topic}/posts")
    return [lambda path=path: world.send("GET", path) for path in paths * 6]  # type: ignore[misc]


async def _filters(world: World) -> Sequence[Request]:
    tests = (
        {"kind": "links", "most": 5},
        {"kind": "phrases", "phrases": [f"{'a' * 60}{n}b" for n in range(100)]},
        {"kind": "pattern", "pattern": r"\b(\w+\s){60}!"},
        {"kind": "alike"},
        {"kind": "mentions", "most": 5},
        {"kind": "languages", "languages": ["en"]},
    )
    for test in tests:
        rule = await world.call(
            "POST", "/rules", {"name": str(test["kind"]), "test": test, "action": "flag"}, 0
        )
        await world.call("PUT", f"/rules/{rule['id']}/force", {"version": 1}, 0)
    return await _posts(world)


async def _searches(world: World) -> Sequence[Request]:
    queries = [text[:300].strip() or "x" for text in HOSTILE.values()]
    return [
        lambda query=query: world.made.http.get(f"{API}/search", params={"q": query})  # type: ignore[misc]
        for query in queries * 3
    ]


def _encoded(files: Mapping[str, bytes]) -> list[dict[str, object]]:
    return [{"name": name, "content": base64.b64encode(content).decode()} for name, content in files.items()]


async def _topics(world: World) -> Sequence[Request]:
    slug = (await world.call("GET", "/sectors"))["items"][0]["slug"]
    topics = [{"title": f"T {text[:290]}".replace("\n", " "), "body": text} for text in HOSTILE.values()]
    return _each(world, "POST", f"/sectors/{slug}/topics", topics)


async def _exports(world: World) -> Sequence[Request]:
    for text in HOSTILE.values():
        await world.send("POST", f"{API}/topics/{world.topic}/posts", {"body": text})
    paths = (
        f"{API}/topics/{world.topic}/export.md",
        f"{API}/topics/{world.topic}/export.json",
        f"/feeds/topics/{world.topic}.atom",
    )
    return [lambda path=path: world.send("GET", path) for path in paths * 5]  # type: ignore[misc]


async def _questions(world: World) -> Sequence[Request]:
    room = await world.made.room(world.people[0])
    questions = [{"body": text[:500]} for text in HOSTILE.values()]
    return _each(world, "POST", f"/rooms/{room}/questions", questions) * 2


async def _entries(world: World) -> Sequence[Request]:
    entries = [{"fields": {"name": name, "about": text[:5_000]}} for name, text in HOSTILE.items()]
    return _each(world, "POST", f"/boards/{world.board}/entries", entries)


async def _uploads(world: World) -> Sequence[Request]:
    return _each(world, "POST", "/files", _encoded(UPLOADS)) * 2


async def _tables(world: World) -> Sequence[Request]:
    path = f"{API}/boards/{world.board}/imports"
    return [lambda body=body: world.send("POST", path, body, 0) for body in _encoded(TABLES)] * 2  # type: ignore[misc]


async def _archives(world: World) -> Sequence[Request]:
    slug = (await world.call("GET", "/sectors"))["items"][0]["slug"]
    folder = Path(tempfile.mkdtemp(prefix="tertulia-hostile-"))

    def work(path: Path) -> Request:
        command = [sys.executable, "-m", "tertulia", "import", "mbox", "--sector", slug, str(path)]
        env = os.environ | {"DATABASE_URL": world.service.database.url}

        async def run() -> None:
            # In a process of its own, as operators do it; the worker of the service then indexes what came.
            await asyncio.to_thread(
                subprocess.run, on_core(LOAD_CORE, command), env=env, check=True, capture_output=True
            )

        return run

    requests = []
    for name, mails in ARCHIVES.items():
        (folder / name).write_bytes(mails)
        requests.append(work(folder / name))
    return requests


KINDS: Mapping[str, Kind] = {
    "nothing hostile": _nothing,
    "drafts": _drafts,
    "posts": _posts,
    "previews": _previews,
    "quotations": _quotations,
    "histories": _histories,
    "pages": _pages,
    "posts under filters": _filters,
    "topics": _topics,
    "exports and feeds": _exports,
    "questions": _questions,
    "entries": _entries,
    "searches": _searches,
    "uploads": _uploads,
    "tables": _tables,
    "archives": _archives,
}
