"""The posts and threads that an import inserts."""

from datetime import datetime

from msgspec import Struct


class PostToInsert(Struct, frozen=True, kw_only=True):
    """A message that becomes a post.

    `key` and `parent` are positions in the archive, `parent_post` is the id of a parent that was imported before, and
    `awaits` are the ids of messages it replies to that are missing.
    """

    key: int
    parent: int | None
    parent_post: int | None
    message_id: str
    subject: str
    awaits: list[str]
    address: str
    name: str
    at: datetime
    text: str
    html: str
    fingerprints: list[str]


class ThreadToInsert(Struct, frozen=True, kw_only=True):
    """The posts to add to a topic, in their order; `topic` is its id, or None for a new topic."""

    topic: int | None
    title: str
    posts: list[PostToInsert]
