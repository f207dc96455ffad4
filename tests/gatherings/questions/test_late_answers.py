"""Late answers: askers by name and voters are notified once; the member who answered and anonymous askers are not."""

from typing import Any

import pytest_asyncio

from core.ids import RoomId
from gatherings.events import QuestionSettled
from tests.support.member_service import MemberService
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.open_room import OpenRoom, Person, make_open_room
from tests.support.service import Service, raw_sql


class After:
    """A room after its event, with a worker and mail transport."""

    def __init__(self, open_room: OpenRoom) -> None:
        self.open_room = open_room
        self.member_service = MemberService(open_room.app)

    async def close(self) -> None:
        """The room is closed."""
        answer = await self.open_room.host.put(f"/rooms/{self.open_room.room}/state", {"state": "closed"})
        assert answer.status_code == 200, answer.text

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """The host marks a question as answered, and the worker does what follows."""
        now = (await self.open_room.host.get(f"/rooms/{self.open_room.room}/questions")).json()["items"]
        current = next(one for one in now if one["id"] == question["id"])
        answered = await self.open_room.change_state(self.open_room.host, current, "answered")
        assert answered.status_code == 200, answered.text
        await self.member_service.work()
        settled: dict[str, Any] = answered.json()
        return settled

    async def settled_again(self, question: dict[str, Any]) -> None:
        """The same event comes a second time."""
        async with self.open_room.db.begin() as tx:
            await tx.record(QuestionSettled(room_id=RoomId(self.open_room.room), question_id=question["id"]))
        await self.member_service.work()

    async def reasons(self, who: Person) -> list[str]:
        """What somebody's inbox says."""
        return [item["reason"] for item in (await who.get("/inbox")).json()["items"]]

    async def mails(self, who: Person) -> list[str]:
        """What somebody got by mail, ten minutes later."""
        await self.member_service.send_waiting_notifications()
        address = await raw_sql(self.open_room.db).fetchval("SELECT email FROM members WHERE id = $1", who.id)
        return [email.text for email in self.member_service.sent.to(address)]


@pytest_asyncio.fixture
async def after(app: Service) -> After:
    return After(await make_open_room(app))


async def test_who_asked_and_who_voted_hear_of_an_answer_after_the_room(after: After) -> None:
    open_room = after.open_room
    asker, voter, bystander = await open_room.member(), await open_room.member(), await open_room.member()
    question = await open_room.ask(asker)
    await open_room.vote(voter, question)
    await open_room.vote(open_room.host, question)
    await after.close()

    settled = await after.answer(question)

    assert await after.reasons(asker) == ["You asked this in “Plenary”."]
    assert await after.reasons(voter) == ["You voted for this question in “Plenary”."]
    assert await after.reasons(bystander) == []
    assert await after.reasons(open_room.host) == [], "who answered knows"
    (mail,) = await after.mails(voter)
    assert "A question you voted for in Plenary was answered" in mail
    assert f"https://forum.example/t/{open_room.topic}/room/{settled['number']}\n" in mail
    assert len(await after.mails(asker)) == 1
    assert await after.mails(open_room.host) == await after.mails(bystander) == []


async def test_nobody_hears_of_it_twice(after: After) -> None:
    open_room = after.open_room
    asker = await open_room.member()
    question = await open_room.ask(asker)
    await after.close()
    settled = await after.answer(question)

    await after.settled_again(question)
    again = (await open_room.change_state(open_room.host, settled, "live")).json()
    assert (await open_room.change_state(open_room.host, again, "answered")).status_code == 200
    await after.member_service.work()

    assert len(await after.reasons(asker)) == len(await after.mails(asker)) == 1


async def test_what_is_answered_aloud_is_not_told_but_in_writing_it_is(after: After) -> None:
    open_room = after.open_room
    asker, other = await open_room.member(), await open_room.member()
    question, second = await open_room.ask(asker), await open_room.ask(other, "And who pays?")

    await after.answer(second)
    assert await after.reasons(other) == []

    written = {"state": "answered", "version": question["version"], "answer": "The mill pays."}
    answered = await open_room.host.put(f"/questions/{question['id']}/state", written)
    assert answered.status_code == 200, answered.text
    await after.member_service.work()
    assert len(await after.reasons(asker)) == len(await after.mails(asker)) == 1


async def test_who_asked_what_was_merged_into_it_hears_of_it_too(after: After) -> None:
    open_room = after.open_room
    asker, twin, voter = await open_room.member(), await open_room.member(), await open_room.member()
    question, same = await open_room.ask(asker), await open_room.ask(twin, "Why, again?")
    await open_room.vote(voter, same)
    merged = {"state": "merged", "version": same["version"], "into": question["id"]}
    answer = await open_room.host.put(f"/questions/{same['id']}/state", merged)
    assert answer.status_code == 200, answer.text
    await after.close()

    await after.answer(question)

    assert await after.reasons(twin) == ["You asked this in “Plenary”."]
    assert await after.reasons(voter) == ["You voted for this question in “Plenary”."]
    assert len(await after.mails(twin)) == len(await after.mails(voter)) == 1


async def test_of_who_asked_anonymously_nobody_knows_and_the_voters_hear(after: After) -> None:
    open_room = after.open_room
    asker, voter = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker, anonymous=True)
    await open_room.vote(voter, question)
    await after.close()

    await after.answer(question)

    assert await after.reasons(asker) == await after.mails(asker) == []
    assert len(await after.mails(voter)) == 1
    told = await raw_sql(open_room.db).fetch("SELECT member_id FROM notifications")
    assert [row["member_id"] for row in told] == [voter.id]


async def test_a_hidden_question_is_told_to_nobody(after: After) -> None:
    open_room = after.open_room
    asker, voter = await open_room.member(), await open_room.member()
    question = await open_room.ask(asker)
    await open_room.vote(voter, question)
    await after.close()
    answered = await open_room.change_state(open_room.host, question | {"version": 1}, "answered")
    assert answered.status_code == 200
    # Hidden between the answer and the moment it would be told.
    await hide_rows(open_room.db, question["post"])
    await after.member_service.work()

    assert await after.reasons(asker) == await after.reasons(voter) == []
    assert await after.mails(asker) == await after.mails(voter) == []
    assert await raw_sql(open_room.db).fetchval("SELECT count(*) FROM notifications") == 0


async def test_who_may_not_read_the_room_any_more_gets_no_mail(after: After) -> None:
    open_room = after.open_room
    invited, turned_away = await open_room.member(), await open_room.member()
    question = await open_room.ask(invited)
    await open_room.vote(turned_away, question)
    await after.close()
    listed = "UPDATE topics SET readers = 'listed', gathering_id = $2 WHERE id = $1"
    await raw_sql(open_room.db).execute(listed, open_room.topic, open_room.gathering)
    await raw_sql(open_room.db).execute(
        "INSERT INTO topic_readers VALUES ($1, $2)", open_room.topic, invited.id
    )

    await after.answer(question)

    assert len(await after.reasons(invited)) == len(await after.mails(invited)) == 1
    assert await after.reasons(turned_away) == await after.mails(turned_away) == []


async def test_an_address_that_is_not_proved_gets_no_mail(after: After) -> None:
    open_room = after.open_room
    asker = await open_room.member()
    question = await open_room.ask(asker)
    await raw_sql(open_room.db).execute("UPDATE members SET email_verified_at = NULL WHERE id = $1", asker.id)
    await after.close()

    await after.answer(question)

    assert len(await after.reasons(asker)) == 1
    assert await after.mails(asker) == []
