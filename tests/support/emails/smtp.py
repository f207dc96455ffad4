"""A real SMTP server for tests, which answers each recipient as it is told, and can be silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP

OK = "250 2.0.0 OK"


class Inbox:
    """The e-mails that the server took, and what it answers: per address, or `None` for never."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.resets = 0
        self.url = ""
        # What is said to a recipient, and after the whole e-mail to one.
        self.to_recipient: dict[str, str | None] = {}
        self.to_message: dict[str, str | None] = {}
        self.sender_answer = ""
        # So many e-mails are taken on one connection; 0 for any number.
        self.most_mails = 0
        self.counts: dict[Any, int] = {}
        self.transports: list[asyncio.BaseTransport] = []
        # Set as soon as the server has been asked something that it does not answer.
        self.is_waited_for = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take or refuse the sender."""
        if self.sender_answer:
            return self.sender_answer
        if self.most_mails and session.peer and self.counts.get(session.peer, 0) >= self.most_mails:
            return "421 4.7.0 Too many e-mails on this connection"
        self.counts[session.peer] = self.counts.get(session.peer, 0) + 1
        envelope.mail_from = address
        return OK

    async def handle_RSET(self, server: Any, session: Any, envelope: Any) -> str:
        """Count that a client begins anew."""
        self.resets += 1
        return OK

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take or refuse a recipient, or never answer."""
        self.recipients.append(address)
        answer = await self._answer(self.to_recipient.get(address, OK))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take or refuse an e-mail, or keep it and say nothing."""
        answer = self.to_message.get(envelope.rcpt_tos[0], OK)
        if not answer or answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            self.mails.append(mail)
        if answer == "":
            server.transport.abort()
        return await self._answer(answer)

    async def _answer(self, answer: str | None) -> str:
        if answer is None:
            self.is_waited_for.set()
            await self.goes_on.wait()
        return answer or OK

    def hang_up(self) -> None:
        """Close all connections."""
        for transport in self.transports:
            transport.close()

    def to(self, address: str) -> list[EmailMessage]:
        """Return the e-mails to an address."""
        return [mail for mail in self.mails if mail["to"] == address]


class _Server(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.transports.append(transport)
        super().connection_made(transport)


class _Silence(asyncio.Protocol):
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.inbox.transports.append(transport)


@asynccontextmanager
async def a_mail_server(*, is_silent: bool = False, knows_utf8: bool = True) -> AsyncIterator[Inbox]:
    """Run a mail server on a free port in this loop; a silent one accepts connections and says nothing."""
    inbox = Inbox()
    loop = asyncio.get_running_loop()

    def make() -> asyncio.BaseProtocol:
        inbox.connections += 1
        return _Silence(inbox) if is_silent else _Server(inbox, enable_SMTPUTF8=knows_utf8, loop=loop)

    server = await loop.create_server(make, "127.0.0.1", 0)
    inbox.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield inbox
    finally:
        inbox.goes_on.set()
        server.close()
