"""Connections to the mail server are used again, and every failure says whose it is."""

from pathlib import Path
from typing import Literal

import pytest

from members.emails.emails import OutgoingEmail
from tertulia.mail.connections import SmtpConnections, Timeouts
from tertulia.mail.faults import MailFailed, refused
from tertulia.mail.transport import MailTransport
from tests.support.emails.smtp import Inbox, a_mail_server

EMAIL = OutgoingEmail(to="anna@mail.example", subject="Subject", text="Text")
SHORT = Timeouts(0.05, 0.05, 0.05)


def transport_to(inbox: Inbox, timeouts: Timeouts = Timeouts()) -> MailTransport:  # noqa: B008 (it is frozen)
    return MailTransport(SmtpConnections(inbox.url, timeouts), Path("nowhere"), "forum@forum.example")


async def fault_of(transport: MailTransport, email: OutgoingEmail = EMAIL) -> str:
    with pytest.raises(MailFailed) as failed:
        await transport.post(email)
    assert email.to not in str(failed.value)
    return failed.value.fault


async def test_one_connection_carries_many_emails_also_after_refusals() -> None:
    async with a_mail_server() as inbox:
        transport = transport_to(inbox)
        for answer in ("250 OK", "550 5.1.1 unknown", "250 OK", "451 later", "250 OK"):
            inbox.to_recipient[EMAIL.to] = answer
            if answer.startswith("250"):
                await transport.post(EMAIL)
            else:
                await fault_of(transport)
        assert (len(inbox.mails), inbox.connections) == (3, 1)
        await transport.close()


async def test_the_server_is_asked_to_forget_an_email_only_if_it_refused_it() -> None:
    async with a_mail_server() as inbox:
        transport = transport_to(inbox)
        await transport.post(EMAIL)
        await transport.post(EMAIL)
        assert inbox.resets == 0
        inbox.to_recipient[EMAIL.to] = "550 5.1.1 unknown"
        await fault_of(transport)
        inbox.to_recipient.clear()
        await transport.post(EMAIL)
        assert inbox.resets == 1
        inbox.to_message[EMAIL.to] = "451 4.3.0 later"
        await fault_of(transport)
        inbox.to_message.clear()
        await transport.post(EMAIL)
        assert (inbox.resets, len(inbox.mails), inbox.connections) == (2, 4, 1)
        await transport.close()


async def test_a_connection_that_the_server_has_closed_is_replaced() -> None:
    async with a_mail_server() as inbox:
        transport = transport_to(inbox)
        await transport.post(EMAIL)
        inbox.hang_up()
        await transport.post(EMAIL)
        assert (len(inbox.mails), inbox.connections) == (2, 2)
        await transport.close()


async def test_a_server_may_limit_the_emails_of_a_connection() -> None:
    async with a_mail_server() as inbox:
        inbox.most_mails = 2
        transport = transport_to(inbox)
        for _ in range(5):
            await transport.post(EMAIL)
        assert (len(inbox.mails), inbox.connections) == (5, 3)
        await transport.close()


async def test_idle_connections_are_closed() -> None:
    async with a_mail_server() as inbox:
        transport = transport_to(inbox)
        assert transport.connections is not None
        await transport.post(EMAIL)
        await transport.rest()
        assert len(transport.connections.idle) == 1, "not yet"
        await transport.connections.close_idle(0)
        assert transport.connections.idle == []
        await transport.post(EMAIL)
        assert inbox.connections == 2
        await transport.close()


async def test_a_server_that_says_nothing_is_the_fault_of_no_email() -> None:
    async with a_mail_server(is_silent=True) as inbox:
        assert await fault_of(transport_to(inbox, SHORT)) == "server"
    async with a_mail_server() as inbox:
        inbox.to_recipient[EMAIL.to] = None
        assert await fault_of(transport_to(inbox, SHORT)) == "later"


async def test_an_address_that_the_server_cannot_know_is_refused_for_good() -> None:
    email = OutgoingEmail(to="élise@mail.example", subject="Subject", text="Text")
    async with a_mail_server(knows_utf8=False) as inbox:
        transport = transport_to(inbox)
        assert await fault_of(transport, email) == "address"
        await transport.post(EMAIL)
        assert inbox.connections == 1
        await transport.close()


@pytest.mark.parametrize("address", ["a b@mail.example", "a@b@c.example>", "a\n@b.example"])
async def test_an_address_that_cannot_be_written_is_refused_for_good(address: str) -> None:
    async with a_mail_server() as inbox:
        transport = transport_to(inbox)
        email = OutgoingEmail(to=address, subject="Subject", text="Text")
        assert await fault_of(transport, email) in ("message", "address")
        await transport.close()


@pytest.mark.parametrize(
    ("step", "code", "words", "fault"),
    [
        ("recipient", 550, "5.1.1 no such mailbox", "address"),
        ("recipient", 552, "5.2.2 mailbox full", "address"),
        ("recipient", 553, "no", "address"),
        ("recipient", 554, "5.7.1 Relay access denied", "message"),
        ("recipient", 450, "4.2.0 greylisted", "later"),
        ("recipient", 421, "4.3.2 closing", "server"),
        ("message", 554, "5.7.1 spam", "message"),
        ("message", 451, "4.3.0 later", "later"),
        ("message", 421, "closing", "later"),
        ("sender", 530, "5.7.0 Authentication required", "server"),
        ("sender", 550, "5.7.1 not your domain", "server"),
        ("sender", 451, "4.7.1 too fast", "server"),
        ("sender", 552, "5.3.4 too big", "message"),
    ],
)
def test_what_an_answer_means(
    step: Literal["sender", "recipient", "message"], code: int, words: str, fault: str
) -> None:
    failure = refused(step, code, words)
    assert failure.fault == fault
    assert str(failure).startswith(f"the mail server refused the {step}: {code}")
