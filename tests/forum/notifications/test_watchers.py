"""Tests of the notification of watchers and of digests: who gets what, why, and only once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from core import clock
from forum.notifications.digests import MOST_EMAILS_A_DAY, queue_next_digest
from forum.text.quote_source import format_quote
from members.emails.emails import OutgoingEmail
from tertulia.mail.faults import MailFailed
from tertulia.mail.message import write_message
from tests.support.emails.lanes import SentEmails, a_lane, send_digests
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

# A Wednesday.
NOON = datetime(2031, 1, 8, 12, tzinfo=UTC)


class Talk:
    """A topic by one member; another one watches it, and there is a post office that keeps letters."""

    def __init__(self, app: Service, author: Person, reader: Person, topic: int) -> None:
        self.app, self.author, self.reader, self.topic = app, author, reader, topic
        self.sent = SentEmails()

    async def told(self, who: Person | None = None) -> list[tuple[str, str | None]]:
        """What the inbox holds, the latest first: kind and why."""
        await self.app.run_jobs()
        items = (await (who or self.reader).get("/inbox")).json()["items"]
        return [(item["kind"], item["because"]) for item in items]

    async def mail(self, at: datetime) -> list[OutgoingEmail]:
        """The letters that go out until then, in this order."""
        await self.app.run_jobs()
        with clock.stop_at(at):
            return await send_digests(self.app.db, self.sent)

    async def write(self, body: str, at: datetime = NOON, parent: int | None = None) -> int:
        """A reply by the author that arrived at a time, and of which all were told then."""
        post = (await a_reply(self.author, self.topic, body, parent))["id"]
        await self.app.run_jobs()
        await raw_sql(self.app.db).execute(
            "UPDATE notifications SET told_at = $1, mail_due_at = mail_due(coalesce((SELECT CASE WHEN kind = 'reply'"
            " THEN direct ELSE followed END FROM mail_wishes w WHERE w.member_id = notifications.member_id),"
            " CASE WHEN kind = 'reply' THEN 'at_once' ELSE 'daily' END), coalesce((SELECT time_zone FROM mail_wishes w"
            " WHERE w.member_id = notifications.member_id), 'UTC'), $1) WHERE post_id = $2",
            at,
            post,
        )
        return int(post)


@pytest_asyncio.fixture
async def talk(app: Service) -> Talk:
    author, reader = await a_person(app, "Author"), await a_person(app, "Reader")
    topic = (await a_topic(author, tags=["cobalt"]))["id"]
    await author.patch("/me/mail", {"direct": "never", "followed": "never"})
    await app.run_jobs()
    return Talk(app, author, reader, topic)


@pytest.mark.parametrize(
    ("path", "level", "expected"),
    [
        ("/topics/{}", "watching", ("posted", "topic")),
        ("/sectors/mobility", "watching", ("posted", "sector")),
        ("/tags/cobalt", "watching", ("posted", "tag")),
        ("/topics/{}", "tracking", None),
        ("/sectors/mobility", "watching_first_post", None),
    ],
)
async def test_who_watches_is_told_of_each_post_with_the_reason(
    talk: Talk, path: str, level: str, expected: tuple[str, str] | None
) -> None:
    await talk.reader.put(path.format(talk.topic) + "/following", {"level": level})
    await a_reply(talk.author, talk.topic, "Something new.")

    assert await talk.told() == ([expected] if expected else [])
    assert await talk.told(talk.author) == [], "nobody is told what they wrote"


async def test_new_topics_are_told_to_those_who_wait_for_them(talk: Talk) -> None:
    await talk.reader.put("/sectors/mobility/following", {"level": "watching_first_post"})
    topic = await a_topic(talk.author, "Another one")
    await a_reply(talk.author, topic["id"])

    assert await talk.told() == [("opened", "sector")]
    item = (await talk.reader.get("/inbox")).json()["items"][0]
    assert item["reason"] == "You follow Mobility Sector." or item["reason"].startswith("You follow ")


async def test_of_one_post_one_is_told_once_with_the_nearest_reason(talk: Talk) -> None:
    for path in (f"/topics/{talk.topic}", "/sectors/mobility", "/tags/cobalt"):
        await talk.reader.put(f"{path}/following", {"level": "watching"})
    mine = await a_reply(talk.reader, talk.topic, "Mine")
    await talk.app.run_jobs()

    await a_reply(talk.author, talk.topic, "Yours?", mine["id"])

    assert await talk.told() == [("reply", "answers_you")]
    assert (await talk.told(talk.author))[0] == ("posted", "opened")


async def test_who_has_muted_a_topic_is_told_nothing_of_it(talk: Talk) -> None:
    mine = await a_reply(talk.reader, talk.topic, "Mine")
    await talk.reader.put("/sectors/mobility/following", {"level": "watching"})
    await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "muted"})

    await a_reply(talk.author, talk.topic, "Yours?", mine["id"])

    assert await talk.told() == []


async def test_what_is_for_few_is_told_to_them_alone(talk: Talk) -> None:
    invited = await a_person(talk.app, "Invited")
    for one in (talk.reader, invited):
        await one.put("/sectors/mobility/following", {"level": "watching"})
    await raw_sql(talk.app.db).execute("UPDATE topics SET readers = 'listed'")
    await raw_sql(talk.app.db).execute("INSERT INTO topic_readers VALUES ($1, $2)", talk.topic, invited.id)
    await raw_sql(talk.app.db).execute(
        "INSERT INTO topic_readers VALUES ($1, $2)", talk.topic, talk.author.id
    )
    await a_reply(talk.author, talk.topic, "Between us.")

    assert await talk.told(invited) == [("posted", "sector")]
    count = "SELECT count(*) FROM notifications WHERE member_id = $1"
    assert await raw_sql(talk.app.db).fetchval(count, talk.reader.id) == 0


async def test_reading_a_post_reads_what_one_was_told_of_it(talk: Talk) -> None:
    await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "watching"})
    for number in (2, 3):
        await a_reply(talk.author, talk.topic, f"No. {number}")
    await talk.app.run_jobs()

    await talk.reader.put(f"/topics/{talk.topic}/reading", {"number": 2})

    items = (await talk.reader.get("/inbox")).json()["items"]
    assert [(item["number"], item["is_read"]) for item in items] == [(3, False), (2, True)]


async def test_mail_at_once_waits_for_being_read(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("An answer.", parent=mine)
    assert await talk.mail(NOON + timedelta(minutes=9)) == []

    (email,) = [one for one in await talk.mail(NOON + timedelta(minutes=10)) if talk.reader.handle in one.to]

    assert (
        "An answer." in email.text
        and f"Author replied to you in {email.subject.partition(' (')[0]}" in email.text
    )
    assert "This is a reply to what you wrote." not in email.text, "the sentence says it"
    assert email.thread == (f"topic-{talk.topic}.{talk.reader.id}", f"post-{mine}.{talk.reader.id}")
    assert await talk.mail(NOON + timedelta(days=9)) == [], "each goes out once"


@pytest.mark.parametrize("how", ["read", "hidden", "muted", "wish"])
async def test_what_was_read_hidden_or_unwished_meanwhile_is_not_mailed(talk: Talk, how: str) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    post = await talk.write("An answer.", parent=mine)
    if how == "read":
        await talk.reader.put(f"/topics/{talk.topic}/reading", {"number": 9})
    elif how == "hidden":
        await hide_rows(talk.app.db, post)
    elif how == "muted":
        await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "muted"})
    else:
        await talk.reader.patch("/me/mail", {"direct": "never"})

    assert [one for one in await talk.mail(NOON + timedelta(days=2)) if talk.reader.handle in one.to] == []


@pytest.mark.parametrize(
    ("followed", "zone", "due"),
    [
        ("daily", "UTC", datetime(2031, 1, 9, 7, tzinfo=UTC)),
        ("daily", "Africa/Lubumbashi", datetime(2031, 1, 9, 5, tzinfo=UTC)),
        ("daily", "America/Los_Angeles", datetime(2031, 1, 8, 15, tzinfo=UTC)),
        ("weekly", "UTC", datetime(2031, 1, 13, 7, tzinfo=UTC)),
        ("at_once", "UTC", NOON + timedelta(minutes=10)),
    ],
)
async def test_what_is_followed_comes_together_when_one_likes(
    talk: Talk, followed: str, zone: str, due: datetime
) -> None:
    assert (await talk.reader.patch("/me/mail", {"followed": followed, "time_zone": zone})).status_code == 200
    await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "watching"})
    await talk.write("The first.")
    await talk.write("The second.")

    assert await talk.mail(due - timedelta(seconds=1)) == []
    (email,) = await talk.mail(due)
    assert email.text.index("The first.") < email.text.index("The second.")


async def test_a_zone_has_to_be_one(talk: Talk) -> None:
    refused = await talk.reader.patch("/me/mail", {"time_zone": "Mars/Olympus"})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_zone")


async def test_one_click_stops_one_kind_of_mail_without_signing_in(app: Service, talk: Talk) -> None:
    await talk.reader.patch("/me/mail", {"followed": "at_once"})
    await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "watching"})
    await talk.write("The first.")
    (email,) = await talk.mail(NOON + timedelta(hours=1))
    path = email.stop.removeprefix("https://forum.example")

    async with app.client() as program:
        assert "Unsubscribe" in (await program.get(path)).text
        await talk.write("The second.")
        assert len(await talk.mail(NOON + timedelta(hours=2))) == 1, "to open the link stops nothing"
        stopped = await program.post(path, data={"List-Unsubscribe": "One-Click"})
        assert stopped.status_code == 200
        assert (await program.post(path + "0", data={})).status_code == 404
        other = path.replace(f"topic-{talk.topic}", "followed")
        assert (await program.post(other, data={})).status_code == 404, "it is good for nothing else"

    await talk.write("The third.")
    assert await talk.mail(NOON + timedelta(days=3)) == []
    assert len(await talk.told()) == 3, "the inbox still tells"
    assert (await talk.reader.get("/me/mail")).json()["followed"] == "at_once"


async def test_a_letter_that_cannot_be_sent_is_tried_again(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("An answer.", parent=mine)

    async def refuse(_: OutgoingEmail) -> None:
        raise MailFailed("the mail server refused the recipient: 450", "later")

    with clock.stop_at(NOON + timedelta(minutes=10)):
        assert await queue_next_digest(talk.app.db)
        assert await a_lane(talk.app.db, refuse).send_due()

    assert await talk.mail(NOON + timedelta(minutes=10, seconds=59)) == []
    assert len(await talk.mail(NOON + timedelta(minutes=11))) == 1


async def test_the_page_says_when_mail_comes(talk: Talk) -> None:
    headers = {"Origin": talk.app.urls[0]}
    form = {"direct": "weekly", "followed": "never", "time_zone": "Europe/Vienna"}
    saved = await talk.reader.client.post("/settings/mail", data=form, headers=headers)
    assert saved.status_code == 303
    assert (await talk.reader.get("/me/mail")).json() == form
    refused = await talk.reader.client.post("/settings/mail", data=form | {"time_zone": "X"}, headers=headers)
    assert refused.status_code == 422 and "not a known time zone" in refused.text


async def test_a_reply_that_quotes_and_names_one_is_told_once(talk: Talk) -> None:
    mine = await a_reply(talk.reader, talk.topic, "We compared both ways.")
    body = f"{format_quote(mine['id'], mine['number'], 'Reader', 'We compared both ways.')}How, @{talk.reader.handle}?"
    reply = await a_reply(talk.author, talk.topic, body, mine["id"])

    told = [one for one in await talk.told() if one[0] in ("reply", "quoted", "mentioned")]
    assert len(told) == 1
    edited = await talk.author.patch(f"/posts/{reply['id']}", {"body": f"{body} Again @{talk.reader.handle}"})
    assert edited.status_code == 200, edited.text
    assert [one for one in await talk.told() if one[0] in ("reply", "quoted", "mentioned")] == told


async def test_a_text_that_was_hidden_while_its_email_waited_is_not_sent(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    hidden = await talk.write("Hidden since.", parent=mine)
    await talk.write("Still there.", parent=mine)
    with clock.stop_at(NOON + timedelta(minutes=10)):
        assert await queue_next_digest(talk.app.db)
    await hide_rows(talk.app.db, hidden)
    (email,) = await talk.mail(NOON + timedelta(minutes=11))
    assert "Still there." in email.text and "Hidden since." not in email.text


async def test_what_becomes_due_while_an_email_waits_is_in_the_next_one(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("The first.", parent=mine)
    with clock.stop_at(NOON + timedelta(minutes=10)):
        assert await queue_next_digest(talk.app.db)
    for n in range(2):
        await talk.write(f"Another {n}.", parent=mine)
    with clock.stop_at(NOON + timedelta(minutes=10)):
        assert not await queue_next_digest(talk.app.db)
    first, second = await talk.mail(NOON + timedelta(minutes=11))
    assert "The first." in first.text and "Another" not in first.text
    assert "Another 0." in second.text and "Another 1." in second.text


async def test_two_workers_with_the_same_mail_send_it_once(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("An answer.", parent=mine)
    first_is_writing, go_on, sent = asyncio.Event(), asyncio.Event(), []

    async def slow(email: OutgoingEmail) -> None:
        sent.append(email)
        first_is_writing.set()
        await go_on.wait()

    async def quick(email: OutgoingEmail) -> None:
        sent.append(email)

    with clock.stop_at(NOON + timedelta(minutes=10)):
        assert await queue_next_digest(talk.app.db)
        assert not await queue_next_digest(talk.app.db)
        first = asyncio.create_task(a_lane(talk.app.db, slow).send_due())
        await asyncio.wait_for(first_is_writing.wait(), 30)
        # It finds what the first one sends, and leaves it.
        assert not await a_lane(talk.app.db, quick).send_due()
        go_on.set()
        assert await first
        assert not await a_lane(talk.app.db, quick).send_due()
    assert len(sent) == 1


async def test_no_more_letters_a_day_than_the_most(talk: Talk) -> None:
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("An answer.", parent=mine)
    await raw_sql(talk.app.db).execute(
        "INSERT INTO notifications (member_id, kind, reason, topic_id, told_at, mailed_at)"
        " SELECT $1, 'kind ' || n, '', $2, $3, CAST($3 AS timestamptz) + make_interval(secs => n)"
        " FROM generate_series(1, $4) n",
        talk.reader.id,
        talk.topic,
        NOON - timedelta(hours=20),
        MOST_EMAILS_A_DAY,
    )

    assert await talk.mail(NOON + timedelta(minutes=10)) == []
    (email,) = await talk.mail(NOON + timedelta(hours=5))
    assert "An answer." in email.text, "it comes later, and is not lost"


@pytest.mark.parametrize(
    ("path", "scope", "level"),
    [
        ("/sectors/mobility", "sector", "watching_first_post"),
        ("/tags/cobalt", "tag", "watching_first_post"),
        ("/tags/cobalt", "tag", "watching"),
    ],
)
async def test_one_click_stops_what_one_sector_or_tag_brings(
    app: Service, talk: Talk, path: str, scope: str, level: str
) -> None:
    await talk.reader.patch("/me/mail", {"followed": "at_once"})
    await talk.reader.put(f"{path}/following", {"level": level})
    topics = [(await a_topic(talk.author, title, tags=["cobalt"]))["id"] for title in ("One", "Two")]
    later = clock.now() + timedelta(minutes=11)
    (email,) = await talk.mail(later)
    assert f"/mail/stop/{talk.reader.id}.{scope}-" in email.stop and topics
    message = write_message(email, "forum@forum.example")
    assert message["List-Unsubscribe"] == f"<{email.stop}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Content-Language"] == "en" and message["Auto-Submitted"] == "auto-generated"

    await a_topic(talk.author, "Three", tags=["cobalt"])
    await app.run_jobs()
    async with app.client() as program:
        answer = await program.post(
            email.stop.removeprefix("https://forum.example"), data={"List-Unsubscribe": "One-Click"}
        )
        assert answer.status_code == 200
    assert await talk.mail(later + timedelta(days=1)) == [], "not even what was on its way"
    assert len(await talk.told()) == 3, "the inbox still tells"
    # What is meant for the member alone still comes.
    mine = (await a_reply(talk.reader, topics[0], "Mine"))["id"]
    await a_reply(talk.author, topics[0], "An answer.", mine)
    assert len(await talk.mail(clock.now() + timedelta(minutes=11))) == 1


async def test_a_letter_about_an_answer_stands_below_the_one_about_what_it_answers(talk: Talk) -> None:
    await talk.reader.put(f"/topics/{talk.topic}/following", {"level": "watching", "mail": "at_once"})
    await talk.reader.patch("/me/mail", {"followed": "at_once"})
    first = await talk.write("The first.")
    (before,) = await talk.mail(NOON + timedelta(minutes=10))
    await talk.write("Below it.", NOON + timedelta(hours=1), first)
    (email,) = await talk.mail(NOON + timedelta(hours=2))

    parent, message = (write_message(one, "forum@forum.example") for one in (before, email))
    assert message["In-Reply-To"] == parent["Message-ID"]
    assert message["References"].split()[0] == parent["References"]
    assert message["References"].split()[-1] == parent["Message-ID"]


async def test_letters_come_in_the_language_and_the_hours_of_the_member(talk: Talk) -> None:
    await talk.reader.patch("/me/profile", {"letters_in": "de"})
    await talk.reader.patch("/me/mail", {"time_zone": "Africa/Lubumbashi"})
    mine = (await a_reply(talk.reader, talk.topic, "Mine"))["id"]
    await talk.app.run_jobs()
    await talk.write("An answer.", parent=mine)

    (email,) = await talk.mail(NOON + timedelta(minutes=10))

    assert email.language == "de" and email.text.startswith(f"Guten Tag {talk.reader.handle},")
    assert "Author hat Ihnen in Cobalt tracing geantwortet\n" in email.text
    assert "8. Januar 2031, 14:00 Uhr (Africa/Lubumbashi): An answer." in email.text
    assert (await talk.reader.patch("/me/profile", {"letters_in": "tlh"})).status_code in (400, 422)
