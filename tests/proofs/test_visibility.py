"""Visibility of text that is hidden, held, withdrawn or private: on every surface, for every role.

The rows are in tests/data/permissions.toml under [sight]. In one world a unique text is put into each state; then every
response of the API, every page and every channel is read as each role and as the author. Only people who may read a text
find it. New routes are included automatically. A role reads all surfaces, which takes more than 20 seconds.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from email import message_from_bytes

import httpx2
import pytest

from storage.database import Database
from tests.support import permission_matrix
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.requests import GOOD
from tests.support.service import Service, raw_sql
from tests.support.world import World, a_world, move_a_post, readable_addresses

# One word for each state, none of which is the beginning of another.
TEXTS = {what: f"quetzalcoatl{chr(ord('a') + number)}" for number, what in enumerate(permission_matrix.SIGHT)}
Maker = Callable[[Service, World, str], Awaitable[None]]


async def a_post(app: Service, world: World, words: str) -> int:
    """Create a post with the unique text and a reaction."""
    post = (await a_reply(world.author, world.places["topic_id"], f"We saw a {words}."))["id"]
    member = world.people["member"]
    assert member is not None
    assert (await member.put(f"/posts/{post}/reactions/agree")).status_code == 200
    world.places["post_id"] = post
    return int(post)


async def a_published_post(app: Service, world: World, words: str) -> None:
    await a_post(app, world, words)


async def a_hidden_post(app: Service, world: World, words: str) -> None:
    # The author reads the text in the statement of reasons after the decision.
    world.places["decision_id"] = await decide(app, await a_post(app, world, words))
    await raw_sql(app.db).execute("UPDATE decisions SET decided_at = decided_at - interval '1 minute'")


async def a_post_hidden_and_given_back(app: Service, world: World, words: str) -> None:
    decision = await decide(app, await a_post(app, world, words))
    judge = await a_person(app, "Second", duties=[("administrator", None)])
    reversed_ = await judge.put(f"/decisions/{decision}/reversal", {"facts": "It was right."})
    assert reversed_.status_code == 200, reversed_.text


async def a_withdrawn_post(app: Service, world: World, words: str) -> None:
    post = await a_post(app, world, words)
    assert (await world.author.delete(f"/posts/{post}")).status_code in (200, 204)


async def an_old_text(app: Service, world: World, words: str) -> None:
    post = await a_post(app, world, words)
    assert (await world.author.patch(f"/posts/{post}", {"body": "We saw nothing."})).status_code == 200


async def an_old_text_of_a_hidden_post(app: Service, world: World, words: str) -> None:
    await an_old_text(app, world, words)
    await decide(app, world.places["post_id"])


async def an_old_text_of_a_withdrawn_post(app: Service, world: World, words: str) -> None:
    await an_old_text(app, world, words)
    assert (await world.author.delete(f"/posts/{world.places['post_id']}")).status_code in (200, 204)


async def a_post_of_a_hidden_topic(app: Service, world: World, words: str) -> None:
    await a_post(app, world, words)
    await to_topic(app, world, "hidden_at = now()")


async def a_post_of_a_withdrawn_topic(app: Service, world: World, words: str) -> None:
    await a_post(app, world, words)
    await to_topic(app, world, "withdrawn_at = now()")


async def a_post_of_a_topic_for_members(app: Service, world: World, words: str) -> None:
    await a_post(app, world, words)
    await to_topic(app, world, "readers = 'members'")


async def a_post_of_a_topic_for_those_listed(app: Service, world: World, words: str) -> None:
    await a_post(app, world, words)
    await to_topic(app, world, "readers = 'listed'")


async def a_title_of_a_hidden_topic(app: Service, world: World, words: str) -> None:
    await to_topic(app, world, f"title = 'A {words}', hidden_at = now()")


async def a_title_of_a_topic_for_those_listed(app: Service, world: World, words: str) -> None:
    await to_topic(app, world, f"title = 'A {words}', readers = 'listed'")


async def a_question_that_waits(app: Service, world: World, words: str) -> None:
    await premoderate(app, world)
    asked = await world.author.post(f"/rooms/{world.places['room_id']}/questions", {"body": f"A {words}?"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["state"] == "pending"
    world.places |= {"question_id": asked.json()["id"], "post_id": asked.json()["post"]}


async def a_notice_that_waits(app: Service, world: World, words: str) -> None:
    await premoderate(app, world)
    columns = (await world.author.get(f"/rooms/{world.places['room_id']}/columns")).json()["items"]
    given = {"column": columns[0]["id"], "title": f"A {words}", "body": f"I offer a {words}."}
    posted = await world.author.post(f"/rooms/{world.places['room_id']}/notices", given)
    assert posted.status_code == 201, posted.text
    world.places["notice_id"] = posted.json()["id"]


MADE: Mapping[str, Maker] = {
    name.replace("_", " "): maker
    for name, maker in globals().items()
    if name.startswith(("a_", "an_")) and getattr(maker, "__module__", "") == __name__ and name != "a_post"
}


async def decide(app: Service, post: int) -> int:
    """Have a moderator outside the tested roles hide a post."""
    flagger = await a_person(app, "Flagger")
    assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    judge = await a_person(app, "Judge", duties=[("administrator", None)])
    cases = (await judge.get("/cases")).json()["items"]
    case = next(case for case in cases if case["object"]["id"] == post)
    given = GOOD["decide_case"] | {"version": case["version"]}
    decided = await judge.post(f"/cases/{case['id']}/decisions", given)
    assert decided.status_code == 201, decided.text
    return int(decided.json()["id"])


async def to_topic(app: Service, world: World, change: str) -> None:
    """Put a topic into a state that no route can create yet."""
    await give_topics_reason(app.db, world.places["topic_id"])
    await raw_sql(app.db).execute(f"UPDATE topics SET {change} WHERE id = $1", world.places["topic_id"])


async def premoderate(app: Service, world: World) -> None:
    """Make questions and notices of the room wait for approval."""
    root = await a_person(app, "Rule", duties=[("administrator", None)])
    changed = await root.patch(f"/rooms/{world.places['room_id']}", {"rules": {"premoderated": True}})
    assert changed.status_code == 200, changed.text


async def make_all(app: Service, world: World) -> list[World]:
    """Put a text into each state, in a topic of its own; return what each has changed in the world."""
    worlds, root = [], await a_person(app, "Mover", duties=[("administrator", None)])
    for what, text in TEXTS.items():
        topic = (await a_topic(world.author, tags=["cobalt"]))["id"]
        places = world.places | {"topic_id": topic, "object_id": topic, "key": f"topic:{topic}"}
        changed = World(world.people, places, world.author)
        changed.places["move_id"] = await move_a_post(world.author, topic, by=root)
        # Searches use a different word of the text, because the page of results repeats the query.
        await MADE[what](app, changed, f"pteranodon and {text}")
        worlds.append(changed)
    return worlds


async def found_by(client: httpx2.AsyncClient, worlds: list[World]) -> set[tuple[str, str]]:
    """Return which texts a person finds, and where."""
    found = set()
    for address in {address: None for world in worlds for address in readable_addresses(world)}:
        answer = await client.get(
            address, headers={"Accept": "text/html, application/json"}, follow_redirects=True
        )
        assert answer.status_code < 500, address
        found |= {(text, address) for text in texts_in(answer.text)}
    return found


async def heard_by(
    app: Service, worlds: list[World], heads: Mapping[str, int], person: Person | None
) -> set[tuple[str, str]]:
    """Return which texts a person who reconnects receives, and in which channels."""
    token, found = person.token if person else None, set()
    sector = await raw_sql(app.db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")
    rows = permission_matrix.operations(permission_matrix.CHANNELS)
    for name in {
        row.format(**world.places, sector_id=sector, author_id=world.author.id)
        for world in worlds
        for row in rows
    }:
        async with app.listening(name, token, after=heads.get(name, 0)) as feed:
            found |= {(text, name) for text in texts_in(json.dumps(feed.joined))}
    return found


async def bookmark_all(db: Database, person: Person) -> None:
    """Let a person have bookmarked all these posts at a time when they could read them, with a reminder that is due."""
    await raw_sql(db).execute(
        "INSERT INTO bookmarks (member_id, post_id, set_at, remind_at)"
        " SELECT $1, id, now(), now() FROM posts WHERE body LIKE '%pteranodon%' ORDER BY id",
        person.id,
    )


def mailed_to(app: Service) -> set[tuple[str, str]]:
    """Return which texts were e-mailed, and to which addresses."""
    folder = app.contexts[0].settings.data / "mail"
    mails = [message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
    return {(text, str(mail["to"])) for mail in mails for text in texts_in(str(mail))}


def texts_in(answer: str) -> set[str]:
    lower = answer.lower()
    return {text for text in TEXTS.values() if text in lower}


def test_every_state_of_a_text_has_a_row() -> None:
    assert permission_matrix.SIGHT.keys() == MADE.keys()


@pytest.mark.parametrize("role", permission_matrix.SEEING)
async def test_only_people_who_can_read_a_text_find_it(app: Service, db: Database, role: str) -> None:
    """Slow: the role reads every page, route and feed of the service."""
    world = await a_world(app)
    heads: dict[str, int] = dict(await raw_sql(db).fetch("SELECT name, seq FROM channels"))
    worlds = await make_all(app, world)
    person = {**world.people, "author": world.author}[role]
    if person:
        await bookmark_all(db, person)
    await app.run_jobs()
    addressed = mailed_to(app)
    client = person.client if person else app.client()
    found = await found_by(client, worlds) | await heard_by(app, worlds, heads, person)
    if person:
        found |= {(text, "mail") for text, to in addressed if to == f"{person.handle}@example.org"}

    which = permission_matrix.SEEING.index(role)
    for what, text in TEXTS.items():
        where = sorted(place for word, place in found if word == text)
        assert f"{what} {'yes' if where else 'no'}" == f"{what} {permission_matrix.SIGHT[what][which]}", where
