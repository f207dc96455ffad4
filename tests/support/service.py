"""The running service for tests: real servers in the event loop of the tests, HTTP clients, and listeners of channels."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Any, Self

import httpx2
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect

from core import clock
from storage import schema
from storage.database import Database
from storage.database import connect as connect_database
from tertulia.community import put_community, read_community
from tertulia.context import AppContext, open_context
from tertulia.event_handlers import make_event_handlers
from tertulia.http.draining import Drain
from tertulia.mail.lane import MailLane
from tertulia.mail.transport import make_mailer
from tertulia.scheduled_jobs import CLEANUPS, make_scheduled_jobs
from tertulia.serve import listen, make_server
from tertulia.settings import Settings, read_settings
from tertulia.web import create_app
from tertulia.worker import Worker
from tests.support.programs import redis_url

# Seconds to wait for an expected frame or response.
PATIENCE = 10.0


class Service:
    """One or two web processes with one database, and a worker that the tests run."""

    def __init__(self, contexts: Sequence[AppContext], urls: Sequence[str], drains: Sequence[Drain]) -> None:
        self.contexts = contexts
        self.drains = drains
        self.urls = urls
        self.db: Database = contexts[0].db
        self.turns = cycle(urls)
        settings = contexts[0].settings
        self.owner_url = settings.owner_url
        self.mail = MailLane(self.db, make_mailer(settings))
        self.worker = Worker(
            self.db,
            make_event_handlers(settings),
            jobs=make_scheduled_jobs(settings),
            cleanups=CLEANUPS,
        )

    @property
    def url(self) -> str:
        """The address of a web process; each access returns the next process."""
        return next(self.turns)

    async def run_jobs(self) -> None:
        """Run the worker until no job, no scheduled job and no e-mail is due."""
        while (
            await self.worker.handle_next() or await self.worker.run_due_jobs() or await self.mail.send_due()
        ):
            pass

    async def finish_requests(self) -> None:
        """Wait for the requests that closed pages have left behind, so that none of them writes into the next test."""
        while running := [task for drain in self.drains for task in drain.running]:
            await asyncio.wait(running, timeout=PATIENCE)

    def clear_caches(self) -> None:
        """Clear the caches of every process, after rows were deleted or restored directly."""
        self.forget_switches()
        for context in self.contexts:
            context.screening.invalidate()
            context.cache.pages.clear()
            context.cache.size = 0

    def forget_switches(self) -> None:
        """Let every process read the operator's switches again, as it does by itself after a second and a half."""
        self.worker.switches.on.forget()
        for context in self.contexts:
            context.current.forget()

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        """Return an HTTP client, signed in if a token is given; its requests alternate between the processes."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(
            # Without `verify`, each client would load all certificates of the system, which takes a tenth of a second.
            transport=_RoundRobinTransport(
                [httpx2.AsyncHTTPTransport(verify=False) for _ in self.urls],
                self.urls,
            ),
            base_url=self.urls[0],
            headers=headers,
            timeout=PATIENCE * 3,
        )

    @asynccontextmanager
    async def listening(
        self, channel: str, token: str | None = None, after: int | None = None, url: str | None = None
    ) -> AsyncIterator["Feed"]:
        """Join a channel, and replay events after a position if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = (url or self.url).replace("http", "ws", 1) + "/live"
        async with connect(address, additional_headers=headers, compression=None) as socket:
            join: dict[str, Any] = {"type": "join", "channel": channel}
            if after is not None:
                join |= {"after": after, "epoch": self.db.epoch}
            await socket.send(json.dumps(join))
            feed = Feed(socket)
            feed.joined = await feed.frame()
            yield feed


class Feed:
    """The frames that one listener receives."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.joined: dict[str, Any] = {}

    async def frame(self) -> dict[str, Any]:
        """Return the next frame of any type."""
        async with asyncio.timeout(PATIENCE):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
            return frame

    async def next(self, kind: str = "event") -> dict[str, Any]:
        """Return the next frame of a type and skip others."""
        while True:
            frame = await self.frame()
            if frame["type"] == kind:
                return frame


class _RoundRobinTransport(httpx2.AsyncBaseTransport):
    def __init__(self, transports: Sequence[httpx2.AsyncHTTPTransport], urls: Sequence[str]) -> None:
        self.endpoints = cycle(zip(transports, urls, strict=True))
        self.transports = transports

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        transport, url = next(self.endpoints)
        request.url = request.url.copy_with(netloc=httpx2.URL(url).netloc)
        return await transport.handle_async_request(request)

    async def __aexit__(self: Self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for transport in self.transports:
            await transport.aclose()


async def wait_for_blocked_statement(db: Database) -> None:
    """Wait until a statement of another connection waits for a lock."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(PATIENCE):
        while not await raw_sql(db).fetchval(query):  # noqa: ASYNC110 (the database sends no event)
            await asyncio.sleep(0.02)


def raw_sql(db: Database) -> "_RawSql":
    """Return asyncpg's methods, each in its own transaction: `await raw_sql(db).fetch("SELECT ...", 7)`."""
    return _RawSql(db)


class _RawSql:
    def __init__(self, db: Database) -> None:
        self.db = db

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def run(*arguments: Any) -> Any:
            async with self.db.read() as tx:
                return await getattr(tx.connection, name)(*arguments)

        return run


@asynccontextmanager
async def a_service(database_url: str, processes: int = 1, **given: Any) -> AsyncIterator[Service]:
    """Start the service with a migrated database that contains the default community."""
    async with AsyncExitStack() as stack:
        redis = ""
        if processes > 1:
            server = redis_url()
            stack.callback(server.close)
            redis = server.url
        wanted = {
            "database_url": database_url,
            "redis_url": redis,
            "port": 0,
            "rate_limits": False,
            "look_at_links": False,
            "pool": 10,
        }
        settings = read_settings({}, **(wanted | given))
        await _prepare(settings)
        started = [await stack.enter_async_context(_a_process(settings)) for _ in range(processes)]
        contexts, urls, drains = zip(*started, strict=True)
        yield Service(contexts, urls, drains)


async def _prepare(settings: Settings) -> None:
    await schema.migrate(settings.database_url, settings.owner_url)
    db = await connect_database(settings.database_url, size=1)
    async with db.begin() as tx:
        await put_community(tx, read_community(settings.community), clock.now())
    await db.close()


@asynccontextmanager
async def _a_process(settings: Settings) -> AsyncIterator[tuple[AppContext, str, Drain]]:
    listener = listen(settings)
    settings = replace(settings, port=listener.getsockname()[1])
    async with open_context(settings) as context:
        app = create_app(context)
        server = make_server(app, settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 (uvicorn has only this flag)
            await asyncio.sleep(0.005)
        try:
            yield context, settings.url, app.drain
        finally:
            await context.hub.drain(0)
            server.should_exit = True
            await serving
