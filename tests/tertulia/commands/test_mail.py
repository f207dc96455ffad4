"""`tertulia mail test`: an e-mail by a real SMTP server, and every refusal as one line."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner, Result

from members.emails.emails import Recipient
from tertulia.cli import cli
from tertulia.mail.faults import MailFailed
from tertulia.mail.transport import make_mailer
from tertulia.settings import read_settings

ADDRESS = "anna@mail.example"


class Inbox:
    """A mail server that answers as it is told."""

    def __init__(self) -> None:
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"
        self.contents: list[bytes] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take or refuse a recipient."""
        envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take or refuse a mail."""
        self.contents.append(envelope.content)
        return self.data_answer


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A server on a free port, which the settings name."""
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("TERTULIA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    yield handler
    controller.stop()


def run(data: Path) -> Result:
    return CliRunner().invoke(cli, ["mail", "test", ADDRESS, "--data", str(data)])


def test_the_server_takes_the_email(inbox: Inbox, tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert "has taken the e-mail" in result.output
    assert f"To: {ADDRESS}".encode() in inbox.contents[0]


@pytest.mark.parametrize(
    ("recipient", "data", "said"),
    [
        ("550 no such mailbox", "250 OK", "550 no such mailbox"),
        ("250 OK", "451 try later", "451 try later"),
        ("250 OK", "554 no spam", "554 no spam"),
    ],
)
def test_refusals_are_one_line(inbox: Inbox, tmp_path: Path, recipient: str, data: str, said: str) -> None:
    inbox.recipient_answer, inbox.data_answer = recipient, data
    result = run(tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: the mail server refused") and said in result.output
    assert "Traceback" not in result.output


def test_a_server_that_is_away_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("TERTULIA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    result = run(tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and "127.0.0.1" in result.output


async def test_a_server_that_is_away_is_named_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("TERTULIA_SMTP_URL", f"smtp://127.0.0.1:{port}")
    mailer = make_mailer(read_settings(os.environ, data=tmp_path))
    with pytest.raises(MailFailed) as failed:
        await mailer.send(mailer.sender.compose_text(Recipient(email=ADDRESS), "Test", "Text"))
    assert str(failed.value) == "the mail server cannot be reached: no connection"
    await mailer.close()


async def test_failures_name_no_address(inbox: Inbox, tmp_path: Path) -> None:
    inbox.recipient_answer = f"550 <{ADDRESS}> does not exist"
    settings = read_settings(os.environ, data=tmp_path)
    mailer = make_mailer(settings)
    with pytest.raises(MailFailed) as failed:
        await mailer.send(mailer.sender.compose_text(Recipient(email=ADDRESS), "Test", "Text"))
    assert str(failed.value) == "the mail server refused the recipient: 550"
    await mailer.close()
    assert failed.value.__suppress_context__


def test_without_a_server_it_says_where_the_email_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TERTULIA_SMTP_URL", raising=False)
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    assert "No SMTP server is set" in result.output
    assert ADDRESS not in result.output
    (stored,) = (tmp_path / "mail").glob("*.eml")
    assert f"To: {ADDRESS}" in stored.read_text()
