"""The requests and responses of bookmarks."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import ONE_LINE
from members.shapes import Author

NOTE_LENGTH = 300
QUERY_LENGTH = 100

# The latest bookmarks first, or those with the next reminder first.
BookmarkOrder = Literal["newest", "reminder"]
_Note = Annotated[str, Meta(max_length=NOTE_LENGTH, pattern=ONE_LINE)]


class BookmarkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The note of a bookmark and the time of its reminder, null for none; what is left out stays as it is."""

    note: _Note | UnsetType = UNSET
    remind_at: Annotated[datetime, Meta(tz=True)] | None | UnsetType = UNSET


class Bookmark(Struct, frozen=True, kw_only=True):
    """A bookmark of a post. If the member can no longer read the post, `is_visible` is false and nothing is said about it.

    `title` is the title of the topic, `excerpt` the beginning of the post. `reminded_at` is when the
    last reminder was given.
    """

    post: int
    note: str
    set_at: datetime
    remind_at: datetime | None
    reminded_at: datetime | None
    is_visible: bool
    topic: int | None
    title: str
    number: int | None
    author: Author | None
    excerpt: str | None


class BookmarkPage(Struct, frozen=True):
    """One page of the member's bookmarks."""

    items: list[Bookmark]
    next: str | None
