"""Tests of simultaneous replies: many replies are few statements, and each topic stays consistent."""

import asyncio
import random
from collections.abc import Sequence

import httpx2
import msgspec
import pytest

from core import clock
from core.actor import Actor
from core.errors import Conflict
from core.ids import MemberId, TopicId
from forum.policy import TopicLocked
from forum.posts.insertion import NewPost, insert_posts_in_topics
from forum.shapes import NewReply
from forum.writing.replies import Replies
from storage.database import Database
from storage.idempotency import IdempotencyKeyReused, IdempotentRequest, StoredResponse, respond_to_batch
from storage.statements import statement
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql, wait_for_blocked_statement

# What is wrong with a topic: its numbers, its log, its tree.
_BROKEN = statement("""
SELECT t.id FROM topics t
LEFT JOIN channels c ON c.name = 'topic:' || t.id,
LATERAL (
    SELECT count(*) AS n, max(number) AS last, count(DISTINCT path) AS paths,
        count(*) FILTER (WHERE parent_id IS NULL) AS roots
    FROM posts WHERE topic_id = t.id
) p,
LATERAL (
    SELECT count(*) AS n, max(l.seq) AS last, count(*) FILTER (
        WHERE q.number IS DISTINCT FROM l.seq OR CAST(l.event ->> 'number' AS integer) <> l.seq
    ) AS strange
    FROM log l LEFT JOIN posts q ON q.id = CAST(l.event ->> 'post_id' AS bigint) AND q.topic_id = t.id
    WHERE l.channel = 'topic:' || t.id
) l,
LATERAL (
    SELECT count(*) AS n FROM posts q LEFT JOIN posts p ON p.id = q.parent_id
    WHERE q.topic_id = t.id AND (
        q.depth <> coalesce(p.depth + 1, 0) OR q.topic_id <> coalesce(p.topic_id, q.topic_id)
        OR substring(q.path FROM 1 FOR length(coalesce(p.path, ''))) <> coalesce(p.path, '')
        OR q.children <> (SELECT count(*) FROM posts child WHERE child.parent_id = q.id)
    )
) tree
WHERE t.id = ANY(CAST(:topics AS bigint[])) AND (
    p.n <> p.last OR p.last <> t.last_number OR p.n <> t.post_count OR p.roots <> t.roots OR p.paths <> p.n
    OR l.n <> l.last OR l.last <> c.seq OR l.n <> p.n OR l.strange > 0 OR tree.n > 0
)
""")
_LOCK = statement("UPDATE topics SET locked_at = now() WHERE id = :topic")
_OPEN = statement("UPDATE topics SET locked_at = NULL WHERE id = :topic")
_COUNT = statement("SELECT count(*) FROM posts WHERE topic_id = ANY(CAST(:topics AS bigint[]))")

NO_KEY = IdempotentRequest(scope="", key=None, fingerprint=b"")


async def _try(person: Person, topic: int) -> httpx2.Response:
    """Post a reply; return the response."""
    return await person.post(f"/topics/{topic}/posts", {"body": "In time?"})


async def _some_topics(person: Person, count: int) -> list[TopicId]:
    return [TopicId((await a_topic(person, f"Topic {number}"))["id"]) for number in range(count)]


async def _ensure_whole(db: Database, topics: Sequence[TopicId], posts: int) -> None:
    async with db.read() as tx:
        assert await tx.rows(_BROKEN, topics=topics) == []
        assert await tx.value(_COUNT, topics=topics) == posts


def _post(person: Person, body: str = "Together.", parent: int | None = None) -> NewPost:
    now = clock.now()
    return NewPost(parent_id=parent, author_id=person.id, body=body, html=f"<p>{body}</p>", posted_at=now)


async def test_two_processes_that_write_to_the_same_topics_leave_each_whole(
    app: Service, db: Database
) -> None:
    person, dice = await a_person(app), random.Random(7)
    actor, topics = await person.actor(), await _some_topics(person, 10)
    parents = {topic: [None, (await a_reply(person, topic))["id"]] for topic in topics}
    processes = [Replies(db), Replies(db)]

    async def write(number: int) -> None:
        topic, idempotent = dice.choice(topics), NO_KEY
        if number % 10 == 0:
            idempotent = IdempotentRequest(scope=f"member:{actor.id}", key=f"key {number}", fingerprint=b"f")
        reply = NewReply(body=f"Reply {number}", parent=dice.choice(parents[topic]))
        answer = await dice.choice(processes).post_reply(actor, topic, reply, idempotent)
        post = msgspec.json.decode(answer.body)
        assert (post["topic"], post["parent"]) == (topic, reply.parent)
        parents[topic].append(post["id"])

    for _ in range(3):
        await asyncio.gather(*(write(number) for number in range(100) if number % 10 or _ == 0))
    await _ensure_whole(db, topics, 20 + 100 + 90 + 90)


async def test_topics_named_in_any_order_are_taken_in_one(app: Service, db: Database) -> None:
    person = await a_person(app)
    topics = await _some_topics(person, 8)
    first = {topic: (await a_reply(person, topic))["id"] for topic in topics}

    async def write(seed: int) -> None:
        order = random.Random(seed).sample(topics, len(topics))
        posts = [(topic, _post(person, parent=parent)) for topic in order for parent in (first[topic], None)]
        async with db.begin() as tx:
            placed = await insert_posts_in_topics(tx, posts, clock.now())
        assert all(place is not None for place in placed)
        assert [place.depth for place in placed if place] == [1, 0] * len(topics)

    await asyncio.gather(*(write(seed) for seed in range(40)))
    await _ensure_whole(db, topics, 8 * 2 + 40 * 16)


async def test_a_locked_topic_refuses_its_own_replies_and_no_others(app: Service, db: Database) -> None:
    person = await a_person(app)
    topics = await _some_topics(person, 3)
    async with db.begin() as tx:
        await tx.run(_LOCK, topic=topics[1])
    posts = [(topic, _post(person, f"{number}")) for number in range(2) for topic in topics]

    async with db.begin() as tx:
        placed = await insert_posts_in_topics(tx, posts, clock.now())
        assert [place and place.number for place in placed] == [2, None, 2, 3, None, 3]
        assert [channel for channel, _ in tx.positions] == [f"topic:{topics[0]}", f"topic:{topics[2]}"]
    await _ensure_whole(db, topics, 3 + 4)
    async with db.begin() as tx:
        assert all(await insert_posts_in_topics(tx, posts, clock.now(), exempt=True))
    await _ensure_whole(db, topics, 3 + 4 + 6)


async def test_a_topic_locked_while_replies_wait_for_it_refuses_them_and_places_the_others(
    app: Service, db: Database
) -> None:
    person = await a_person(app)
    actor, topics, writer = await person.actor(), await _some_topics(person, 9), Replies(db)
    locked = topics[4]

    async def write(topic: TopicId, key: str) -> StoredResponse:
        idempotent = IdempotentRequest(scope=f"member:{actor.id}", key=f"{topic} {key}", fingerprint=b"f")
        return await writer.post_reply(actor, topic, NewReply(body=key), idempotent)

    async with db.begin() as tx:
        await tx.run(_LOCK, topic=locked)
        waiting = [asyncio.create_task(write(topic, key)) for key in "ab" for topic in topics]
        await wait_for_blocked_statement(db)
    results = await asyncio.gather(*waiting, return_exceptions=True)

    refused = [
        topic
        for topic, result in zip(topics * 2, results, strict=True)
        if not isinstance(result, StoredResponse)
    ]
    assert refused == [locked, locked]
    assert all(isinstance(result, StoredResponse | TopicLocked) for result in results)
    await _ensure_whole(db, topics, 9 + 16)
    async with db.begin() as tx:
        await tx.run(_OPEN, topic=locked)
    assert (await write(locked, "a")).status == 201  # what was refused did not use its key
    assert await write(topics[0], "a") == results[0]
    await _ensure_whole(db, topics, 9 + 17)


async def test_a_reply_of_somebody_who_is_deleted_meanwhile_is_refused(app: Service, db: Database) -> None:
    author, gone, other = [await a_person(app, name) for name in ("Author", "Gone", "Other")]
    [topic] = await _some_topics(author, 1)

    async with db.begin() as tx:
        await tx.run(_OPEN, topic=topic)
        waiting = asyncio.create_task(_try(gone, topic))
        await wait_for_blocked_statement(db)
        beside = asyncio.create_task(_try(other, topic))
        await raw_sql(db).execute("DELETE FROM members WHERE id = $1", gone.id)
    answers = [await waiting, await beside, await _try(gone, topic)]

    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [
        (409, "conflict"),
        (201, None),
        (401, "sign_in_first"),
    ]
    await _ensure_whole(db, [topic], 2)


async def test_a_reply_that_the_database_refuses_harms_no_other(app: Service, db: Database) -> None:
    person = await a_person(app)
    actor, topics, writer = await person.actor(), await _some_topics(person, 8), Replies(db)
    nobody = Actor(id=MemberId(2**40), handle="nobody", display_name="Nobody", is_verified=True)

    results = await asyncio.gather(
        *(
            writer.post_reply(who, topic, NewReply(body="Here."), NO_KEY)
            for topic in topics
            for who in (actor, nobody)
        ),
        return_exceptions=True,
    )
    assert [isinstance(result, StoredResponse) for result in results] == [True, False] * 8
    await _ensure_whole(db, topics, 16)


async def test_keys_in_company_are_used_by_what_was_answered_alone(db: Database) -> None:
    def idempotent(key: str | None, mark: bytes = b"f") -> IdempotentRequest:
        return IdempotentRequest(scope="member:1", key=key, fingerprint=mark)

    asked = [
        idempotent("a"),
        idempotent("b"),
        idempotent(None),
        idempotent("a"),
        idempotent("a", b"g"),
        idempotent("b"),
        idempotent("c"),
    ]
    written: list[list[int]] = []

    async def write(fresh: list[int]) -> list[StoredResponse | Exception]:
        written.append(fresh)
        return [Conflict() if asked[i].key == "b" else StoredResponse(201, f"{i}".encode()) for i in fresh]

    async def answers() -> list[bytes | type]:
        async with db.begin() as tx:
            results = await respond_to_batch(tx, asked, write)
        return [one.body if isinstance(one, StoredResponse) else type(one) for one in results]

    assert await answers() == [b"0", Conflict, b"2", b"0", IdempotencyKeyReused, Conflict, b"6"]
    assert await answers() == [b"0", Conflict, b"2", b"0", IdempotencyKeyReused, Conflict, b"6"]
    assert written == [[0, 1, 2, 6], [1, 2]]


@pytest.mark.parametrize("text", ["\\", '"', "\u2028 \U0001f33b", "\x01\x7f", "a\tb\r\n", "\\u0000"])
async def test_a_text_is_stored_as_it_came(app: Service, db: Database, text: str) -> None:
    person = await a_person(app)
    [topic] = await _some_topics(person, 1)
    async with db.begin() as tx:
        [placed] = await insert_posts_in_topics(tx, [(topic, _post(person, text))], clock.now())
        assert placed is not None
        assert await tx.value(statement("SELECT body FROM posts WHERE id = :id"), id=placed.id) == text
