"""What is in the database at the end of a run, read past the service."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

from bench.faults.history import Final
from bench.harness.database import Database

_POSTS = "SELECT id, topic_id, number, body FROM posts WHERE topic_id = ANY($1::bigint[]) ORDER BY topic_id, number"
_DRAFTS = """
SELECT m.handle || ' ' || d.key AS name, d.body FROM drafts d JOIN members m ON m.id = d.member_id WHERE d.ended_at IS NULL
"""
# The stored number of votes, and the votes themselves: one more promise is that they are the same.
_QUESTIONS = """
SELECT q.id, p.body, q.votes, (SELECT count(*) FROM votes v WHERE v.question_id = q.id) AS counted
FROM questions q JOIN posts p ON p.id = q.post_id
"""


_POSITIONS = "SELECT name, seq FROM channels"


async def read_final(database: Database, topics: Sequence[int]) -> Final:
    """Read the posts of these topics, all drafts and all questions."""
    connection = await asyncpg.connect(database.url)
    posts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in await connection.fetch(_POSTS, list(topics)):
        posts[row["topic_id"]].append(dict(row))
    drafts = {row["name"]: row["body"] for row in await connection.fetch(_DRAFTS)}
    questions = {row["id"]: dict(row) for row in await connection.fetch(_QUESTIONS)}
    positions = {row["name"]: row["seq"] for row in await connection.fetch(_POSITIONS)}
    await connection.close()
    return Final(posts, drafts, questions, positions)
