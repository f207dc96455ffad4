"""What comes in and goes out of written talk."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import PostBody, Slug, Title
from forum.shapes_drafts import DraftKey
from members.shapes import Author
from storage.event_log import Stream

ReactionKind = Literal["kind", "competent", "curious", "agree", "thanks"]
TopicOrder = Literal["active", "new", "discussed", "archived"]
PostState = Literal["published", "withdrawn", "hidden"]

TopicKind = Literal["discussion", "question", "announcement"]
AssignmentStatus = Literal["open", "in_progress", "done"]

Tags = Annotated[list[Slug], Meta(max_length=8)]


class NewTopic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic to start: its title, its first post, its tags; and the draft that ends with it."""

    title: Title
    body: PostBody
    tags: Tags = []
    kind: TopicKind = "discussion"
    draft: DraftKey | None = None


class TopicChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a topic to change."""

    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    kind: TopicKind | UnsetType = UNSET


class NewReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply: Markdown, and the id of the post it answers; without one it answers the topic; and the
    draft that ends with it."""

    body: PostBody
    parent: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    draft: DraftKey | None = None


class PostChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new text of a post; the draft that ends with it."""

    body: PostBody
    draft: DraftKey | None = None


class Sketch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Markdown to look at before it is posted. `draft` is the draft that would end with it, and so says where it will stand:
    `topic:12`, `reply:34`, `edit:34`, `new:mobility`; without it nothing is said of who will be told."""

    body: PostBody
    draft: DraftKey | None = None


class Preview(Struct, frozen=True):
    """How it will look. Of those whom it calls by name, `told` will be told, unless they have muted the topic; `not_told`
    are nobody or cannot read it there; `too_many` are more than one is trusted to call."""

    html: str
    told: list[Author] = []
    not_told: list[str] = []
    too_many: list[str] = []


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


class Assignment(Struct, frozen=True, kw_only=True):
    """Who sees to it that something comes of a topic, and how far that is."""

    member: Author
    status: AssignmentStatus


class Topic(Struct, frozen=True, kw_only=True):
    """A discussion. `posts` counts what can be read; numbers up to `last_number` have been given; `moves` counts how often
    posts went to another topic, or came."""

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
    moves: int = 0
    # The post that answers the question.
    answer: int | None = None
    closed_because: str | None = None
    archived_at: datetime | None = None
    pinned_at: datetime | None = None
    pinned_until: datetime | None = None
    slow_seconds: int = 0
    slow_until: datetime | None = None
    assignment: Assignment | None = None
    stream: Stream | None = None


class TopicPage(Struct, frozen=True):
    """One page of topics."""

    items: list[Topic]
    next: str | None
    stream: Stream
    # On the first page: what stands above all others.
    pinned: list[Topic] = []


class HeldEdit(Struct, frozen=True, kw_only=True):
    """That a change of a post is held until a moderator has looked at it: the post says what it said. See /held/{id}."""

    code: str = "held_by_rule"
    why: str


class Post(Struct, frozen=True):
    """A contribution. Without `html` it is a tombstone: the place of something withdrawn or hidden.

    `mine` are the viewer's own reactions; events, which are made for many viewers, leave it out. `is_cited`: a post that
    everybody can read quotes it or links to it. `is_shared`: others than the author may edit it.
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
    is_cited: bool = False
    is_shared: bool = False
    # Only in the answer to a change that is held.
    held_edit: HeldEdit | UnsetType = UNSET


class Citation(Struct, frozen=True):
    """A post that quotes another, or links to it."""

    post: int
    topic: int
    number: int
    title: str
    author: Author | None
    posted_at: datetime
    is_quote: bool


class CitationList(Struct, frozen=True):
    """Who refers to a post, the latest first, as far as the viewer can see it."""

    items: list[Citation]


class PostPage(Struct, frozen=True):
    """One page of a topic's posts, with the cursors of the pages around it."""

    items: list[Post]
    next: str | None
    previous: str | None
    stream: Stream


class Revision(Struct, frozen=True):
    """What a post said from `written_at` on, until the next one."""

    version: int
    written_at: datetime
    body: str
    html: str
    by: Author | None = None
    # Put right in the first minutes; moderators alone see it.
    is_silent: bool = False


class OlderVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version of a post it should say again."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RevisionList(Struct, frozen=True):
    """All that a post has said, newest first; the first is what it says now."""

    items: list[Revision]
