"""The post office: letters leave the house by SMTP, or wait in a folder as long as no server is set."""

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
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

TIMEOUT = 30


class MailTransport:
    """Sends letters; `smtp://user:password@host:port?starttls` or `smtps://...`, and without either into a folder."""

    def __init__(self, smtp_url: str, folder: Path, sender: str, name: str = "") -> None:
        self.server = urlsplit(smtp_url) if smtp_url else None
        self.folder = folder
        self.sender = sender
        self.name = name

    async def post(self, letter: OutgoingEmail) -> None:
        """Send a letter, or raise: whoever posts tries again."""
        message = self.write(letter)
        if self.server is None:
            path = await asyncio.to_thread(self._lay_down, message)
            log.info(
                "mail not sent, no SMTP server is set", to=letter.to, link=_link_in(letter), file=str(path)
            )
            return
        await self._send(message)
        log.info("mail sent", subject=letter.subject)

    def write(self, letter: OutgoingEmail) -> EmailMessage:
        """The message. The policy refuses line breaks in any header, so a name cannot add one."""
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self.name, addr_spec=self.sender)
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        domain = self.sender.partition("@")[2] or "localhost"
        message["Message-ID"] = f"<{letter.id}@{domain}>" if letter.id else make_msgid(domain=domain)
        if letter.thread:
            message["In-Reply-To"] = f"<{letter.thread[-1]}@{domain}>"
            message["References"] = " ".join(f"<{one}@{domain}>" for one in letter.thread)
        if letter.stop:
            # RFC 8058: mail programs offer it as a button of their own.
            message["List-Unsubscribe"] = f"<{letter.stop}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="8bit")
        message["Content-Language"] = letter.language  # after the content, which drops such headers
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
            # None takes STARTTLS where the server offers it; asked for, it is a condition.
            start_tls=False if is_tls else True if "starttls" in self.server.query else None,
            timeout=TIMEOUT,
        )

    def _lay_down(self, message: EmailMessage) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{uuid4().hex}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(message.as_bytes())
        return unfinished.rename(path)


def make_mailer(settings: Settings) -> Mailer:
    """Where the letters of this community are written and posted."""
    community = read_community(settings.community)
    post_office = MailTransport(settings.smtp_url, settings.data / "mail", settings.mail_from, community.name)
    return Mailer(
        Sender(community.name, settings.url, community.languages[0] if community.languages else DEFAULT),
        post_office.post,
    )


def _link_in(letter: OutgoingEmail) -> str:
    return next((line for line in letter.text.splitlines() if line.startswith(("http://", "https://"))), "")
