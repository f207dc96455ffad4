"""Structs of moves: requests and responses."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import Slug, Title
from members.shapes import Author

_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]

MoveKind = Literal["move", "split", "merge"]


class NewMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move: `posts` with all replies below them, or the whole topic without `posts`; to the topic `into`, or to a new
    topic with a `title`, in the same sector or another `sector`."""

    posts: Annotated[list[_Id], Meta(min_length=1, max_length=200)] | None = None
    into: _Id | None = None
    title: Title | None = None
    sector: Slug | None = None


class NewPlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sector to move a topic to."""

    sector: Slug


class TopicRef(Struct, frozen=True):
    """The id and the title of a topic."""

    id: int
    title: str


class Move(Struct, frozen=True, kw_only=True):
    """A move of posts from one topic to another. `source` and `target` are null if the viewer cannot see the topic.

    `after` is the id of the remaining post in the source topic that precedes the moved posts; `first` is the id of the first
    moved post in the target topic.
    """

    id: int
    kind: MoveKind
    source: TopicRef | None
    target: TopicRef | None
    posts: int
    by: Author | None
    at: datetime
    after: int | None
    first: int | None


class MoveList(Struct, frozen=True):
    """The moves of posts from and to a topic, oldest first."""

    items: list[Move]
