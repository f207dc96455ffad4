"""Topics: starting and finding them, and the queries and facts that other modules build on."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from sqlalchemy import bindparam, func, insert, select

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import MemberId, PostId, SectorId, TopicId
from core.languages.texts import translatable
from core.text import tidy
from forum import sectors
from forum.authors import author_in
from forum.events import TopicChanged, TopicListingChanged, TopicOpened
from forum.files.attachments import attach_files
from forum.policy import (
    TopicFacts,
    ensure_can_have_kind,
    ensure_can_start_topic,
)
from forum.posts.held_posts import hold_first_post
from forum.posts.insertion import NewPost, in_language, insert_posts
from forum.posts.screening import ScreeningVerdict
from forum.posts.shapes_held import HeldPost
from forum.posts.text_language import find_language
from forum.shapes import Assignment, NewTopic, Topic
from forum.tables import posts, topics
from forum.tables import sectors as sector_table
from forum.tags.tags import resolve_tags
from forum.text.quotes import extract_quotes
from forum.text.rendering import render_post
from forum.visibility import has_begun, seen_by, visible_topics
from members.shapes import Author
from members.tables import members, public_authors
from storage.database import Reader, Transaction
from storage.event_log import Stream, read_head
from storage.statements import statement


class TitleTooShort(Invalid):
    """The title has fewer than three characters, not counting spaces at its ends."""

    message = translatable("A title needs at least three characters.")


_assignees = members.alias("assignees")
_first_posts = posts.alias("first_posts")
TOPIC_COLUMNS = (
    topics.c.id,
    sector_table.c.slug.label("sector"),
    sector_table.c.name.label("sector_name"),
    topics.c.title,
    topics.c.titles,
    topics.c.kind,
    topics.c.locked_at,
    topics.c.withdrawn_at,
    topics.c.hidden_at,
    topics.c.author_id,
    public_authors.c.handle,
    public_authors.c.display_name,
    public_authors.c.group.label("author_group"),
    public_authors.c.picture.label("author_picture"),
    topics.c.tags,
    topics.c.post_count,
    topics.c.last_number,
    topics.c.opened_at,
    topics.c.last_activity_at,
    topics.c.version,
    topics.c.sector_id,
    topics.c.moves,
    # The accepted answer, only while it is published and in this topic.
    select(posts.c.id)
    .where(posts.c.id == topics.c.answer_id, posts.c.topic_id == topics.c.id, posts.c.state == "published")
    .scalar_subquery()
    .label("answer"),
    *topics.c[("closed_because", "archived_at", "pinned_at", "pinned_until", "slow_seconds", "slow_until")],
    select(_first_posts.c.language)
    .where(
        _first_posts.c.topic_id == topics.c.id,
        _first_posts.c.number == 1,
        _first_posts.c.state == "published",
    )
    .scalar_subquery()
    .label("language"),
    topics.c.assignee_id,
    _assignees.c.handle.label("assignee_handle"),
    _assignees.c.display_name.label("assignee_name"),
    _assignees.c.picture.label("assignee_picture"),
    topics.c.assignment,
)

SELECT_TOPICS = (
    select(*TOPIC_COLUMNS)
    .join(sector_table, sector_table.c.id == topics.c.sector_id)
    .outerjoin(public_authors, public_authors.c.id == topics.c.author_id)
    .outerjoin(_assignees, _assignees.c.id == topics.c.assignee_id)
)

_COPIED_COLUMNS = (
    "titles",
    "answer",
    "closed_because",
    "archived_at",
    "pinned_at",
    "pinned_until",
    "slow_seconds",
    "slow_until",
    "language",
)
SELECT_VISIBLE_TOPIC = statement(SELECT_TOPICS.where(topics.c.id == bindparam("id"), visible_topics()))
_SELECT_TOPICS_BY_ID = statement(
    SELECT_TOPICS.where(topics.c.id == func.any(bindparam("ids")), visible_topics())
)
# The columns of the fields of `TopicFacts`.
TOPIC_FACTS = (
    topics.c.id,
    topics.c.sector_id,
    topics.c.kind,
    topics.c.author_id,
    topics.c.locked_at.is_not(None).label("is_locked"),
    (topics.c.withdrawn_at.is_not(None) | topics.c.hidden_at.is_not(None)).label("is_gone"),
    topics.c.version,
    topics.c.slow_seconds,
    topics.c.slow_until,
    has_begun().label("has_begun"),
)
_topic_facts = select(*TOPIC_FACTS).where(topics.c.id == bindparam("id"), visible_topics())
_SELECT_TOPIC_FACTS = statement(_topic_facts)
_LOCK_TOPIC_FACTS = statement(_topic_facts.with_for_update(key_share=True))
_INSERT_TOPIC = statement(
    insert(topics)
    .values({name: bindparam(name) for name in ("sector_id", "title", "kind", "tags", "author_id")})
    .values(opened_at=bindparam("now"), last_activity_at=bindparam("now"))
    .returning(topics.c.id)
)


async def get_topic(tx: Reader, actor: Actor, topic_id: TopicId, lock: bool = False) -> TopicFacts:
    """Return the facts about a topic that the rules need; raise NotFound if the actor cannot see it.

    With `lock`, the topic's row stays locked until the transaction ends, so that writers to one topic take turns.
    """
    row = await tx.row(_LOCK_TOPIC_FACTS if lock else _SELECT_TOPIC_FACTS, id=topic_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return TopicFacts(**row)


async def show_topic(tx: Reader, actor: Actor, topic_id: TopicId, epoch: str) -> Topic:
    """Return the topic with the position of its stream; raise NotFound if the actor cannot see it."""
    channel = f"topic:{topic_id}"
    seq = await read_head(tx, channel)
    row = await tx.row(SELECT_VISIBLE_TOPIC, id=topic_id, **seen_by(actor))
    if row is None:
        raise NotFound
    return topic_of(row, Stream(channel, epoch, seq))


async def show_topics(tx: Reader, actor: Actor, ids: Sequence[int]) -> dict[int, Topic]:
    """Return the topics among these ids that the actor can see, by id."""
    rows = await tx.rows(_SELECT_TOPICS_BY_ID, ids=list(ids), **seen_by(actor))
    return {row["id"]: topic_of(row) for row in rows}


async def start_topic(
    tx: Transaction, actor: Actor, slug: str, new: NewTopic, verdict: ScreeningVerdict | None = None
) -> int | HeldPost:
    """Start a topic with its first post in a sector; return the topic's id, or the held post if the verdict holds it.

    Raise NotFound if there is no such sector, NotModerator, TitleTooShort, or the refusals of `Actor.may_write`.
    """
    now = clock.now()
    sector_id = await sectors.get_sector_id(tx, slug)
    ensure_can_start_topic(actor, sector_id, now)
    ensure_can_have_kind(actor, sector_id, new.kind)

    topic_id = await insert_topic(
        tx,
        sector_id=sector_id,
        title=new.title,
        kind=new.kind,
        author_id=actor.signed_in(),
        tags=await resolve_tags(tx, actor, new.tags),
        now=now,
        is_announced=verdict is None or not verdict.holds,
    )
    body = await extract_quotes(tx, actor, new.body)
    html = (await render_post(tx, body, topic=topic_id, site=tx.site)).html
    first = NewPost(author_id=actor.id, body=body, html=html, posted_at=now, draft=new.draft)
    first = in_language(first, await find_language(html, new.language))
    if verdict is not None and verdict.holds:
        held = await hold_first_post(tx, actor, topic_id, first, verdict.why)
        await verdict.keep(tx, PostId(held.id))
        return held
    (placed,) = await insert_posts(tx, topic_id, [first], now)
    await attach_files(tx, actor.id, placed.id, first.html)
    if verdict is not None:
        await verdict.keep(tx, PostId(placed.id))
    return topic_id


async def insert_topic(
    tx: Transaction,
    *,
    sector_id: SectorId,
    title: str,
    kind: str,
    author_id: MemberId | None,
    tags: Sequence[str],
    now: datetime,
    is_announced: bool = True,
) -> TopicId:
    """Insert a topic without posts and return its id; the caller checks permissions and inserts the first post.

    With `is_announced`, the sector's channel gets the event TopicOpened. Raise TitleTooShort.
    """
    title = tidy(title)
    if len(title) < 3:
        raise TitleTooShort(field="title")
    binds = {"sector_id": sector_id, "title": title, "kind": kind, "author_id": author_id, "now": now}
    topic_id = TopicId(await tx.value(_INSERT_TOPIC, tags=sorted(set(tags)), **binds))
    if is_announced:
        await tx.record(TopicOpened(sector_id=sector_id, topic_id=topic_id))
    return topic_id


def topic_of(row: Record, stream: Stream | None = None) -> Topic:
    """Return the `Topic` of a row of `SELECT_TOPICS`."""
    state = "locked" if row["locked_at"] else "open"
    if row["withdrawn_at"]:
        state = "withdrawn"
    if row["hidden_at"]:
        state = "hidden"
    return Topic(
        id=row["id"],
        sector=row["sector"],
        sector_name=row["sector_name"],
        title=row["title"],
        kind=row["kind"],
        state=state,  # type: ignore[arg-type]
        author=author_in(row),
        tags=row["tags"],
        posts=row["post_count"],
        last_number=row["last_number"],
        opened_at=row["opened_at"],
        last_activity_at=row["last_activity_at"],
        version=row["version"],
        moves=row["moves"],
        **{name: row[name] for name in _COPIED_COLUMNS},
        assignment=_assignment_of(row),
        stream=stream,
    )


def _assignment_of(row: Record) -> Assignment | None:
    if row["assignee_id"] is None:
        return None
    member = Author(
        row["assignee_id"], row["assignee_handle"], row["assignee_name"], None, row["assignee_picture"]
    )
    return Assignment(member=member, status=row["assignment"])


async def announce_topic_change(tx: Transaction, topic: TopicFacts) -> None:
    """Record that the topic changed, for the listeners of its sector and of the topic itself."""
    await tx.record(TopicListingChanged(sector_id=topic.sector_id, topic_id=topic.id))
    await tx.record(TopicChanged(topic_id=topic.id))
