"""Letters and the post office: plain text, no header that somebody else wrote, a folder until there is a server."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from msgspec.structs import replace

from members.emails import emails
from members.emails.emails import OutgoingEmail, Recipient, Sender
from tertulia.mail.connections import SmtpConnections
from tertulia.mail.faults import MailFailed
from tertulia.mail.message import write_message
from tertulia.mail.transport import MailTransport

SENDER = Sender("Responsible Sourcing", "https://forum.example")
LETTER = emails.confirm_address(SENDER, Recipient(email="élise@mail.example", handle="élise"), "the-token")


class Inbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, or be busy."""
        if self.refuses:
            return "451 later"
        self.contents.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    """A server on a free port."""
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


LONG = "https://forum.example/mail/stop/" + "1234567.sector-17-" + "a1B2c3D4" * 12


async def test_urls_and_ids_in_headers_are_not_encoded_however_long_they_are(
    inbox: tuple[Inbox, str], tmp_path: Path
):
    ids = tuple(f"topic-{n}-{'x' * 80}" for n in range(3))
    email = replace(LETTER, to="anna@mail.example", stop=LONG, id="y" * 90, thread=ids)
    server, url = inbox
    for connections in (SmtpConnections(url), None):
        transport = MailTransport(connections, tmp_path / "mail", "forum@forum.example")
        await transport.post(email)
        await transport.close()

    (path,) = (tmp_path / "mail").iterdir()
    for raw in (server.contents[0], path.read_bytes()):
        assert f"\r\nList-Unsubscribe: <{LONG}>\r\n".encode() in raw
        assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
        assert f"\r\nIn-Reply-To: <{ids[2]}@forum.example>\r\n".encode() in raw
        assert "\r\n ".join(f"<{one}@forum.example>" for one in ids).encode() in raw
        assert f"Message-ID: <{'y' * 90}@forum.example>\r\n".encode() in raw
        assert max(map(len, raw.split(b"\r\n"))) < 998


def test_a_letter_is_plain_and_says_where_it_comes_from():
    assert LETTER.subject == "Confirm your address (Responsible Sourcing)"
    assert "https://forum.example/verify/the-token\n" in LETTER.text
    assert LETTER.text.rstrip().endswith("https://forum.example")


async def test_without_a_server_letters_wait_in_a_folder(tmp_path: Path):
    office = MailTransport(None, tmp_path / "mail", "forum@forum.example")
    await office.post(LETTER)
    (path,) = (tmp_path / "mail").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert path.suffix == ".eml"
    assert message["to"] == "élise@mail.example"
    assert message["from"] == "Responsible Sourcing <forum@forum.example>"
    assert message.get_content_type() == "text/plain"  # type: ignore[attr-defined]
    assert LETTER.text.splitlines() == message.get_content().splitlines()  # type: ignore[attr-defined]
    assert b"https://forum.example/verify/the-token" in path.read_bytes()


async def test_with_a_server_letters_go_there(inbox: tuple[Inbox, str], tmp_path: Path):
    server, url = inbox
    transport = MailTransport(SmtpConnections(url), tmp_path, "forum@forum.example")
    await transport.post(
        emails.new_password(SENDER, Recipient(email="anna@mail.example", handle="anna"), "the-token")
    )
    await transport.close()
    (message,) = server.mails
    assert message["subject"] == "A new password (Responsible Sourcing)"
    assert "https://forum.example/reset/the-token" in message.get_content()


async def test_a_server_that_refuses_is_an_error_so_that_it_is_tried_again(
    inbox: tuple[Inbox, str], tmp_path: Path
):
    server, url = inbox
    server.refuses = True
    for address, fault in ((url, "later"), (url + "?starttls", "server")):
        transport = MailTransport(SmtpConnections(address), tmp_path, "forum@forum.example")
        with pytest.raises(MailFailed) as failed:
            await transport.post(LETTER)
        assert failed.value.fault == fault
        await transport.close()


@pytest.mark.parametrize("bad", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y", "a\r@b.example"])
@pytest.mark.parametrize("where", ["to", "subject"])
def test_no_header_can_be_added(bad: str, where: str):
    fields = {"to": "a@b.example", "subject": "x", "text": "x"} | {where: bad}
    with pytest.raises(ValueError, match="may not contain linefeed or carriage return"):
        write_message(OutgoingEmail(**fields), "forum@forum.example").as_bytes()
