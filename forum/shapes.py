"""What comes in and goes out of written talk."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import PostBody, Slug, Title
from members.shapes import Author
from storage.log import Stream

ReactionKind = Literal["kind", "competent", "curious", "agree", "thanks"]
TopicOrder = Literal["active", "new", "discussed"]
PostOrder = Literal["tree", "time"]
PostState = Literal["published", "withdrawn", "hidden"]

Tags = Annotated[list[Slug], Meta(max_length=8)]


class NewTopic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic to start: its title, its first post, its tags."""

    title: Title
    body: PostBody
    tags: Tags = []


class TopicChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a topic to change."""

    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class NewReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply: Markdown, and the id of the post it answers; without one it answers the topic."""

    body: PostBody
    parent: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class PostChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new text of a post."""

    body: PostBody


class Sketch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Markdown to look at before it is posted."""

    body: PostBody


class Preview(Struct, frozen=True):
    """How it will look."""

    html: str


class Sector(Struct, frozen=True, kw_only=True):
    """A space with its own moderators."""

    id: int
    slug: str
    code: str
    name: str
    scope: str
    materials: list[str]
    stages: list[str]
    topics: int = 0
    posts: int = 0
    last_activity_at: datetime | None = None


class SectorList(Struct, frozen=True):
    """All sectors, in their order."""

    items: list[Sector]
    stream: Stream


class Topic(Struct, frozen=True, kw_only=True):
    """A discussion. `posts` counts what can be read; numbers up to `last_number` have been given."""

    id: int
    sector: str
    sector_name: str
    title: str
    kind: str
    state: Literal["open", "locked", "withdrawn", "hidden"]
    author: Author | None
    tags: list[str]
    posts: int
    last_number: int
    opened_at: datetime
    last_activity_at: datetime
    version: int
    stream: Stream | None = None


class TopicPage(Struct, frozen=True):
    """One page of topics."""

    items: list[Topic]
    next: str | None
    stream: Stream


class Post(Struct, frozen=True):
    """A contribution. Without `html` it is a tombstone: the place of something withdrawn or hidden.

    `mine` are the viewer's own reactions; events, which are made for many viewers, leave it out.
    """

    id: int
    topic: int
    number: int
    parent: int | None
    depth: int
    author: Author | None
    posted_at: datetime
    edited_at: datetime | None
    version: int
    state: PostState
    markup: str
    html: str | None
    reactions: dict[str, int]
    replies: int
    mine: list[str] | UnsetType = UNSET
    body: str | None | UnsetType = UNSET


class PostPage(Struct, frozen=True):
    """One page of a topic's posts, with the cursors of the pages around it."""

    items: list[Post]
    next: str | None
    previous: str | None
    stream: Stream


class TopicWithPosts(Struct, frozen=True):
    """A topic and one page of it: what a reader opens."""

    topic: Topic
    posts: PostPage


class Revision(Struct, frozen=True):
    """What a post said from `written_at` on, until the next one."""

    version: int
    written_at: datetime
    body: str
    html: str


class RevisionList(Struct, frozen=True):
    """All that a post has said, newest first; the first is what it says now."""

    items: list[Revision]
