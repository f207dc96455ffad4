"""A process that is told to stop: new requests are refused, running ones finish, and none is cut without an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx2
import pytest
from msgspec.structs import replace

from realtime.hub import Hub
from storage.database import Database
from tertulia.context import open_context
from tertulia.http.draining import Drain
from tertulia.listeners import listen
from tertulia.serve import drain, make_server
from tertulia.web import create_app
from tests.support.service import Service

BODY = b'{"login": "nobody", "password": "not the password"}'


class OwnProcess(NamedTuple):
    """A web process of a test, which it may end."""

    url: str
    port: int
    requests: Drain
    hub: Hub


@asynccontextmanager
async def a_process(app: Service) -> AsyncIterator[OwnProcess]:
    """Start one more web process over the database of the tests."""
    listener = listen(replace(app.contexts[0].settings, port=0))
    settings = replace(app.contexts[0].settings, port=listener.getsockname()[1])
    async with open_context(settings) as context:
        application = create_app(context)
        server = make_server(application, settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 (uvicorn has only this flag)
            await asyncio.sleep(0.005)
        yield OwnProcess(settings.url, settings.port, application.drain, context.hub)
        server.should_exit = True
        await serving


@asynccontextmanager
async def half_a_request(
    process: OwnProcess,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send a request whose body is not complete, so that it runs until the test ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    head = (
        f"POST /api/v1/sessions HTTP/1.1\r\nhost: 127.0.0.1:{process.port}\r\norigin: {process.url}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(BODY)}\r\n\r\n"
    )
    writer.write(head.encode() + BODY[:5])
    async with asyncio.timeout(5):
        while not process.requests.running:  # noqa: ASYNC110 (the server sends no event)
            await asyncio.sleep(0.005)
    yield reader, writer
    writer.close()


async def test_running_requests_finish_while_new_ones_are_refused(app: Service, db: Database) -> None:
    async with (
        a_process(app) as process,
        httpx2.AsyncClient(base_url=process.url) as client,
        half_a_request(process) as (reader, writer),
    ):
        ending = asyncio.create_task(drain(process.requests, process.hub))
        while not process.requests.is_refusing:  # noqa: ASYNC110
            await asyncio.sleep(0)

        refused = await client.get("/api/v1/sectors")
        page = await client.get("/", headers={"accept": "text/html"})
        checks = [await client.get(path) for path in ("/health", "/ready")]

        writer.write(BODY[5:])
        answer = await reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(10):
            await ending
    assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("5", "close")
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert [check.status_code for check in checks] == [503, 503]
    # The wrong password was checked: the request that ran when the process was told to stop got its answer.
    assert answer.startswith(b"HTTP/1.1 403 ") or answer.startswith(b"HTTP/1.1 401 "), answer
    assert b"connection: close" in answer


async def test_a_request_that_outlasts_the_grace_is_refused_and_not_cut(app: Service, db: Database) -> None:
    async with a_process(app) as process, half_a_request(process) as (reader, _):
        await drain(process.requests, process.hub, grace=0)
        answer = await reader.readuntil(b"}")
        assert process.requests.running == set()
    assert answer.startswith(b"HTTP/1.1 503 "), answer
    assert b'"code":"shutting_down"' in answer
    assert b"retry-after: 5" in answer


async def test_while_a_proxy_takes_notice_requests_are_served(app: Service, db: Database) -> None:
    async with a_process(app) as process, httpx2.AsyncClient(base_url=process.url) as client:
        process.requests.has_begun = True
        assert (await client.get("/api/v1/sectors")).status_code == 200
        assert (await client.get("/health")).status_code == 503
        assert (await client.get("/ready")).status_code == 503


async def test_sockets_are_told_to_reconnect(app: Service, db: Database) -> None:
    async with a_process(app) as process, app.listening("sectors", url=process.url) as feed:
        await drain(process.requests, process.hub)
        await asyncio.wait_for(feed.socket.wait_closed(), 5)
        assert feed.socket.close_code == 1012


@pytest.mark.parametrize("notice", [0.0, 0.001])
async def test_only_requests_of_the_moment_are_waited_for(notice: float, app: Service, db: Database) -> None:
    async with a_process(app) as process:
        async with asyncio.timeout(10):
            await drain(process.requests, process.hub, notice)
        assert process.requests.is_refusing
