"""A mail server in a thread of its own, whose answers take as long as those of one that is far away."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from aiosmtpd.smtp import SMTP


class MailServer:
    """Takes all e-mails and forgets them; `taken` says when."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.taken: list[float] = []
        self.connections = 0
        self.most_at_once = 0
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take an e-mail."""
        self.taken.append(perf_counter())
        return "250 2.0.0 OK"


class _Conversation(SMTP):
    async def push(self, status: Any) -> None:
        # The lines of one answer arrive together: only the last one, "250 ", waits.
        if status[3:4] not in ("-", b"-"):
            await asyncio.sleep(self.event_handler.delay)
        await super().push(status)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        server = self.event_handler
        server.connections += 1
        server.most_at_once = max(server.most_at_once, server.connections)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.connections -= 1
        super().connection_lost(error)


@contextmanager
def mail_server(delay: float) -> Iterator[MailServer]:
    """A mail server on a free port for the length of a block; each answer takes `delay` seconds."""
    made, loop = MailServer(delay), asyncio.new_event_loop()

    def converse() -> _Conversation:
        return _Conversation(made, enable_SMTPUTF8=True, loop=loop)

    server = loop.run_until_complete(loop.create_server(converse, "127.0.0.1", 0))
    made.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
