"""The service, running: one `tertulia serve` on the server's core, its database on the load's core, and people in it."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx2
from msgspec import Struct

from bench.harness.database import Database, Server
from bench.harness.processes import SERVER_CORE, free_port, running
from bench.harness.texts import a_reply

API = "/api/v1"
PASSWORD = "a long enough password"
_SETTINGS = {"TERTULIA_RATE_LIMITS": "off"}


class Service(Struct, frozen=True):
    """Where the service listens, its process and its database."""

    port: int
    pid: int
    database: Database

    @property
    def base(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.port}"


def command(data: Path, port: int) -> list[str]:
    """How the service is started."""
    return [sys.executable, "-m", "tertulia", "serve", "--data", str(data), "--port", str(port)]


@contextmanager
def service(server: Server, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """One process of the service on a database of its own."""
    with server.database("tertulia-bench") as database, web(database, settings or {}) as process:
        yield process


@contextmanager
def web(database: Database, settings: Mapping[str, str], core: int = SERVER_CORE) -> Iterator[Service]:
    """One process of the service on a database that others may use too."""
    process = Web(database, settings, core)
    try:
        yield Service(process.port, process.pid, database)
    finally:
        process.stop()


class Web:
    """A process of the service that can be killed and started again where it was."""

    def __init__(self, database: Database, settings: Mapping[str, str], core: int = SERVER_CORE) -> None:
        self.port = free_port()
        self.core = core
        self.env = os.environ | _SETTINGS | {"DATABASE_URL": database.url, **settings}
        self.data = Path(tempfile.mkdtemp(prefix="tertulia-data-"))
        self.running = ExitStack()
        self.bring_back()

    def bring_back(self) -> None:
        """Start it, and wait until it answers."""
        log = Path(os.environ.get("BENCH_LOG", os.devnull))
        started = running(
            command(self.data, self.port), core=self.core, env=self.env, port=self.port, log=log
        )
        self.process = self.running.enter_context(started)
        self.pid = self.process.pid
        _wait_until_ready(self.port)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGKILL)
        self.running.close()

    def stop(self) -> None:
        """Ask it to end, and forget its data."""
        self.running.close()
        shutil.rmtree(self.data, ignore_errors=True)


def _wait_until_ready(port: int) -> None:
    for _ in range(500):
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.02)
    raise RuntimeError("the service does not become ready")


class Person(Struct, frozen=True):
    """A member who is signed in."""

    handle: str
    token: str


class Community:
    """What the benchmark does in the service before it measures: people, topics, rooms, through its HTTP contract."""

    def __init__(self, service: Service, http: httpx2.AsyncClient) -> None:
        self.service = service
        self.http = http

    async def call(self, method: str, path: str, token: str = "", body: object = None) -> Any:
        """One request; the decoded answer, or an error that says what was refused."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.http.request(method, API + path, headers=headers, json=body)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def people(self, count: int, name: str = "writer") -> list[Person]:
        """So many verified members, signed in; the first is an administrator."""
        handles = [f"{name}{n}" for n in range(count)]
        await self._each(self._register, handles)
        # The mailed links are the tests' business: here the addresses are declared proved.
        await self.service.database.run(
            "UPDATE members SET email_verified_at = now() WHERE email_verified_at IS NULL"
        )
        people = await self._each(self._sign_in, handles)
        await self.service.database.run(
            "INSERT INTO duties (member_id, duty, granted_at) SELECT id, 'administrator', now() FROM members "
            "WHERE handle = $1 ON CONFLICT DO NOTHING",
            handles[0],
        )
        return people

    async def topics(self, people: Sequence[Person], count: int, posts: int) -> list[int]:
        """So many topics of so many posts each, in the first sector; their ids."""
        slug = (await self.call("GET", "/sectors"))["items"][0]["slug"]

        async def start(n: int) -> int:
            person = people[n % len(people)]
            made = await self.call(
                "POST", f"/sectors/{slug}/topics", person.token, {"title": f"Topic {n}", "body": a_reply(n)}
            )
            for number in range(1, posts):
                await self.reply(people[(n + number) % len(people)], made["id"], a_reply(number))
            return int(made["id"])

        return await self._each(start, range(count))

    async def reply(self, person: Person, topic: int, body: str, parent: int | None = None) -> int:
        """One reply; its id."""
        facts = {"body": body} if parent is None else {"body": body, "parent": parent}
        return int((await self.call("POST", f"/topics/{topic}/posts", person.token, facts))["id"])

    async def room(self, host: Person, modules: Sequence[str] = ("questions",)) -> int:
        """An open room of a gathering; its id."""
        slug = (await self.call("GET", "/sectors"))["items"][0]["slug"]
        now = datetime.now(UTC)
        gathering = {
            "title": "A webinar under load",
            "kind": "webinar",
            "mode": "virtual",
            "sector": slug,
            "starts_at": now.isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat(),
            "time_zone": "Europe/Vienna",
        }
        made = await self.call("POST", "/gatherings", host.token, gathering)
        plan = {"title": "The room", "modules": list(modules)}
        room = await self.call("POST", f"/gatherings/{made['id']}/rooms", host.token, plan)
        await self.call("PUT", f"/rooms/{room['id']}/state", host.token, {"state": "open"})
        return int(room["id"])

    async def make_hosts(self, room: int, handles: Sequence[str]) -> None:
        """Let these members host the gathering of a room."""
        await self.service.database.run(
            "INSERT INTO duties (member_id, duty, gathering_id, granted_at) SELECT m.id, 'host', r.gathering_id, now() "
            "FROM members m, rooms r WHERE r.id = $1 AND m.handle = ANY($2::text[]) ON CONFLICT DO NOTHING",
            room,
            handles,
        )

    async def _register(self, handle: str) -> None:
        account = {
            "handle": handle,
            "email": f"{handle}@example.org",
            "password": PASSWORD,
            "display_name": handle.title(),
        }
        await self.call("POST", "/accounts", body=account)

    async def _sign_in(self, handle: str) -> Person:
        session = await self.call("POST", "/sessions", body={"login": handle, "password": PASSWORD})
        return Person(handle, session["token"])

    async def _each(self, verb: Any, items: Any, at_once: int = 16) -> list[Any]:
        limit = asyncio.Semaphore(at_once)

        async def one(item: Any) -> Any:
            async with limit:
                return await verb(item)

        return await asyncio.gather(*(one(item) for item in items))


@asynccontextmanager
async def community(service: Service) -> AsyncIterator[Community]:
    """A client of the service that makes what a figure needs."""
    async with httpx2.AsyncClient(base_url=service.base, timeout=30, trust_env=False) as http:
        # Every call says who it is for: a cookie kept from one member's sign-in would be sent with the next one's.
        http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield Community(service, http)
    await _wait_for_follow_ups(service.database)


async def _wait_for_follow_ups(database: Database) -> None:
    """Wait until all has been done that follows from what was made: it would count in what is measured."""
    for _ in range(3_000):
        if not await database.run("SELECT FROM follow_ups WHERE dead_at IS NULL AND due_at <= now() LIMIT 1"):
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("the service is not done after ten minutes")
