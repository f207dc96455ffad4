"""The MIME form of an e-mail: plain text, HTML if there is any, and headers that nobody else can add to."""

from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import formatdate, make_msgid

from members.emails.emails import OutgoingEmail


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


def write_message(email: OutgoingEmail, sender: str) -> EmailMessage:
    """Return the MIME message from a sender's address; raise ValueError or MessageError if a header cannot be
    written. The SMTP policy refuses line breaks in headers, so a name cannot add a header."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(email.sender, addr_spec=sender)
    message["To"] = email.to
    message["Subject"] = email.subject
    message["Date"] = formatdate()
    domain = sender.partition("@")[2] or "localhost"
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
    if email.html:
        message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = email.language  # after set_content, which removes such headers
    return message
