"""The mail transport: sends e-mails by SMTP, or stores them in a folder if no server is set."""

import asyncio
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import structlog

from members.emails.email_jobs import Mailer
from members.emails.emails import OutgoingEmail, Sender
from tertulia.community import read_shared_community
from tertulia.mail.connections import SmtpConnections
from tertulia.mail.faults import MailFailed
from tertulia.mail.message import write_message
from tertulia.settings import Settings

log = structlog.get_logger()


class MailTransport:
    """Sends e-mails by a mail server, or without one into a folder."""

    def __init__(self, connections: SmtpConnections | None, folder: Path, sender: str) -> None:
        self.connections = connections
        self.folder = folder
        self.sender = sender

    async def post(self, email: OutgoingEmail) -> None:
        """Send an e-mail, or raise MailFailed."""
        try:
            message = write_message(email, self.sender)
            if self.connections is not None:
                await self.connections.send(message, self.sender, email.to)
                return
            path = await asyncio.to_thread(self._store, message)
        except (MessageError, ValueError) as error:
            # A header or an address with characters that cannot be in one.
            reason = f"the e-mail cannot be written: {type(error).__name__}"
            raise MailFailed(reason, "message", str(error)) from None
        except OSError as error:
            reason = f"the e-mail cannot be stored: {type(error).__name__}"
            raise MailFailed(reason, "server", str(error)) from None
        log.info("mail not sent, no SMTP server is set", link=_link_in(email), file=str(path))

    async def rest(self) -> None:
        """Close connections that were not used for a minute."""
        if self.connections is not None:
            await self.connections.close_idle()

    async def close(self) -> None:
        """Close all connections."""
        if self.connections is not None:
            await self.connections.close_idle(0)

    def _store(self, message: EmailMessage) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{uuid4().hex}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(message.as_bytes())
        return unfinished.rename(path)


def make_mailer(settings: Settings) -> Mailer:
    """Return the mailer of the community: its name as the sender, and the transport."""
    community = read_shared_community(settings.community)
    name = community.original(community.name)
    connections = SmtpConnections(settings.smtp_url) if settings.smtp_url else None
    sender = Sender(name, settings.url, community.language, community.translations(community.name))
    transport = MailTransport(connections, settings.data / "mail", settings.mail_from)
    return Mailer(sender, transport.post, transport.rest, transport.close)


def _link_in(email: OutgoingEmail) -> str:
    return next((line for line in email.text.splitlines() if line.startswith(("http://", "https://"))), "")
