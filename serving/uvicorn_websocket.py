"""uvicorn's websocket protocol, which lets delivery write encoded frames to the connection without passing through
ASGI.

With ASGI, one coroutine, one message dict and one encoding for each recipient would cost twice what the network
costs. So the application gets the connection itself as a `realtime.peers.Transport`; uvicorn stays responsible for
the handshake, for incoming frames, for pings and for closing.
"""

import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from realtime.peers import TRANSPORT_KEY
from realtime.protocol import LARGEST_FRAME, Close
from serving.uvicorn_http import SingleWriteProtocol

log = logging.getLogger(__name__)

# Seconds that a client has to answer a close frame and to read what was written before it.
CLOSE_TIMEOUT = 5.0

_TOO_BIG = int(Close.TOO_BIG)
_BAD_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol, which is also the transport of a peer."""

    _on_closed: Callable[[], None] | None = None
    _on_blocked: Callable[[bool], None] | None = None

    # Called by the application (realtime.peers.Transport)

    @property
    def write(self) -> Callable[[bytes], None]:
        """The transport's own function, which takes bytes that are whole frames."""
        return self.transport.write

    def buffered_bytes(self) -> int:
        """Return how many bytes were written that the network has not taken."""
        return self.transport.get_write_buffer_size()

    def close_with(self, code: int) -> None:
        """Close with this code; a client that does not answer, or does not read what came before, is disconnected."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        try:
            self.conn.send_close(code)
        except InvalidState:
            self.transport.close()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    def set_callbacks(self, on_closed: Callable[[], None], on_blocked: Callable[[bool], None]) -> None:
        """Call these when the connection is closed, and when it stops or resumes taking bytes."""
        self._on_closed, self._on_blocked = on_closed, on_blocked

    def clear_callbacks(self) -> None:
        """Call nothing any more."""
        self._on_closed = self._on_blocked = None

    # Called by uvicorn and asyncio

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[TRANSPORT_KEY] = self

    def connection_lost(self, exc: Exception | None) -> None:
        self._report_closed()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._report_closed()
        super().shutdown()
        if self.buffered_bytes():
            # A client that does not read must not keep the server from stopping.
            self.loop.call_later(1, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._on_blocked is not None:
            self._on_blocked(True)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._on_blocked is not None:
            self._on_blocked(False)

    def send_receive_event_to_app(self) -> None:
        # Like the parent's method, but text is not decoded: the JSON parser takes bytes, and refuses everything else.
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        is_text = self.curr_msg_data_type == "text"
        message: Any = {"type": "websocket.receive", "data": bytes(data) if is_text else None}
        self.queue.put_nowait(message)
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_parser_exception(self) -> None:
        if not self.handshake_initiated:
            # A request that is no handshake, such as one with a body.
            self.transport.write(_BAD_HANDSHAKE)
            self.transport.close()
            return
        # The websockets library has decided to close with one of its own codes; clients of this protocol know ours.
        close = self.conn.close_sent
        code = Close.TOO_BIG if close is not None and close.code == _TOO_BIG else Close.BAD_FRAME
        self._report_closed()
        self.conn.data_to_send()
        if not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
            self.transport.write(b"\x88\x02" + code.to_bytes(2, "big"))
        self.close_sent = True
        self.transport.close()

    def _report_closed(self) -> None:
        if self._on_closed is not None:
            self._on_closed()


# The options of uvicorn that the contract of the live socket (docs/protocol.md) depends on.
OPTIONS: dict[str, Any] = {
    "http": SingleWriteProtocol,
    "ws": LiveProtocol,
    "ws_max_size": LARGEST_FRAME,
    "ws_ping_interval": 25.0,
    "ws_ping_timeout": 8.0,
    "ws_per_message_deflate": False,
}
