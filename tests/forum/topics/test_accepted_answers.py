"""Accepted answers: their authors are notified once, and not of an acceptance that was taken back."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from members.emails.emails import OutgoingEmail
from tests.support.emails.lanes import send_digests
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


class Asked(Struct):
    """A question with two replies by one member."""

    app: Service
    asker: Person
    author: Person
    topic: int
    replies: list[int]

    async def accept(self, who: Person, post: int | None) -> None:
        """Accept a reply as the answer, or none."""
        path = f"/topics/{self.topic}/answer"
        done = await (who.put(path, {"post": post}) if post else who.delete(path))
        assert done.status_code == 204, done.text

    async def inbox(self, who: Person | None = None) -> list[tuple[str, int]]:
        """Return the acceptances in the inbox of a person, by default the author's, as (reason, post)."""
        await self.app.run_jobs()
        items = (await (who or self.author).get("/inbox")).json()["items"]
        return [(item["reason"], item["post"]) for item in items if item["kind"] == "accepted"]

    async def mails(self, minutes: int = 11) -> list[OutgoingEmail]:
        """Return the e-mails that go out within some minutes."""
        await self.app.run_jobs()
        with clock.stop_at(clock.now() + timedelta(minutes=minutes)):
            sent = await send_digests(self.app.db)
        return [email for email in sent if email.to.startswith(self.author.handle)]


@pytest_asyncio.fixture
async def asked(app: Service) -> Asked:
    asker, author = await a_person(app, "Amina"), await a_person(app, "Jonas")
    topic = (await a_topic(asker, "Which scheme?", kind="question"))["id"]
    replies = [(await a_reply(author, topic, body))["id"] for body in ("The second.", "Or the third.")]
    return Asked(app, asker, author, topic, replies)


SENTENCE = "Amina accepted your reply as the answer to “Which scheme?”."


async def test_the_author_of_an_accepted_answer_is_notified_once(asked: Asked) -> None:
    for _ in range(2):
        await asked.accept(asked.asker, asked.replies[0])

    assert await asked.inbox() == [(SENTENCE, asked.replies[0])]
    assert await asked.inbox(asked.asker) == []
    (mail,) = await asked.mails()
    assert mail.subject == "Your answer was accepted (The Community)"
    assert "Amina accepted your answer in Which scheme?" in mail.text
    assert f"https://forum.example/p/{asked.replies[0]}" in mail.text
    page = await open_page(asked.author, "/inbox?only=replies")
    assert "<b><bdi>Amina</bdi></b> accepted your answer in" in page


async def test_an_acceptance_by_form_notifies_too(asked: Asked) -> None:
    await send(asked.asker, "/p/set", answer=f"{asked.replies[0]} 1")

    assert await asked.inbox() == [(SENTENCE, asked.replies[0])]


async def test_an_acceptance_that_is_taken_back_in_time_is_not_mailed(asked: Asked) -> None:
    await asked.accept(asked.asker, asked.replies[0])
    await asked.accept(asked.asker, None)

    assert await asked.inbox() == []
    assert (await asked.author.get("/inbox/unread")).json() == {"unread": 0}
    assert await asked.mails() == []


async def test_only_the_answer_that_was_accepted_last_is_mailed(asked: Asked) -> None:
    for post in (asked.replies[0], None, asked.replies[0], asked.replies[1]):
        await asked.accept(asked.asker, post)

    assert await asked.inbox() == [(SENTENCE, asked.replies[1])]
    assert len(await asked.mails()) == 1


async def test_a_question_that_becomes_a_discussion_takes_the_acceptance_back(asked: Asked) -> None:
    await asked.accept(asked.asker, asked.replies[0])
    changed = await asked.asker.patch(f"/topics/{asked.topic}", {"kind": "discussion"})

    assert changed.json()["answer"] is None
    assert await asked.inbox() == []


async def test_after_the_mail_a_change_of_mind_notifies_nobody_again(asked: Asked) -> None:
    await asked.accept(asked.asker, asked.replies[0])
    assert len(await asked.mails()) == 1
    await asked.accept(asked.asker, None)
    await asked.accept(asked.asker, asked.replies[0])

    assert len(await asked.inbox()) == 1
    assert await asked.mails(minutes=60) == []


async def test_nobody_is_notified_of_what_they_accepted_themselves(asked: Asked) -> None:
    own = (await a_reply(asked.asker, asked.topic, "I found it."))["id"]
    moderator = await a_person(asked.app, "Mira", duties=[("moderator", "mobility")])
    await asked.accept(asked.asker, own)
    assert await asked.inbox(asked.asker) == []
    await asked.accept(moderator, None)
    await asked.accept(moderator, own)

    assert [post for _, post in await asked.inbox(asked.asker)] == [own]


async def test_who_muted_the_topic_is_not_notified(asked: Asked) -> None:
    await asked.author.put(f"/topics/{asked.topic}/following", {"level": "muted"})
    await asked.accept(asked.asker, asked.replies[0])

    assert await asked.inbox() == []


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("de", "Ihre Antwort wurde angenommen", ["Amina hat Ihre Antwort"]),
        ("fr", "Votre réponse a été acceptée", ["Amina a accepté"]),
        ("ar", "قُبلت إجابتكم", ["من جانب Amina"]),
    ],
)
async def test_the_mail_is_in_the_language_of_the_author(
    asked: Asked, language: str, subject: str, words: Sequence[str]
) -> None:
    await raw_sql(asked.app.db).execute(
        "UPDATE members SET letters_in = $1 WHERE id = $2", language, asked.author.id
    )
    await asked.accept(asked.asker, asked.replies[0])

    (mail,) = await asked.mails()
    assert mail.subject == f"{subject} (The Community)" and all(word in mail.text for word in words)
