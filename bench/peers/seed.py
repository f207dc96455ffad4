"""Fill the peer's database: members with a session each, topics with posts; run as a program beside the peer's URL."""

import asyncio
import sys
from datetime import UTC, datetime
from hashlib import sha256

import nh3
from sqlalchemy import insert

from bench.harness.peer import token_of
from bench.harness.texts import a_reply
from bench.peers.forum_orm import Member, Model, Post, Session, Topic, engine, markdown


async def seed(members: int, topics: int, posts: int) -> None:
    """Make the tables and fill them."""
    now = datetime.now(UTC)
    people = range(1, members + 1)
    async with engine.begin() as db:
        await db.run_sync(Model.metadata.create_all)
        names = [
            {"id": n, "handle": f"member{n}", "display_name": f"Member {n}", "group": "industry"}
            for n in people
        ]
        await db.execute(insert(Member), names)
        hashes = [{"token_hash": sha256(token_of(n).encode()).digest(), "member_id": n} for n in people]
        await db.execute(insert(Session), hashes)
        for topic in range(1, topics + 1):
            facts = {"id": topic, "title": f"Topic {topic}", "last_number": posts, "last_activity_at": now}
            await db.execute(insert(Topic), facts)
            if posts:
                rows = [_post(topic, number, members, posts, now) for number in range(1, posts + 1)]
                await db.execute(insert(Post), rows)
        # The ids were given, so their sequences must be told.
        await db.exec_driver_sql("SELECT setval('posts_id_seq', greatest((SELECT max(id) FROM posts), 1))")
        await db.exec_driver_sql("ANALYZE")
    await engine.dispose()


def _post(topic: int, number: int, members: int, posts: int, now: datetime) -> dict[str, object]:
    body = a_reply(number)
    return {
        "id": (topic - 1) * posts + number,
        "topic_id": topic,
        "number": number,
        "parent_id": (topic - 1) * posts + number - 1 if number > 1 else None,
        "author_id": number % members + 1,
        "body": body,
        "html": nh3.clean(markdown.render(body)),
        "posted_at": now,
    }


if __name__ == "__main__":
    asyncio.run(seed(*(int(word) for word in sys.argv[1:])))
