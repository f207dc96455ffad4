"""Visibility of text that is hidden, held, withdrawn or private: on every surface, for every role.

The rows are in tests/data/permissions.toml under [sight]. A unique text is put into a state; then every response of the
API, every page and every channel is read as each role and as the author. Only people who may read the text find it. New
routes are included automatically. Each row reads all surfaces as every role, which takes more than 20 seconds.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from email import message_from_bytes

import httpx2
import pytest

from storage.database import Database
from tests.support import permission_matrix
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.people import Person, a_person, a_reply
from tests.support.requests import GOOD
from tests.support.service import Service, raw_sql
from tests.support.world import World, a_world, readable_addresses

TEXT = "quetzalcoatlus"
# Searches use a different word of the text, because the page of results repeats the query.
WORDS = f"pteranodon and {TEXT}"
Maker = Callable[[Service, World], Awaitable[None]]


async def a_post(app: Service, world: World) -> int:
    """Create a post with the unique text and a reaction."""
    post = (await a_reply(world.author, world.places["topic_id"], f"We saw a {WORDS}."))["id"]
    member = world.people["member"]
    assert member is not None
    assert (await member.put(f"/posts/{post}/reactions/agree")).status_code == 200
    world.places["post_id"] = post
    return int(post)


async def a_published_post(app: Service, world: World) -> None:
    await a_post(app, world)


async def a_hidden_post(app: Service, world: World) -> None:
    # The author reads the text in the statement of reasons after the decision.
    world.places["decision_id"] = await decide(app, await a_post(app, world))
    await raw_sql(app.db).execute("UPDATE decisions SET decided_at = decided_at - interval '1 minute'")


async def a_post_hidden_and_given_back(app: Service, world: World) -> None:
    decision = await decide(app, await a_post(app, world))
    judge = await a_person(app, "Second", duties=[("administrator", None)])
    reversed_ = await judge.put(f"/decisions/{decision}/reversal", {"facts": "It was right."})
    assert reversed_.status_code == 200, reversed_.text


async def a_withdrawn_post(app: Service, world: World) -> None:
    post = await a_post(app, world)
    assert (await world.author.delete(f"/posts/{post}")).status_code in (200, 204)


async def an_old_text(app: Service, world: World) -> None:
    post = await a_post(app, world)
    assert (await world.author.patch(f"/posts/{post}", {"body": "We saw nothing."})).status_code == 200


async def an_old_text_of_a_hidden_post(app: Service, world: World) -> None:
    await an_old_text(app, world)
    await decide(app, world.places["post_id"])


async def an_old_text_of_a_withdrawn_post(app: Service, world: World) -> None:
    await an_old_text(app, world)
    assert (await world.author.delete(f"/posts/{world.places['post_id']}")).status_code in (200, 204)


async def a_post_of_a_hidden_topic(app: Service, world: World) -> None:
    await a_post(app, world)
    await to_topic(app, world, "hidden_at = now()")


async def a_post_of_a_withdrawn_topic(app: Service, world: World) -> None:
    await a_post(app, world)
    await to_topic(app, world, "withdrawn_at = now()")


async def a_post_of_a_topic_for_members(app: Service, world: World) -> None:
    await a_post(app, world)
    await to_topic(app, world, "readers = 'members'")


async def a_post_of_a_topic_for_those_listed(app: Service, world: World) -> None:
    await a_post(app, world)
    await to_topic(app, world, "readers = 'listed'")


async def a_title_of_a_hidden_topic(app: Service, world: World) -> None:
    await to_topic(app, world, f"title = 'A {WORDS}', hidden_at = now()")


async def a_title_of_a_topic_for_those_listed(app: Service, world: World) -> None:
    await to_topic(app, world, f"title = 'A {WORDS}', readers = 'listed'")


async def a_question_that_waits(app: Service, world: World) -> None:
    await premoderate(app, world)
    asked = await world.author.post(f"/rooms/{world.places['room_id']}/questions", {"body": f"A {WORDS}?"})
    assert asked.status_code == 201, asked.text
    assert asked.json()["state"] == "pending"
    world.places |= {"question_id": asked.json()["id"], "post_id": asked.json()["post"]}


async def a_notice_that_waits(app: Service, world: World) -> None:
    await premoderate(app, world)
    columns = (await world.author.get(f"/rooms/{world.places['room_id']}/columns")).json()["items"]
    given = {"column": columns[0]["id"], "title": f"A {WORDS}", "body": f"I offer a {WORDS}."}
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


async def found_by(client: httpx2.AsyncClient, world: World) -> set[str]:
    """Return where a person finds the text."""
    found = set()
    for address in readable_addresses(world):
        answer = await client.get(
            address, headers={"Accept": "text/html, application/json"}, follow_redirects=True
        )
        assert answer.status_code < 500, address
        if TEXT in answer.text.lower():
            found.add(address)
    return found


async def heard_by(app: Service, world: World, heads: Mapping[str, int], person: Person | None) -> set[str]:
    """Return the channels in which a person who reconnects receives the text."""
    token, found = person.token if person else None, set()
    sector = await raw_sql(app.db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'")
    for row in permission_matrix.operations(permission_matrix.CHANNELS):
        name = row.format(**world.places, sector_id=sector, author_id=world.author.id)
        async with app.listening(name, token, after=heads.get(name, 0)) as feed:
            if TEXT in json.dumps(feed.joined).lower():
                found.add(name)
    return found


def mailed_to(app: Service) -> set[str]:
    """Return the addresses to which the text was e-mailed."""
    folder = app.contexts[0].settings.data / "mail"
    mails = [message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
    return {str(mail["to"]) for mail in mails if TEXT in str(mail).lower()}


def test_every_state_of_a_text_has_a_row() -> None:
    assert permission_matrix.SIGHT.keys() == MADE.keys()


@pytest.mark.parametrize("what", permission_matrix.SIGHT)
async def test_only_people_who_can_read_a_text_find_it(app: Service, db: Database, what: str) -> None:
    """Slow: every role reads every page, route and feed of the service."""
    world = await a_world(app)
    heads: dict[str, int] = dict(await raw_sql(db).fetch("SELECT name, seq FROM channels"))
    await MADE[what](app, world)
    await app.run_jobs()
    everybody = {**world.people, "author": world.author}
    addressed = mailed_to(app)
    for role, expected in zip(permission_matrix.SEEING, permission_matrix.SIGHT[what], strict=True):
        person = everybody[role]
        client = person.client if person else app.client()
        found = await found_by(client, world) | await heard_by(app, world, heads, person)
        if person and f"{person.handle}@example.org" in addressed:
            found.add("mail")

        assert f"{role} {'yes' if found else 'no'}" == f"{role} {expected}", found
