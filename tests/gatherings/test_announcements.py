"""Announcements of gatherings: those who watch the sector are notified once, by their e-mail settings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from members.emails.emails import OutgoingEmail
from tests.support.emails.lanes import send_digests
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

EVENT = {
    "sector": "mobility",
    "title": "Cobalt in practice",
    "starts_at": "2099-01-10T14:00:00Z",
    "ends_at": "2099-01-10T16:00:00Z",
    "time_zone": "Europe/Vienna",
}


class Sector(Struct):
    """An administrator who announces, and a member who follows the sector."""

    app: Service
    host: Person
    reader: Person

    async def announce(self, **more: Any) -> int:
        """Announce a gathering and run what follows; return its id."""
        made = await self.host.post("/gatherings", EVENT | more)
        assert made.status_code == 201, made.text
        await self.app.run_jobs()
        return int(made.json()["id"])

    async def inbox(self, who: Person | None = None) -> list[tuple[str, str, int | None]]:
        """Return what an inbox says, by default the reader's, as (kind, title, gathering)."""
        items = (await (who or self.reader).get("/inbox")).json()["items"]
        return [(item["kind"], item["title"], item["gathering"]) for item in items]

    async def mails(self, **later: float) -> list[OutgoingEmail]:
        """Return the e-mails to the reader that go out within some time."""
        with clock.stop_at(clock.now() + timedelta(**later)):
            sent = await send_digests(self.app.db)
        return [email for email in sent if email.to.startswith(self.reader.handle)]


@pytest_asyncio.fixture
async def sector(app: Service) -> Sector:
    host = await a_person(app, "Hana", duties=[("administrator", None)])
    reader = await a_person(app, "Reader")
    for person in (host, reader):
        await person.put("/sectors/mobility/following", {"level": "watching_first_post"})
    return Sector(app, host, reader)


@pytest.mark.parametrize(
    ("path", "level", "is_notified"),
    [
        ("/sectors/mobility", "watching", True),
        ("/sectors/mobility", "watching_first_post", True),
        ("/sectors/mobility", "tracking", False),
        ("/sectors/mobility", "normal", False),
        ("/sectors/mobility", "muted", False),
    ],
)
async def test_who_watches_the_sector_is_notified_once(
    sector: Sector, path: str, level: str, is_notified: bool
) -> None:
    await sector.reader.put(f"{path}/following", {"level": level})
    gathering = await sector.announce()
    await sector.app.run_jobs()

    expected = [("announced", "Cobalt in practice", gathering)]
    assert await sector.inbox() == (expected if is_notified else [])
    assert await sector.inbox(sector.host) == [], "nobody is notified of what they announced"


async def test_followers_of_another_sector_and_others_are_not_notified(sector: Sector) -> None:
    other = await a_person(sector.app, "Other")
    await sector.announce()

    assert await sector.inbox(other) == []
    await other.put("/sectors/mobility/following", {"level": "watching"})
    await sector.app.run_jobs()
    assert await sector.inbox(other) == [], "what was announced before is not repeated"


async def test_the_notification_leads_to_the_gathering_and_says_when_it_begins(sector: Sector) -> None:
    announced = await send(sector.host, "/g/new", **page_form())
    assert announced.status_code == 303, announced.text
    await sector.app.run_jobs()
    page = await open_page(sector.reader, "/inbox")

    assert f'href="{announced.headers["location"]}"' in page
    assert "Cobalt in practice" in page and "New event: " in page and "10 Jan 2099, 14:00 UTC" in page


def page_form() -> dict[str, str]:
    times = {"starts_at": "2099-01-10T14:00", "ends_at": "2099-01-10T16:00", "time_zone": "UTC"}
    return {"sector": "mobility", "title": "Cobalt in practice", "kind": "webinar", "mode": "virtual"} | times


async def test_two_gatherings_are_two_notifications_and_their_changes_none(sector: Sector) -> None:
    first = await sector.announce()
    second = await sector.announce(title="Gold in practice")
    await sector.host.patch(f"/gatherings/{first}", {"title": "Cobalt at last"})
    await sector.app.run_jobs()

    assert await sector.inbox() == [
        ("announced", "Gold in practice", second),
        ("announced", "Cobalt at last", first),
    ]


async def test_a_cancelled_gathering_is_neither_shown_nor_mailed(sector: Sector) -> None:
    gathering = await sector.announce()
    await sector.host.patch(f"/gatherings/{gathering}", {"state": "cancelled"})

    assert await sector.inbox() == []
    assert (await sector.reader.get("/inbox/unread")).json() == {"unread": 0}
    assert await sector.mails(days=2) == []


async def test_the_notification_of_a_cancelled_gathering_keeps_nothing_of_it(sector: Sector) -> None:
    gathering = await sector.announce()
    sql = raw_sql(sector.app.db)
    query = "SELECT title, starts_at, ends_at FROM notifications WHERE gathering_id = $1"
    assert (await sql.fetchrow(query, gathering))["title"] == "Cobalt in practice"
    await sector.host.patch(f"/gatherings/{gathering}", {"state": "cancelled", "title": "Not now"})

    assert list(await sql.fetchrow(query, gathering)) == [None, None, None]
    await sector.host.patch(f"/gatherings/{gathering}", {"state": "announced"})
    assert await sector.inbox() == [("announced", "Not now", gathering)]


async def test_a_gathering_that_is_cancelled_before_the_worker_runs_notifies_nobody(sector: Sector) -> None:
    made = await sector.host.post("/gatherings", EVENT)
    await sector.host.patch(f"/gatherings/{made.json()['id']}", {"state": "cancelled"})
    await sector.app.run_jobs()

    count = await raw_sql(sector.app.db).fetchval("SELECT count(*) FROM notifications")
    assert count == 0


async def test_a_past_gathering_notifies_nobody_and_an_ended_one_is_not_mailed(sector: Sector) -> None:
    await sector.announce(starts_at="2020-01-10T14:00:00Z", ends_at="2020-01-10T16:00:00Z")
    assert await sector.inbox() == []
    starts_at = datetime.now(UTC)
    await sector.announce(
        starts_at=starts_at.isoformat(), ends_at=(starts_at + timedelta(hours=1)).isoformat()
    )
    assert len(await sector.inbox()) == 1

    assert await sector.mails(days=2) == []


@pytest.mark.parametrize(
    ("settings", "own", "minutes", "is_mailed"),
    [
        ({"direct": "at_once", "followed": "at_once"}, None, 11, True),
        ({"direct": "at_once", "followed": "daily"}, None, 11, False),
        ({"direct": "at_once", "followed": "daily"}, None, 60 * 25, True),
        ({"direct": "at_once", "followed": "never"}, None, 60 * 24 * 8, False),
        ({"direct": "at_once", "followed": "weekly"}, "at_once", 11, True),
        ({"direct": "at_once", "followed": "at_once"}, "never", 60 * 24 * 8, False),
    ],
)
async def test_the_mail_follows_the_settings_of_the_member(
    sector: Sector, settings: dict[str, str], own: str | None, minutes: int, is_mailed: bool
) -> None:
    await sector.reader.patch("/me/mail", settings)
    await sector.reader.put("/sectors/mobility/following", {"level": "watching_first_post", "mail": own})
    # Ten to noon in UTC: no daily e-mail is due within minutes.
    tomorrow = clock.now() + timedelta(days=1)
    with clock.stop_at(tomorrow.replace(hour=11, minute=50)):
        await sector.announce()
        mails = await sector.mails(minutes=minutes)

    assert len(mails) == int(is_mailed)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "New event, beginning on 10 January 2099"),
        ("de", "Neue Veranstaltung, Beginn 10. Januar 2099"),
        ("fr", "Nouvel événement, début\xa0: 10 janvier 2099"),
        ("es", "Evento nuevo: comienza el 10 de enero de 2099"),
        ("pt", "Novo evento, com início em 10 de janeiro de 2099"),
        ("zh", "新活动，开始时间：2099年1月10日"),
        ("ar", "فعالية جديدة تبدأ في"),
    ],
)
async def test_the_mail_is_in_the_language_of_the_member(sector: Sector, language: str, words: str) -> None:
    await raw_sql(sector.app.db).execute(
        "UPDATE members SET letters_in = $1 WHERE id = $2", language, sector.reader.id
    )
    await sector.reader.patch("/me/mail", {"direct": "at_once", "followed": "at_once"})
    gathering = await sector.announce()

    (mail,) = await sector.mails(minutes=11)
    signs = "（）" if language == "zh" else ("(", ")")
    assert mail.subject.replace(" ", "") == f"Cobaltinpractice{signs[0]}TheCommunity{signs[1]}"
    assert words in mail.text and f"https://forum.example/g/{gathering}" in mail.text
    assert "/mail/stop/" in str(mail.stop)


async def test_listeners_of_the_gathering_do_not_learn_who_announced_it(sector: Sector) -> None:
    gathering = await sector.announce()

    async with sector.app.listening(f"gathering:{gathering}", after=0) as feed:
        (event,) = [frame["event"] for frame in feed.joined["missed"]]
    assert event["type"] == "gathering_announced" and event["gathering"]["id"] == gathering
    assert str(sector.host.id) not in str({name for name in event if name != "gathering"})
    assert event.keys() == {"type", "gathering"}
