"""Hostile input of every kind, one kind after the other, while `/health` is called every 5 ms: does anybody else wait?

Nothing may hold the event loop for more than 50 ms, and no request may take more than 1 s of the processor. A kind is an
entry of `KINDS`: a function that prepares what it needs and returns the requests to send.
"""

import argparse
import asyncio
import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
from msgspec import Struct

from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.health import Health, watched
from bench.harness.hostile_files import ARCHIVES, TABLES, UPLOADS
from bench.harness.hostile_texts import HOSTILE
from bench.harness.processes import LOAD_CORE, on_core
from bench.harness.service import API, Community, Person, Service, community, service
from members.accounts.cookies import NAME

# How many hostile requests are under way at the same time.
AT_ONCE = 4
MOST_MS = 50
MOST_SECONDS = 1.0
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
        return await self.made.http.request(method, path, headers=headers, json=body)

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
    "searches": _searches,
    "uploads": _uploads,
    "tables": _tables,
    "archives": _archives,
}


def main() -> int:
    """Send each kind and print how long `/health` took meanwhile."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("kinds", nargs="*", help=f"some of: {', '.join(KINDS)}")
    chosen = options.parse_args().kinds or list(KINDS)
    heading("How long /health takes beside hostile input")
    with server() as postgres, service(postgres) as one:
        return conclude("hostile", asyncio.run(_measure(one, chosen)))


async def _measure(one: Service, chosen: Sequence[str]) -> list[Figure]:
    figures = []
    async with community(one) as made:
        people = await made.people(2)
        (topic,) = await made.topics(people, 1, 1)
        slug = (await made.call("GET", "/sectors"))["items"][0]["slug"]
        plan = {"title": "Schemes", "template": None, "form": _FORM, "opens_at": "2020-01-01T00:00:00Z"}
        board = await made.call("POST", f"/sectors/{slug}/boards", people[0].token, plan)
        world = World(one, made, people, topic, board["id"])
        await _warm_up(world)
        for name in chosen:
            with watched(one.port) as health:
                requests = await KINDS[name](world)
                slowest, statuses = await _send_all(requests)
                await asyncio.sleep(1)  # the worker goes on with what was written
            print(
                f"  {name:20} {_line(health)}  {len(requests):4} requests, slowest {slowest:6.2f} s  {statuses}",
                flush=True,
            )
            figures.append(Figure(f"/health beside {name}: worst", health.worst, MOST_MS, "ms", at_most=True))
            figures.append(
                Figure(
                    f"answers that failed beside {name}", health.failed + statuses.get(5, 0), 0, at_most=True
                )
            )
    return figures


_FORM = {
    "fields": [
        {"key": name, "label": name, "type": "text", "required": name == "name"}
        for name in ("name", "about", "more")
    ]
    + [
        {"key": name, "label": name, "type": kind}
        for name, kind in (("amount", "number"), ("since", "date"), ("country", "country"))
    ]
}


async def _warm_up(world: World) -> None:
    # Templates are compiled and models are loaded when they are first used.
    post = await world.call("POST", f"/topics/{world.topic}/posts", {"body": "Before."})
    await world.call("PATCH", f"/posts/{post['id']}", {"body": "After."})
    for path in (f"/t/{world.topic}", "/drafts", f"/p/{post['id']}/history", "/search?q=before", "/"):
        await world.send("GET", path)
    await asyncio.sleep(2)


async def _send_all(requests: Sequence[Request]) -> tuple[float, dict[int, int]]:
    limit = asyncio.Semaphore(AT_ONCE)
    statuses: dict[int, int] = {}

    async def one(request: Request) -> float:
        async with limit:
            began = time.perf_counter()
            answer = await request()
            if answer is not None:
                kind = answer.status_code // 100
                statuses[kind] = statuses.get(kind, 0) + 1
            return time.perf_counter() - began

    return max(await asyncio.gather(*map(one, requests)), default=0.0), statuses


def _line(health: Health) -> str:
    return (
        f"{len(health.milliseconds):6,} calls  median {health.percentile(0.5):6.2f}  "
        f"99 % {health.percentile(0.99):6.2f}  worst {health.worst:7.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
