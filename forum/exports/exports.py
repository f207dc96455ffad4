"""Export of a topic as Markdown or JSON, as the actor can see it, sent in batches while it is read."""

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, Integer, bindparam, select

from core import clock
from core.actor import Actor
from core.ids import TopicId
from core.languages.formats import list_in
from core.languages.moments import day_for_reader, moment_for_reader
from core.languages.names import shared_name
from core.languages.texts import current_language, gettext
from forum.authors import author_in
from forum.shapes import Topic
from forum.tables import posts, topics
from forum.text.prepared_posts import shown_body
from forum.text.quotes import expand_quotes
from forum.topics.topics import show_topic
from forum.visibility import posts_not_held, seen_by, visible_text, visible_topics
from members.shapes import Author
from members.tables import public_authors
from storage.database import Database
from storage.statements import statement

# So many posts are read and sent at a time.
POSTS_PER_BATCH = 200

SELECT_POSTS_TO_EXPORT = statement(
    select(
        *posts.c[("id", "number", "parent_id", "posted_at", "edited_at", "markup", "state", "body")],
        visible_text().label("is_seen"),
        posts.c.author_id,
        topics.c.kind,
        *public_authors.c[("handle", "display_name")],
        public_authors.c.group.label("author_group"),
        public_authors.c.picture.label("author_picture"),
    )
    .join(topics, topics.c.id == posts.c.topic_id)
    .outerjoin(public_authors, public_authors.c.id == posts.c.author_id)
    .where(
        posts.c.topic_id == bindparam("topic", type_=BigInteger),
        posts.c.number > bindparam("after", type_=Integer),
        posts_not_held(),
        visible_topics(),
    )
    .order_by(posts.c.number)
    .limit(POSTS_PER_BATCH)
)


class ExportedPost(Struct, frozen=True, kw_only=True):
    """A post in an export.

    `body` is the source as it was written (what nobody wrote, such as an entry, in the language of the reader), or None if
    the actor cannot see the text. `answers` is the number of the post it replies to, or None.
    """

    id: int
    number: int
    answers: int | None
    author: Author | None
    posted_at: datetime
    edited_at: datetime | None
    markup: str
    body: str | None
    address: str


class TopicExport(Struct, frozen=True, kw_only=True):
    """The head of an export: the topic, its URL and the time of the export."""

    topic: Topic
    address: str
    taken_at: datetime


async def start_export(db: Database, actor: Actor, topic_id: TopicId) -> TopicExport:
    """Return the head of the export of a topic; raise NotFound if the actor cannot see it."""
    async with db.read() as tx:
        topic = await show_topic(tx, actor, topic_id, "")
    return TopicExport(topic=topic, address=f"{db.site}/t/{topic.id}", taken_at=clock.now())


async def read_exported_posts(db: Database, actor: Actor, topic_id: int) -> AsyncIterator[ExportedPost]:
    """Yield the posts of a topic in the order of their numbers.

    Each batch checks the actor's permissions again: the export ends early if the actor loses access to the topic.
    """
    numbers: dict[int, int] = {}
    after = 0
    while True:
        async with db.read() as tx:
            rows = await tx.rows(SELECT_POSTS_TO_EXPORT, topic=topic_id, after=after, **seen_by(actor))
            bodies = [await expand_quotes(tx, actor, row["body"]) if row["is_seen"] else None for row in rows]
        for row, body in zip(rows, bodies, strict=True):
            numbers[row["id"]] = after = row["number"]
            yield ExportedPost(
                id=row["id"],
                number=row["number"],
                answers=numbers.get(row["parent_id"]),
                author=author_in(row),
                posted_at=row["posted_at"],
                edited_at=row["edited_at"],
                markup=row["markup"],
                body=body and shown_body(row["number"], body, row["kind"]),
                address=f"{db.site}/p/{row['id']}",
            )
        if len(rows) < POSTS_PER_BATCH:
            return


async def stream_json(db: Database, actor: Actor, export: TopicExport) -> AsyncIterator[bytes]:
    """Yield the topic and its posts as one JSON object, in parts."""
    head = msgspec.json.encode(export)
    yield head[:-1] + b',"posts":['
    separator = b""
    async for post in read_exported_posts(db, actor, export.topic.id):
        yield separator + msgspec.json.encode(post)
        separator = b","
    yield b"]}\n"


async def stream_markdown(db: Database, actor: Actor, export: TopicExport) -> AsyncIterator[bytes]:
    """Yield the topic and its posts as one Markdown text, in parts; e-mails become code blocks."""
    topic = export.topic
    tags = "".join(f" #{tag}" for tag in topic.tags)
    # NOTE: The address of a topic, and when it was exported.
    source = gettext(
        "%(address)s, as of %(time)s", address=export.address, time=moment_for_reader(export.taken_at)
    )
    yield f"# {topic.local_title}\n\n{shared_name(topic.sector_name)}{tags}  \n{source}\n".encode()
    async for post in read_exported_posts(db, actor, topic.id):
        yield f"\n---\n\n{_heading(post)}  \n<{post.address}>\n\n{_body_as_markdown(post)}\n".encode()


def _heading(post: ExportedPost) -> str:
    name = post.author.display_name if post.author else gettext("Anonymous")
    parts = [f"**#{post.number} {name}**", moment_for_reader(post.posted_at)]
    if post.edited_at:
        parts.append(gettext("edited %(day)s", day=day_for_reader(post.edited_at)))
    if post.answers:
        parts.append(gettext("in reply to #%(number)s", number=post.answers))
    return list_in(current_language(), parts, "unit")


def _body_as_markdown(post: ExportedPost) -> str:
    if post.body is None:
        return f"*{gettext('This post is not shown.')}*"
    if post.markup == "markdown":
        return post.body
    # The fence must be longer than every line of backticks in the text.
    longest_run = max((len(line) for line in post.body.split("\n") if set(line.strip()) == {"`"}), default=0)
    fence = "`" * max(3, longest_run + 1)
    return f"{fence}\n{post.body}\n{fence}"
