"""Tests of the limits on what arrives: heads and bodies that come late or never, that are too big, and too many requests."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn

from serving import uvicorn_requests
from serving.uvicorn_server import Server
from serving.uvicorn_websocket import OPTIONS

SOON = 0.3

UPGRADE = (
    b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


class Echo:
    """An application that reads each request, waits until it may answer, and answers with the size of the body."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.seen: list[Any] = []
        self.left = 0
        self.answered = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            size += len(message["body"])
            more = message["more_body"]
        self.seen.append(dict(scope["headers"]))
        await self.may_answer.wait()
        text = b"x" * 5_000_000 if scope["path"] == "/big" else str(size).encode()
        head = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": text})
        self.answered += 1


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    app = Echo()
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_keep_alive=30, **OPTIONS)
    server = Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has only this flag)
        await asyncio.sleep(0.005)
    app.port = server.servers[0].sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    app.connections = server.server_state.connections  # type: ignore[attr-defined]
    yield app
    app.may_answer.set()
    server.should_exit = True
    await task


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_requests, "HEAD_TIMEOUT", SOON)
    monkeypatch.setattr(uvicorn_requests, "BODY_TIMEOUT", SOON)


@asynccontextmanager
async def connected(echo: Echo) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)  # type: ignore[attr-defined]
    yield reader, writer
    writer.close()


async def answer_to(echo: Echo, *parts: bytes) -> bytes:
    """Send the parts, wait until the server closes the connection, and return what it wrote."""
    async with connected(echo) as (reader, writer), asyncio.timeout(10):
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.01)
        return await reader.read()


def status(answer: bytes) -> bytes:
    return answer.split(b" ", 2)[1] if answer else b""


async def test_the_limits_are_those_of_the_documentation() -> None:
    assert (uvicorn_requests.HEAD_TIMEOUT, uvicorn_requests.BODY_TIMEOUT) == (10, 30)
    assert uvicorn_requests.READ_TIMEOUT == 30


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"GET / HTTP/1.1\r\nHost: x",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHo"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
        (UPGRADE,),
    ],
    ids=["nothing", "a head", "a second head", "a second head at once", "blank lines", "an upgrade"],
)
async def test_a_head_that_does_not_come_ends_the_connection(echo: Echo, parts: tuple[bytes, ...]) -> None:
    assert (await answer_to(echo, *parts)).count(b"HTTP/1.1 200") == len(echo.seen)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 100\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"Content-Length: 9\r\n\r\n",
    ],
    ids=["length", "chunks", "nothing"],
)
async def test_a_body_that_does_not_come_is_refused_and_the_application_told(echo: Echo, head: bytes) -> None:
    assert status(await answer_to(echo, b"POST / HTTP/1.1\r\nHost: x\r\n" + head)) == b"408"
    assert echo.left == 1


@pytest.mark.usefixtures("quick")
async def test_a_body_of_a_few_bytes_a_second_is_refused_too(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_requests, "BODY_RATE", 10_000)
    # What is sent after the end may reset the connection.
    with suppress(ConnectionError):
        await answer_to(echo, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n", *[b"x"] * 200)
    assert (echo.left, echo.answered) == (1, 0)


@pytest.mark.usefixtures("quick")
async def test_a_slow_answer_is_no_slow_request(echo: Echo) -> None:
    echo.may_answer.clear()
    async with connected(echo) as (reader, writer), asyncio.timeout(10):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
        await asyncio.sleep(SOON * 3)
        echo.may_answer.set()
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_bytes", "refused_with"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(101)) + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: %s\r\n" % (n, b"b" * 7000) for n in range(3)), b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 60_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A" * 60_000, b"431"),
        (b"GET /" + b"a" * 60_000, b"414"),
        (UPGRADE + b"".join(b"A%d: b\r\n" % n for n in range(120)) + b"\r\n", b"431"),
        (UPGRADE + b"A: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (UPGRADE + b"Content-Length: 3\r\n\r\nabc", b"400"),
    ],
    ids=[
        "address", "line", "many", "sum", "endless value", "endless name", "endless address", "upgrade with many",
        "upgrade with a line", "upgrade with a body",
    ],
)  # fmt: skip
async def test_a_head_that_is_too_big_is_refused(
    echo: Echo, request_bytes: bytes, refused_with: bytes
) -> None:
    assert status(await answer_to(echo, request_bytes)) == refused_with
    assert echo.seen == []


async def test_a_head_within_the_limits_is_accepted(echo: Echo) -> None:
    headers = (
        b"".join(b"A%d: b\r\n" % n for n in range(97))
        + b"B: "
        + b"b" * 7000
        + b"\r\nConnection: close\r\n\r\n"
    )
    assert status(await answer_to(echo, b"GET / HTTP/1.1\r\nHost: x\r\n" + headers)) == b"200"
    upgrade = UPGRADE + b"".join(b"A%d: b\r\n" % n for n in range(94)) + b"B: " + b"b" * 7000 + b"\r\n\r\n"
    assert status(await answer_to(echo, upgrade)) == b"403"


async def test_trailers_are_no_headers(echo: Echo) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    assert status(await answer_to(echo, request + b"Authorization: Bearer x\r\n\r\n")) == b"200"
    assert [b"authorization" in headers for headers in echo.seen] == [False]


async def test_few_requests_wait_for_earlier_ones_and_more_end_the_connection(echo: Echo) -> None:
    one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert (await answer_to(echo, one * 10 + last)).count(b"HTTP/1.1 200") == 11
    echo.may_answer.clear()
    assert await answer_to(echo, one * 200) == b""
    echo.may_answer.set()


async def test_a_client_that_leaves_while_requests_wait_costs_no_error(
    echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    echo.may_answer.clear()
    with caplog.at_level(logging.INFO):
        async with connected(echo) as (_, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na" * 3)
            while len(echo.seen) < 1:  # noqa: ASYNC110 (the application has no event)
                await asyncio.sleep(0.01)
            writer.transport.abort()
        await asyncio.sleep(0.1)
        echo.may_answer.set()
        while not echo.answered:  # noqa: ASYNC110 (the application has no event)
            await asyncio.sleep(0.01)
    assert len(echo.seen) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_an_upgrade_behind_an_unanswered_request_is_refused(echo: Echo) -> None:
    echo.may_answer.clear()
    assert await answer_to(echo, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + UPGRADE + b"\r\n") == b""


@pytest.mark.skipif(
    not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only some kernels watch what clients read"
)
async def test_a_client_that_reads_nothing_is_disconnected(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_requests, "READ_TIMEOUT", SOON)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", echo.port))  # type: ignore[attr-defined]
        line.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10):
            while not echo.seen or echo.connections:  # type: ignore[attr-defined]  # noqa: ASYNC110 (uvicorn has no event)
                await asyncio.sleep(0.05)
