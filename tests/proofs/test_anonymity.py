"""Anonymous questions: nothing in the database or the logs links them to the asker, except what only the asker has."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest

from core import clock
from core.actor import Actor
from core.errors import SignInFirst
from members.accounts import passwords
from members.pseudonyms import LENGTH, pseudonym
from members.tokens import key_of_session, new_secret, new_token, seal, token_hash
from storage.database import Database
from tests.support.member_service import PASSWORD, MemberService
from tests.support.rooms.open_room import Person, make_open_room
from tests.support.service import Service, raw_sql

# Large numbers, so that each occurrence can be found and none is accidental.
ANNAS_ID = 770_077_700_777
Dump = dict[str, set[str]]


@pytest.fixture
def member_service(app: Service) -> MemberService:
    """The service without members."""
    return MemberService(app)


@pytest.fixture
async def anna(member_service: MemberService) -> Person:
    """A member who registered and signed in through the API."""
    me = await member_service.member("anna-the-asker", password=PASSWORD)
    await raw_sql(member_service.db).execute(
        "DELETE FROM mailed_links; DELETE FROM log; DELETE FROM follow_ups"
    )
    await raw_sql(member_service.db).execute(f"UPDATE members SET id = {ANNAS_ID} WHERE id = {me.id}")
    async with member_service.client() as client:
        token = (
            await client.post("/sessions", json={"login": "anna-the-asker", "password": PASSWORD})
        ).json()["token"]
    return Person(member_service.app.client(token), ANNAS_ID, token)


async def dump(db: Database) -> Dump:
    """Return all rows of the database as text."""
    names = await raw_sql(db).fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {
        name: {
            row["text"] for row in await raw_sql(db).fetch(f'SELECT CAST(t AS text) AS text FROM "{name}" t')
        }
        for (name,) in names
    }


def changed(before: Dump, after: Dump) -> dict[str, set[str]]:
    return {name: rows - before[name] for name, rows in after.items() if rows - before[name]}


async def secret_of(member_service: MemberService, token: str | None) -> bytes:
    actor = await member_service.actor(token or "")
    assert actor is not None
    assert actor.secret is not None
    return actor.secret


async def test_an_anonymous_question_stores_nothing_about_its_asker(
    member_service: MemberService,
    app: Service,
    anna: Person,
    capfd: pytest.CaptureFixture[str],
    access_log: StringIO,
):
    open_room = await make_open_room(app)
    start = await dump(member_service.db)
    named = await open_room.ask(anna, "With my name")
    await member_service.work()
    capfd.readouterr()
    before = await dump(member_service.db)
    assert any(str(ANNAS_ID) in row for rows in changed(start, before).values() for row in rows)

    body = {"body": "Without my name", "anonymous": True}
    answer = await anna.post(f"/rooms/{open_room.room}/questions", body, key="a-key")
    assert answer.status_code == 201
    question = answer.json()
    await member_service.work()

    written = changed(before, await dump(member_service.db))
    assert {"questions", "posts", "log", "answers"} <= written.keys()
    assert not {"members", "sessions", "votes", "duties"} & written.keys()
    for what in (str(ANNAS_ID), "anna-the-asker", token_hash(anna.token or "").hex()):
        found = {name: [row for row in rows if what in row] for name, rows in written.items()}
        assert not any(found.values()), found
    said, complained = capfd.readouterr()
    written_down = said + complained + access_log.getvalue()
    assert "/questions" in written_down
    assert str(ANNAS_ID) not in written_down
    assert "anna" not in written_down
    assert (named["author"]["id"], question["author"]) == (ANNAS_ID, None)


async def test_only_the_token_or_the_password_links_a_member_to_the_question(
    member_service: MemberService, app: Service, anna: Person
):
    open_room = await make_open_room(app)
    await open_room.ask(anna, "Without my name", anonymous=True)
    await open_room.ask(await open_room.member(), "Neither", anonymous=True)
    place = f"topic:{open_room.topic}".encode()
    asked = {
        row["pseudonym"] for row in await raw_sql(member_service.db).fetch("SELECT pseudonym FROM posts")
    } - {None}
    assert len(asked) == 2

    def made_with(key: bytes) -> bytes:
        return hmac.digest(key, place, sha256)[:LENGTH]

    # An attacker with the database tries every value about Anna: alone, as a sealed secret and as a key, and hashed.
    known = await values_about(member_service, ANNAS_ID)
    assert any(value == token_hash(anna.token or "") for value in known)
    guesses = {*known, *(sha256(value).digest() for value in known)}
    guesses |= {seal(one, other) for one in known for other in known if len(one) == len(other)}
    guesses |= {
        seal(one, hmac.digest(other, b"session secret", sha256))
        for one in known
        for other in known
        if len(one) == 32
    }
    assert not {made_with(guess) for guess in guesses} & asked

    # An attacker with the token, or with the password, succeeds.
    by_token = await secret_of(member_service, anna.token)
    row = await raw_sql(member_service.db).fetchrow(
        "SELECT password_hash, secret_salt, sealed_secret FROM members WHERE id = $1", ANNAS_ID
    )
    by_password = await passwords.open_secret(PASSWORD, passwords.Credentials(**row))
    assert by_token == by_password
    assert made_with(by_token) in asked


async def values_about(member_service: MemberService, member: int) -> list[bytes]:
    """Return every value in the rows of a member and their sessions, as bytes."""
    rows: list[Mapping[str, Any]] = [
        *await raw_sql(member_service.db).fetch("SELECT * FROM members WHERE id = $1", member),
        *await raw_sql(member_service.db).fetch("SELECT * FROM sessions WHERE member_id = $1", member),
    ]
    values = [value for row in rows for value in row.values() if value is not None]
    found = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    hashed = next(str(value) for value in values if str(value).startswith("argon2id"))
    return [*found, bytes.fromhex(hashed.rpartition(":")[2])]


async def test_askers_recognise_their_questions_on_every_device(
    member_service: MemberService, app: Service, anna: Person
):
    open_room = await make_open_room(app)
    question = await open_room.ask(anna, "Without my name", anonymous=True)
    async with member_service.client() as client:
        answer = await client.post("/sessions", json={"login": "anna-the-asker", "password": PASSWORD})
    elsewhere = Person(app.client(answer.json()["token"]), ANNAS_ID, answer.json()["token"])
    assert (await open_room.change_state(await open_room.member(), question, "withdrawn")).status_code == 403
    assert (await open_room.change_state(elsewhere, question, "withdrawn")).status_code == 200


async def test_a_password_reset_unlinks_older_questions(
    member_service: MemberService, app: Service, anna: Person
):
    open_room = await make_open_room(app)
    question = await open_room.ask(anna, "Without my name", anonymous=True)
    async with member_service.client() as client:
        await client.post("/password-resets", json={"email": "anna-the-asker@mail.example"})
        await member_service.work()
        link = member_service.sent.token("anna-the-asker@mail.example")
        await client.put(f"/password-resets/{link}", json={"password": "another good one"})
        answer = await client.post(
            "/sessions", json={"login": "anna-the-asker", "password": "another good one"}
        )
    again = Person(app.client(answer.json()["token"]), ANNAS_ID, answer.json()["token"])
    assert (await open_room.change_state(again, question, "withdrawn")).status_code == 403


async def test_session_times_are_rounded_to_the_hour(member_service: MemberService):
    _, token = await member_service.signed_in()
    with clock.stop_at(clock.now() + timedelta(hours=3, minutes=17, seconds=5)):
        assert await member_service.actor(token) is not None
    for row in await raw_sql(member_service.db).fetch("SELECT started_at, seen_at, ends_at FROM sessions"):
        assert all((at.minute, at.second, at.microsecond) == (0, 0, 0) for at in row.values())


def test_pseudonyms_differ_between_rooms_and_members():
    anna, berta = Actor(secret=new_secret()), Actor(secret=new_secret())
    made = {
        pseudonym(actor, place) for actor in (anna, berta) for place in ("topic:1", "topic:2", "topic:12")
    }
    assert len(made) == 6
    assert all(len(each) == LENGTH for each in made)
    assert pseudonym(anna, "topic:1") == pseudonym(Actor(secret=anna.secret), "topic:1")
    with pytest.raises(SignInFirst):
        pseudonym(Actor(), "topic:1")


def test_each_sealed_secret_has_its_own_key():
    secret = new_secret()
    tokens = [new_token() for _ in range(50)]
    sealed = [seal(secret, key_of_session(token)) for token in tokens]
    assert len(set(sealed)) == 50
    assert {seal(one, key_of_session(token)) for one, token in zip(sealed, tokens, strict=True)} == {secret}


async def test_sealing_with_the_same_password_gives_different_results():
    secret = new_secret()
    first, second = [await passwords.seal_secret(PASSWORD, secret) for _ in range(2)]
    assert first.secret_salt != second.secret_salt
    assert first.sealed_secret != second.sealed_secret
    assert await passwords.open_secret(PASSWORD, second) == secret
    assert await passwords.open_secret(PASSWORD + " ", second) is None
    assert await passwords.open_secret(PASSWORD, None) is None
