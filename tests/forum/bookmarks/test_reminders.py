"""Tests of the reminders of bookmarks: once, at their time, as the member chose, and never of what is out of sight."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest_asyncio

from core import clock
from forum.bookmarks.reminders import remind_of_next_bookmark
from storage.database import Database
from tests.support.emails.lanes import send_digests
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


class Kept:
    """A post that somebody bookmarked with a reminder in an hour."""

    def __init__(self, app: Service, reader: Person, post: int, due: datetime) -> None:
        self.app, self.reader, self.post, self.due = app, reader, post, due

    async def told(self, who: Person | None = None) -> list[dict[str, Any]]:
        """Return the reminders in the inbox."""
        page = (await (who or self.reader).get("/inbox")).json()
        return [item for item in page["items"] if item["kind"] == "bookmarked"]

    async def emails(self) -> list[str]:
        """Return what was e-mailed to the reader when everything is due."""
        with clock.stop_at(self.due + timedelta(days=9)):
            sent = await send_digests(self.app.db)
        return [email.text for email in sent if email.to == f"{self.reader.handle}@example.org"]


async def fall_due(db: Database, at: datetime) -> int:
    """Let three workers give the reminders that are due at a time; return how many they gave."""

    async def work() -> int:
        done = 0
        while await remind_of_next_bookmark(db):
            done += 1
        return done

    with clock.stop_at(at):
        return sum(await asyncio.gather(work(), work(), work()))


@pytest_asyncio.fixture
async def bookmarked(app: Service) -> Kept:
    author, reader = await a_person(app, "Author"), await a_person(app, "Reader")
    topic = (await a_topic(author))["id"]
    post = (await a_reply(author, topic, "We compared both."))["id"]
    due = clock.now() + timedelta(hours=1)
    body = {"note": "For Monday", "remind_at": due.isoformat()}
    assert (await reader.put(f"/posts/{post}/bookmark", body)).status_code == 200
    return Kept(app, reader, post, due)


async def test_a_reminder_is_given_once_at_its_time(app: Service, db: Database, bookmarked: Kept) -> None:
    assert await fall_due(db, bookmarked.due - timedelta(minutes=1)) == 0
    assert await fall_due(db, bookmarked.due) == 1
    assert await fall_due(db, bookmarked.due + timedelta(days=1)) == 0
    (item,) = await bookmarked.told()
    assert (item["reason"], item["post"], item["excerpt"]) == (
        "For Monday",
        bookmarked.post,
        "We compared both.",
    )
    assert (await bookmarked.reader.get("/inbox?only=tasks")).json()["items"] == [item]
    (mark,) = (await bookmarked.reader.get("/bookmarks")).json()["items"]
    assert mark["remind_at"] is None
    assert datetime.fromisoformat(mark["reminded_at"]) == bookmarked.due
    (text,) = await bookmarked.emails()
    assert "For Monday" in text and "We compared both." in text
    assert await bookmarked.emails() == []


async def test_many_reminders_are_each_given_once(app: Service, db: Database, bookmarked: Kept) -> None:
    author = await a_person(app, "Other")
    topic = (await a_topic(author))["id"]
    for number in range(12):
        post = (await a_reply(author, topic, f"Reply {number}."))["id"]
        await bookmarked.reader.put(f"/posts/{post}/bookmark", {"remind_at": bookmarked.due.isoformat()})
    assert await fall_due(db, bookmarked.due) == 13
    told = await bookmarked.told()
    assert len({item["post"] for item in told}) == len(told) == 13
    assert {item["reason"] for item in told} == {"For Monday", "You asked to be reminded of this post."}


async def test_a_further_reminder_of_a_post_is_given_again(db: Database, bookmarked: Kept) -> None:
    await fall_due(db, bookmarked.due)
    later = bookmarked.due + timedelta(days=2)
    await bookmarked.reader.put(f"/posts/{bookmarked.post}/bookmark", {"remind_at": later.isoformat()})
    assert await fall_due(db, later) == 1
    (item,) = await bookmarked.told()
    assert not item["is_read"]


async def test_a_reminder_that_was_taken_off_is_none(db: Database, bookmarked: Kept) -> None:
    await bookmarked.reader.put(f"/posts/{bookmarked.post}/bookmark", {"remind_at": None})
    assert await fall_due(db, bookmarked.due) == 0
    assert await bookmarked.told() == []


async def test_of_what_is_out_of_sight_nobody_is_reminded(db: Database, bookmarked: Kept) -> None:
    await hide_rows(db, bookmarked.post)
    assert await fall_due(db, bookmarked.due) == 1
    await raw_sql(db).execute("UPDATE posts SET state = 'published' WHERE id = $1", bookmarked.post)
    assert await bookmarked.told() == []
    (mark,) = (await bookmarked.reader.get("/bookmarks")).json()["items"]
    assert (mark["remind_at"], mark["reminded_at"]) == (None, None)


async def test_what_is_hidden_after_the_reminder_is_not_sent(db: Database, bookmarked: Kept) -> None:
    await fall_due(db, bookmarked.due)
    await hide_rows(db, bookmarked.post)
    assert await bookmarked.told() == []
    assert await bookmarked.emails() == []


async def test_moderators_are_reminded_of_what_they_can_still_read_but_not_by_email(
    app: Service, db: Database, bookmarked: Kept
) -> None:
    moderator = await a_person(app, "Fatou", duties=[("moderator", "mobility")])
    body = {"remind_at": bookmarked.due.isoformat()}
    await moderator.put(f"/posts/{bookmarked.post}/bookmark", body)
    await hide_rows(db, bookmarked.post)
    assert await fall_due(db, bookmarked.due) == 2
    assert len(await bookmarked.told(moderator)) == 1
    bookmarked.reader = moderator
    assert await bookmarked.emails() == []


async def test_who_wants_no_such_emails_gets_none(db: Database, bookmarked: Kept) -> None:
    wishes = {"direct": "never", "time_zone": "Europe/Vienna"}
    assert (await bookmarked.reader.patch("/me/mail", wishes)).status_code == 200
    await fall_due(db, bookmarked.due)
    assert len(await bookmarked.told()) == 1
    assert await bookmarked.emails() == []


async def test_a_reminder_of_a_member_who_left_is_gone(db: Database, bookmarked: Kept) -> None:
    await raw_sql(db).execute("DELETE FROM bookmarks WHERE member_id = $1", bookmarked.reader.id)
    assert await fall_due(db, bookmarked.due) == 0
