"""The outermost middleware, which every request passes before Litestar and every response after it.

It gives each request an id, adds the security headers, compresses long responses, writes the access log and counts for the
metrics. It passes websockets to the live socket, and everything else to Litestar.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from core.languages.texts import current_language, translatable
from storage.connections import lift_limit, limit_waiting
from tertulia.http.compression import compress, encoding_for
from tertulia.http.draining import Drain, ShuttingDown
from tertulia.http.errors import CLIENT_LEFT, problem_of
from tertulia.http.languages import speak_language_of_request
from tertulia.logs import access

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")

# Few, because there is a series for each of them and each route.
_BUCKETS = (0.025, 0.1, 0.25, 0.5, 1, 2.5, 5)
# The label of requests for addresses that do not exist.
NO_ROUTE = "none"


class HttpMiddleware:
    """The outermost ASGI application."""

    def __init__(
        self, app: App, live: App, registry: CollectorRegistry, drain: Drain, is_secure: bool, language: str
    ) -> None:
        self.app = app
        self.live = live
        self.drain = drain
        self.language = language
        self.headers = [*HEADERS, HSTS] if is_secure else HEADERS
        self.requests = Counter(
            "tertulia_http_requests",
            "Requests by method, status and route",
            ["method", "status", "route"],
            registry=registry,
        )
        self.seconds = Histogram(
            "tertulia_http_request_seconds",
            "Time to the end of the response, by route",
            ["route"],
            registry=registry,
            buckets=_BUCKETS,
        )
        self.counters: dict[tuple[str, int, str], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the lifespan messages."""
        if scope["type"] == "websocket":
            # Frames have codes; a handshake is refused in words.
            speak_language_of_request(scope, self.language)
            await self.live(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _count(self, method: str, status: int, route: str, elapsed: float) -> None:
        # Finding the counters of the labels costs more than counting.
        key = (method, status, route)
        if key not in self.counters:
            self.counters[key] = (self.requests.labels(*key), self.seconds.labels(route))
        requests, seconds = self.counters[key]
        requests.inc()
        seconds.observe(elapsed)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Litestar answer; raise _CutShort if the process ends before it has."""
        task = asyncio.current_task()
        assert task is not None
        self.drain.running.add(task)
        limit_waiting()
        try:
            await self.app(scope, receive, send)
        except asyncio.CancelledError:
            if task not in self.drain.cut:
                raise
            task.uncancel()
            raise _CutShort from None
        finally:
            self.drain.running.discard(task)

    def _headers_of(self, given: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        headers = [*given, *self.headers]
        if not any(name == b"cache-control" for name, _ in headers):
            # Not cached unless they say so: responses may contain what only this actor can see.
            headers.append((b"cache-control", b"no-store"))
        if (b"content-type", b"text/html; charset=utf-8") in headers:
            headers.append((b"content-language", current_language().lang.encode()))
        headers.append((b"x-request-id", request_id.encode()))
        if self.drain.has_begun:
            headers.append((b"connection", b"close"))
        return headers

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _has_good_host(scope):
            await _refuse_host(send)
            return
        # It is no secret, so it costs no call of the operating system, during which a computing thread could take over.
        request_id = f"{random.getrandbits(64):016x}"
        started = time.perf_counter()
        status = 0
        request_scope = _as_get(scope)

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                lift_limit()
                message["headers"] = self._headers_of(message.get("headers", ()), request_id)
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        speak_language_of_request(request_scope, self.language)
        try:
            encoding = encoding_for(scope)
            sending = compress(send_with_headers, encoding) if encoding else send_with_headers
            await self._answer(request_scope, _note_leaving(scope, receive), sending)
        except _CutShort:
            if not status:
                await _refuse_cut_request(send_with_headers)
        finally:
            elapsed = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            # The template and never the path, whose ids would make a metric of each topic.
            self._count(method, status, request_scope.get("path_template") or NO_ROUTE, elapsed)
            # Neither the member nor the query: the access log must not reveal who asked anonymously.
            access.write(method, without_secrets(scope["path"]), status, round(elapsed * 1000, 1), request_id)


def without_secrets(path: str) -> str:
    """Return the path of a request without a token, key or reference in it: whoever has one can act with it."""
    secret = _SECRETS.match(path)
    return f"{secret[1]}/..." if secret else path


def _as_get(scope: Scope) -> Scope:
    # HEAD is handled like GET; uvicorn sends no body for it.
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _note_leaving(scope: Scope, receive: Receive) -> Receive:
    async def receive_body() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "http.disconnect":
            scope["state"][CLIENT_LEFT] = True
        return message

    return receive_body


def _has_good_host(scope: Scope) -> bool:
    """Return whether the Host header is absent or a valid host; Litestar builds URLs from it and fails on others."""
    hosts = [value for name, value in scope["headers"] if name == b"host" and value]
    found = [_HOST.fullmatch(host) for host in hosts]
    return len(hosts) < 2 and all(match and int(match[1] or 0) < 65_536 for match in found)


class _CutShort(Exception):
    """A request still ran when the process had to end."""


_CUT = translatable(
    "The service is restarting, and your request took too long to finish before. Send it again."
)


async def _refuse_cut_request(send: Send) -> None:
    problem, more = problem_of(ShuttingDown(_CUT))
    headers = [(name.lower().encode(), value.encode()) for name, value in more.items()]
    headers.append((b"content-type", b"application/problem+json"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(problem)})


async def _refuse_host(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 400, "headers": [*headers, *HEADERS]})
    await send({"type": "http.response.body", "body": _BAD_HOST})


_HOST = re.compile(rb"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.IGNORECASE)
_BAD_HOST = (
    b'{"type":"about:blank","title":"Malformed","status":400,"code":"malformed",'
    b'"detail":"The Host header names no host."}'
)
# Links in e-mails contain a token in the path, which must not be in the log.
_SECRETS = re.compile(
    r"(/verify|/reset|/found|/claim-admin|/lane|/mail/stop|/report|/api/v1/reports|/api/v1/password-resets)/.",
    re.DOTALL,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
