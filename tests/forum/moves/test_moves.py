"""Tests of moves: posts keep their parent, old addresses redirect, and moves can be undone."""

import asyncio
import random
from typing import Any

import httpx2
import pytest

from storage.database import Database
from tests.support.discussion import a_discussion, a_moderator
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def tree(person: Person, topic: int) -> list[tuple[int, int, int | None, int]]:
    """Number, depth, parent and id of each post of a topic that has at most fifty, as it is read."""
    answer = await person.get(f"/topics/{topic}/posts")
    assert answer.status_code == 200, answer.text
    return [(post["number"], post["depth"], post["parent"], post["id"]) for post in answer.json()["items"]]


async def ensure_whole(db: Database, topics: list[int], count: int) -> None:
    """Every post is in one of the topics, each answer under its parent where that is there, all counts are right."""
    wrong = await raw_sql(db).fetch(
        """
        SELECT p.id FROM posts p LEFT JOIN posts parent ON parent.id = p.parent_id
        WHERE p.topic_id = ANY($1) AND (
            (parent.topic_id = p.topic_id AND p.depth > 0
                AND (p.depth <> parent.depth + 1 OR NOT starts_with(encode(p.path, 'hex'), encode(parent.path, 'hex'))))
            OR ((parent.id IS NULL OR parent.topic_id <> p.topic_id) AND p.depth <> 0))
        """,
        topics,
    )
    assert wrong == []
    assert await raw_sql(db).fetchval("SELECT count(*) FROM posts WHERE topic_id = ANY($1)", topics) == count
    for row in await raw_sql(db).fetch(
        """
        SELECT t.id, t.post_count, t.last_number, t.merged_into, count(p.id) AS posts,
            count(p.id) FILTER (WHERE p.state = 'published') AS published, max(p.number) AS highest,
            (SELECT count(*) FROM generate_series(1, t.last_number) n WHERE NOT EXISTS (
                SELECT FROM posts q WHERE q.topic_id = t.id AND q.number = n) AND NOT EXISTS (
                SELECT FROM former_places f WHERE f.topic_id = t.id AND f.number = n)) AS holes
        FROM topics t LEFT JOIN posts p ON p.topic_id = t.id WHERE t.id = ANY($1) GROUP BY t.id
        """,
        topics,
    ):
        assert row["post_count"] == row["published"], dict(row)
        assert row["holes"] == 0, dict(row)
        assert (row["merged_into"] is None) or row["posts"] == 0, dict(row)
    assert (
        await raw_sql(db).fetchval(
            "SELECT count(*) FROM posts p WHERE topic_id = ANY($1) AND children <> "
            "(SELECT count(*) FROM posts c WHERE c.parent_id = p.id)",
            topics,
        )
        == 0
    )


async def test_a_branch_goes_to_a_topic_of_its_own_and_keeps_its_parents(app: Service, db: Database) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic, ids = await a_discussion(amina, jonas)

    answer = await fatou.post(f"/topics/{topic}/moves", {"posts": [ids["fourth"]], "title": "Who audits?"})

    assert answer.status_code == 201, answer.text
    move = answer.json()
    new = move["target"]["id"]
    assert (move["kind"], move["posts"], move["source"]["id"]) == ("split", 2, topic)
    assert (move["after"], move["first"]) == (ids["second"], ids["fourth"])
    assert await tree(amina, topic) == [
        (1, 0, None, (await tree(amina, topic))[0][3]),
        (2, 0, None, ids["second"]),
        (3, 0, None, ids["third"]),
    ]
    assert await tree(amina, new) == [
        (1, 0, ids["second"], ids["fourth"]),
        (2, 1, ids["fourth"], ids["fifth"]),
    ]
    shown = (await amina.get(f"/topics/{new}")).json()
    assert (shown["title"], shown["posts"], shown["author"]["id"]) == ("Who audits?", 2, amina.id)
    assert (await amina.get(f"/topics/{topic}")).json()["posts"] == 3
    assert (await amina.get(f"/topics/{topic}/moves")).json()["items"] == [move]
    await ensure_whole(db, [topic, new], 5)
    # Numbers go on where they were: what left keeps its own.
    assert (await a_reply(jonas, topic, "sixth"))["number"] == 6
    # Who answers what has left answers it where it is.
    late = await a_reply(jonas, topic, "late", parent=ids["fifth"])
    assert (late["topic"], late["number"], late["depth"], late["parent"]) == (new, 3, 2, ids["fifth"])
    await ensure_whole(db, [topic, new], 7)


async def test_what_was_moved_comes_back_to_its_place_with_what_answered_it_since(
    app: Service, db: Database
) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic, ids = await a_discussion(amina, jonas)
    other = (await a_topic(amina, "Nickel"))["id"]
    before = await tree(amina, topic)
    move = (await fatou.post(f"/topics/{topic}/moves", {"posts": [ids["second"]], "into": other})).json()
    assert [post[:2] for post in await tree(amina, other)] == [(1, 0), (2, 0), (3, 1), (4, 2)]
    since = await a_reply(jonas, other, "since", parent=ids["fifth"])

    assert (await jonas.delete(f"/moves/{move['id']}")).status_code == 403
    assert (await fatou.delete(f"/moves/{move['id']}")).status_code == 204

    after = await tree(amina, topic)
    assert [post for post in after if post[3] != since["id"]] == before
    assert (6, 3, ids["fifth"], since["id"]) in after
    assert len(await tree(amina, other)) == 1
    assert (await fatou.delete(f"/moves/{move['id']}")).status_code == 404
    assert (await amina.get(f"/topics/{topic}/moves")).json()["items"] == []
    await ensure_whole(db, [topic, other], 7)
    # It can go again, and gets its numbers there again.
    again = await fatou.post(f"/topics/{topic}/moves", {"posts": [ids["second"]], "into": other})
    assert again.status_code == 201, again.text
    assert [post[0] for post in await tree(amina, other)] == [1, 2, 3, 4, 5]
    await ensure_whole(db, [topic, other], 7)


async def test_a_merged_topic_is_part_of_the_other_and_can_be_parted_again(
    app: Service, db: Database, client: httpx2.AsyncClient
) -> None:
    amina, jonas, fatou = await a_person(app), await a_person(app, "Jonas"), await a_moderator(app)
    topic, _ = await a_discussion(amina, jonas)
    other = (await a_topic(amina, "Nickel"))["id"]
    before = await tree(amina, topic)

    move = (await fatou.post(f"/topics/{topic}/moves", {"into": other})).json()

    assert (move["kind"], move["posts"]) == ("merge", 5)
    assert len(await tree(amina, other)) == 6
    listed = (await client.get("/api/v1/sectors/mobility/topics")).json()["items"]
    assert [item["id"] for item in listed] == [other]
    for path in ("", "/posts"):
        answer = await client.get(f"/api/v1/topics/{topic}{path}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/api/v1/topics/{other}{path}")
    late = await a_reply(jonas, topic, "late")
    assert late["topic"] == other
    assert (await fatou.put(f"/topics/{topic}/lock")).status_code == 404
    await ensure_whole(db, [topic, other], 7)

    assert (await fatou.delete(f"/moves/{move['id']}")).status_code == 204
    assert await tree(amina, topic) == before
    assert [post[3] for post in await tree(amina, other)][1:] == [late["id"]]
    await ensure_whole(db, [topic, other], 7)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "move_unclear"),
        ({"posts": [1]}, 422, "move_unclear"),
        ({"posts": "second", "into": "other", "title": "Both"}, 422, "move_unclear"),
        ({"title": "All of it"}, 422, "move_unclear"),
        ({"posts": "second", "into": "topic"}, 409, "same_topic"),
        ({"posts": "first", "into": "other"}, 409, "first_post_carries"),
        ({"posts": [2**40], "into": "other"}, 409, "nothing_to_move"),
        ({"posts": "second", "into": 2**40}, 404, "not_found"),
        ({"posts": "second", "into": "elsewhere"}, 403, "not_moderator"),
        ({"posts": "second", "title": "Elsewhere", "sector": "electronics"}, 403, "not_moderator"),
        ({"posts": "second", "title": "Nowhere", "sector": "astrology"}, 404, "not_found"),
        ({"posts": "second", "into": "room"}, 409, "topic_stays"),
    ],
)
async def test_what_cannot_be_moved(
    app: Service, db: Database, body: dict[str, Any], status: int, code: str
) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic, ids = await a_discussion(amina, amina)
    known: dict[str, Any] = {
        "topic": topic,
        "other": (await a_topic(amina, "Nickel"))["id"],
        "elsewhere": (await a_topic(amina, "Tin", sector="electronics"))["id"],
        "room": (await a_topic(amina, "A room"))["id"],
        "second": [ids["second"]],
        "first": [(await tree(amina, topic))[0][3]],
    }
    await raw_sql(db).execute("UPDATE topics SET kind = 'room' WHERE id = $1", known["room"])
    given = {
        name: known.get(value, value) if isinstance(value, str) else value for name, value in body.items()
    }

    answer = await fatou.post(f"/topics/{topic}/moves", given)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert len(await tree(amina, topic)) == 5
    for person in (amina, await a_person(app, "Stan", duties=[("moderator", "electronics")])):
        refused = await person.post(
            f"/topics/{topic}/moves", {"posts": known["second"], "into": known["other"]}
        )
        assert refused.status_code == 403


async def test_moving_between_sectors_takes_both_duties(app: Service, client: httpx2.AsyncClient) -> None:
    amina, both = await a_person(app), await a_moderator(app, "mobility", "electronics")
    one = await a_moderator(app)
    topic, ids = await a_discussion(amina, amina)
    assert (await one.put(f"/topics/{topic}/sector", {"sector": "electronics"})).status_code == 403
    assert (await both.put(f"/topics/{topic}/sector", {"sector": "electronics"})).status_code == 204
    assert (await client.get(f"/api/v1/topics/{topic}")).json()["sector"] == "electronics"
    assert (await client.get("/api/v1/sectors/mobility/topics")).json()["items"] == []
    assert (await one.put(f"/topics/{topic}/lock")).status_code == 403

    split = {"posts": [ids["second"]], "title": "Back at home", "sector": "mobility"}
    assert (await both.post(f"/topics/{topic}/moves", split)).status_code == 201
    listed = (await client.get("/api/v1/sectors/mobility/topics")).json()["items"]
    assert [item["title"] for item in listed] == ["Back at home"]


async def test_a_moved_post_cannot_be_read_through_its_old_place_by_who_may_not_read_the_new_one(
    app: Service, db: Database, client: httpx2.AsyncClient
) -> None:
    amina, fatou = await a_person(app), await a_moderator(app)
    topic, ids = await a_discussion(amina, amina)
    secret = (await a_topic(fatou, "For members"))["id"]
    await raw_sql(db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", secret)
    old = f"/t/{topic}/cobalt-tracing/2"
    assert (await client.get(old)).status_code == 200
    await fatou.post(f"/topics/{topic}/moves", {"posts": [ids["second"]], "into": secret})

    for path in (old, f"/p/{ids['second']}", f"/api/v1/posts/{ids['second']}", f"/t/{secret}/for-members/2"):
        assert (await client.get(path, follow_redirects=True)).status_code == 404, path
    page = await client.get(f"/t/{topic}/cobalt-tracing")
    assert "For members" not in page.text
    assert "For members" not in (await client.get(f"/api/v1/topics/{topic}/moves")).text
    read = await amina.client.get(old, follow_redirects=True)
    assert read.status_code == 200
    assert f"/t/{secret}/for-members/2" in str(read.url)

    await fatou.post(f"/topics/{topic}/moves", {"into": secret})
    assert (await client.get(f"/t/{topic}/cobalt-tracing", follow_redirects=True)).status_code == 404
    assert (await client.get(f"/api/v1/topics/{topic}")).status_code == 404
    assert str((await amina.client.get(f"/t/{topic}", follow_redirects=True)).url).endswith(
        f"/t/{secret}/for-members"
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_moves_splits_and_merges_under_concurrent_replies_keep_every_post_and_parent(
    app: Service, db: Database, seed: int
) -> None:
    chance = random.Random(seed)
    writers = [await a_person(app, f"w{n}") for n in range(4)]
    fatou = await a_moderator(app)
    topics = [(await a_topic(writers[0], f"Topic {n}"))["id"] for n in range(4)]
    parents: dict[int, int | None] = {}
    at = {}
    for topic in topics:
        for n in range(3):
            post = await a_reply(writers[n], topic, "seed")
            parents[post["id"]], at[post["id"]] = None, topic

    async def write(person: Person) -> None:
        for _ in range(25):
            known = chance.choice(list(parents))
            parent = known if chance.random() < 0.8 else None
            body = {"body": "word"} | ({"parent": parent} if parent else {})
            # Where it was last seen: meanwhile it may be elsewhere.
            answer = await person.post(f"/topics/{at[known]}/posts", body)
            if answer.status_code == 409 and answer.json()["code"] in ("parent_not_here", "topic_moved_on"):
                continue  # it has moved twice since; the writer reads again
            assert answer.status_code == 201, answer.text
            post = answer.json()
            parents[post["id"]], at[post["id"]] = parent, post["topic"]

    moves: list[int] = []

    async def move() -> None:
        for _ in range(14):
            source, target = chance.sample(topics, 2)
            deed = chance.random()
            some = [post for post in parents if at[post] == source] or [1]
            if deed < 0.25 and moves:
                answer = await fatou.delete(f"/moves/{moves.pop(chance.randrange(len(moves)))}")
            elif deed < 0.4:
                answer = await fatou.post(f"/topics/{source}/moves", {"into": target})
            elif deed < 0.55:
                new = {"posts": [chance.choice(some)], "title": f"Split {deed}"}
                answer = await fatou.post(f"/topics/{source}/moves", new)
            else:
                picked = {"posts": chance.sample(some, min(2, len(some))), "into": target}
                answer = await fatou.post(f"/topics/{source}/moves", picked)
            assert answer.status_code in (201, 204, 404, 409), answer.text
            if answer.status_code == 201:
                done = answer.json()
                moves.append(done["id"])
                if done["target"]["id"] not in topics:
                    topics.append(done["target"]["id"])

    await asyncio.gather(*(write(person) for person in writers), move(), move())

    rows = await raw_sql(db).fetch("SELECT id, parent_id FROM posts WHERE body IN ('seed', 'word')")
    assert {row["id"]: row["parent_id"] for row in rows} == parents
    await ensure_whole(db, topics, len(parents) + 4)
    assert await raw_sql(db).fetchval("SELECT count(*) FROM moves") > 5
