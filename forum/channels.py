"""What listeners of sectors and topics are shown: each event as the rows it names read now, once per audience."""

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

_SECTOR = statement(select(sectors.c.id).where(sectors.c.id == bindparam("id")))

# Absolute, as all that events show: who hears a reply twice, or late, still counts right.
_parents = post_table.alias()
_REPLIES = statement(
    select(post_table.c.id, _parents.c.children)
    .join(_parents, _parents.c.id == post_table.c.parent_id)
    .where(post_table.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)

# What a move tells of itself as it stands now: of many posts not which, and who listens reads the topic again.
_MOST_TOLD = 50
_MOVED = statement("""
SELECT f.move_id, f.post_id, p.parent_id FROM former_places f JOIN posts p ON p.id = f.post_id
WHERE f.move_id = ANY(CAST(:moves AS bigint[])) ORDER BY p.number
""")

_VIEWERS = {"all": VISITOR, "moderator": OVERSEER}


def viewer_for_audience(audience: str, topic_id: TopicId) -> Actor:
    """Who stands for a class of listeners of a topic: whoever listens was let in, so what says who is does not matter."""
    return OVERSEER if audience == "moderator" else listener_in(topic_id)


async def join_topic(tx: Reader, actor: Actor, topic_id: int) -> str:
    """The audience somebody belongs to in a topic, or `NotFound`."""
    topic = await topics.get_topic(tx, actor, TopicId(topic_id))
    return "moderator" if actor.moderates_in(topic.sector_id) else "all"


async def join_sector(tx: Reader, actor: Actor, sector_id: int) -> str:
    """The audience somebody belongs to in a sector, or `NotFound`."""
    if await tx.value(_SECTOR, id=sector_id) is None:
        raise NotFound
    return "moderator" if actor.moderates_in(SectorId(sector_id)) else "all"


async def join_all(tx: Reader, actor: Actor, _: int) -> str:
    """Channels without a number are for everyone."""
    return "all"


async def show_topic_events(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events of one topic, with the posts they name."""
    viewer = viewer_for_audience(audience, TopicId(entries[0].event["topic_id"]))
    named = {entry.event["post_id"] for entry in entries if "post_id" in entry.event}
    moved = await _moved(tx, entries)
    named |= {
        id for posts in moved.values() if len(posts) <= _MOST_TOLD for pair in posts for id in pair if id
    }
    found = await read_posts_by_id(tx, viewer, sorted(named))
    changed = {entry.event["topic_id"] for entry in entries if "post_id" not in entry.event}
    changed |= {entry.event["into"] for entry in entries if "into" in entry.event}
    shown = await topics.show_topics(tx, viewer, sorted(changed))
    arrived = [post.id for post in found.values() if post.parent is not None]
    replies = {row["id"]: row["children"] for row in await tx.rows(_REPLIES, ids=arrived)} if arrived else {}
    return [
        _show_move(entry.event, moved[entry.event["move_id"]], found, shown)
        if "move_id" in entry.event
        else _show_post_or_topic(entry.event, found, shown, replies)
        for entry in entries
    ]


async def show_sector_events(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events of one sector, with the topics they name."""
    named = sorted({entry.event["topic_id"] for entry in entries if "topic_id" in entry.event})
    shown = await topics.show_topics(tx, _VIEWERS[audience], named)
    return [
        # Also of what is part of another topic now, and to be seen as itself by nobody.
        msgspec.json.encode({"type": "topic_left", "topic_id": entry.event["topic_id"]})
        if entry.event["type"] == "topic_left"
        else _show(entry.event, "topic", shown.get(entry.event.get("topic_id", 0)))
        for entry in entries
    ]


async def show_unchanged(tx: Reader, audience: str, entries: Sequence[LogEntry]) -> list[bytes]:
    """Events that say all there is to know by themselves."""
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
        return WITHHELD  # it was moved since: that it left is told after this
    if event["type"] == "reply_posted" and post is not None and post.parent is not None:
        return msgspec.json.encode({"type": "reply_posted", "post": post, "parent_replies": replies[post.id]})
    return _show(event, "post", post)


async def _moved(tx: Reader, entries: Sequence[LogEntry]) -> dict[int, list[tuple[int, int | None]]]:
    moves: dict[int, list[tuple[int, int | None]]] = {
        entry.event["move_id"]: [] for entry in entries if "move_id" in entry.event
    }
    for row in await tx.rows(_MOVED, moves=list(moves)) if moves else ():
        moves[row["move_id"]].append((row["post_id"], row["parent_id"]))
    return moves


def _show_move(
    event: dict[str, Any],
    moved: list[tuple[int, int | None]],
    posts: dict[int, Post],
    changed: dict[int, Topic],
) -> bytes:
    """Which posts left, by id, and what they answer here; or which came, whole. Of many only that there were some."""
    topic = changed.get(event["topic_id"])
    if topic is None:
        return WITHHELD
    shown: dict[str, Any] = {"type": event["type"], "topic": topic, "move": event["move_id"]}
    if len(moved) <= _MOST_TOLD:
        came = event["type"] == "posts_moved_here"
        named = [id for id, _ in moved] if came else sorted({parent for _, parent in moved if parent})
        here = [posts[id] for id in named if id in posts and posts[id].topic == topic.id]
        shown |= {"posts": here} if came else {"posts": [id for id, _ in moved], "answered": here}
    return msgspec.json.encode(shown)


def _show(event: dict[str, Any], name: str, value: object | None) -> bytes:
    if value is None:
        return WITHHELD
    return msgspec.json.encode({"type": event["type"], name: value})
