"""What comes in and goes out where posts are moved."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import Slug, Title
from members.shapes import Author

_Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]

MoveKind = Literal["move", "split", "merge"]


class NewMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to move, and where: `posts` with all that answers them, or else the whole topic; into another topic, or into a
    new one with a title, in the same sector or another."""

    posts: Annotated[list[_Id], Meta(min_length=1, max_length=200)] | None = None
    into: _Id | None = None
    title: Title | None = None
    sector: Slug | None = None


class NewPlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sector that a topic goes to."""

    sector: Slug


class TopicRef(Struct, frozen=True):
    """A topic by name."""

    id: int
    title: str


class Move(Struct, frozen=True, kw_only=True):
    """Posts that went from one topic to another. `source` and `target` are null where the viewer cannot see them.

    `after` is the post behind which they stood, of what is left there; `first` the first of them where they are now.
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
    """All that was moved from or to a topic, oldest first."""

    items: list[Move]
