"""An old snapshot plus the events since equals a new snapshot, for every operation on posts and every kind of viewer."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service
from tests.support.streams import apply, snapshot

VERBS: list[Callable[..., Any]] = []


def verb(function: Callable[..., Any]) -> Callable[..., Any]:
    VERBS.append(function)
    return function


@verb
async def reply(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    parent = chance.choice([None, *(post["id"] for post in posts)])
    await a_reply(chance.choice(people), topic, f"reply {chance.random()}", parent=parent)


@verb
async def edit(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    post = chance.choice(posts)
    await owner(people, post).patch(f"/posts/{post['id']}", {"body": f"edited {chance.random()}"})


@verb
async def say_language(
    chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]
) -> None:
    post = chance.choice([post for post in posts if post["state"] == "published"])
    tag = chance.choice(["fr", "zh-Hant", None])
    who = chance.choice([owner(people, post), people[2]])
    assert (await who.put(f"/posts/{post['id']}/language", {"language": tag})).status_code == 200


@verb
async def withdraw(
    chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]
) -> None:
    post = chance.choice(posts)
    await owner(people, post).delete(f"/posts/{post['id']}")


@verb
async def restore(
    chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]
) -> None:
    gone = [post for post in posts if post["state"] == "withdrawn"]
    if gone:
        post = chance.choice(gone)
        await owner(people, post).delete(f"/posts/{post['id']}/withdrawal")


@verb
async def react(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    kind = chance.choice(["kind", "agree", "thanks"])
    path = f"/posts/{chance.choice(posts)['id']}/reactions/{kind}"
    person = chance.choice(people)
    await (person.put(path) if chance.random() < 0.7 else person.delete(path))


@verb
async def change(
    chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]
) -> None:
    await people[0].patch(
        f"/topics/{topic}", {"title": f"Title {chance.random()}", "tags": ["a", "b"][: chance.randint(0, 2)]}
    )


@verb
async def lock(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    await people[2].put(f"/topics/{topic}/lock")
    await people[2].delete(f"/topics/{topic}/lock")


@verb
async def move(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    some = [post["id"] for post in posts if post["number"] > 1]
    new = {"posts": [chance.choice(some)], "title": f"Split {chance.random()}"}
    moved = await people[2].post(f"/topics/{topic}/moves", new)
    assert moved.status_code == 201, moved.text
    if moved.json()["first"] in (post["id"] for post in posts if post["state"] == "published"):
        await a_reply(people[0], topic, "to what has left", parent=moved.json()["first"])


@verb
async def bring(chance: random.Random, people: list[Person], topic: int, posts: list[dict[str, Any]]) -> None:
    moves = (await people[2].get(f"/topics/{topic}/moves")).json()["items"]
    if moves:
        assert (await people[2].delete(f"/moves/{chance.choice(moves)['id']}")).status_code in (204, 409)
    other = (await a_topic(people[1], "Another"))["id"]
    post = await a_reply(people[1], other, "comes from elsewhere")
    await people[2].post(f"/topics/{other}/moves", {"posts": [post["id"]], "into": topic})


def owner(people: list[Person], post: dict[str, Any]) -> Person:
    return next(person for person in people if person.id == post["author"]["id"])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_an_old_snapshot_plus_events_equals_a_new_snapshot(app: Service, seed: int) -> None:
    chance = random.Random(seed)
    people = [
        await a_person(app, "Author"),
        await a_person(app, "Member"),
        await a_person(app, "Moderator", duties=[("moderator", "mobility")]),
    ]
    viewers = {"visitor": None, "author": people[0], "member": people[1], "moderator": people[2]}
    topic = (await a_topic(people[0]))["id"]
    for _ in range(4):
        await a_reply(chance.choice(people), topic)

    old = {name: await snapshot(viewer, app, topic) for name, viewer in viewers.items()}
    for step in range(40):
        posts = list((await snapshot(people[2], app, topic))["posts"].values())
        await VERBS[step % len(VERBS)](chance, people, topic, posts)

    for name, viewer in viewers.items():
        token = viewer.token if viewer else None
        async with app.listening(f"topic:{topic}", token, after=old[name]["seq"]) as feed:
            applied = apply(old[name], feed.joined["missed"])
        assert applied == await snapshot(viewer, app, topic), name
        assert applied != old[name]
