"""Events that a listener of a channel receives, and snapshots that are updated by events."""

from typing import Any

from tests.support.people import Person
from tests.support.service import Feed, Service

Snapshot = dict[str, Any]


async def hears(feed: Feed, wanted: str) -> dict[str, Any]:
    while True:
        frame = await feed.frame()
        if frame["type"] == wanted:
            return frame


async def snapshot(viewer: Person | None, service: Service, topic: int) -> Snapshot:
    """Return the topic and all its posts as this viewer reads them, without the viewer's own votes and marks, which
    events do not contain."""
    async with service.client(viewer.token if viewer else None) as client:
        shown = (await client.get(f"/api/v1/topics/{topic}")).json()
        posts: dict[int, Any] = {}
        cursor: str | None = None
        first: Snapshot | None = None
        while True:
            options = {"order": "time"} | ({"after": cursor} if cursor else {})
            page = (await client.get(f"/api/v1/topics/{topic}/posts", params=options)).json()
            first = first or page
            posts |= {post["id"]: without_own(post) for post in page["items"]}
            cursor = page["next"]
            if cursor is None:
                break
    assert first is not None
    return {"posts": posts, "topic": facts(shown), "seq": first["stream"]["seq"]}


def without_own(post: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in post.items() if key != "mine"}


def facts(topic: dict[str, Any]) -> dict[str, Any]:
    return {key: topic[key] for key in ("title", "tags", "state")}


def apply(old: Snapshot, frames: list[dict[str, Any]]) -> Snapshot:
    """Update a snapshot with events, as a client does."""
    posts, topic, seq = dict(old["posts"]), dict(old["topic"]), old["seq"]
    for frame in frames:
        if frame["seq"] <= seq:
            continue
        assert frame["seq"] == seq + 1
        seq, event = frame["seq"], frame["event"]
        if event["type"] == "topic_changed":
            topic = facts(event["topic"])
        elif event["type"] == "posts_moved_away":
            for gone in event["posts"]:
                posts.pop(gone, None)
            posts |= {post["id"]: without_own(post) for post in event["answered"]}
        elif event["type"] == "posts_moved_here":
            posts |= {post["id"]: without_own(post) for post in event["posts"]}
        elif "post" in event:
            post = without_own(event["post"])
            posts[post["id"]] = post
            # The post that it replies to may have left the topic since.
            if "parent_replies" in event and post["parent"] in posts:
                posts[post["parent"]] |= {"replies": event["parent_replies"]}
    return {"posts": posts, "topic": topic, "seq": seq}
