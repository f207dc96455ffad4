"""Each post knows its language: as its author chose it, as it was detected, or as a moderator corrected it."""

from typing import Any

import pytest

from forum.posts.language_jobs import detect_next_languages
from storage.database import Database
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service, raw_sql

FRENCH = "Comment les fonderies tracent-elles l'origine du cobalt ?"
GERMAN = "Wie weisen Schmelzen die Herkunft von Kobalt nach?"


async def _a_post(person: Person, **more: Any) -> dict[str, Any]:
    topic = await a_topic(person)
    response = await person.post(f"/topics/{topic['id']}/posts", {"body": FRENCH} | more)
    assert response.status_code == 201, response.text
    post: dict[str, Any] = response.json()
    return post


async def _by(db: Database, post: dict[str, Any]) -> str | None:
    by: str | None = await raw_sql(db).fetchval("SELECT language_by FROM posts WHERE id = $1", post["id"])
    return by


async def test_a_reply_and_a_first_post_know_their_language(app: Service, db: Database) -> None:
    person = await a_person(app)
    topic = await a_topic(person, "Kobalt", GERMAN)
    reply = await a_reply(person, topic["id"], FRENCH)
    assert reply["language"] == "fr"
    shown = (await person.get(f"/topics/{topic['id']}/posts")).json()["items"]
    assert [post["language"] for post in shown] == ["de", "fr"]
    assert await _by(db, reply) == "detected"


async def test_what_is_too_short_is_in_no_language(app: Service, db: Database) -> None:
    post = await _a_post(await a_person(app), body="Merci !")
    assert post["language"] is None
    assert await _by(db, post) == "detected"


async def test_the_authors_choice_counts(app: Service, db: Database) -> None:
    person = await a_person(app)
    post = await _a_post(person, language="pt-BR")
    assert (post["language"], await _by(db, post)) == ("pt-BR", "author")
    topic = await a_topic(person, body=FRENCH, language="en")
    shown = (await person.get(f"/topics/{topic['id']}/posts")).json()["items"]
    assert shown[0]["language"] == "en"


@pytest.mark.parametrize("tag", ["xx", "french", "EN", "en\n", ""])
async def test_no_language_is_invented(app: Service, tag: str) -> None:
    person = await a_person(app)
    topic = await a_topic(person)
    refused = await person.post(f"/topics/{topic['id']}/posts", {"body": FRENCH, "language": tag})
    assert refused.status_code in (400, 422), refused.text


async def test_an_edit_keeps_a_choice_and_replaces_a_guess(app: Service) -> None:
    person = await a_person(app)
    chosen, guessed = await _a_post(person, language="en"), await _a_post(person)
    for post, language in ((chosen, "en"), (guessed, "de")):
        edited = await person.patch(f"/posts/{post['id']}", {"body": GERMAN})
        assert edited.json()["language"] == language
    edited = await person.patch(f"/posts/{chosen['id']}", {"body": GERMAN + " Danke.", "language": "de"})
    assert edited.json()["language"] == "de"


async def test_a_language_chosen_with_the_same_text_is_no_edit(app: Service) -> None:
    person = await a_person(app)
    post = await _a_post(person)
    same = (await person.patch(f"/posts/{post['id']}", {"body": FRENCH, "language": "en"})).json()
    assert (same["language"], same["edited_at"], same["version"]) == ("en", None, post["version"])


async def test_the_author_and_moderators_correct_it_without_an_edit(app: Service, db: Database) -> None:
    author, other = await a_person(app), await a_person(app, "Other")
    moderator = await a_person(app, "Moderator", duties=[("moderator", "mobility")])
    post = await _a_post(author)
    address = f"/posts/{post['id']}/language"
    assert (await other.put(address, {"language": "de"})).json()["code"] == "not_yours"
    async with app.listening(f"topic:{post['topic']}", other.token) as feed:
        corrected = (await author.put(address, {"language": "de"})).json()
        event = (await feed.next())["event"]
        assert event["type"] == "post_language_set"
        assert event["post"]["language"] == "de"
    assert (corrected["language"], corrected["edited_at"], corrected["version"]) == ("de", None, 1)
    assert await _by(db, post) == "author"
    assert (await moderator.put(address, {"language": "es"})).json()["language"] == "es"
    assert await _by(db, post) == "moderator"
    kept = await author.patch(f"/posts/{post['id']}", {"body": FRENCH + " Merci."})
    assert kept.json()["language"] == "es"
    assert (await author.put(address, {"language": None})).json()["language"] == "fr"
    assert await _by(db, post) == "detected"


async def test_a_withdrawn_post_says_nothing(app: Service) -> None:
    author = await a_person(app)
    post = await _a_post(author)
    await author.delete(f"/posts/{post['id']}")
    refused = await author.put(f"/posts/{post['id']}/language", {"language": "de"})
    assert refused.json()["code"] == "post_withdrawn"
    assert (await app.client().get(f"/api/v1/posts/{post['id']}")).json()["language"] is None


async def test_older_posts_get_their_language_from_a_job(app: Service, db: Database) -> None:
    person = await a_person(app)
    topic = (await a_topic(person, body=GERMAN))["id"]
    chosen = await a_reply(person, topic, FRENCH)
    await person.put(f"/posts/{chosen['id']}/language", {"language": "en"})
    short = await a_reply(person, topic, "Ja.")
    await raw_sql(db).execute(
        "UPDATE posts SET language = NULL, language_by = NULL WHERE language_by = 'detected'"
    )
    while await detect_next_languages(db):
        pass
    shown = (await person.get(f"/topics/{topic}/posts")).json()["items"]
    assert [post["language"] for post in shown] == ["de", "en", None]
    assert await _by(db, short) == "detected"


async def test_a_topic_has_the_language_of_its_first_post(app: Service) -> None:
    person = await a_person(app)
    topic = await a_topic(person, "Herkunft", GERMAN)
    assert topic["language"] == "de"
    first = (await person.get(f"/topics/{topic['id']}/posts")).json()["items"][0]["id"]
    sector = (await person.get("/sectors/mobility")).json()["id"]
    async with (
        app.listening(f"topic:{topic['id']}") as here,
        app.listening(f"sector:{sector}") as listed,
    ):
        await person.put(f"/posts/{first}/language", {"language": "fr"})
        await person.patch(f"/posts/{first}", {"body": FRENCH, "language": "es"})
        for feed in (here, listed):
            told = [await feed.next() for _ in range(4 if feed is here else 2)]
            languages = [one["event"]["topic"]["language"] for one in told if "topic" in one["event"]]
            assert languages[-1] == "es"
    assert (await person.get(f"/topics/{topic['id']}")).json()["language"] == "es"


async def test_questions_know_their_language(app: Service, db: Database) -> None:
    room = await make_open_room(app)
    asked = await room.ask(await a_person(app), GERMAN)
    assert await raw_sql(db).fetchval("SELECT language FROM posts WHERE id = $1", asked["post"]) == "de"
