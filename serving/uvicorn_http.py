"""Answering: the head of a response and its body leave in one write, where the server would make two of them."""

from typing import Any

from serving.uvicorn_websocket import PromptProtocol

_GO_ON = b"HTTP/1.1 100 "


class OneWrite:
    """A connection's way out for one response, whose head waits for what follows it."""

    __slots__ = ("head", "transport")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        # None before there is a head, empty once it is written.
        self.head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Keep the head; write all else, the first of it after the head."""
        if self.head is None and not data.startswith(_GO_ON):
            self.head = data
        elif self.head:
            self.transport.writelines((self.head, data))
            self.head = b""
        else:
            self.transport.write(data)

    def close(self) -> None:
        """Close, after what was to be written."""
        if self.head:
            self.transport.write(self.head)
            self.head = b""
        self.transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return bool(self.transport.is_closing())


class AnsweringProtocol(PromptProtocol):
    """The HTTP protocol, with each response's way out put before it; to HEAD nothing follows the head."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.scope["method"] != "HEAD":
            cycle.transport = OneWrite(cycle.transport)
        super()._start_asgi_task(cycle, app)
