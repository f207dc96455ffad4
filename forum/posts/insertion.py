"""Insertion of posts: one statement gives them their number and path, updates the topic, and logs the event of each post."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import Struct
from msgspec.structs import astuple, replace
from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    Text,
    bindparam,
    cast,
    column,
    literal_column,
    select,
    text,
)

from core.ids import TopicId
from forum.events import ReplyPosted
from forum.posts.languages import detect_in_texts
from forum.posts.text_language import LanguageOfText
from storage.database import Transaction
from storage.event_log import append_events, event_from_columns
from storage.statements import statement


class NewPost(Struct, frozen=True, kw_only=True):
    """A post to insert, written by a member, under a pseudonym, or by an unknown author. `html` is the rendered `body`."""

    parent_id: int | None = None
    author_id: int | None = None
    pseudonym: bytes | None = None
    markup: str = "markdown"
    body: str
    html: str
    posted_at: datetime
    draft: str | None = None
    """The key of the author's draft that ends when the post is inserted."""
    language: str | None = None
    language_by: str | None = None
    """Who said which language it is; if nobody did, the language is detected when the post is inserted."""


class _InputRow(Struct, frozen=True):
    topic_id: int
    parent_id: int | None
    author_id: int | None
    pseudonym: bytes | None
    markup: str
    body: str
    html: str
    posted_at: datetime
    draft: str | None
    language: str | None
    language_by: str | None


class InsertedPost(Struct, frozen=True):
    """An inserted post: its id, its number in the topic, and its depth in the tree (0 for a reply to the topic)."""

    id: int
    number: int
    depth: int


# The parts of the statement that inserts posts, each a complete SQL statement; `insertion` joins them.
#
# The topics are updated first: a writer that has updated a topic is alone in it until the commit, and everything later
# relies on the topic's new numbers. A plain UPDATE does this. If a part of the statement locked the rows before, that part
# and the UPDATE would see different versions of a row that others lock for their foreign keys, and writers would deadlock;
# therefore several topics, whose order matters, are locked by a statement of their own, LOCK_TOPICS. In READ COMMITTED
# both UPDATEs see the newest rows even if they had to wait, so numbers have neither gaps nor duplicates. If the parent of
# a reply has been moved to another topic meanwhile, the depth is null, the statement fails, and the caller tries again.
# The channels are updated last, in the order of their names, so that two writers never wait for each other.
_INPUT = (
    text("""
    SELECT * FROM ROWS FROM (json_to_recordset(CAST(:posts AS json)) AS (
        topic_id bigint, parent_id bigint, author_id bigint, pseudonym text, markup text, body text, html text,
        posted_at timestamptz, draft text, language text, language_by text
    )) WITH ORDINALITY AS i (topic_id, parent_id, author_id, pseudonym, markup, body, html, posted_at, draft, language,
        language_by, ord)
    """)
    .columns(column("topic_id", BigInteger))
    .cte("input")
)
_UPDATE_TOPICS = (
    text("""
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
        AND merged_into IS NULL AND EXISTS (SELECT FROM gate)
    RETURNING topics.id, last_number - come.n AS numbered, topics.roots - come.roots AS rooted
    """)
    .columns(column("id", BigInteger))
    .cte("topic")
)
_UPDATE_PARENTS = (
    text("""
    UPDATE posts SET children = posts.children + asked.n
    FROM topic JOIN (
        SELECT topic_id, parent_id, CAST(count(*) AS integer) AS n
        FROM input WHERE parent_id IS NOT NULL GROUP BY topic_id, parent_id
    ) asked ON asked.topic_id = topic.id
    WHERE posts.id = asked.parent_id AND posts.topic_id = topic.id
    RETURNING posts.id, posts.path, posts.depth, posts.children - asked.n AS first
    """)
    .columns(column("id", BigInteger))
    .cte("parents")
)
INSERTED = (
    text("""
    INSERT INTO posts
        (topic_id, number, parent_id, path, depth, author_id, pseudonym, markup, body, html, posted_at, language,
        language_by)
    SELECT topic.id, topic.numbered + row_number() OVER (PARTITION BY topic.id ORDER BY i.ord), i.parent_id,
        coalesce(p.path, ''::bytea) || path_segment(CAST(
            coalesce(p.first, topic.rooted) + row_number() OVER (PARTITION BY topic.id, i.parent_id ORDER BY i.ord) - 1
        AS integer)),
        CASE WHEN i.parent_id IS NULL THEN 0 ELSE p.depth + 1 END,
        i.author_id, decode(i.pseudonym, 'base64'), i.markup, i.body, i.html, i.posted_at, i.language,
        i.language_by
    FROM input i JOIN topic ON topic.id = i.topic_id LEFT JOIN parents p ON p.id = i.parent_id
    RETURNING topic_id, id, number, depth
    """)
    .columns(
        column("topic_id", BigInteger),
        column("id", BigInteger),
        column("number", Integer),
        column("depth", SmallInteger),
    )
    .cte("placed")
)
"""The inserted posts, with their topic, id, number and depth, for other parts of the statement."""
_END_DRAFTS = (
    text("""
    INSERT INTO drafts AS d (member_id, key, body, saved_at, ended_at)
    SELECT DISTINCT i.author_id, i.draft, '', CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM input i JOIN topic ON topic.id = i.topic_id WHERE i.draft IS NOT NULL
    ON CONFLICT (member_id, key) DO UPDATE SET body = '', title = '', tags = '', sequence = d.sequence + 1,
        saved_at = excluded.saved_at, ended_at = excluded.ended_at
    RETURNING member_id
    """)
    .columns(column("member_id", BigInteger))
    .cte("ended")
)
_ALWAYS = text("SELECT true AS is_open").columns(column("is_open", Boolean)).cte("gate")
_channel = literal_column("'topic:'", Text) + cast(INSERTED.c.topic_id, Text)
_arrived = select(
    _channel.label("channel"),
    INSERTED.c.number.label("position"),
    event_from_columns(
        ReplyPosted, topic_id=INSERTED.c.topic_id, post_id=INSERTED.c.id, number=INSERTED.c.number
    ).label("event"),
).cte("arrived")
NOW: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))
_topic_log = append_events(_arrived, NOW, bindparam("has_handlers", type_=Boolean), "topic")
_LOCK_TOPICS_OF_POSTS = statement(
    "SELECT id FROM topics WHERE id = ANY(CAST(:topics AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)


def insertion(gate: CTE = _ALWAYS) -> Select[Any]:
    """Return the statement that inserts posts, to which other capabilities can join what they write with the posts.

    The CTE `gate`, which has that name, is read before the topics are updated; without a row in it nothing is inserted.
    """
    return (
        select(
            INSERTED.c.topic_id, INSERTED.c.id, INSERTED.c.number, INSERTED.c.depth, _topic_log.heads.c.seq
        )
        .select_from(INSERTED)
        .join(_topic_log.heads, _topic_log.heads.c.name == _channel)
        .order_by(INSERTED.c.topic_id, INSERTED.c.number)
        .add_cte(_INPUT, gate, _UPDATE_TOPICS, _UPDATE_PARENTS, INSERTED, _END_DRAFTS)
        .add_cte(_topic_log.entries, _topic_log.jobs)
    )


_INSERT_POSTS = statement(insertion())


async def insert_posts(
    tx: Transaction, topic_id: TopicId, posts: Sequence[NewPost], now: datetime, exempt: bool = False
) -> list[InsertedPost]:
    """Insert posts at the end of a topic in the given order; their parents must be posts that are in the topic already.

    Return an empty list if the topic is merged, or locked, withdrawn or hidden without `exempt`. Check no other rule.
    """
    inserted = await insert_posts_in_topics(tx, [(topic_id, post) for post in posts], now, exempt)
    return [post for post in inserted if post is not None]


async def insert_posts_in_topics(
    tx: Transaction, posts: Sequence[tuple[TopicId, NewPost]], now: datetime, exempt: bool = False
) -> list[InsertedPost | None]:
    """Insert posts at the end of their topics and return them in the given order, with None where the topic takes no posts.

    For one topic this is one statement. Several topics are locked first, in order of their ids, which needs a transaction.
    """
    posts = await with_languages(posts)
    topics = {topic for topic, _ in posts}
    if len(topics) > 1:
        await tx.run(_LOCK_TOPICS_OF_POSTS, topics=list(topics))
    rows = await tx.rows(
        _INSERT_POSTS,
        posts=encode_posts(posts),
        exempt=exempt,
        now=now,
        has_handlers=tx.has_handlers(ReplyPosted),
    )
    by_topic = {topic: iter(inserted) for topic, inserted in inserted_posts_of(tx, rows).items()}
    none: Iterator[InsertedPost] = iter(())
    return [next(by_topic.get(topic, none), None) for topic, _ in posts]


async def with_languages(posts: Sequence[tuple[TopicId, NewPost]]) -> list[tuple[TopicId, NewPost]]:
    """Return the posts with their languages: where nobody said which one it is, it is detected."""
    found = iter(await detect_in_texts([post.html for _, post in posts if post.language_by is None]))
    return [(topic, post if post.language_by else in_language(post, next(found))) for topic, post in posts]


def in_language(post: NewPost, language: LanguageOfText) -> NewPost:
    """Return the post in this language."""
    return replace(post, language=language.tag, language_by=language.by)


def encode_posts(posts: Sequence[tuple[TopicId, NewPost]]) -> str:
    """Return posts as JSON, the value of `:posts` in a statement made from `insertion`.

    One JSON text costs the driver a tenth of what an array for every column does.
    """
    return msgspec.json.encode([_InputRow(topic, *astuple(post)) for topic, post in posts]).decode()


def inserted_posts_of(tx: Transaction, rows: Sequence[Record]) -> dict[TopicId, list[InsertedPost]]:
    """Return the inserted posts by topic from the rows of a statement made from `insertion`.

    The new positions of the topics' streams are added to the transaction, which publishes them after the commit.
    """
    by_topic: dict[TopicId, list[InsertedPost]] = {}
    for topic_id, id, number, depth, seq, *_ in rows:
        if topic_id not in by_topic:
            by_topic[topic_id] = []
            tx.positions.append((f"topic:{topic_id}", seq))
        by_topic[topic_id].append(InsertedPost(id, number, depth))
    return by_topic
