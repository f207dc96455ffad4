"""uvicorn's HTTP protocol with the head and body of a response in one write."""

from typing import Any

from serving.uvicorn_requests import BoundedProtocol

_INFORMATIONAL = b"HTTP/1.1 100 "


class SingleWriteProtocol(BoundedProtocol):
    """The HTTP protocol of the service: each response that has a body is written together with its head."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.transport = SingleWriteTransport(cycle.transport)
        if cycle.scope["method"] == "HEAD":
            # No body follows, so nothing is held back.
            cycle.transport.head = b""
        super()._start_asgi_task(cycle, app)


class SingleWriteTransport:
    """The transport of one response, which holds the head back until the first part of the body is written."""

    __slots__ = ("head", "transport")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        # None before there is a head, empty once it is written.
        self.head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Store the head; write everything else, the first part together with the head.

        Nothing is written once the connection closes; uvloop would raise.
        """
        if self.transport.is_closing():
            return
        if self.head is None and not data.startswith(_INFORMATIONAL):
            self.head = data
        elif self.head:
            self.transport.writelines((self.head, data))
            self.head = b""
        else:
            self.transport.write(data)

    def close(self) -> None:
        """Write a head that is still held back, then close."""
        if self.head and not self.transport.is_closing():
            self.transport.write(self.head)
            self.head = b""
        self.transport.close()

    def is_closing(self) -> bool:
        """Return whether nothing more can be written."""
        return bool(self.transport.is_closing())
