"""Structs of topics, posts and sectors: requests and responses."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.languages.names import local
from core.languages.texts import current_language
from core.text import NO_CONTROLS, PostBody, Title
from forum.shapes_drafts import DraftKey
from members.shapes import Author
from storage.event_log import Stream

ReactionKind = Literal["kind", "competent", "curious", "agree", "thanks"]
TopicOrder = Literal["active", "new", "discussed", "archived"]
PostState = Literal["published", "withdrawn", "hidden"]

TopicKind = Literal["discussion", "question", "announcement"]
AssignmentStatus = Literal["open", "in_progress", "done"]

# As people write it, in any script; `forum.tags.names` has the form in which it is stored.
TagName = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROLS)]
# A language as BCP 47 writes it, with a script and a country where these matter: en, zh-Hant, pt-BR.
LanguageTag = Annotated[
    str, Meta(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$", max_length=11)
]
Tags = Annotated[list[TagName], Meta(max_length=8)]


class NewTopic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new topic: title, first post, tags and kind; `draft` is the key of the draft that becomes this topic. `language` is
    the language of the text; without it the language is detected."""

    title: Title
    body: PostBody
    tags: Tags = []
    kind: TopicKind = "discussion"
    draft: DraftKey | None = None
    language: LanguageTag | None = None


class TopicChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a topic; fields left out stay as they are."""

    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    kind: TopicKind | UnsetType = UNSET


class NewReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply in Markdown; `parent` is the id of the post it replies to, or null for a reply to the topic itself; `draft` is
    the key of the draft that becomes this reply. `language` is the language of the text; without it the language is
    detected."""

    body: PostBody
    parent: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    draft: DraftKey | None = None
    language: LanguageTag | None = None


class PostChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new text for a post; `draft` is the key of the draft that becomes this edit. Without a `language`, one that was
    chosen before stays, and otherwise it is detected again."""

    body: PostBody
    draft: DraftKey | None = None
    language: LanguageTag | None = None


class PostLanguage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The language of a post; null lets it be detected again."""

    language: LanguageTag | None


class Sketch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Markdown to preview. `draft` is the key of the draft and says where the text will be posted: `topic:12`, `reply:34`,
    `edit:34`, `new:mobility`; without it the preview does not say who will be notified."""

    body: PostBody
    draft: DraftKey | None = None


class Preview(Struct, frozen=True):
    """The rendered text. Of the mentioned members, `told` will be notified unless they have muted the topic; `not_told` do
    not exist or cannot read the topic; `too_many` exceed the number of mentions that the author's trust level allows."""

    html: str
    told: list[Author] = []
    not_told: list[str] = []
    too_many: list[str] = []


class Sector(Struct, frozen=True, kw_only=True):
    """A space of the community with its own moderators."""

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
    """The member who is responsible for a topic, and the status of that work."""

    member: Author
    status: AssignmentStatus


class Topic(Struct, frozen=True, kw_only=True):
    """A topic. `posts` counts the published posts; `last_number` is the highest post number given so far; `moves` counts how
    often posts were moved from or to the topic."""

    id: int
    sector: str
    sector_name: str
    title: str
    # By language, if the topic belongs to a room or a stock-take whose name was translated.
    titles: dict[str, str] = {}
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
    # The id of the accepted answer.
    answer: int | None = None
    closed_because: str | None = None
    archived_at: datetime | None = None
    pinned_at: datetime | None = None
    pinned_until: datetime | None = None
    slow_seconds: int = 0
    slow_until: datetime | None = None
    assignment: Assignment | None = None
    # The language of the first post; the title is in it too.
    language: str | None = None
    stream: Stream | None = None

    @property
    def local_title(self) -> str:
        """Return the title in the language of the reader."""
        return local(self.title, self.titles)

    @property
    def title_language(self) -> str | None:
        """Return the language of the title that the reader sees, if it is known."""
        return None if current_language().tag in self.titles else self.language


class TopicPage(Struct, frozen=True):
    """One page of topics."""

    items: list[Topic]
    next: str | None
    stream: Stream
    # On the first page only: pinned topics.
    pinned: list[Topic] = []


class HeldEdit(Struct, frozen=True, kw_only=True):
    """A held edit: the post keeps its text until a moderator approves the change. See /held/{id}."""

    code: str = "held_by_rule"
    why: str


class Post(Struct, frozen=True):
    """A post. Without `html` it is a tombstone: the post was withdrawn or hidden.

    `mine` lists the viewer's own reactions, and `is_bookmarked` says that the viewer bookmarked the post; events leave both
    out because they are made for many viewers. `is_cited`: a post
    that everyone can read quotes it or links to it. `is_shared`: other members may edit it. `language` is a BCP 47 tag, or
    null if it is undetermined.
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
    language: str | None = None
    # Only if it is true.
    is_bookmarked: bool | UnsetType = UNSET
    # Only in the response to an edit that is held.
    held_edit: HeldEdit | UnsetType = UNSET


class Citation(Struct, frozen=True):
    """A post that quotes another post or links to it."""

    post: int
    topic: int
    number: int
    title: str
    author: Author | None
    posted_at: datetime
    is_quote: bool


class CitationList(Struct, frozen=True):
    """The posts that quote a post or link to it and that the viewer can read, the latest first."""

    items: list[Citation]


class PostPage(Struct, frozen=True):
    """One page of a topic's posts, with the cursors of the next and the previous page."""

    items: list[Post]
    next: str | None
    previous: str | None
    stream: Stream


class Revision(Struct, frozen=True):
    """One version of a post's text, valid from `written_at` until the next version."""

    version: int
    written_at: datetime
    body: str
    html: str
    by: Author | None = None
    # Replaced by the author within the first minutes; only moderators see it.
    is_silent: bool = False


class OlderVersion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version of a post to restore."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RevisionList(Struct, frozen=True):
    """All versions of a post's text, newest first; the first is the current one."""

    items: list[Revision]
