"""The channels of sectors and topics: who may join them, and how their events are shown to each audience.

An event names rows; they are read when it is shown, with the permissions of the audience.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core.actor import OVERSEER, VISITOR, Actor, listener_in
from core.errors import NotFound
from core.ids import SectorId, TopicId
from forum.posts.post_pages import read_posts_by_id
from forum.shapes import Post, Topic
from forum.tables import posts as post_table
from forum.tables import sectors
from forum.topics import topics
from storage.database import Reader
from storage.event_log import LogEntry
from storage.statements import statement

WITHHELD = b'{"type":"withheld"}'

_SELECT_SECTOR_EXISTS = statement(select(sectors.c.id).where(sectors.c.id == bindparam("id")))

# An absolute count, like all values in events: a client that gets the event twice or late still shows the right number.
_parents = post_table.alias()
_SELECT_PARENT_REPLY_COUNTS = statement(
    select(post_table.c.id, _parents.c.children)
    .join(_parents, _parents.c.id == post_table.c.parent_id)
    .where(post_table.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)

# A move of more posts than this does not list them; the client reads the topic again.
_MOST_LISTED_POSTS = 50
_SELECT_MOVED_POST_PARENTS = statement("""
SELECT f.move_id, f.post_id, p.parent_id FROM former_places f JOIN posts p ON p.id = f.post_id
WHERE f.move_id = ANY(CAST(:moves AS bigint[])) ORDER BY p.number
""")

_VIEWERS = {"all": VISITOR, "moderator": OVERSEER}


def viewer_for_audience(audience: str, topic_id: TopicId) -> Actor:
    """Return the actor whose permissions stand for an audience of a topic; the listeners' access was checked on joining."""
    return OVERSEER if audience == "moderator" else listener_in(topic_id)


async def join_topic(tx: Reader, actor: Actor, topic_id: int) -> str:
    """Return the actor's audience in a topic, "moderator" or "all"; raise NotFound if the actor cannot see the topic."""
    topic = await topics.get_topic(tx, actor, TopicId(topic_id))
    return "moderator" if actor.moderates_in(topic.sector_id) else "all"


async def join_sector(tx: Reader, actor: Actor, sector_id: int) -> str:
    """Return the actor's audience in a sector, "moderator" or "all"; raise NotFound if there is no such sector."""
    if await tx.value(_SELECT_SECTOR_EXISTS, id=sector_id) is None:
        raise NotFound
    return "moderator" if actor.moderates_in(SectorId(sector_id)) else "all"


async def join_all(tx: Reader, actor: Actor, _: int) -> str:
    """Return the audience "all": everyone may join channels without a number."""
    return "all"


async def show_topic_events(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the frames of one topic's events, with the posts and topics that they name."""
    viewer = viewer_for_audience(audience, TopicId(entries[0].event["topic_id"]))
    named = {entry.event["post_id"] for entry in entries if "post_id" in entry.event}
    moved = await _find_moved_posts(tx, entries)
    named |= {
        id
        for posts in moved.values()
        if len(posts) <= _MOST_LISTED_POSTS
        for pair in posts
        for id in pair
        if id
    }
    found = await read_posts_by_id(tx, viewer, sorted(named))
    changed = {entry.event["topic_id"] for entry in entries if "post_id" not in entry.event}
    changed |= {entry.event["into"] for entry in entries if "into" in entry.event}
    shown = await topics.show_topics(tx, viewer, sorted(changed))
    arrived = [post.id for post in found.values() if post.parent is not None]
    replies = (
        {row["id"]: row["children"] for row in await tx.rows(_SELECT_PARENT_REPLY_COUNTS, ids=arrived)}
        if arrived
        else {}
    )
    return [
        _show_move(entry.event, moved[entry.event["move_id"]], found, shown)
        if "move_id" in entry.event
        else _show_post_or_topic(entry.event, found, shown, replies)
        for entry in entries
    ]


async def show_sector_events(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the frames of one sector's events, with the topics that they name."""
    named = sorted({entry.event["topic_id"] for entry in entries if "topic_id" in entry.event})
    shown = await topics.show_topics(tx, _VIEWERS[audience], named)
    return [
        # Shown by id only: a topic that was merged into another one is visible to nobody.
        msgspec.json.encode({"type": "topic_left", "topic_id": entry.event["topic_id"]})
        if entry.event["type"] == "topic_left"
        else _show(entry.event, "topic", shown.get(entry.event.get("topic_id", 0)))
        for entry in entries
    ]


async def show_unchanged(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Return the frames of events that need no rows: each event as it was recorded."""
    return [msgspec.json.encode(entry.event) for entry in entries]


def _show_post_or_topic(
    event: dict[str, Any], posts: dict[int, Post], changed: dict[int, Topic], replies: dict[int, int]
) -> bytes:
    if "into" in event:
        return _show(event, "into", event["into"] if event["into"] in changed else None)
    if "post_id" not in event:
        return _show(event, "topic", changed.get(event["topic_id"]))
    post = posts.get(event["post_id"])
    if post is not None and post.topic != event["topic_id"]:
        return WITHHELD  # the post was moved since; a later event says so
    if event["type"] == "reply_posted" and post is not None and post.parent is not None:
        return msgspec.json.encode({"type": "reply_posted", "post": post, "parent_replies": replies[post.id]})
    return _show(event, "post", post)


async def _find_moved_posts(
    tx: Reader, entries: Sequence[LogEntry]
) -> dict[int, list[tuple[int, int | None]]]:
    moves: dict[int, list[tuple[int, int | None]]] = {
        entry.event["move_id"]: [] for entry in entries if "move_id" in entry.event
    }
    for row in await tx.rows(_SELECT_MOVED_POST_PARENTS, moves=list(moves)) if moves else ():
        moves[row["move_id"]].append((row["post_id"], row["parent_id"]))
    return moves


def _show_move(
    event: dict[str, Any],
    moved: list[tuple[int, int | None]],
    posts: dict[int, Post],
    changed: dict[int, Topic],
) -> bytes:
    # Posts that left are listed by id, with the posts here that they reply to; posts that arrived are shown whole.
    topic = changed.get(event["topic_id"])
    if topic is None:
        return WITHHELD
    shown: dict[str, Any] = {"type": event["type"], "topic": topic, "move": event["move_id"]}
    if len(moved) <= _MOST_LISTED_POSTS:
        came = event["type"] == "posts_moved_here"
        named = [id for id, _ in moved] if came else sorted({parent for _, parent in moved if parent})
        here = [posts[id] for id in named if id in posts and posts[id].topic == topic.id]
        shown |= {"posts": here} if came else {"posts": [id for id, _ in moved], "answered": here}
    return msgspec.json.encode(shown)


def _show(event: dict[str, Any], name: str, value: object | None) -> bytes:
    if value is None:
        return WITHHELD
    return msgspec.json.encode({"type": event["type"], name: value})
