"""uvicorn's HTTP protocol with limits on what arrives: time, size and number of headers, and requests in advance."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

# Seconds that a client may take to send the head of a request: its request line and headers.
HEAD_TIMEOUT = 10.0
# Seconds without a byte after which a body is given up, and the bytes per second that it needs after as many seconds.
BODY_TIMEOUT = 30.0
BODY_RATE = 500
# Seconds after which a client that reads nothing of what was written to it is disconnected.
READ_TIMEOUT = 30.0
# Bytes of a head, and of one line in it; the websockets library takes lines of 8,192 bytes.
LARGEST_HEAD = 16 * 1024
LONGEST_LINE = 8 * 1000
MOST_HEADERS = 100
# Requests that a client may send before earlier ones are answered (HTTP pipelining, RFC 9112, 9.3.2).
MOST_WAITING = 16

_OF_BODIES = (b"content-length", b"transfer-encoding")


class RequestRefused(Exception):
    """A request is refused before the application sees it; raised inside the parser, which stops."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which ends connections whose requests are late, too big or too many; uvicorn has no such
    limits."""

    _timer: asyncio.TimerHandle | None = None
    # What is being received: "head", "body", or nothing; None once the connection is a websocket.
    _part: str | None = ""
    _head_size = 0
    _refused_with = 400
    # When the body began and the last part of it came, and how many bytes it had.
    _body_began = 0.0
    _body_came = 0.0
    _body_size = 0
    # The request that is being answered; `cycle` is the newest, which may wait behind it.
    _answering: Any = None

    # Called by asyncio

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _limit_reading(transport)
        self._start_timer(HEAD_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._part is None or self.transport.is_closing():
            return
        if self._part == "head":
            # The parser reports a header when it is complete, so endless ones are counted here.
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD:
                self._refused_with = 431
                self.send_400_response("")
                return
        # Most requests arrive in one piece and need no timer. Blank lines between requests begin none, but end the time
        # that uvicorn gives to an idle connection.
        if self._timer is None and (self._part or not self._is_busy()):
            self._start_timer(BODY_TIMEOUT if self._part == "body" else HEAD_TIMEOUT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)
        # uvicorn tells only the newest request.
        self.pipeline.clear()
        if self._is_busy():
            self._answering.disconnected = True
            self._answering.message_event.set()

    # Called by the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._part, self._head_size = "head", 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LONGEST_LINE:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._part == "body":
            # A trailer is no header of the request (RFC 9110, 6.5.1); uvicorn would add it to those.
            return
        super().on_header(name, value)
        line = len(name) + len(value) + 4
        self._head_size += line
        if line > LONGEST_LINE or self._head_size > LARGEST_HEAD or len(self.headers) > MOST_HEADERS:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        if self._is_busy() and (self.parser.should_upgrade() or len(self.pipeline) >= MOST_WAITING):
            self._refuse(400)
        if self.parser.should_upgrade() and any(
            name in _OF_BODIES and value != b"0" for name, value in self.headers
        ):
            # uvicorn would wait for the body and then neither upgrade nor answer.
            self._refuse(400)
        self._part, self._body_size = "body", 0
        self._body_began = self._body_came = self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        self._body_came = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._part = ""
        super().on_message_complete()

    # Called by uvicorn

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        self._part = None
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._respond_and_close(self._refused_with)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, status: int) -> None:
        self._refused_with = status
        raise RequestRefused

    def _respond_and_close(self, status: int) -> None:
        """Refuse what has arrived; without a response if it would be taken for that to an earlier request, or break into
        one."""
        self._stop_timer()
        is_late_body = status == 408 and self._answering is self.cycle and not self.cycle.response_started
        if not self._is_busy() or is_late_body:
            self.transport.write(STATUS_LINE[status] + _PROBLEMS.get(status, _PROBLEMS[400]))
        self.transport.close()

    def _is_busy(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _start_timer(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        self._timer = None
        if self._part != "body":
            if self._is_busy() and self.flow.read_paused:
                self._start_timer(HEAD_TIMEOUT)
            else:
                self.transport.close()
            return
        now = self.loop.time()
        if self._is_held_up():
            self._body_began, self._body_came, self._body_size = now, now, 0
        left = self._body_came + BODY_TIMEOUT - now
        if left > 0 and self._body_size >= BODY_RATE * (now - self._body_began - BODY_TIMEOUT):
            self._start_timer(left)
        else:
            self._respond_and_close(408)

    def _is_held_up(self) -> bool:
        """Return whether the body waits for the service: for its consent, for memory, or for an earlier request."""
        return bool(self.flow.read_paused or (self.cycle is not None and self.cycle.waiting_for_100_continue))


def _problem(status: int, code: str, title: str) -> bytes:
    body = (
        f'{{"type":"about:blank","title":"{title}","status":{status},"code":"{code}","detail":"{title}."}}'
    ).encode()
    head = f"content-type: application/problem+json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    return head.encode() + b"cache-control: no-store\r\n\r\n" + body


# What follows the status line. The application, which describes all other refusals, never sees these requests.
_PROBLEMS = {
    400: _problem(400, "malformed", "This could not be read"),
    408: _problem(408, "request_incomplete", "The request did not arrive in time"),
    414: _problem(414, "address_too_long", "The address is too long"),
    431: _problem(431, "headers_too_large", "The headers are too many or too long"),
}


def _limit_reading(transport: asyncio.Transport) -> None:
    """Have the kernel end the connection if the client takes nothing for a while (TCP_USER_TIMEOUT, RFC 5482)."""
    line = transport.get_extra_info("socket")
    if line is not None and line.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(READ_TIMEOUT * 1000))
