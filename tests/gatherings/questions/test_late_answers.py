"""Late answers: askers by name and voters are notified once; the member who answered and anonymous askers are not."""

from typing import Any

import pytest_asyncio

from core.ids import RoomId
from gatherings.events import QuestionSettled
from tests.support.member_service import MembersHouse
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.rooms.live_room import Hall, Person, a_hall
from tests.support.service import Service, plain


class After:
    """A room after its event, with a worker and mail transport."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.house = MembersHouse(hall.app)

    async def close(self) -> None:
        """The room is closed."""
        answer = await self.hall.host.put(f"/rooms/{self.hall.room}/state", {"state": "closed"})
        assert answer.status_code == 200, answer.text

    async def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """The host marks a question as answered, and the worker does what follows."""
        now = (await self.hall.host.get(f"/rooms/{self.hall.room}/questions")).json()["items"]
        current = next(one for one in now if one["id"] == question["id"])
        answered = await self.hall.settle(self.hall.host, current, "answered")
        assert answered.status_code == 200, answered.text
        await self.house.work()
        settled: dict[str, Any] = answered.json()
        return settled

    async def settled_again(self, question: dict[str, Any]) -> None:
        """The same event comes a second time."""
        async with self.hall.db.begin() as tx:
            await tx.record(QuestionSettled(room_id=RoomId(self.hall.room), question_id=question["id"]))
        await self.house.work()

    async def reasons(self, who: Person) -> list[str]:
        """What somebody's inbox says."""
        return [item["reason"] for item in (await who.get("/inbox")).json()["items"]]

    async def mails(self, who: Person) -> list[str]:
        """What somebody got by mail, ten minutes later."""
        await self.house.mail_told()
        address = await plain(self.hall.db).fetchval("SELECT email FROM members WHERE id = $1", who.id)
        return [letter.text for letter in self.house.letters.to(address)]


@pytest_asyncio.fixture
async def after(app: Service) -> After:
    return After(await a_hall(app))


async def test_who_asked_and_who_voted_hear_of_an_answer_after_the_room(after: After) -> None:
    hall = after.hall
    asker, voter, bystander = await hall.member(), await hall.member(), await hall.member()
    question = await hall.ask(asker)
    await hall.vote(voter, question)
    await hall.vote(hall.host, question)
    await after.close()

    settled = await after.answer(question)

    assert await after.reasons(asker) == ["You asked this in “Plenary”."]
    assert await after.reasons(voter) == ["You voted for this question in “Plenary”."]
    assert await after.reasons(bystander) == []
    assert await after.reasons(hall.host) == [], "who answered knows"
    (mail,) = await after.mails(voter)
    assert "You voted for this question in “Plenary”." in mail
    assert f"https://forum.example/t/{hall.topic}/room/{settled['number']}\n" in mail
    assert len(await after.mails(asker)) == 1
    assert await after.mails(hall.host) == await after.mails(bystander) == []


async def test_nobody_hears_of_it_twice(after: After) -> None:
    hall = after.hall
    asker = await hall.member()
    question = await hall.ask(asker)
    await after.close()
    settled = await after.answer(question)

    await after.settled_again(question)
    again = (await hall.settle(hall.host, settled, "live")).json()
    assert (await hall.settle(hall.host, again, "answered")).status_code == 200
    await after.house.work()

    assert len(await after.reasons(asker)) == len(await after.mails(asker)) == 1


async def test_what_is_answered_aloud_is_not_told_but_in_writing_it_is(after: After) -> None:
    hall = after.hall
    asker, other = await hall.member(), await hall.member()
    question, second = await hall.ask(asker), await hall.ask(other, "And who pays?")

    await after.answer(second)
    assert await after.reasons(other) == []

    written = {"state": "answered", "version": question["version"], "answer": "The mill pays."}
    answered = await hall.host.put(f"/questions/{question['id']}/state", written)
    assert answered.status_code == 200, answered.text
    await after.house.work()
    assert len(await after.reasons(asker)) == len(await after.mails(asker)) == 1


async def test_who_asked_what_was_merged_into_it_hears_of_it_too(after: After) -> None:
    hall = after.hall
    asker, twin, voter = await hall.member(), await hall.member(), await hall.member()
    question, same = await hall.ask(asker), await hall.ask(twin, "Why, again?")
    await hall.vote(voter, same)
    merged = {"state": "merged", "version": same["version"], "into": question["id"]}
    answer = await hall.host.put(f"/questions/{same['id']}/state", merged)
    assert answer.status_code == 200, answer.text
    await after.close()

    await after.answer(question)

    assert await after.reasons(twin) == ["You asked this in “Plenary”."]
    assert await after.reasons(voter) == ["You voted for this question in “Plenary”."]
    assert len(await after.mails(twin)) == len(await after.mails(voter)) == 1


async def test_of_who_asked_anonymously_nobody_knows_and_the_voters_hear(after: After) -> None:
    hall = after.hall
    asker, voter = await hall.member(), await hall.member()
    question = await hall.ask(asker, anonymous=True)
    await hall.vote(voter, question)
    await after.close()

    await after.answer(question)

    assert await after.reasons(asker) == await after.mails(asker) == []
    assert len(await after.mails(voter)) == 1
    told = await plain(hall.db).fetch("SELECT member_id FROM notifications")
    assert [row["member_id"] for row in told] == [voter.id]


async def test_a_hidden_question_is_told_to_nobody(after: After) -> None:
    hall = after.hall
    asker, voter = await hall.member(), await hall.member()
    question = await hall.ask(asker)
    await hall.vote(voter, question)
    await after.close()
    answered = await hall.settle(hall.host, question | {"version": 1}, "answered")
    assert answered.status_code == 200
    # Hidden between the answer and the moment it would be told.
    await hide_rows(hall.db, question["post"])
    await after.house.work()

    assert await after.reasons(asker) == await after.reasons(voter) == []
    assert await after.mails(asker) == await after.mails(voter) == []
    assert await plain(hall.db).fetchval("SELECT count(*) FROM notifications") == 0


async def test_who_may_not_read_the_room_any_more_gets_no_mail(after: After) -> None:
    hall = after.hall
    invited, turned_away = await hall.member(), await hall.member()
    question = await hall.ask(invited)
    await hall.vote(turned_away, question)
    await after.close()
    listed = "UPDATE topics SET readers = 'listed', gathering_id = $2 WHERE id = $1"
    await plain(hall.db).execute(listed, hall.topic, hall.gathering)
    await plain(hall.db).execute("INSERT INTO topic_readers VALUES ($1, $2)", hall.topic, invited.id)

    await after.answer(question)

    assert len(await after.reasons(invited)) == len(await after.mails(invited)) == 1
    assert await after.reasons(turned_away) == await after.mails(turned_away) == []


async def test_an_address_that_is_not_proved_gets_no_mail(after: After) -> None:
    hall = after.hall
    asker = await hall.member()
    question = await hall.ask(asker)
    await plain(hall.db).execute("UPDATE members SET email_verified_at = NULL WHERE id = $1", asker.id)
    await after.close()

    await after.answer(question)

    assert len(await after.reasons(asker)) == 1
    assert await after.mails(asker) == []
