"""The server's websocket connection, opened up: delivery writes encoded frames to it without passing through ASGI.

One coroutine, one message dict and one encoding per recipient would cost twice what the network does. So the connection
itself is handed to the application, and stays responsible for the handshake, for what comes in, for pings and closing.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from realtime.peers import LINE
from realtime.protocol import LARGEST_FRAME, Close

log = logging.getLogger(__name__)

# How long a client may take to say what it wants, headers and all.
HANDSHAKE = 5.0
# How long a closed peer may take to say goodbye, and to take what was written before.
FAREWELL = 5.0

_TOO_BIG = int(Close.TOO_BIG)


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol; the line of a peer."""

    _on_gone: Callable[[], None] | None = None
    _on_clog: Callable[[bool], None] | None = None

    # The application's side

    @property
    def write(self) -> Callable[[bytes], None]:
        """What takes bytes that are whole frames: the transport's own function, nothing in between."""
        return self.transport.write

    def waiting(self) -> int:
        """How many bytes the network has not taken yet."""
        return self.transport.get_write_buffer_size()

    def shut(self, code: int) -> None:
        """Close with this code. Who does not answer, or does not read what came before, is cut off."""
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
        self.close_timer = self.loop.call_later(FAREWELL, self.transport.abort)

    def attach(self, on_gone: Callable[[], None], on_clog: Callable[[bool], None]) -> None:
        """Tell these when the connection is gone, and when it stops or goes on taking bytes."""
        self._on_gone, self._on_clog = on_gone, on_clog

    def detach(self) -> None:
        """Tell nobody any more."""
        self._on_gone = self._on_clog = None

    # The server's side

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[LINE] = self

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._leave()
        super().shutdown()
        if self.waiting():
            # Whoever does not read cannot keep the server from ending.
            self.loop.call_later(1, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._on_clog is not None:
            self._on_clog(True)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._on_clog is not None:
            self._on_clog(False)

    def send_receive_event_to_app(self) -> None:
        # As the parent does, but undecoded: text goes to the JSON parser as it came, and anything else is refused there.
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
        # The codec has decided to close, with one of its own codes; clients know ours.
        close = self.conn.close_sent
        code = Close.TOO_BIG if close is not None and close.code == _TOO_BIG else Close.BAD_FRAME
        self._leave()
        self.conn.data_to_send()
        if not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
            self.transport.write(b"\x88\x02" + code.to_bytes(2, "big"))
        self.close_sent = True
        self.transport.close()

    def _leave(self) -> None:
        if self._on_gone is not None:
            self._on_gone()


class PromptProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, but whoever opens a connection must say what for: it has no limit of its own for that."""

    _waiting: asyncio.TimerHandle | None = None
    _is_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_begun = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Most come in one piece and need no timer.
        if self._is_begun and self._waiting is None:
            self._wait()

    def on_headers_complete(self) -> None:
        self._is_begun = False
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HANDSHAKE, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


# What uvicorn must be given for the contract of the socket to hold.
OPTIONS: dict[str, Any] = {
    "http": PromptProtocol,
    "ws": LiveProtocol,
    "ws_max_size": LARGEST_FRAME,
    "ws_ping_interval": 25.0,
    "ws_ping_timeout": 8.0,
    "ws_per_message_deflate": False,
}
