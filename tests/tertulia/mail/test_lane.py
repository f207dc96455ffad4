"""The mail lane with a real mail server: nobody's e-mail waits for another's, and each is sent once."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic

import httpx2
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from core import clock
from members.emails.email_jobs import PASSWORD_CHANGED
from members.emails.outbox import GIVEN_UP_AFTER, LEASE, NOTIFICATION, WAITS, EmailKind
from moderation.flags.report_emails import ALARM
from storage.database import Database
from storage.embedded.postgres import Cluster
from tertulia.mail.connections import Timeouts
from tertulia.mail.lane import PLACES, MailLane, make_lane
from tertulia.settings import Settings
from tertulia.worker import Worker
from tests.support.emails.lanes import an_smtp_lane, outcomes, queue_for
from tests.support.emails.smtp import Inbox, a_mail_server
from tests.support.moderation.cases import report
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import PATIENCE, Service, raw_sql

NO_MAILBOX = "550 5.1.1 <{}> does not exist"
SENT = ("sent", None)


@pytest_asyncio.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """A mail server on a free port."""
    async with a_mail_server() as server:
        yield server


@asynccontextmanager
async def running(lane: MailLane) -> AsyncIterator[None]:
    """Let the lane run."""

    async def never() -> bool:
        return False

    task = asyncio.create_task(lane.run(never))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(db: Database, wanted: int) -> None:
    """Wait until so many e-mails are sent."""
    async with asyncio.timeout(PATIENCE):
        while (await outcomes(db)).count(SENT) < wanted:  # noqa: ASYNC110 (the database sends no event)
            await asyncio.sleep(0.02)


def address_of(person: Person) -> str:
    return f"{person.handle}@example.org"


async def send_for(lane: MailLane, *later: timedelta) -> None:
    """Send what is due now and at later times."""
    await lane.send_due()
    now = clock.now()
    for wait in later:
        with clock.stop_at(now + wait):
            await lane.send_due()


@pytest.mark.parametrize("refused", [0, 1])
async def test_an_alarm_reaches_each_administrator_once_though_another_is_refused(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox, refused: int
) -> None:
    admins = [await a_person(app, name, duties=[("administrator", None)]) for name in ("Ada", "Ben")]
    topic = (await a_topic(await a_person(app)))["id"]
    bad, good = address_of(admins[refused]), address_of(admins[1 - refused])
    inbox.to_recipient[bad] = NO_MAILBOX.format(bad)
    visitor_address = "nobody@mail.example"
    inbox.to_recipient[visitor_address] = NO_MAILBOX.format(visitor_address)
    assert (await report(client, f"/t/{topic}", reason="danger", email=visitor_address)).status_code == 201
    while await app.worker.handle_next():
        pass
    await send_for(an_smtp_lane(app.db, inbox.url), timedelta(seconds=40), timedelta(days=2))
    assert [mail["to"] for mail in inbox.mails] == [good]
    assert sorted(inbox.recipients) == sorted([bad, good, visitor_address]), "each is asked once"
    state = await raw_sql(app.db).fetch("SELECT kind, outcome FROM outbox ORDER BY kind, outcome")
    assert [tuple(row) for row in state] == [("alarm", "failed"), ("alarm", "sent"), ("receipt", "failed")]


async def test_a_bogus_address_in_a_report_holds_up_no_statement_of_reasons(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox
) -> None:
    bogus = "bogus@mail.example"
    inbox.to_recipient[bogus] = None
    author = await a_person(app, "Author")
    root = await a_person(app, "Root", duties=[("administrator", None)])
    post = (await a_reply(author, (await a_topic(author))["id"]))["id"]
    await report(client, f"/p/{post}", email=bogus)
    case = (await root.get("/cases")).json()["items"][0]["id"]
    why = {"version": 1, "action": "hide", "reason": {"rule": "No selling", "facts": "It sells."}}
    assert (await root.post(f"/cases/{case}/decisions", why)).status_code == 201
    with clock.stop_at(clock.now() + timedelta(minutes=1)):
        while await app.worker.handle_next() or await app.worker.run_due_jobs():
            pass
        async with running(an_smtp_lane(app.db, inbox.url)):
            await asyncio.wait_for(inbox.is_waited_for.wait(), PATIENCE)
            async with asyncio.timeout(PATIENCE):
                while not inbox.to(address_of(author)):  # noqa: ASYNC110 (the server has no event for it)
                    await asyncio.sleep(0.02)
            inbox.goes_on.set()


async def test_a_silent_mail_server_delays_nothing_else(app: Service) -> None:
    author, reader = await a_person(app), await a_person(app, "Reader")
    topic = (await a_topic(author))["id"]
    await queue_for(app.db, reader.id)
    async with a_mail_server(is_silent=True) as silent:
        lane = an_smtp_lane(app.db, silent.url, Timeouts(60, 60, 60))
        worker = Worker(app.db, app.worker.handlers, pause=0.01, mail=lane)
        working = asyncio.create_task(worker.run())
        async with asyncio.timeout(PATIENCE):
            while not silent.connections:  # noqa: ASYNC110 (the server has no event for it)
                await asyncio.sleep(0.01)
            await a_reply(author, topic, f"Look, @{reader.handle}.")
            while not (await reader.get("/inbox")).json()["items"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await outcomes(app.db) == [(None, None)], "the e-mail is still on its way"
        working.cancel()
        lane_ended = asyncio.create_task(asyncio.wait({working}))
        silent.hang_up()
        await asyncio.wait_for(lane_ended, PATIENCE)


async def test_addresses_that_never_answer_leave_a_place_for_an_alarm(app: Service, inbox: Inbox) -> None:
    notice = EmailKind(name="password_changed", compose=ALARM.compose, priority=NOTIFICATION)
    dead = [await a_person(app, "Dead") for _ in range(PLACES + 2)]
    for person in dead:
        inbox.to_recipient[address_of(person)] = None
        await queue_for(app.db, person.id, kind=notice)
    admin = await a_person(app, "Ada", duties=[("administrator", None)])
    async with running(an_smtp_lane(app.db, inbox.url, Timeouts(60, 60, 60))):
        async with asyncio.timeout(PATIENCE):
            while len(inbox.recipients) < PLACES - 1:  # noqa: ASYNC110 (the server has no event for it)
                await asyncio.sleep(0.01)
        await queue_for(app.db, admin.id, kind=ALARM)
        await until(app.db, 1)
        assert [mail["to"] for mail in inbox.mails] == [address_of(admin)]
        assert len(inbox.recipients) == PLACES
        inbox.goes_on.set()
        inbox.to_recipient.clear()


@pytest.mark.parametrize(("places", "at_once"), [(1, 1), (2, 1), (4, 3)])
async def test_a_process_sends_as_many_notifications_at_once_as_it_is_told(
    app: Service, inbox: Inbox, places: int, at_once: int
) -> None:
    """One place less, if there are several: it is for what somebody waits for."""
    notice = EmailKind(name="password_changed", compose=PASSWORD_CHANGED.compose, priority=NOTIFICATION)
    people = [await a_person(app) for _ in range(6)]
    for person in people:
        inbox.to_recipient[address_of(person)] = None
        await queue_for(app.db, person.id, kind=notice)
    lane = an_smtp_lane(app.db, inbox.url, Timeouts(60, 60, 60))
    settings = Settings(smtp_connections=places)
    lane.places = make_lane(app.db, settings).places
    async with running(lane):
        async with asyncio.timeout(PATIENCE):
            while len(inbox.recipients) < at_once:  # noqa: ASYNC110 (the server has no event for it)
                await asyncio.sleep(0.01)
        inbox.goes_on.set()
        inbox.to_recipient.clear()
        await until(app.db, 6)
    assert inbox.connections == at_once


async def test_one_address_gets_one_email_at_a_time(app: Service, inbox: Inbox) -> None:
    one, other = await a_person(app), await a_person(app)
    inbox.to_recipient[address_of(one)] = None
    for event in ("test/1", "test/2"):
        await queue_for(app.db, one.id, event)
    await queue_for(app.db, other.id)
    first, second = (an_smtp_lane(app.db, inbox.url) for _ in range(2))
    async with running(first):
        await asyncio.wait_for(inbox.is_waited_for.wait(), PATIENCE)
        await second.send_due()
        assert inbox.recipients.count(address_of(one)) == 1
        await until(app.db, 1)
        inbox.goes_on.set()
        await until(app.db, 3)
    await second.mailer.close()


async def test_after_a_kill_an_email_is_sent_again_with_the_same_message_id(
    app: Service, inbox: Inbox, cluster: Cluster, tmp_path: Path
) -> None:
    person = await a_person(app)
    inbox.to_message[address_of(person)] = None
    await queue_for(app.db, person.id)
    settings = {
        "DATABASE_URL": cluster.url,
        "TERTULIA_SMTP_URL": inbox.url,
        "TERTULIA_MAIL_FROM": "forum@forum.example",
        "TERTULIA_DATA": str(tmp_path),
    }
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tertulia", "worker"), env={**os.environ, **settings}, stdout=DEVNULL
    )
    try:
        await asyncio.wait_for(inbox.is_waited_for.wait(), PATIENCE * 3)
    finally:
        worker.kill()  # the server has taken the e-mail, and nobody will mark it as sent
        await worker.wait()
    assert await outcomes(app.db) == [(None, None)]

    inbox.to_message.clear()
    lane = an_smtp_lane(app.db, inbox.url)
    assert not await lane.send_due(), "another process may still be sending it"
    with clock.stop_at(clock.now() + LEASE):
        assert await lane.send_due()
        assert not await lane.send_due()
    await lane.mailer.close()
    first, second = inbox.mails
    assert first["message-id"] == second["message-id"]
    assert await outcomes(app.db) == [SENT]


async def test_a_process_that_is_stopped_finishes_what_it_sends(app: Service, inbox: Inbox) -> None:
    person = await a_person(app)
    inbox.to_message[address_of(person)] = None
    await queue_for(app.db, person.id)
    async with running(an_smtp_lane(app.db, inbox.url)):
        await asyncio.wait_for(inbox.is_waited_for.wait(), PATIENCE)
        asyncio.get_running_loop().call_soon(inbox.goes_on.set)
    assert await outcomes(app.db) == [SENT]


async def test_a_server_that_hangs_up_after_the_message_gets_it_again(app: Service, inbox: Inbox) -> None:
    person = await a_person(app)
    inbox.to_message[address_of(person)] = ""
    await queue_for(app.db, person.id)
    lane = an_smtp_lane(app.db, inbox.url)
    await lane.send_due()
    [(outcome, error)] = await outcomes(app.db)
    assert (outcome, error) == (None, "the mail server did not answer to the message: SMTPServerDisconnected")
    inbox.to_message.clear()
    await send_for(lane, WAITS[0])
    assert await outcomes(app.db) == [SENT]
    assert len(inbox.mails) == 2 and len({mail["message-id"] for mail in inbox.mails}) == 1
    await lane.mailer.close()


async def test_what_is_deferred_is_tried_for_three_days_and_then_given_up(app: Service, inbox: Inbox) -> None:
    person, other = await a_person(app), await a_person(app)
    inbox.to_recipient[address_of(person)] = "450 4.2.1 greylisted"
    await queue_for(app.db, person.id)
    lane, now, times = an_smtp_lane(app.db, inbox.url), clock.now(), []
    while (await outcomes(app.db))[0][0] is None:
        due = await raw_sql(app.db).fetchval("SELECT due_at FROM outbox")
        with clock.stop_at(max(due, now)):
            await lane.send_due()
            times.append(clock.now() - now)
    waits = [after - before for before, after in pairwise(times)]
    assert tuple(waits[: len(WAITS)]) == WAITS
    assert GIVEN_UP_AFTER <= times[-1] < GIVEN_UP_AFTER + timedelta(hours=4)
    assert await outcomes(app.db) == [("given_up", "the mail server refused the recipient: 450 4.2.1")]
    await queue_for(app.db, other.id)
    await lane.send_due()
    assert (await outcomes(app.db))[1] == SENT
    await lane.mailer.close()


async def test_while_the_server_refuses_our_sender_nothing_is_lost_and_no_address_is_blamed(
    app: Service, inbox: Inbox
) -> None:
    people = [await a_person(app) for _ in range(3)]
    for person in people:
        await queue_for(app.db, person.id)
    inbox.sender_answer = "530 5.7.0 Authentication required"
    lane = an_smtp_lane(app.db, inbox.url)
    await lane.send_due()
    await lane.send_due()
    assert inbox.connections == 1, "one e-mail is tried, and then the lane rests"
    assert lane.rests_until > monotonic()
    inbox.sender_answer = ""
    lane.rests_until = 0.0
    await lane.send_due()
    assert len(inbox.mails) == 3
    assert (
        await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE failing_address IS NOT NULL") == 0
    )
    assert [attempts for (attempts,) in await raw_sql(app.db).fetch("SELECT attempts FROM outbox")] == [0] * 3
    await lane.mailer.close()


async def test_a_mistake_of_ours_is_named_without_values_and_holds_up_no_other(
    app: Service, inbox: Inbox
) -> None:
    people = [await a_person(app) for _ in range(2)]

    async def fail(*_: object) -> None:
        raise ValueError(f"wrong: {address_of(people[0])}")

    broken = EmailKind(name="broken", compose=fail, priority=0)
    await queue_for(app.db, people[0].id, kind=broken)
    await queue_for(app.db, people[1].id)
    lane = an_smtp_lane(app.db, inbox.url)
    lane.kinds = {**lane.kinds, "broken": broken}
    with capture_logs() as logs:
        await lane.send_due()
    await lane.mailer.close()
    [(outcome, error), other] = await outcomes(app.db)
    assert outcome is None and error is not None
    assert error.startswith("it was not written: ValueError in test_lane.py, line ")
    assert other == SENT
    assert "example.org" not in f"{logs}{error}"


async def test_logs_and_rows_contain_no_address_and_no_traceback(app: Service, inbox: Inbox) -> None:
    people = [await a_person(app) for _ in range(3)]
    addresses = [address_of(person) for person in people]
    inbox.to_recipient[addresses[0]] = NO_MAILBOX.format(addresses[0])
    inbox.to_recipient[addresses[1]] = f"451 {addresses[1]} is busy"
    for person in people:
        await queue_for(app.db, person.id)
    lane = an_smtp_lane(app.db, inbox.url)
    with capture_logs() as logs:
        await lane.send_due()
    await lane.mailer.close()
    rows = await raw_sql(app.db).fetch("SELECT outbox::text AS row FROM outbox")
    # Four are sent at once, so they end in any order.
    assert sorted(one["event"] for one in logs) == ["mail not sent", "mail not sent", "mail sent"]
    for text in (*map(str, logs), *(row["row"] for row in rows)):
        assert not any(address in text for address in addresses)
        assert "Traceback" not in text and "exc_info" not in text
