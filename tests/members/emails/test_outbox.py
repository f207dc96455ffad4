"""The outbox: one e-mail per event, recipient and kind; addresses that refuse; links that were sent twice."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest_asyncio

from core import clock
from core.ids import MemberId
from members.emails.email_jobs import PASSWORD_CHANGED
from members.emails.mailed_links import request_link
from members.emails.outbox import DONE_RETENTION, LEASE, WAITS, queue_email
from storage.database import Database
from tertulia.mail.lane import MailLane
from tertulia.scheduled_jobs import CLEANUPS
from tertulia.worker import Worker
from tests.support.emails.lanes import an_smtp_lane, outcomes, queue_for
from tests.support.emails.smtp import Inbox, a_mail_server
from tests.support.moderation.cases import report
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_topic
from tests.support.service import Service, raw_sql

STOPPED = "we have stopped sending them"


@pytest_asyncio.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """A mail server on a free port."""
    async with a_mail_server() as server:
        yield server


@pytest_asyncio.fixture
async def lane(app: Service, inbox: Inbox) -> AsyncIterator[MailLane]:
    """A lane that sends to the mail server."""
    sending = an_smtp_lane(app.db, inbox.url)
    yield sending
    await sending.mailer.close()


def token_in(text: str) -> str:
    return next(line for line in text.splitlines() if "/verify/" in line).rpartition("/")[2]


async def work(app: Service, lane: MailLane) -> None:
    """Run the event handlers, and send what they queued."""
    while await app.worker.handle_next():
        pass
    await lane.send_due()


async def test_an_event_makes_one_email_of_a_kind_for_each_recipient(db: Database, app: Service) -> None:
    one, other = [MemberId((await a_person(app)).id) for _ in range(2)]
    async with db.begin() as tx:
        queued = [
            await queue_email(tx, PASSWORD_CHANGED, to, {}, event=event)
            for to in (one, other, "a@mail.example", "A@mail.example")
            for event in ("test/1", "test/2", "test/1")
        ]
    assert queued == [True, True, False] * 3 + [False] * 3


async def test_an_address_that_refuses_is_marked_until_a_link_to_it_is_used(
    app: Service, inbox: Inbox, lane: MailLane
) -> None:
    person = await a_person(app, "Anna")
    address = f"{person.handle}@example.org"
    assert (await person.post("/me/verification-mail")).status_code == 409
    inbox.to_recipient[address] = f"550 5.1.1 <{address}> does not exist"
    await queue_for(app.db, person.id, "test/1")
    await lane.send_due()
    await queue_for(app.db, person.id, "test/2")
    await lane.send_due()
    assert [outcome for outcome, _ in await outcomes(app.db)] == ["failed", "suppressed"]
    assert inbox.recipients == [address], "it is not asked again"
    assert (await person.get("/me")).json()["failing_address"] == address
    assert STOPPED in await open_page(person, "/")
    assert address in await open_page(person, "/settings")

    inbox.to_recipient.clear()
    assert (await send(person, "/settings/verification")).status_code == 303
    await work(app, lane)
    given = {"token": token_in(inbox.to(address)[0].get_content())}
    assert (await person.post("/address-verifications", given)).status_code == 204
    assert (await person.get("/me")).json()["failing_address"] is None
    assert STOPPED not in await open_page(person, "/")
    await queue_for(app.db, person.id, "test/3")
    await lane.send_due()
    assert len(inbox.to(address)) == 2


async def test_a_new_address_that_refuses_leaves_the_old_one_alone(
    app: Service, inbox: Inbox, lane: MailLane
) -> None:
    person = await a_person(app, "Anna")
    old, new = f"{person.handle}@example.org", "new@mail.example"
    inbox.to_recipient[new] = "550 5.1.1 no"
    async with app.db.begin() as tx:
        await request_link(tx, "verify", new, MemberId(person.id))
    await work(app, lane)
    await queue_for(app.db, person.id, "test/1")
    await lane.send_due()
    assert [mail["to"] for mail in inbox.mails] == [old, old], "that it changes, and the next one"
    page = await open_page(person, "/settings")
    assert new in page and f"It has not replaced {old}" in page


async def test_a_refusal_by_policy_blames_no_address_and_can_be_tried_again(
    app: Service, inbox: Inbox, lane: MailLane
) -> None:
    person = await a_person(app)
    address = f"{person.handle}@example.org"
    inbox.to_recipient[address] = "554 5.7.1 Relay access denied"
    await queue_for(app.db, person.id)
    await lane.send_due()
    assert await outcomes(app.db) == [("failed", "the mail server refused the recipient: 554 5.7.1")]
    assert (await person.get("/me")).json()["failing_address"] is None


async def test_both_links_are_good_when_nobody_knows_whether_the_first_arrived(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox, lane: MailLane
) -> None:
    given = {"handle": "berta", "email": "berta@mail.example", "password": "three unrelated words"}
    assert (await client.post("/api/v1/accounts", json=given)).status_code == 201
    inbox.to_message["berta@mail.example"] = ""
    await work(app, lane)
    inbox.to_message.clear()
    with clock.stop_at(clock.now() + WAITS[0]):
        await lane.send_due()
    first, second = inbox.mails
    assert first["message-id"] == second["message-id"]
    tokens = [token_in(mail.get_content()) for mail in inbox.mails]
    assert tokens[0] != tokens[1]
    stored = await raw_sql(app.db).fetchval("SELECT string_agg(outbox::text, '') FROM outbox")
    assert not any(token in stored for token in tokens)
    statuses = [
        (await client.post("/api/v1/address-verifications", json={"token": token})).status_code
        for token in tokens
    ]
    assert statuses == [204, 422], "one of them, once"


async def test_a_repeated_event_sends_nothing_twice(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox, lane: MailLane
) -> None:
    await a_person(app, "Ada", duties=[("administrator", None)])
    topic = (await a_topic(await a_person(app)))["id"]
    await report(client, f"/t/{topic}", reason="danger")
    repeated = await raw_sql(app.db).fetch("SELECT channel, seq, due_at FROM follow_ups")
    await work(app, lane)
    sent = len(inbox.mails)
    for row in repeated:
        await raw_sql(app.db).execute(
            "INSERT INTO follow_ups (channel, seq, due_at) VALUES ($1, $2, $3)", *row
        )
    await work(app, lane)
    assert (sent, len(inbox.mails)) == (2, 2), "a receipt and an alarm"


async def test_who_is_no_administrator_any_more_gets_no_alarm(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox, lane: MailLane
) -> None:
    people: list[Person] = [await a_person(app, "Ada", duties=[("administrator", None)]) for _ in range(2)]
    topic = (await a_topic(await a_person(app)))["id"]
    await report(client, f"/t/{topic}", reason="danger")
    while await app.worker.handle_next():
        pass
    await raw_sql(app.db).execute("DELETE FROM duties WHERE member_id = $1", people[0].id)
    await lane.send_due()
    alarms = [mail["to"] for mail in inbox.mails if "danger" in mail["subject"]]
    assert alarms == [f"{people[1].handle}@example.org"]


async def test_a_member_whose_address_refuses_can_still_choose_a_new_password(
    app: Service, client: httpx2.AsyncClient, inbox: Inbox, lane: MailLane
) -> None:
    person = await a_person(app)
    address = f"{person.handle}@example.org"
    await raw_sql(app.db).execute(
        "UPDATE members SET failing_address = email, failing_since = now() WHERE id = $1", person.id
    )
    assert (await client.post("/api/v1/password-resets", json={"email": address})).status_code == 202
    await work(app, lane)
    (mail,) = inbox.to(address)
    token = next(line for line in mail.get_content().splitlines() if "/reset/" in line).rpartition("/")[2]
    changed = await client.put(
        f"/api/v1/password-resets/{token}", json={"password": "four quite unrelated words"}
    )
    assert changed.status_code == 204, changed.text
    await work(app, lane)
    assert len(inbox.to(address)) == 2, "it works, so it is told of the new password"


async def test_done_emails_are_deleted_and_waiting_ones_stay(
    app: Service, inbox: Inbox, lane: MailLane
) -> None:
    people = [await a_person(app) for _ in range(2)]
    await queue_for(app.db, people[0].id)
    await lane.send_due()
    await queue_for(app.db, people[1].id)
    worker, now = Worker(app.db, {}, cleanups=CLEANUPS), clock.now()
    for later, kept in ((DONE_RETENTION - LEASE, 2), (DONE_RETENTION + timedelta(days=1), 1)):
        with clock.stop_at(now + later):
            await worker.clean_up(clock.now())
        assert len(await outcomes(app.db)) == kept
