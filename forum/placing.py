"""Placing posts: the one statement that numbers posts, gives them their place in the tree and logs their arrival."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asyncpg import Record
from msgspec import Struct

from core.ids import TopicId
from forum.events import ReplyPosted
from storage.database import Transaction
from storage.statements import Statement, statement


class NewPost(Struct, frozen=True, kw_only=True):
    """A post that has no place yet: by somebody, by a pseudonym, or by nobody known. `html` is `body` rendered."""

    parent_id: int | None = None
    author_id: int | None = None
    pseudonym: bytes | None = None
    markup: str = "markdown"
    body: str
    html: str
    posted_at: datetime


class Placed(Struct, frozen=True):
    """Where a post went: its id, its number in the topic, its depth in the tree (0 answers the topic)."""

    id: int
    number: int
    depth: int


# The topic's row comes first: whoever holds it is alone in the topic, and all that follows leans on its new numbers.
# In READ COMMITTED the two UPDATEs see the latest rows even when they had to wait, so numbers have neither gap nor twin.
_PLACE = """
input AS (
    SELECT * FROM unnest(
        CAST(:parents AS bigint[]), CAST(:authors AS bigint[]), CAST(:pseudonyms AS bytea[]), CAST(:markups AS text[]),
        CAST(:bodies AS text[]), CAST(:htmls AS text[]), CAST(:times AS timestamptz[])
    ) WITH ORDINALITY AS i (parent_id, author_id, pseudonym, markup, body, html, posted_at, ord)
), topic AS (
    UPDATE topics
    SET last_number = last_number + CAST(:count AS integer), post_count = post_count + CAST(:count AS integer),
        roots = roots + CAST(:roots AS integer), last_activity_at = greatest(last_activity_at, :latest),
        version = version + 1
    WHERE id = :topic_id AND (:exempt OR (locked_at IS NULL AND withdrawn_at IS NULL AND hidden_at IS NULL)){only_if}
    RETURNING id, last_number - CAST(:count AS integer) AS numbered, roots - CAST(:roots AS integer) AS rooted
), asked AS (
    SELECT parent_id, CAST(count(*) AS integer) AS n FROM input WHERE parent_id IS NOT NULL GROUP BY parent_id
), parents AS (
    UPDATE posts SET children = posts.children + asked.n
    FROM asked, topic
    WHERE posts.id = asked.parent_id AND posts.topic_id = topic.id
    RETURNING posts.id, posts.path, posts.depth, posts.children - asked.n AS first
), placed AS (
    INSERT INTO posts
        (topic_id, number, parent_id, path, depth, author_id, pseudonym, markup, body, html, posted_at)
    SELECT topic.id, topic.numbered + i.ord, i.parent_id,
        coalesce(p.path, ''::bytea) || path_segment(CAST(
            coalesce(p.first, topic.rooted) + row_number() OVER (PARTITION BY i.parent_id ORDER BY i.ord) - 1
        AS integer)),
        coalesce(p.depth + 1, 0), i.author_id, i.pseudonym, i.markup, i.body, i.html, i.posted_at
    FROM topic CROSS JOIN input i LEFT JOIN parents p ON p.id = i.parent_id
    RETURNING id, number, depth
), head AS (
    INSERT INTO channels (name, seq) SELECT CAST(:channel AS text), CAST(:count AS bigint) FROM topic
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING seq
), logged AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT CAST(:channel AS text),
        head.seq - CAST(:count AS bigint) + row_number() OVER (ORDER BY placed.number), CAST(:now AS timestamptz),
        jsonb_build_object('type', 'reply_posted', 'topic_id', CAST(:topic_id AS bigint),
            'post_id', placed.id, 'number', placed.number)
    FROM placed, head
    RETURNING channel, seq
)"""
_REACTING = """, reacting AS (
    INSERT INTO follow_ups (channel, seq, due_at) SELECT channel, seq, CAST(:now AS timestamptz) FROM logged
)"""


def placing(
    reacting: bool, *, first: str = "", only_if: str = "", then: str = "", result: str = "", of: str = ""
) -> Statement:
    """The statement that places posts, and whatever else a capability above does with them in the same one.

    `first` is asked before the topic is held and, by `only_if`, whether anything is placed; `then` follows from
    `placed` (id, number, depth), of which the result tells, with the columns `result` of the queries `of`.
    """
    return statement(
        f"WITH {first}{_PLACE.replace('{only_if}', only_if)}{_REACTING if reacting else ''}{then}\n"
        f"SELECT placed.id, placed.number, placed.depth, head.seq{result}\n"
        f"FROM head CROSS JOIN placed{of} ORDER BY placed.number"
    )


_STATEMENTS = {reacting: placing(reacting) for reacting in (False, True)}


async def place_posts(
    tx: Transaction, topic_id: TopicId, posts: Sequence[NewPost], now: datetime, exempt: bool = False
) -> list[Placed]:
    """Put posts at the end of a topic, in the order given; their parents are posts of the topic, none of each other.

    Returns nothing placed when the topic is locked, withdrawn or hidden, unless `exempt`. Checks no other rule.
    """
    rows = await tx.rows(_STATEMENTS[tells(tx)], **placing_binds(topic_id, posts), exempt=exempt, now=now)
    return placed_of(tx, topic_id, rows)


def tells(tx: Transaction) -> bool:
    """Whether the worker has something to do about each post that is placed."""
    return ReplyPosted.__struct_config__.tag in tx.reacting


def placing_binds(topic_id: TopicId, posts: Sequence[NewPost]) -> dict[str, Any]:
    """The values of these posts, with which a statement made by `placing` is run; `exempt` and `now` are the caller's."""
    return {
        "parents": [post.parent_id for post in posts],
        "authors": [post.author_id for post in posts],
        "pseudonyms": [post.pseudonym for post in posts],
        "markups": [post.markup for post in posts],
        "bodies": [post.body for post in posts],
        "htmls": [post.html for post in posts],
        "times": [post.posted_at for post in posts],
        "count": len(posts),
        "roots": sum(post.parent_id is None for post in posts),
        "latest": max(post.posted_at for post in posts),
        "topic_id": topic_id,
        "channel": f"topic:{topic_id}",
    }


def placed_of(tx: Transaction, topic_id: TopicId, rows: Sequence[Record]) -> list[Placed]:
    """What such a statement tells of its posts; the topic's listeners hear of them after the commit."""
    if rows:
        tx.rung.append((f"topic:{topic_id}", rows[0]["seq"]))
    return [Placed(row["id"], row["number"], row["depth"]) for row in rows]
