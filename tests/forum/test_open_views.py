"""The database views of what everybody can read agree with the rules in forum/visibility.py and cost no more than tables."""

import asyncpg
from sqlalchemy import select

from core.actor import VISITOR
from forum.posts.post_pages import posts_query
from forum.tables import posts, topics
from forum.visibility import is_for_everyone, quotable_text, seen_by
from storage.database import Database
from storage.statements import statement
from tests.support.people import a_person, a_topic
from tests.support.service import Service, raw_sql

_OPEN_TOPICS = statement(select(topics.c.id).where(is_for_everyone()).order_by(topics.c.id))
_OPEN_POSTS = statement(
    select(posts.c.id)
    .join(topics, topics.c.id == posts.c.topic_id)
    .where(quotable_text())
    .order_by(posts.c.id)
)
_CLOSED = (
    "UPDATE topics SET withdrawn_at = now() WHERE id = $1",
    "UPDATE topics SET readers = 'members' WHERE id = $1",
    "UPDATE topics SET readers = 'listed' WHERE id = $1",
    "UPDATE posts SET state = 'withdrawn', body = '', html = '' WHERE topic_id = $1",
)


async def test_the_views_hold_what_the_predicates_select(app: Service, db: Database) -> None:
    author = await a_person(app, "Author")
    opened = [(await a_topic(author, f"Topic number {number}"))["id"] for number in range(len(_CLOSED) + 2)]
    for change, topic in zip(_CLOSED, opened, strict=False):
        await raw_sql(db).execute(change, topic)
    await raw_sql(db).execute("UPDATE topics SET merged_into = $2 WHERE id = $1", *opened[-2:])

    async with db.read() as tx:
        topic_ids = [row["id"] for row in await tx.rows(_OPEN_TOPICS)]
        post_ids = [row["id"] for row in await tx.rows(_OPEN_POSTS)]

    assert opened[-1] in topic_ids and len(topic_ids) == 2 and len(post_ids) == 1
    assert topic_ids == [
        row["id"] for row in await raw_sql(db).fetch("SELECT id FROM open_topics ORDER BY id")
    ]
    assert post_ids == [row["id"] for row in await raw_sql(db).fetch("SELECT id FROM open_posts ORDER BY id")]


async def test_the_view_of_authors_is_inlined_into_the_statement(service: Service) -> None:
    query = statement(posts_query(with_mine=False).where(posts.c.topic_id == 1))

    connection = await asyncpg.connect(service.owner_url)
    # The planner's choices would depend on what statistics happen to exist.
    await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    rows = await connection.fetch(f"EXPLAIN {query.text}", *query.arguments(seen_by(VISITOR)))
    plan = "\n".join(row[0] for row in rows)
    await connection.close()

    assert "Subquery Scan" not in plan, plan
    assert "using members_pkey" in plan, plan
