"""Connections to the mail server, kept open and used again, and one SMTP transaction on them."""

from email.message import EmailMessage
from time import monotonic
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.email import flatten_message
from msgspec import Struct

from tertulia.mail.faults import CLOSING, MailFailed, refused

ERRORS = (aiosmtplib.SMTPException, OSError, TimeoutError)
# Seconds. What was idle for longer is closed: servers close it after five minutes or earlier (RFC 5321, 4.5.3.2.7).
MAX_IDLE = 60.0


class Timeouts(Struct, frozen=True):
    """Seconds to wait: for a connection and its greeting, for the answer to a command, and for that to a whole e-mail, which
    a server may examine first."""

    connect: float = 5.0
    command: float = 10.0
    message: float = 30.0


_TIMEOUTS = Timeouts()


class SmtpConnections:
    """The connections of one process to the server `smtp://user:password@host:port?starttls` or `smtps://...`.

    A connection does one transaction at a time: who sends takes one that is idle, or opens one. The idle ones are kept with
    since when they are idle, and whether the last e-mail was taken: then nothing of it is left (RFC 5321, 4.1.1.4).
    """

    def __init__(self, url: str, timeouts: Timeouts = _TIMEOUTS) -> None:
        self.server = urlsplit(url)
        self.is_tls = self.server.scheme == "smtps"
        self.host = self.server.hostname or "localhost"
        self.port = self.server.port or (465 if self.is_tls else 587)
        self.timeouts = timeouts
        self.idle: list[tuple[aiosmtplib.SMTP, float, bool]] = []

    async def send(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Send a message to one recipient, or raise MailFailed."""
        is_utf8 = not f"{sender}{recipient}".isascii()
        client = await self._begin(sender, is_utf8)
        await self._finish(client, message, recipient, is_utf8)

    @property
    def address(self) -> str:
        """The host and port of the server."""
        return f"{self.host}:{self.port}"

    async def check(self) -> None:
        """Connect and sign in, and send nothing; raise MailFailed."""
        self._keep(await self._open())
        await self.close_idle(0)

    async def close_idle(self, idle_for: float = MAX_IDLE) -> None:
        """Close the connections that were idle for so many seconds."""
        before = monotonic() - idle_for
        old = [client for client, since, _ in self.idle if since <= before]
        self.idle = [one for one in self.idle if one[1] > before]
        for client in old:
            try:
                await client.quit(timeout=1)
            except ERRORS:
                client.close()

    async def _begin(self, sender: str, is_utf8: bool) -> aiosmtplib.SMTP:
        """Return a connection on which the server has accepted the sender. Nothing is about the recipient until then."""
        while True:
            client, is_new = await self._take()
            if is_utf8 and not client.supports_extension("smtputf8"):
                self._keep(client)
                raise MailFailed("the mail server knows no addresses with such letters", "address")
            options = ["BODY=8BITMIME"] if client.supports_extension("8bitmime") else []
            options += ["SMTPUTF8"] if is_utf8 else []
            try:
                await client.mail(sender, options=options, encoding="utf-8" if is_utf8 else "ascii")
                return client
            except aiosmtplib.SMTPSenderRefused as error:
                client.close()
                # What has taken enough e-mails on one connection says so here, which is no failure.
                if is_new or error.code != CLOSING:
                    raise refused("sender", error.code, error.message) from None
            except ERRORS as error:
                client.close()
                if is_new:
                    raise _unreachable(error) from None
            except BaseException:
                client.close()
                raise

    async def _take(self) -> tuple[aiosmtplib.SMTP, bool]:
        """Return a connection that has forgotten what was on it before, and whether it is new."""
        while self.idle:
            client, since, is_done = self.idle.pop()
            try:
                if monotonic() - since < MAX_IDLE and client.is_connected:
                    if not is_done:
                        await client.rset()
                    return client, False
            except ERRORS:
                pass  # the server has closed it: the next one, or a new one
            except BaseException:
                client.close()
                raise
            client.close()
        return await self._open(), True

    async def _open(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=unquote(self.server.username) if self.server.username else None,
            password=unquote(self.server.password) if self.server.password else None,
            use_tls=self.is_tls,
            # None uses STARTTLS if the server offers it; True requires it.
            start_tls=False if self.is_tls else True if "starttls" in self.server.query else None,
            timeout=self.timeouts.command,
        )
        try:
            await client.connect(timeout=self.timeouts.connect)
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            answer = f"the mail server refused: {error.code} {error.message}"
            raise MailFailed(f"the mail server refused us: {error.code}", "server", answer) from None
        except ERRORS as error:
            client.close()
            raise _unreachable(error) from None
        except BaseException:
            client.close()
            raise
        return client

    async def _finish(
        self, client: aiosmtplib.SMTP, message: EmailMessage, recipient: str, is_utf8: bool
    ) -> None:
        step: Literal["recipient", "message"] = "recipient"
        is_good = is_done = False
        try:
            # Without the extension for eight bits, the text is encoded.
            cte_type = "8bit" if client.supports_extension("8bitmime") else "7bit"
            content = flatten_message(message, utf8=is_utf8, cte_type=cte_type)
            await client.rcpt(recipient, encoding="utf-8" if is_utf8 else "ascii")
            step = "message"
            await client.data(content, timeout=self.timeouts.message)
            is_good = is_done = True
        except aiosmtplib.SMTPResponseException as error:
            is_good = error.code != CLOSING
            raise refused(step, error.code, error.message) from None
        except ERRORS as error:
            # After the whole message, nobody knows whether it was taken: it is sent again, with the same Message-ID.
            reason = f"the mail server did not answer to the {step}: {type(error).__name__}"
            raise MailFailed(reason, "later", str(error)) from None
        finally:
            if is_good:
                self._keep(client, is_done=is_done)
            else:
                client.close()

    def _keep(self, client: aiosmtplib.SMTP, *, is_done: bool = False) -> None:
        self.idle.append((client, monotonic(), is_done))


def _unreachable(error: BaseException) -> MailFailed:
    words = type(error).__name__
    if isinstance(error, TimeoutError):
        words = "no answer in time"
    elif isinstance(error, aiosmtplib.SMTPConnectError):
        words = "no connection"
    reason = f"the mail server cannot be reached: {words}"
    return MailFailed(reason, "server", str(error) or reason)
