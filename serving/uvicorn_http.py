"""uvicorn's HTTP protocol with a limit on slow requests, and with the head and body of a response in one write."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Seconds that a client may take to send a request with its headers.
REQUEST_TIMEOUT = 5.0

_INFORMATIONAL = b"HTTP/1.1 100 "


class RequestTimeoutProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which closes a connection whose request does not arrive in time; uvicorn has no such
    limit."""

    _timer: asyncio.TimerHandle | None = None
    _has_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._has_begun = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Most requests arrive in one piece and need no timer.
        if self._has_begun and self._timer is None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        self._has_begun = False
        self._stop_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(REQUEST_TIMEOUT, self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class SingleWriteProtocol(RequestTimeoutProtocol):
    """The HTTP protocol of the service: each response that has a body is written together with its head."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # No body follows the head of a response to HEAD.
        if cycle.scope["method"] != "HEAD":
            cycle.transport = SingleWriteTransport(cycle.transport)
        super()._start_asgi_task(cycle, app)


class SingleWriteTransport:
    """The transport of one response, which holds the head back until the first part of the body is written."""

    __slots__ = ("head", "transport")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        # None before there is a head, empty once it is written.
        self.head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Store the head; write everything else, the first part together with the head."""
        if self.head is None and not data.startswith(_INFORMATIONAL):
            self.head = data
        elif self.head:
            self.transport.writelines((self.head, data))
            self.head = b""
        else:
            self.transport.write(data)

    def close(self) -> None:
        """Write a head that is still held back, then close."""
        if self.head:
            self.transport.write(self.head)
            self.head = b""
        self.transport.close()

    def is_closing(self) -> bool:
        """Return whether nothing more can be written."""
        return bool(self.transport.is_closing())
