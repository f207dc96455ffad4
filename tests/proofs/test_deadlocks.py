"""Writing while others read and follow: there are no deadlocks, and every request succeeds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from core import clock
from core.ids import RoomId, TopicId
from forum.posts.insertion import NewPost, insert_posts_in_topics
from forum.shapes import NewReply
from forum.writing.replies import Replies
from gatherings.questions.submission import QuestionWriter
from gatherings.shapes.questions import NewQuestion
from storage.database import Database
from storage.idempotency import IdempotentRequest
from storage.statements import statement
from tests.support.people import Person, a_person, a_topic
from tests.support.rooms.open_room import make_open_room, the_actor
from tests.support.service import Service

WRITERS = 10
KEEPERS = 8
EACH = 60
NO_KEY = IdempotentRequest(scope="", key=None, fingerprint=b"")

_DEADLOCKS = statement("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
_FLUSH = statement("SELECT pg_stat_force_next_flush()")
# A foreign key to a topic locks the row of the topic until the commit, so that it cannot be deleted.
_KEEP = statement(
    "INSERT INTO readings (member_id, topic_id, read, read_at) VALUES (:member, :topic, '{}', now())"
)
_DROP = statement("DELETE FROM readings WHERE member_id = :member")


async def _deadlocks(db: Database) -> int:
    async with db.read() as tx:
        await tx.value(_FLUSH)
        return int(await tx.value(_DEADLOCKS))


async def _keep(db: Database, people: Sequence[Person], topics: Sequence[int]) -> None:
    async def one(person: Person) -> None:
        for _ in range(EACH):
            async with db.begin() as tx:
                for topic in topics:
                    await tx.run(_KEEP, member=person.id, topic=topic)
                await tx.run(_DROP, member=person.id)

    await asyncio.gather(*(one(person) for person in people))


async def _together(
    db: Database, write: Callable[[int], Awaitable[None]], keep: Awaitable[None], each: int = EACH
) -> None:
    """Run the requests of all people at the same time, each person's one after another; fail on a deadlock."""
    before = await _deadlocks(db)

    async def one(number: int) -> None:
        for _ in range(each):
            await write(number)

    async with asyncio.timeout(60):
        await asyncio.gather(keep, *(one(number) for number in range(WRITERS)))
    assert await _deadlocks(db) == before


def _post(person: Person) -> NewPost:
    return NewPost(author_id=person.id, body="Here.", html="<p>Here.</p>", posted_at=clock.now())


async def test_replies_to_one_topic_and_references_to_it_do_not_deadlock(app: Service, db: Database) -> None:
    people = [await a_person(app) for _ in range(KEEPERS)]
    topic = TopicId((await a_topic(people[0]))["id"])

    async def write(number: int) -> None:
        async with db.autocommit() as tx:
            assert all(await insert_posts_in_topics(tx, [(topic, _post(people[0]))], clock.now()))

    await _together(db, write, _keep(db, people, [topic]))


async def test_replies_to_several_topics_and_references_to_them_do_not_deadlock(
    app: Service, db: Database
) -> None:
    people = [await a_person(app) for _ in range(KEEPERS)]
    topics = [TopicId((await a_topic(people[0], f"Topic {number}"))["id"]) for number in range(3)]

    async def write(number: int) -> None:
        order = topics if number % 2 else topics[::-1]
        async with db.begin() as tx:
            assert all(
                await insert_posts_in_topics(
                    tx, [(topic, _post(people[number % 2])) for topic in order], clock.now()
                )
            )

    await _together(db, write, _keep(db, people, topics))


async def test_members_who_reply_together_do_not_deadlock(app: Service, db: Database) -> None:
    people = [await a_person(app) for _ in range(KEEPERS)]
    topics = [TopicId((await a_topic(people[0], f"Topic {number}"))["id"]) for number in range(8)]
    actors, processes = [await person.actor() for person in people], [Replies(db), Replies(db)]

    async def write(number: int) -> None:
        await asyncio.gather(
            *(
                processes[number % 2].post_reply(
                    actors[number % KEEPERS], topic, NewReply(body="Here."), NO_KEY
                )
                for topic in topics
            )
        )

    await _together(db, write, _keep(db, people, topics), each=10)


async def test_questions_and_references_to_their_topic_do_not_deadlock(app: Service, db: Database) -> None:
    open_room, people = await make_open_room(app), [await a_person(app) for _ in range(KEEPERS)]
    actor, room = await the_actor(db, await open_room.member()), RoomId(open_room.room)
    writers = [QuestionWriter(db) for _ in range(WRITERS)]

    async def write(number: int) -> None:
        answer = await writers[number].ask_question(actor, room, NewQuestion(body="Why?"), NO_KEY)
        assert answer.status == 201

    await _together(db, write, _keep(db, people, [open_room.topic]))
