"""Placing posts: the statement that numbers posts, gives them their place in the tree and logs their arrival."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from asyncpg import Record
from msgspec import Struct
from msgspec.structs import astuple

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
    draft: str | None = None
    """The draft of the author that ends with it."""


class _Line(Struct, frozen=True):
    topic_id: int
    parent_id: int | None
    author_id: int | None
    pseudonym: bytes | None
    markup: str
    body: str
    html: str
    posted_at: datetime
    draft: str | None


class InsertedPost(Struct, frozen=True):
    """Where a post went: its id, its number in the topic, its depth in the tree (0 answers the topic)."""

    id: int
    number: int
    depth: int


# The topics' rows come first: whoever has changed them is alone there until the commit, and all that follows leans on
# their new numbers. They are changed by a plain UPDATE. If a part of the statement locked them before, it and the UPDATE
# would go by different versions of a row that others hold for their foreign keys, and writers would wait crosswise; so
# those of several topics, whose order counts, are held by a statement of its own, `_HOLD`. In READ COMMITTED both UPDATEs
# see the latest rows even when they had to wait, so numbers have neither gap nor twin. A reply whose parent went to another
# topic meanwhile finds no depth here, and the statement is refused: who replies looks again, and follows. The channels come
# last, in the same order as the topics, so that no two writers wait crosswise.
_PLACE = """
input AS (
    SELECT * FROM ROWS FROM (json_to_recordset(CAST(:posts AS json)) AS (
        topic_id bigint, parent_id bigint, author_id bigint, pseudonym text, markup text, body text, html text,
        posted_at timestamptz, draft text
    )) WITH ORDINALITY AS i (topic_id, parent_id, author_id, pseudonym, markup, body, html, posted_at, draft, ord)
), topic AS (
    UPDATE topics
    SET last_number = last_number + come.n, post_count = post_count + come.n, roots = topics.roots + come.roots,
        last_activity_at = greatest(last_activity_at, come.latest), version = version + 1
    FROM (
        SELECT topic_id, CAST(count(*) AS integer) AS n,
            CAST(count(*) FILTER (WHERE parent_id IS NULL) AS integer) AS roots, max(posted_at) AS latest
        FROM input GROUP BY topic_id
    ) come
    WHERE topics.id = come.topic_id
        AND (:exempt OR (locked_at IS NULL AND withdrawn_at IS NULL AND hidden_at IS NULL))
        AND merged_into IS NULL{only_if}
    RETURNING topics.id, last_number - come.n AS numbered, topics.roots - come.roots AS rooted
), parents AS (
    UPDATE posts SET children = posts.children + asked.n
    FROM topic JOIN (
        SELECT topic_id, parent_id, CAST(count(*) AS integer) AS n
        FROM input WHERE parent_id IS NOT NULL GROUP BY topic_id, parent_id
    ) asked ON asked.topic_id = topic.id
    WHERE posts.id = asked.parent_id AND posts.topic_id = topic.id
    RETURNING posts.id, posts.path, posts.depth, posts.children - asked.n AS first
), placed AS (
    INSERT INTO posts
        (topic_id, number, parent_id, path, depth, author_id, pseudonym, markup, body, html, posted_at)
    SELECT topic.id, topic.numbered + row_number() OVER (PARTITION BY topic.id ORDER BY i.ord), i.parent_id,
        coalesce(p.path, ''::bytea) || path_segment(CAST(
            coalesce(p.first, topic.rooted) + row_number() OVER (PARTITION BY topic.id, i.parent_id ORDER BY i.ord) - 1
        AS integer)),
        CASE WHEN i.parent_id IS NULL THEN 0 ELSE p.depth + 1 END,
        i.author_id, decode(i.pseudonym, 'base64'), i.markup, i.body, i.html, i.posted_at
    FROM input i JOIN topic ON topic.id = i.topic_id LEFT JOIN parents p ON p.id = i.parent_id
    RETURNING topic_id, id, number, depth
), ended AS (
    INSERT INTO drafts AS d (member_id, key, body, saved_at, ended_at)
    SELECT DISTINCT i.author_id, i.draft, '', CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM input i JOIN topic ON topic.id = i.topic_id WHERE i.draft IS NOT NULL
    ON CONFLICT (member_id, key) DO UPDATE SET body = '', title = '', tags = '', sequence = d.sequence + 1,
        saved_at = excluded.saved_at, ended_at = excluded.ended_at
), head AS (
    INSERT INTO channels (name, seq) SELECT 'topic:' || topic_id, count(*) FROM placed GROUP BY topic_id ORDER BY topic_id
    ON CONFLICT (name) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING name, seq
), logged AS (
    INSERT INTO log (channel, seq, at, event)
    SELECT head.name,
        head.seq + 1 - row_number() OVER (PARTITION BY placed.topic_id ORDER BY placed.number DESC),
        CAST(:now AS timestamptz),
        jsonb_build_object('type', 'reply_posted', 'topic_id', placed.topic_id, 'post_id', placed.id,
            'number', placed.number)
    FROM placed JOIN head ON head.name = 'topic:' || placed.topic_id
    RETURNING channel, seq
)"""
_HOLD = statement(
    "SELECT id FROM topics WHERE id = ANY(CAST(:topics AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_REACTING = """, reacting AS (
    INSERT INTO follow_ups (channel, seq, due_at) SELECT channel, seq, CAST(:now AS timestamptz) FROM logged
)"""


def placing(
    reacting: bool, *, first: str = "", only_if: str = "", then: str = "", result: str = "", of: str = ""
) -> Statement:
    """The statement that places posts, and whatever else a capability above does with them in the same one.

    `first` is asked before the topics are changed and, by `only_if`, whether anything is placed; `then` follows from
    `placed` (topic_id, id, number, depth), of which the result tells, with the columns `result` of the queries `of`.
    """
    return statement(
        f"WITH {first}{_PLACE.replace('{only_if}', only_if)}{_REACTING if reacting else ''}{then}\n"
        f"SELECT placed.topic_id, placed.id, placed.number, placed.depth, head.seq{result}\n"
        f"FROM placed JOIN head ON head.name = 'topic:' || placed.topic_id{of}\n"
        "ORDER BY placed.topic_id, placed.number"
    )


_STATEMENTS = {reacting: placing(reacting) for reacting in (False, True)}


async def insert_posts(
    tx: Transaction, topic_id: TopicId, posts: Sequence[NewPost], now: datetime, exempt: bool = False
) -> list[InsertedPost]:
    """Put posts at the end of a topic, in the order given; their parents are posts of the topic, none of each other.

    Returns nothing placed when the topic is locked, withdrawn or hidden, unless `exempt`. Checks no other rule.
    """
    placed = await insert_posts_in_topics(tx, [(topic_id, post) for post in posts], now, exempt)
    return [place for place in placed if place is not None]


async def insert_posts_in_topics(
    tx: Transaction, posts: Sequence[tuple[TopicId, NewPost]], now: datetime, exempt: bool = False
) -> list[InsertedPost | None]:
    """Put posts at the end of their topics, as `insert_posts` does; None for those of a topic that takes no posts now.

    Of one topic that is one statement; for several, which are held first in order of their ids, `tx` has to be begun.
    """
    topics = {topic for topic, _ in posts}
    if len(topics) > 1:
        await tx.run(_HOLD, topics=list(topics))
    rows = await tx.rows(_STATEMENTS[tells(tx)], posts=written(posts), exempt=exempt, now=now)
    places = {topic: iter(placed) for topic, placed in placed_of(tx, rows).items()}
    nowhere: Iterator[InsertedPost] = iter(())
    return [next(places.get(topic, nowhere), None) for topic, _ in posts]


def tells(tx: Transaction) -> bool:
    """Whether the worker has something to do about each post that is placed."""
    return ReplyPosted.__struct_config__.tag in tx.handled_tags


def written(posts: Sequence[tuple[TopicId, NewPost]]) -> str:
    """Posts as the value `posts` of a statement made by `placing`; `exempt` and `now` are the caller's.

    One JSON text costs the driver a tenth of what an array for every column does.
    """
    return msgspec.json.encode([_Line(topic, *astuple(post)) for topic, post in posts]).decode()


def placed_of(tx: Transaction, rows: Sequence[Record]) -> dict[TopicId, list[InsertedPost]]:
    """What such a statement tells of its posts, by topic; the topics' listeners hear of them after the commit."""
    places: dict[TopicId, list[InsertedPost]] = {}
    for topic_id, id, number, depth, seq, *_ in rows:
        if topic_id not in places:
            places[topic_id] = []
            tx.positions.append((f"topic:{topic_id}", seq))
        places[topic_id].append(InsertedPost(id, number, depth))
    return places
