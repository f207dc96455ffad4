"""The mail transport: sends e-mails by SMTP, or stores them in a folder if no server is set."""

import asyncio
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiosmtplib
import structlog

from members.emails.email_jobs import Mailer
from members.emails.emails import OutgoingEmail, Sender
from members.emails.translations import DEFAULT
from tertulia.community import read_community
from tertulia.settings import Settings

log = structlog.get_logger()

# Seconds to wait for each answer of the server.
TIMEOUT = 10


class MailFailed(Exception):
    """The mail server did not take an e-mail. The message can be logged; `answer` may contain the address."""

    def __init__(self, reason: str, answer: str = "") -> None:
        super().__init__(reason)
        self.answer = answer or reason


class _IdentifierHeader(UnstructuredHeader):
    # URLs and message ids. The standard library turns whatever is longer than a line of 78 characters into encoded words
    # (RFC 2047), which no program decodes there: the button for unsubscribing would call "=?utf-8?q?...". A line can be
    # folded at the blanks only, and have 998 characters (RFC 5322, 2.1.1).
    def fold(self, *, policy: EmailPolicy) -> str:
        name = str(getattr(self, "name", ""))
        return f"{name}: {f'{policy.linesep} '.join(str(self).split())}{policy.linesep}"


def _header_types() -> HeaderRegistry:
    headers = HeaderRegistry()
    for name in ("list-unsubscribe", "list-unsubscribe-post", "in-reply-to", "references", "message-id"):
        headers.map_to_type(name, _IdentifierHeader)  # type: ignore[arg-type]  # the registry adds the base
    return headers


_POLICY = SMTP.clone(header_factory=_header_types())


class MailTransport:
    """Sends e-mails to `smtp://user:password@host:port?starttls` or `smtps://...`; without an address, into a folder."""

    def __init__(self, smtp_url: str, folder: Path, sender: str, name: str = "") -> None:
        self.server = urlsplit(smtp_url) if smtp_url else None
        self.folder = folder
        self.sender = sender
        self.name = name

    async def post(self, email: OutgoingEmail) -> None:
        """Send an e-mail, or raise MailFailed: the caller tries again."""
        message = self.write(email)
        if self.server is None:
            path = await asyncio.to_thread(self._store, message)
            log.info("mail not sent, no SMTP server is set", link=_link_in(email), file=str(path))
            return
        try:
            await self._send(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailFailed(
                f"the mail server cannot be reached: {type(error).__name__}", str(error)
            ) from None
        log.info("mail sent", subject=email.subject)

    def write(self, email: OutgoingEmail) -> EmailMessage:
        """Return the MIME message. The SMTP policy refuses line breaks in headers, so a name cannot add a header."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = Address(self.name, addr_spec=self.sender)
        message["To"] = email.to
        message["Subject"] = email.subject
        message["Date"] = formatdate()
        domain = self.sender.partition("@")[2] or "localhost"
        message["Message-ID"] = f"<{email.id}@{domain}>" if email.id else make_msgid(domain=domain)
        if email.thread:
            message["In-Reply-To"] = f"<{email.thread[-1]}@{domain}>"
            message["References"] = " ".join(f"<{one}@{domain}>" for one in email.thread)
        if email.stop:
            # RFC 8058: mail programs show a button for unsubscribing.
            message["List-Unsubscribe"] = f"<{email.stop}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(email.text, cte="8bit")
        message["Content-Language"] = email.language  # after set_content, which removes such headers
        return message

    async def _send(self, message: EmailMessage) -> None:
        assert self.server is not None
        is_tls = self.server.scheme == "smtps"
        await aiosmtplib.send(
            message,
            hostname=self.server.hostname or "localhost",
            port=self.server.port or (465 if is_tls else 587),
            username=unquote(self.server.username) if self.server.username else None,
            password=unquote(self.server.password) if self.server.password else None,
            use_tls=is_tls,
            # None uses STARTTLS if the server offers it; True requires it.
            start_tls=False if is_tls else True if "starttls" in self.server.query else None,
            timeout=TIMEOUT,
        )

    def _store(self, message: EmailMessage) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{uuid4().hex}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(message.as_bytes())
        return unfinished.rename(path)


def _refused(error: aiosmtplib.SMTPResponseException) -> MailFailed:
    answer = f"the mail server refused: {error.code} {error.message}"
    return MailFailed(f"the mail server refused with {error.code}", answer)


def make_mailer(settings: Settings) -> Mailer:
    """Return the mailer of the community, which composes e-mails and sends them with the transport."""
    community = read_community(settings.community)
    transport = MailTransport(settings.smtp_url, settings.data / "mail", settings.mail_from, community.name)
    return Mailer(
        Sender(community.name, settings.url, community.languages[0] if community.languages else DEFAULT),
        transport.post,
    )


def _link_in(email: OutgoingEmail) -> str:
    return next((line for line in email.text.splitlines() if line.startswith(("http://", "https://"))), "")
